"""What the national extraction says against what we want it to say, for one address. Pure.

The extraction shows a mailbox by line: its person or its structure. Description, responsible and rank are not in it.
"""

from collections.abc import Sequence
from typing import Protocol

from directory.fhir import systems
from mailbox.publication.entry import Carrier, Entry


class Line(Protocol):
    """One line of the extraction in force (`directory.lookup.Published`)."""

    @property
    def kind(self) -> str: ...
    @property
    def rpps(self) -> str: ...
    @property
    def structure(self) -> str: ...
    @property
    def service(self) -> str: ...
    @property
    def is_paperless(self) -> bool | None: ...


def carrier_of(line: Line) -> Carrier | None:
    """Where the mailbox of this line stands; None when the extraction does not say it in a way we can write to."""
    if line.rpps:
        return Carrier("Practitioner", systems.RPPS, line.rpps)
    if line.structure[:1] == "F":
        return Carrier("Organization", systems.FINESS, line.structure[1:])
    return Carrier("Organization", systems.IDNST, f"3{line.structure[1:]}") if line.structure[:1] == "C" else None


def differences(entry: Entry, lines: Sequence[Line]) -> list[str]:
    """In French, what the extraction says otherwise; nothing when they agree. There is at least one line."""
    return [told for line in lines for told in _differences(entry, line)]


def _differences(entry: Entry, line: Line) -> list[str]:
    told = []
    if line.kind != entry.kind:
        told.append(f"type {line.kind} au lieu de {entry.kind}")
    if carrier_of(line) != entry.carrier:
        told.append(f"inscrite sur {_named(line)} au lieu de {entry.carrier.value}")
    if entry.kind != "PER" and line.service != entry.service:
        told.append("autre service de rattachement")
    if entry.is_paperless is not None and line.is_paperless != entry.is_paperless:
        told.append("autre « zéro papier »")
    return told


def _named(line: Line) -> str:
    return line.rpps or line.structure[1:] or "personne"
