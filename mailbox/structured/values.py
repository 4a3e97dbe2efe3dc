"""Who made a document, where, about whom: what every part of an archive says alike."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import NAMESPACE_OID, UUID, uuid5

from mailbox.quarantine.values import Person

IDNPS, IDNST = "1.2.250.1.71.4.2.1", "1.2.250.1.71.4.2.2"  # of persons and of structures (reference annuaire §4)
_OID = "2.25"  # of a UUID (ITU-T X.667 §6.3): whoever has no OID of their own has as many as they need
OURS = f"{_OID}."


@dataclass(frozen=True, slots=True, repr=False)
class Author:
    """`rpps` is '' for who has none: a preparer, a student."""

    family: str
    given: str
    rpps: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class House:
    """The structure. `oid` is the root of what it numbers itself: its patients, its archives."""

    name: str
    oid: str
    finess: str = ""
    town: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Sheet:
    """One document. `unique_id` is `root` or `root^extension`; `act_day` YYYYMMDD; `replaces` the id of an earlier version."""

    unique_id: str
    set_id: str
    version: int
    code: str
    label: str
    act_day: str
    made_at: datetime
    patient: Person
    author: Author
    house: House
    replaces: str = ""
    has_pdf: bool = True  # level 1

    @property
    def title(self) -> str:
        return self.label

    @property
    def entry(self) -> str:
        """Its entryUUID, the same for whoever knows the document: a later version names it so."""
        return entry_of(self.unique_id)


def oid_of(uuid: UUID) -> str:
    return f"{_OID}.{uuid.int}"


def entry_of(unique_id: str) -> str:
    return f"urn:uuid:{uuid5(NAMESPACE_OID, unique_id)}"


def split_id(text: str) -> tuple[str, str]:
    """Root and extension of a `uniqueId` (reference §3.2)."""
    root, _, extension = text.partition("^")
    return root, extension


def stamp(at: datetime) -> str:
    """DTM of XDS: YYYYMMDDhhmmss, in UTC."""
    return f"{at.astimezone(UTC):%Y%m%d%H%M%S}"
