"""What the national directory is to say of a mailbox, from what we know of it (ANS, trust-space §7). Pure.

`wanted` answers an Entry, or why there is none: the mailbox is not to be published (`Unwanted`), or something that ANS
requires is missing (`Incomplete`, in French, for who can write it). Refuses to guess: two holders are none.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Literal, Self

from directory.fhir import systems
from directory.luhn import luhn

# The pattern of the draft (trust-space §7.3): a demonstration's addresses never pass it.
_ADDRESS = re.compile(r"[^@\s]+@([^@\s]+\.mssante\.fr|interop-mssante\.apicrypt\.org)")
_FINESS = re.compile(r"\d{9}|2[AB]\d{7}", re.ASCII)
_SIRET = re.compile(r"\d{14}", re.ASCII)
_CARRIER = re.compile(r"(Practitioner|Organization)\?identifier=([^|]+)\|(\w+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Carrier:
    """The resource that bears the address, by business identifier: technical ids change (annuaire.md §3.1)."""

    resource: Literal["Practitioner", "Organization"]
    system: str
    value: str

    def __str__(self) -> str:
        return f"{self.resource}?identifier={self.system}|{self.value}"

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Back from `str`; None of ''."""
        match = _CARRIER.fullmatch(text)
        return cls(match[1], match[2], match[3]) if match else None  # type: ignore[arg-type]  # the pattern's two names


@dataclass(frozen=True, slots=True)
class Entry:
    """A mailbox as it is to be published. What its kind does not carry is empty (trust-space §7.2)."""

    carrier: Carrier
    address: str
    kind: str
    description: str = ""
    service: str = ""
    responsible: str = ""
    rank: int | None = None  # 1 is the highest
    is_paperless: bool | None = None  # told only to a server that still takes it

    @property
    def digest(self) -> str:
        """Of all that would be sent: two entries with one digest need no second sending."""
        return sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Unwanted:
    """Not to be published; what stands there is withdrawn."""

    reason: str


@dataclass(frozen=True, slots=True)
class Incomplete:
    """To be published once this is written; nothing is sent meanwhile, and what stands there stays."""

    missing: tuple[str, ...]

    @property
    def reason(self) -> str:
        return "Il manque : " + " ; ".join(self.missing) + "."


type Wanted = Entry | Unwanted | Incomplete


@dataclass(frozen=True, slots=True)
class Facts:
    """All that decides. `holders`: the RPPS ('' when unknown) of each active manager of a personal mailbox."""

    address: str
    kind: str
    state: str
    is_domain_open: bool
    is_red_listed: bool
    is_withheld: bool
    holders: tuple[str, ...]
    structure: str  # FINESS or SIRET, as typed
    description: str = ""
    service: str = ""
    responsible: str = ""
    rank: int | None = None
    is_paperless: bool | None = None


_NOT_OPEN = {
    "requested": "Boîte demandée, pas encore ouverte.",
    "suspended": "Boîte suspendue.",
    "closed": "Boîte clôturée.",
    "deleted": "Boîte supprimée.",
}


def wanted(facts: Facts) -> Wanted:
    if reason := _unwanted(facts):
        return Unwanted(reason)
    carrier = _person(facts.holders) if facts.kind == "PER" else structure(facts.structure)
    missing = tuple(_missing(facts, carrier))
    if missing or isinstance(carrier, str):
        return Incomplete(missing)
    own = facts.kind != "PER"  # trust-space §7.2: a personal mailbox has neither description, service nor responsible
    return Entry(
        carrier=carrier,
        address=facts.address,
        kind=facts.kind,
        description=facts.description if own else "",
        service=facts.service if own else "",
        responsible=facts.responsible if own else "",
        rank=facts.rank,
        is_paperless=facts.is_paperless,
    )


def _unwanted(facts: Facts) -> str:
    if facts.state in _NOT_OPEN:
        return _NOT_OPEN[facts.state]
    if not facts.is_domain_open:
        return "Domaine fermé."
    if facts.is_red_listed:
        return "Liste rouge."
    return "Retirée par un administrateur." if facts.is_withheld else ""


def _missing(facts: Facts, carrier: Carrier | str) -> Iterator[str]:
    if not _ADDRESS.fullmatch(facts.address):
        yield "une adresse en .mssante.fr (l’annuaire national refuse les autres)"
    if isinstance(carrier, str):
        yield carrier


def _person(holders: tuple[str, ...]) -> Carrier | str:
    """Whose mailbox it is: its one manager (a PER is under one person's exclusive responsibility, trust-space §7.5)."""
    if len(holders) != 1:
        return "un responsable actif, et un seul : c’est à son nom que la boîte est publiée"
    [rpps] = holders
    if not rpps:
        return "le numéro RPPS de son responsable (sur sa fiche d’utilisateur)"
    if len(rpps) != 11 or not luhn(rpps):
        return "un numéro RPPS juste : la clé de celui de son responsable est fausse"
    return Carrier("Practitioner", systems.RPPS, rpps)


def structure(typed: str) -> Carrier | str:
    """Of a FINESS or a SIRET; else what is missing. Corsica's FINESS have a letter, and no key that is known."""
    text = typed.replace(" ", "").upper()
    if not text:
        return "le FINESS ou le SIRET de la structure"
    if _FINESS.fullmatch(text):
        if text.isdigit() and not luhn(text):
            return "un FINESS juste : la clé de celui-ci est fausse"
        return Carrier("Organization", systems.FINESS, text)
    if _SIRET.fullmatch(text):
        if not luhn(text):
            return "un SIRET juste : la clé de celui-ci est fausse"
        return Carrier("Organization", systems.IDNST, f"3{text}")  # trust-space §8.4
    return "un FINESS (9 caractères) ou un SIRET (14 chiffres)"
