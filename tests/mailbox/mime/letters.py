"""Sample letters of tests/eml with the line ends that travel, and a short way to write others."""

from pathlib import Path

_FOLDER = Path(__file__).parents[2] / "eml"


def letter(name: str) -> bytes:
    return crlf((_FOLDER / f"{name}.eml").read_bytes())


def crlf(raw: bytes) -> bytes:
    return raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def message(body: bytes = b"Bonjour", **headers: str) -> bytes:
    given = {"From": "a@b.fr", "Date": "Mon, 23 Nov 2026 08:30:58 +0100"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return head.encode("utf-8", "surrogateescape") + b"\r\n" + body
