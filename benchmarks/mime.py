"""Milliseconds a message for the reader and the writer: `python -m benchmarks.mime`."""

import os
import timeit
from collections.abc import Callable
from datetime import UTC, datetime

from mailbox.mime.compose import Outgoing, OutgoingFile, compose
from mailbox.mime.parse import parse
from mailbox.mime.sanitize import clean
from mailbox.mime.values import Address

_TEXT = "Bonjour,\n\nVoici les résultats de votre patiente, à conserver au dossier.\n" * 8


def letter(file_bytes: int, html: str | None = None) -> bytes:
    return compose(
        Outgoing(
            from_=Address("Dr_Élise_MARTIN", "elise.martin@laboratoire.mssante.example"),
            to=(Address("Pharmacie Dupont", "pharmacie-dupont-paris@officine.mssante.example"),),
            subject="Résultats de biologie",
            text=_TEXT,
            html=html,
            files=(OutgoingFile("Résultats.pdf", "application/pdf", os.urandom(file_bytes)),),
            message_id="1@laboratoire.mssante.example",
            date=datetime(2026, 11, 23, tzinfo=UTC),
        )
    )


def milliseconds(work: Callable[[], object], number: int) -> float:
    """The best of five rounds, a call."""
    return min(timeit.repeat(work, number=number, repeat=5)) / number * 1000


def main() -> None:
    small, large = letter(13_500), letter(5_000_000)
    page = "<table>" + "<tr><td style='color:red'>Créatinine</td><td>72 µmol/l</td></tr>" * 200 + "</table>"
    with_html = letter(13_500, page)
    print(f"parse    {len(small) / 1000:8.0f} kB  {milliseconds(lambda: parse(small), 500):8.3f} ms")
    print(f"parse    {len(with_html) / 1000:8.0f} kB  {milliseconds(lambda: parse(with_html), 100):8.3f} ms  (html)")
    print(f"parse    {len(large) / 1000:8.0f} kB  {milliseconds(lambda: parse(large), 10):8.3f} ms")
    print(f"compose  {len(small) / 1000:8.0f} kB  {milliseconds(lambda: letter(13_500), 100):8.3f} ms")
    print(f"sanitize {len(page) / 1000:8.0f} kB  {milliseconds(lambda: clean(page, lambda _: None), 50):8.3f} ms")


if __name__ == "__main__":
    main()
