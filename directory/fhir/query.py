"""Parameters of a search, as they came -> what is asked; or a Refusal that names the parameter. Pure, and bounded."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from directory.fhir.outcome import invalid, unsupported
from directory.fhir.parameters import (
    CONTROLS,
    DEFAULT_COUNT,
    ELEMENTS,
    INCLUDES,
    MAX_COUNT,
    PARAMETERS,
    REVINCLUDES,
    Parameter,
)

MAX_CRITERIA, MAX_VALUES, MAX_LENGTH = 24, 20, 254
_MANY = ("_id", "identifier", "practitioner", "organization")
_MAX_MANY = 200  # of what is found by its row
_SPLIT = re.compile(r"(?<!\\),")
_ESCAPED = re.compile(r"\\([,|$\\])")
_TEXT = re.compile(r"[^\x00-\x1f\x7f]*")

type Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Criterion:
    """One parameter; any of its values may hold. All criteria must."""

    name: str
    modifier: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    resource: str
    criteria: tuple[Criterion, ...]
    pairs: tuple[tuple[str, str], ...]  # as they came
    count: int = DEFAULT_COUNT
    with_total: bool = False
    includes: frozenset[str] = frozenset()
    elements: tuple[str, ...] = ()


def read(resource: str, pairs: Pairs) -> Asked:
    """Names and values as decoded from the URL or the form, in their order."""
    if len(pairs) > MAX_CRITERIA:
        raise invalid(f"Plus de {MAX_CRITERIA} paramètres.", "")
    criteria: list[Criterion] = []
    controls: dict[str, str] = {}
    includes: set[str] = set()
    for name, value in pairs:
        if not _TEXT.fullmatch(value):
            raise invalid("Caractère de contrôle dans une valeur.", _known(resource, name))
        if name in CONTROLS:
            if name in controls:
                raise invalid("Paramètre répété.", name)
            controls[name] = value
        elif name in {"_include", "_revinclude"}:
            includes.update(_include(resource, name, value))
        else:
            criteria.append(_criterion(resource, name, value))
    return Asked(
        resource,
        tuple(criteria),
        tuple(pair for pair in pairs if pair[0] != "_format"),
        _count(controls.get("_count", "")),
        _total(controls.get("_total", "none")),
        frozenset(includes),
        _elements(resource, controls.get("_elements")),
    )


def token(value: str) -> tuple[str | None, str]:
    """(system, code) of `system|code`; None for a code of any system, an empty code for any of the system."""
    parts = re.split(r"(?<!\\)\|", value, maxsplit=1)
    plain = [unescaped(part) for part in parts]
    return (None, plain[0]) if len(plain) == 1 else (plain[0], plain[1])


def unescaped(value: str) -> str:
    return _ESCAPED.sub(r"\1", value)


def _known(resource: str, name: str) -> str:
    """A name that may be repeated in an answer: one of ours."""
    bare = name.partition(":")[0]
    return bare if bare in PARAMETERS[resource] or bare in CONTROLS else ""


def _criterion(resource: str, name: str, value: str) -> Criterion:
    bare, _, modifier = name.partition(":")
    parameter = PARAMETERS[resource].get(bare)
    if parameter is None:
        raise unsupported(f"Paramètre inconnu de {resource} : voir /fhir/metadata.", _shown(bare))
    if modifier and modifier not in parameter.modifiers:
        raise unsupported(f"Modificateur inconnu pour {bare}{_offered(parameter)}.", bare)
    values = [part.strip() for part in _SPLIT.split(value)]
    most = _MAX_MANY if bare in _MANY else MAX_VALUES
    if len(values) > most:
        raise invalid(f"Plus de {most} valeurs.", bare)
    if not all(values):
        raise invalid("Valeur vide.", bare)
    if any(len(part) > MAX_LENGTH for part in values):
        raise invalid(f"Valeur de plus de {MAX_LENGTH} caractères.", bare)
    return Criterion(bare, modifier, tuple(dict.fromkeys(values)))


def _shown(name: str) -> str:
    """Of a name that we do not know, what cannot be a person's: parameters of FHIR are short words."""
    return name if re.fullmatch(r"[A-Za-z_.-]{1,40}", name) else ""


def _offered(parameter: Parameter) -> str:
    return f" : {', '.join(parameter.modifiers)} seulement" if parameter.modifiers else " : il n’en a pas"


def _include(resource: str, name: str, value: str) -> Iterable[str]:
    offered = (INCLUDES if name == "_include" else REVINCLUDES)[resource]
    if value not in offered:
        raise unsupported(f"Valeur inconnue : {', '.join(offered) or 'aucune pour cette ressource'}.", name)
    return [one for one in offered if one != "*"] if value == "*" else [value]


def _count(text: str) -> int:
    if not text:
        return DEFAULT_COUNT
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= MAX_COUNT):
        raise unsupported(f"Un nombre de 1 à {MAX_COUNT} est attendu.", "_count")
    return int(text)


def _total(text: str) -> bool:
    if text not in {"none", "accurate"}:
        raise unsupported("Valeur inconnue : none ou accurate.", "_total")
    return text == "accurate"


def _elements(resource: str, text: str | None) -> tuple[str, ...]:
    if text is None:
        return ()
    names = tuple(dict.fromkeys(part.strip() for part in text.split(",")))
    if set(names) - ELEMENTS[resource]:
        raise unsupported(f"Élément inconnu : {', '.join(sorted(ELEMENTS[resource]))}.", "_elements")
    return names
