"""Where the words of an answer end and what it quotes begins: the head that `drafts` writes, found again. Pure, linear.

Only our own heads count: what another program quotes differently stays among the words, where nobody loses it.
"""

import re

_HEAD = re.compile(
    r"^(?:Le \d\d/\d\d/\d{4} à \d{1,2}:\d\d, [^\n]{1,400} a écrit :\n>|-{10} Message transféré -{10}$)", re.MULTILINE
)


def split(text: str) -> tuple[str, str]:
    """One's own words, and the quotation with its head ('' when there is none)."""
    text = text.replace("\r\n", "\n")
    if found := _HEAD.search(text):
        return text[: found.start()].rstrip("\n"), text[found.start() :].rstrip("\n")
    return text, ""


def joined(own: str, quote: str) -> str:
    """The whole again: the words, one empty line, the quotation."""
    quote = quote.replace("\r\n", "\n").strip("\n")
    return f"{own.rstrip()}\n\n{quote}\n" if quote else own
