"""What a person chose for a document of health, as a draft keeps it: typed, possibly not finished, possibly wrong.

Pure: `today` is given. Refuses nothing while one writes; `faults` says, field by field, what keeps it from leaving.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, replace
from datetime import date

from mailbox.documents import ins
from mailbox.quarantine.values import Person
from mailbox.structured.naming import TYPES, line

_LONGEST = 120  # characters of a field
SEXES = {"F": "Féminin", "M": "Masculin", "U": "Non précisé"}
NATURES = {"1.2.250.1.213.1.4.8": "NIR", "1.2.250.1.213.1.4.9": "NIA"}  # reference §4, in their order of preference
TESTS = {"1.2.250.1.213.1.4.10": "Identité de test (NIR)", "1.2.250.1.213.1.4.11": "Identité de test"}


@dataclass(frozen=True, slots=True, repr=False)
class Choice:
    """Dates as a browser gives them, YYYY-MM-DD. `qualified` is «1» or ''.

    `replaces`, `set_id` and `version` are those of the document that it takes the place of.
    """

    code: str = ""
    act: str = ""
    family: str = ""
    used: str = ""
    given: str = ""
    born: str = ""
    sex: str = ""
    ins: str = ""
    oid: str = ""
    qualified: str = ""
    local: str = ""
    replaces: str = ""
    set_id: str = ""
    version: str = ""

    @property
    def label(self) -> str:
        return TYPES.get(self.code, "")

    @property
    def person(self) -> Person:
        """As the document will name them: an INS that is not qualified is not there (INS/va1.53)."""
        leaves = bool(self.qualified)
        number = "".join(self.ins.split()).upper()
        return Person(
            family=self.family, used=self.used if self.used != self.family else "", given=self.given, born=compact(self.born),
            sex=self.sex, ins=number if leaves else "", oid=self.oid if leaves else "", local=self.local,
        )  # fmt: skip

    @property
    def number(self) -> int:
        """Of the version that leaves."""
        before = int(self.version) if self.version.isascii() and self.version.isdigit() else 0
        return before + 1 if self.replaces else 1

    @property
    def subject(self) -> str:
        """For the list of drafts, and above the form."""
        return line(self.label or "Document de santé", self.person, replaces=bool(self.replaces))

    def of(self, person: Person) -> "Choice":
        """The same about somebody the mailbox knows. Whether the INS is qualified is for whoever sends to say."""
        return replace(
            self, family=person.family, used=person.used, given=person.given, born=dashed(person.born),
            sex=person.sex if person.sex in SEXES else "", ins=person.ins, oid=person.oid, local=person.local, qualified="",
        )  # fmt: skip


def kept(choice: Choice) -> str:
    """For the sealed box of a draft."""
    return json.dumps({name: value for name, value in asdict(choice).items() if value}, ensure_ascii=False)


def read(text: str) -> Choice | None:
    """None when the letter carries no document of health, or when its box is of a version that is not understood."""
    try:
        plain = json.loads(text) if text else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(plain, dict):
        return None
    known = {one.name for one in fields(Choice)}
    return Choice(**{name: typed(value) for name, value in plain.items() if name in known and isinstance(value, str)})


def typed(value: str) -> str:
    """On one line, bounded, without what cannot be seen."""
    return " ".join("".join(c if c.isprintable() else " " for c in value[: 4 * _LONGEST]).split())[:_LONGEST].strip()


def day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def compact(text: str) -> str:
    """YYYYMMDD, '' for what is no date."""
    found = day(text)
    return f"{found:%Y%m%d}" if found else ""


def dashed(text: str) -> str:
    """Of an HL7 date, as a field of a form wants it."""
    found = day(text[:8]) if text[:8].isdigit() else None
    return found.isoformat() if found else ""


def faults(choice: Choice, *, today: date, has_cda: bool = False) -> dict[str, str]:
    """Why it cannot leave as it is, a French sentence a field. `has_cda`: a CDA tells its type itself."""
    return dict(_faults(choice, today, has_cda=has_cda))


def _faults(choice: Choice, today: date, *, has_cda: bool) -> Iterator[tuple[str, str]]:
    if choice.code not in TYPES and not has_cda:
        yield "code", "Choisissez le type du document."
    act, born = day(choice.act), day(choice.born)
    if act is None or act > today:
        yield "act", "Indiquez la date de l’acte : aujourd’hui ou avant."
    if not choice.family:
        yield "family", "Indiquez le nom de naissance du patient."
    if not choice.given:
        yield "given", "Indiquez au moins son premier prénom."
    if born is None or born > today or born.year < 1880:
        yield "born", "Indiquez sa date de naissance."
    if choice.sex not in SEXES:
        yield "sex", "Indiquez son sexe, ou «\xa0Non précisé\xa0»."
    if choice.qualified:
        yield from _unqualified(choice)


def _unqualified(choice: Choice) -> Iterator[tuple[str, str]]:
    """A qualified INS is its number, its nature and all its traits (reference §4)."""
    if not choice.ins:
        yield "ins", "Une identité qualifiée a une INS : saisissez-la, ou décochez «\xa0INS qualifiée\xa0»."
    elif not ins.is_right(choice.ins):
        yield "ins", "Cette INS est fausse : ses 15 caractères ne correspondent pas à sa clé. Vérifiez-la."
    elif choice.oid not in NATURES | TESTS:
        yield "oid", "Indiquez si c’est un NIR ou un NIA."
    elif choice.sex not in {"M", "F"}:
        yield "sex", "Une identité qualifiée a un sexe, masculin ou féminin."
