"""One folding for what is stored and what is typed: lower case, no accents, hyphens and apostrophes as spaces. Pure."""

import re
import unicodedata

PARTICLES = frozenset("d de des du el la le les l ben bin da di van von ter saint sainte st ste".split())
KINDS = frozenset(
    "pharmacie cabinet centre clinique hopital laboratoire ehpad maison polyclinique groupe chu ch grande selarl "
    "selas sarl medical hospitalier universitaire sante".split()
)
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d"})
_ENDINGS = (("ologue", "olog"), ("ologiste", "olog"), ("iatre", "iatr"), ("generaliste", "generale"), ("iere", "ier"),
            ("ienne", "ien"))  # fmt: skip
_NOT_WORD = re.compile(r"[\W_]+")


def fold(text: str) -> str:
    """`L’Hénaff-Le Cœur` → `l henaff le coeur`: what two spellings of one name have in common."""
    lowered = unicodedata.normalize("NFKD", text).casefold().translate(_LIGATURES)
    plain = unicodedata.normalize("NFKD", lowered)
    return _NOT_WORD.sub(" ", "".join(c for c in plain if not unicodedata.combining(c))).strip()


def own_name(folded: str) -> str:
    """An organisation's name without its kind: `pharmacie du marche` → `marche`; never empty."""
    words = folded.split()
    while words and words[0] in KINDS | PARTICLES - {"saint", "sainte", "st", "ste"}:
        words.pop(0)
    return " ".join(words) or folded


def groups(folded: str) -> list[str]:
    """Typed words, particles kept with what follows: `marie le goff` → `marie`, `le goff`."""
    found: list[str] = []
    held: list[str] = []
    for word in folded.split():
        held.append(word)
        if word not in PARTICLES:
            found.append(" ".join(held))
            held = []
    return [*found, " ".join(held)] if held else found


def stem(word: str) -> str:
    """Who practises begins like what is practised: `cardiologue` → `cardiolog`, `infirmiere` → `infirmier`."""
    for ending, kept in _ENDINGS:
        if word.endswith(ending):
            return word.removesuffix(ending) + kept
    return word
