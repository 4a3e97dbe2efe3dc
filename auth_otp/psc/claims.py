"""What Pro Santé Connect tells of a person, pure: its claims (client-and-documents §8.3) -> values, bounded.

Their identity is the RPPS number of `SubjectNameID` and nothing else: names, profession and places are shown, never believed.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_NATIONAL = re.compile(r"8(\d{11})\Z", re.ASCII)  # the national id of an RPPS number
_TEXT, _MANY = 200, 20  # characters of a value; exercices, and activities of each
PHARMACIST, DOCTOR = "21", "10"  # codeProfession


class NoNumber(ValueError):
    """They are no person of the RPPS: an ADELI or employer's number, or none."""

    why = "no_rpps"  # of words.REFUSALS


@dataclass(frozen=True, slots=True)
class Activity:
    """One place where they practise, as the provider tells it."""

    profession: str
    category: str
    mode: str
    sector: str
    section: str
    role: str
    finess: str
    siret: str
    name: str


@dataclass(frozen=True, slots=True)
class Person:
    """Who came by Pro Santé Connect. `by` is how they proved it there («CARD»…), as it was told."""

    subject: str
    rpps: str
    given_name: str
    family_name: str
    civility: str = ""
    profession: str = ""
    activities: tuple[Activity, ...] = ()
    by: str = ""


def read(told: Mapping[str, object], *, subject: str) -> Person:
    """`told`: of userinfo, whose `sub` the caller has compared. NoNumber when it names no RPPS number."""
    refpro = _mapping(told.get("SubjectRefPro"))
    exercices = list(_mappings(refpro.get("exercices")))
    return Person(
        subject=subject,
        rpps=number(told),
        given_name=_text(told, "given_name"),
        family_name=_text(told, "family_name"),
        civility=_text(refpro, "codeCivilite"),
        profession=_text(exercices[0], "codeProfession") if exercices else "",
        activities=tuple(_activities(exercices)),
        by=_text(told, "authMode")[:20],
    )


def number(told: Mapping[str, object]) -> str:
    """The RPPS number of `SubjectNameID`; where `preferred_username` is told too, it has to be the same."""
    national, known_as = told.get("SubjectNameID"), told.get("preferred_username")
    found = _NATIONAL.match(national) if isinstance(national, str) else None
    if found is None or known_as not in {None, national}:
        raise NoNumber
    return found[1]


def _activities(exercices: list[Mapping[str, object]]) -> Iterator[Activity]:
    for exercice in exercices:
        for one in _mappings(exercice.get("activities")):
            yield Activity(
                profession=_text(exercice, "codeProfession"),
                category=_text(exercice, "codeCategorieProfessionnelle"),
                mode=_text(one, "codeModeExercice"),
                sector=_text(one, "codeSecteurDactivite"),
                section=_text(one, "codeSectionPharmacien"),
                role=_text(one, "codeRole"),
                finess=_text(one, "numeroFinessSite"),
                siret=_text(one, "numeroSiretSite"),
                name=_text(one, "enseigneCommercialeSite") or _text(one, "raisonSocialeSite"),
            )


def _text(told: Mapping[str, object], name: str) -> str:
    value = told.get(name)
    return "".join(c for c in value[:_TEXT] if c.isprintable()).strip() if isinstance(value, str) else ""


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _mappings(value: object) -> Iterator[Mapping[str, object]]:
    return (one for one in value[:_MANY] if isinstance(one, dict)) if isinstance(value, list) else iter(())
