"""Is this a picture, of which kind, and how large? By its bytes alone: PNG, JPEG, GIF and WebP, never SVG, which is a program.

Reads headers, decodes nothing: the quarantine does that.
"""

MAX_PIXELS = 50_000_000  # more is refused: some kilobytes may say 60,000 by 60,000


def kind_of(data: bytes) -> str:
    """The media type, '' when it is none of the four, or says that it has more pixels than MAX_PIXELS."""
    kind, size = _read(data[:64])
    return kind if 0 < size <= MAX_PIXELS else ""


def _read(head: bytes) -> tuple[str, int]:
    if head.startswith(b"\x89PNG\r\n\x1a\n") and head[12:16] == b"IHDR":
        return "image/png", int.from_bytes(head[16:20]) * int.from_bytes(head[20:24])
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif", int.from_bytes(head[6:8], "little") * int.from_bytes(head[8:10], "little")
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp", _webp(head)
    if head.startswith(b"\xff\xd8\xff"):  # its size stands deep inside; two 16-bit numbers bound it to 4 gigapixels
        return "image/jpeg", 1
    return "", 0


def _webp(head: bytes) -> int:
    if head[12:16] == b"VP8X":
        return (int.from_bytes(head[24:27], "little") + 1) * (int.from_bytes(head[27:30], "little") + 1)
    return 1  # VP8 and VP8L hold 14 bits a side
