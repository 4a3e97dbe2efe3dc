"""One folding for what is stored and what is typed: lower case, no accents, hyphens and apostrophes as blanks. Pure.

A key is a name folded and written in one word (`Le Goff` and `LEGOFF` → `legoff`), so that a beginning typed in any of
its spellings is a range of one index. A name has several keys: whole, and from each of its words that is no particle.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

PARTICLES = frozenset("d de des du el la le les l ben bin da do dos di van von den der ter".split())
KINDS = frozenset(
    "pharmacie cabinet centre clinique hopital laboratoire ehpad maison polyclinique groupe selarl selas sarl".split()
)  # of structures: « pharmacie Lille » means the place
STREETS = frozenset(
    "rue avenue av boulevard bd bld place pl chemin che allee all impasse route rte quai cours square".split()
)
_EVERYWHERE = PARTICLES | KINDS | STREETS | {"bis", "ter", "dr", "docteur"}
MAX_KEY = 64  # characters: a key stays far under what a page of an index can hold
_MAX_KEYS = 5  # of one name
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d"})
_SAINTS = {"st": "saint", "ste": "sainte"}
_ENDINGS = (("ologue", "olog"), ("ologiste", "olog"), ("iatre", "iatr"), ("iere", "ier"), ("ienne", "ien"))
_NOT_WORD = re.compile(r"[\W_]+")


def folded(text: str) -> str:
    """`L’Hénaff-Le Cœur` → `l henaff le coeur`: what two spellings of one name have in common."""
    if text.isascii():
        return _NOT_WORD.sub(" ", text.lower()).strip()
    lowered = unicodedata.normalize("NFKD", text).casefold().translate(_LIGATURES)
    plain = unicodedata.normalize("NFKD", lowered)
    return _NOT_WORD.sub(" ", "".join(c for c in plain if not unicodedata.combining(c))).strip()


fold = lru_cache(maxsize=16_384)(folded)  # a file repeats its names, towns and trades; what is private is not kept


def whole(words: Sequence[str]) -> list[str]:
    """`st` before another word is `saint`."""
    last = len(words) - 1
    return [_SAINTS.get(word, word) if at < last else word for at, word in enumerate(words)]


def key(words: Sequence[str]) -> str:
    """Folded words in one."""
    return "".join(whole(words))[:MAX_KEY]


def array(keys: Iterable[str]) -> str:
    """PostgreSQL's spelling of an array of them; a key is letters and digits, nothing to escape."""
    found = list(keys)
    inside = '","'.join(found)
    return f'{{"{inside}"}}' if found else "{}"


def bare(words: Sequence[str]) -> list[str]:
    """The words without the particles they begin with; as they are when there is nothing else."""
    for at, word in enumerate(words):
        if word not in PARTICLES:
            return list(words[at:])
    return list(words)


@lru_cache(maxsize=16_384)
def name_keys(name: str) -> list[str]:
    """`De La Tour-Martin` → `delatourmartin`, `tourmartin`, `martin`: under each it is found."""
    words = fold(name).split()
    starts = [at for at, word in enumerate(words) if at == 0 or word not in PARTICLES][:_MAX_KEYS]
    return list(dict.fromkeys(key(words[at:]) for at in starts))


@lru_cache(maxsize=16_384)
def structure_keys(name: str) -> list[tuple[str, str]]:
    """(key, what stood before it): `Pharmacie du Marché` → (`pharmaciedumarche`, ``), (`marche`, `pharmacie`)."""
    words = fold(name).split()
    found = [(key(words), "")] if words else []
    for at, word in enumerate(words):
        if at and word not in PARTICLES and len(found) < _MAX_KEYS:
            before = [other for other in words[:at] if other not in PARTICLES]
            found.append((key(words[at:]), key(before)))
    return found


def stem(word: str) -> str:
    """Who practises begins like what is practised: `cardiologue` → `cardiolog`, `infirmiere` → `infirmier`."""
    for ending, kept in _ENDINGS:
        if word.endswith(ending):
            return word.removesuffix(ending) + kept
    return word


@lru_cache(maxsize=16_384)
def town_keys(town: str) -> list[str]:
    """`Le Mans` → `lemans`, `mans`."""
    words = fold(town).split()
    return list(dict.fromkeys([key(words), key(bare(words))])) if words else []


def place_words(*told: str) -> list[str]:
    """What tells a place from others, of its name, street and town: neither `rue` nor `clinique` nor `du`, each word once."""
    found = (word for text in told for word in fold(text).split())
    return [word for word in dict.fromkeys(found) if len(word) > 1 and word not in _EVERYWHERE]
