"""Photos that leave: upright, without the place, the time and the owner that a telephone writes into them.

What carries none of it leaves as it is, byte for byte; HEIC becomes JPEG, and is refused when it cannot be read.
"""

from mailbox.quarantine import runner, sniff

_JPEG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
_MARKS = (b"Exif\0\0", b"eXIf", b"EXIF", b"http://ns.adobe.com/xap", b"<x:xmpmeta", b"Photoshop 3.0", b"tEXt", b"iTXt", b"zTXt",
          b"MPF\0")  # fmt: skip
_WORDS = (b"eXIf", b"tEXt", b"iTXt", b"zTXt", b"tIME")  # chunks of a PNG
_TOLD = frozenset({0xE1, 0xED, 0xFE})  # segments of a JPEG: EXIF and XMP, IPTC, comment


class Unread(Exception):
    """A photo that nothing here could read, and that would say where it was taken."""


def ready(name: str, content_type: str, data: bytes) -> tuple[str, str, bytes]:
    """As it joins a letter: its name, type and bytes. HEIC, which few can open, becomes JPEG. Unread when it cannot."""
    if sniff.kind_of(data) != "heic":
        return name, content_type, cleaned(data)
    try:
        drawn = runner.clean(data)
    except runner.Refused:
        raise Unread from None
    stem = name.rpartition(".")[0] or name
    return f"{stem}.jpg", "image/jpeg", drawn


def cleaned(data: bytes) -> bytes:
    """The same bytes when there is nothing to take out; else the picture drawn again, or cut where it cannot be read."""
    if sniff.kind_of(data) != "image" or not any(mark in data for mark in _MARKS):
        return data
    try:
        return runner.clean(data)
    except runner.Refused:
        return _cut(data)


def _cut(data: bytes) -> bytes:
    """Without its segments that tell, nothing decoded: for what is broken, or of many frames."""
    if data.startswith(_JPEG):
        return _cut_jpeg(data)
    return _cut_png(data) if data.startswith(_PNG) else data


def _cut_jpeg(data: bytes) -> bytes:
    """ITU-T T.81 §B.1.1.4: marker, length; from the start of scan on all stays."""
    out, place = bytearray(data[:2]), 2
    while data[place : place + 1] == b"\xff" and data[place + 1 : place + 2] != b"\xda":
        length = int.from_bytes(data[place + 2 : place + 4])
        if length < 2:
            break
        if data[place + 1] not in _TOLD:
            out += data[place : place + 2 + length]
        place += 2 + length
    return bytes(out + data[place:])


def _cut_png(data: bytes) -> bytes:
    """PNG §5.3: length, type, content, check."""
    out, place = bytearray(data[:8]), 8
    while place + 12 <= len(data):
        end = place + 12 + int.from_bytes(data[place : place + 4])
        if data[place + 4 : place + 8] not in _WORDS:
            out += data[place:end]
        place = end
    return bytes(out)
