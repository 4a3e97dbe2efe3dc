"""Who is given the figures of a month: a Writer of settings.INDICATOR_WRITER, once the month is over. CSV is shipped.

The file of ANS («Connexions» and others) is not known: its writer will be another class, and what is counted stays.
"""

import csv
import io
import os
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from mailbox.cards.table import harmless
from mailbox.indicators.days import LABELS, read
from mailbox.models import Indicator

COLUMNS = ("day", "name", *LABELS, "value")  # of the table, in this order: they stay


class Writer(Protocol):
    def write(self, month: date, rows: Iterable[Indicator]) -> bytes:
        """Give them away; the bytes that were given, whose digest is kept. OSError when it could not be."""
        ...


class CsvWriter:
    """One file a month, «indicateurs-2026-11.csv», in INDICATORS_DIR: whole or not at all."""

    def write(self, month: date, rows: Iterable[Indicator]) -> bytes:
        made = table(rows)
        target = Path(settings.INDICATORS_DIR) / f"indicateurs-{month:%Y-%m}.csv"
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_suffix(".part")
        partial.write_bytes(made)
        partial.chmod(0o640)
        os.replace(partial, target)
        return made


def table(rows: Iterable[Indicator]) -> bytes:
    """Semicolons, CRLF, a byte order mark; a label that a figure has not is an empty cell."""
    out = io.StringIO()
    lines = csv.writer(out, delimiter=";", lineterminator="\r\n")
    lines.writerow(COLUMNS)
    for row in rows:
        told = read(row.labels)
        value = f"{row.value:.3f}".rstrip("0").rstrip(".").replace(".", ",")
        lines.writerow([str(row.day), row.name, *(harmless(told.get(label, "")) for label in LABELS), value])
    return ("\ufeff" + out.getvalue()).encode()


def chosen() -> Writer | None:
    """None when nothing is to be written."""
    if not settings.INDICATORS_DIR:
        return None
    made: Writer = import_string(settings.INDICATOR_WRITER)()
    return made
