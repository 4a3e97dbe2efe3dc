"""`{{patient}}` in a saved reply: the tiny syntax of its placeholders. Pure.

A word in double braces, accents and case aside; nothing else is read, nothing is evaluated. What is not known, or has no
value here, stays as it is and is told, so that nobody sends it unseen.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from directory.fold import folded

KNOWN: Mapping[str, str] = {
    "destinataire": "à qui vous écrivez",
    "patient": "le patient du message auquel vous répondez",
    "date": "la date du jour",
    "pharmacie": "le nom de la pharmacie",
    "moi": "votre prénom et votre nom",
    "boite": "l’adresse de la boîte aux lettres",
    "objet": "l’objet du message auquel vous répondez",
}
_PLACE = re.compile(r"\{\{ ?([^{}\n]{1,40}?) ?\}\}")


@dataclass(frozen=True, slots=True, repr=False)
class Filled:
    """`left` are the placeholders that stayed, as they were typed, each once."""

    text: str
    left: tuple[str, ...] = ()


def fill(text: str, values: Mapping[str, str]) -> Filled:
    """`values` by name of KNOWN; an empty one is as if it were not there. What is filled in is not read again."""
    left: dict[str, None] = {}

    def put(found: re.Match[str]) -> str:
        value = values.get(folded(found[1]), "")
        if not value:
            left[found[0]] = None
        return value or found[0]

    return Filled(_PLACE.sub(put, text), tuple(left))


def left_in(text: str) -> tuple[str, ...]:
    """The placeholders that a letter still holds."""
    return tuple(dict.fromkeys(found[0] for found in _PLACE.finditer(text)))
