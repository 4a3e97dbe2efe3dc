"""What was said of who asks for a mailbox, against what the national directory says (trust-space §8.1). Pure.

Shown to the administrator, who decides: nothing here opens or refuses a mailbox.
"""

from dataclasses import dataclass

from directory.fold import fold, key, stem


@dataclass(frozen=True, slots=True)
class Known:
    """What the directory says of a person or a structure."""

    first_name: str = ""
    last_name: str = ""
    profession: str = ""
    name: str = ""
    town: str = ""
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing compared; '' is what is not said."""

    label: str
    ours: str
    theirs: str
    agrees: bool


def of_person(*, rpps: str, first_name: str, last_name: str, profession: str, known: Known | None) -> list[Finding]:
    said = known or Known()
    return [
        _number("RPPS", rpps, known),
        _same("Prénom", first_name, said.first_name),
        _same("Nom", last_name, said.last_name),
        Finding("Profession", profession, said.profession, _is_trade(profession, said.profession)),
    ]


def of_structure(*, number: str, name: str, town: str, known: Known | None) -> list[Finding]:
    said = known or Known()
    return [
        _number("FINESS ou SIRET", number, known),
        _same("Nom", name, said.name),
        Finding("Commune", town, said.town, bool(said.town) and fold(town).startswith(fold(said.town))),
    ]


def all_agree(findings: list[Finding]) -> bool:
    return bool(findings) and all(finding.agrees for finding in findings)


def _number(label: str, ours: str, known: Known | None) -> Finding:
    theirs = "" if known is None else f"{ours} (n’y est plus)" if known.is_gone else ours
    return Finding(label, ours, theirs, bool(ours) and known is not None and not known.is_gone)


def _same(label: str, ours: str, theirs: str) -> Finding:
    return Finding(label, ours, theirs, bool(theirs) and key(fold(ours).split()) == key(fold(theirs).split()))


def _is_trade(ours: str, theirs: str) -> bool:
    """« Pharmacienne titulaire » is a « Pharmacien »."""
    return bool({stem(word) for word in fold(ours).split()} & {stem(word) for word in fold(theirs).split()[:1]})
