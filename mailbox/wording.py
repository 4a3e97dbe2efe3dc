"""A text -> the folded words by which it is found: for the index and for what is typed alike. Pure."""

import re
import unicodedata

from mailbox.stop_words import STOP_WORDS

_MAX_WORD = 40
_WORD = re.compile(r"[^\W_]{2,}")
_MARKS = re.compile("[\u0300-\u036f]+")  # combining accents


def fold(text: str) -> str:
    """Lower case, without accents; œ and æ become two letters."""
    if text.isascii():
        return text.lower()
    return _MARKS.sub("", unicodedata.normalize("NFKD", text.lower().replace("œ", "oe").replace("æ", "ae")))


def words(text: str) -> list[str]:
    """Folded words of two characters and more, stop words out, in their order."""
    return [w[:_MAX_WORD] for w in _spelled(text) if len(w) > 1 and w not in STOP_WORDS]


def _spelled(text: str) -> list[str]:
    """Folded words; single characters may be among them. French needs a table of 256 and no search: a tenth of the time."""
    for character, plain in _BEYOND:
        text = text.replace(character, plain)
    try:
        octets = text.encode("latin-1")
    except UnicodeEncodeError:
        return _WORD.findall(fold(text))
    if octets.translate(None, _PLAIN):
        return _WORD.findall(fold(text))
    return octets.translate(_TABLE).decode("ascii").split()


def _table() -> tuple[bytes, bytes]:
    """What `fold` makes of each character of Latin-1 that it makes one letter, one digit or no word of; and which those are."""
    made, plain = bytearray(b" " * 256), bytearray()
    for code in range(256):
        folded = fold(chr(code))
        if folded.isascii() and folded.isalnum() and len(folded) == 1:
            made[code] = ord(folded)
        elif any(character.isalnum() for character in folded):
            continue
        plain.append(code)
    return bytes(made), bytes(plain)


_TABLE, _PLAIN = _table()
_BEYOND = (*((c, "oe") for c in "œŒ"), *((c, "ae") for c in "æÆ"), *((c, " ") for c in "’‘“”–—…•€\u202f\u2009\u2011"))
