"""Bytes of a declared charset -> text, never failing: what is undeclared or wrong is UTF-8, then Windows-1252.

Only character sets of an allow-list are tried: a codec named by a stranger (punycode, unicode_escape) may be slow,
and looking unknown names up would fill Python's codec cache for ever. UTF-7 is not one of them (WHATWG Encoding): it
hides markup, and Python's gives halves of surrogate pairs, which no page and no index can write down.
"""

import re
from encodings.aliases import aliases

_LATIN = frozenset({"ascii", "latin_1", "iso8859_1"})
_KNOWN = frozenset(
    """utf_8 utf_16 utf_16_le utf_16_be utf_32 utf_32_le utf_32_be cp1250 cp1251 cp1252 cp1253 cp1254 cp1255
    cp1256 cp1257 cp1258 cp437 cp850 cp852 cp858 cp866 koi8_r koi8_u mac_roman gb2312 gbk gb18030 big5 shift_jis cp932
    euc_jp iso2022_jp euc_kr cp949 tis_620 iso8859_2 iso8859_3 iso8859_4 iso8859_5 iso8859_6 iso8859_7 iso8859_8
    iso8859_9 iso8859_10 iso8859_11 iso8859_13 iso8859_14 iso8859_15 iso8859_16""".split()
)
_SEPARATORS = re.compile(r"[^a-z0-9]++")


def codec(charset: str) -> str:
    """Python's name of a charset we decode, '' for any other."""
    name = _SEPARATORS.sub("_", charset[:40].lower()).strip("_")
    name = aliases.get(name, name)
    return name if name in _KNOWN or name in _LATIN else ""


def decode(data: bytes, charset: str = "") -> tuple[str, str]:
    """The text and a warning code ('' when the declared charset was true)."""
    if data.isascii() and not charset.startswith(("utf-16", "utf-32", "iso-2022")):
        return data.decode("ascii"), ""
    name = codec(charset)
    if not name:
        return guess(data), "charset_unknown" if charset else ""
    if name == "ascii":
        return guess(data), "charset_wrong"
    if name in _LATIN:  # what says Latin-1 is Windows-1252 (WHATWG Encoding)
        return _windows(data), ""
    try:
        return data.decode(name), ""
    except UnicodeError:
        return (guess(data) if name == "utf_8" else data.decode(name, "replace")), "charset_wrong"


def guess(data: bytes) -> str:
    """Undeclared bytes: UTF-8 when they are, else Windows-1252."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _windows(data)


def _windows(data: bytes) -> str:
    """Windows-1252, whose five holes are Latin-1's controls."""
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return data.decode("latin-1")
