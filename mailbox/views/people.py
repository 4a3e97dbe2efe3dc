"""Who wrote, as a person and not an address: name, profession and town from the directory, a mark for who is no stranger.

Faces come from directory.lookup, one statement for a page. A patient's address is masked wherever it is shown.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from zlib import crc32

from auth_otp.models import User
from directory import lookup
from directory.lookup import Suggestion
from mailbox.mime.address import in_words, is_patient, mask, normalise
from mailbox.mime.values import Address
from mailbox.models import Mailbox
from mssweb.shown import Shown

_TITLES = {"dr", "pr", "m", "mme", "mlle", "me"}
_WORD = re.compile(r"[^\W\d_]+")
_CAPITALS = re.compile(r"[A-ZÀ-ÖØ-Þ' -]{2,}")


@dataclass(frozen=True, slots=True, repr=False)
class Person(Shown):
    """`mark`: '' for a stranger, «listed» in the directory, «patient», «ours» for this mailbox and its people."""

    name: str
    detail: str
    address: str
    mark: str = ""

    @property
    def initials(self) -> str:
        words: list[str] = [w for w in _WORD.findall(self.name.partition("@")[0]) if w.lower() not in _TITLES] or ["?"]
        return (words[0][0] + (words[-1][0] if len(words) > 1 else words[0][1:2])).upper()

    @property
    def tone(self) -> str:
        """The class of the avatar; the same colour for the same person everywhere."""
        if self.mark in {"patient", "ours"}:
            return "me" if self.mark == "ours" else "patient"
        return f"c{crc32(self.address.encode()) % 4 + 1}"


class Faces:
    """Addresses to persons, for one page of one mailbox."""

    def __init__(self, mailbox: Mailbox, known: Mapping[str, Suggestion]) -> None:
        self.mailbox = mailbox
        self.known = known

    def of(self, address: Address) -> Person:
        spec = normalise(address.addr_spec)
        if spec == self.mailbox.address:
            return Person(in_words(self.mailbox.display_name), "Notre boîte", spec, "ours")
        if is_patient(spec):  # ECO.3.1.1
            return Person(in_words(address.display_name) or "Patient", "Mon espace santé", mask(spec), "patient")
        if found := self.known.get(spec):
            return Person(found.name, _detail(found), spec, "listed")
        name, structure = _label(address.display_name)
        return Person(name or spec or "Expéditeur inconnu", structure or (spec if name else ""), spec)

    def colleague(self, user: User) -> Person:
        """Who sent from this mailbox."""
        return Person(user.get_full_name(), f"pour {in_words(self.mailbox.display_name)}", "", "ours")


def faces(mailbox: Mailbox, addresses: Iterable[Address]) -> Faces:
    """One statement, or none when nobody is to be found."""
    wanted = {normalise(a.addr_spec) for a in addresses if a.addr_spec and not is_patient(a.addr_spec)}
    return Faces(mailbox, lookup.by_address(wanted - {mailbox.address}))


def _detail(found: Suggestion) -> str:
    trade = found.speciality or found.profession if found.kind == "person" else "Structure"
    where = found.town.title() if found.town.isupper() else found.town
    return " · ".join(part for part in (trade, where) if part)


def _label(display_name: str) -> tuple[str, str]:
    """A display name of the trust space, `Dr_Florence_LEMAIRE_Hôpital`, read as (name, structure) (ECO.2.2.7)."""
    parts = [part.strip() for part in display_name.split("_") if part.strip()]
    if len(parts) < 2:
        return display_name.strip(), ""
    end = next((i + 1 for i, part in enumerate(parts) if _CAPITALS.fullmatch(part)), len(parts))
    return " ".join(parts[:end]), " ".join(parts[end:])
