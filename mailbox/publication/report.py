"""Reconciliation: what ANS knows of our domains (the extraction in force, with its date) against what we hold.

Reads only. What can be published again from it is `resync`; an orphan (published, and no mailbox of ours) is for a
person: nothing here takes out what we do not hold.
"""

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from directory import lookup
from directory.lookup import Published
from mailbox.cards.table import harmless
from mailbox.models import Domain, Listing, Mailbox
from mailbox.publication import desk
from mailbox.publication.compare import differences
from mailbox.publication.entry import Entry, Wanted


class Finding(StrEnum):
    EQUAL = "équivalente"
    DIFFERS = "différente"
    UNPUBLISHED = "non publiée"
    ORPHAN = "orpheline"


@dataclass(frozen=True, slots=True)
class Row:
    domain: str
    address: str
    kind: str
    finding: Finding
    why: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """`day` is the extraction's; without one nothing can be compared and `rows` is empty."""

    day: datetime | None
    rows: tuple[Row, ...] = ()

    @property
    def counts(self) -> list[tuple[str, dict[str, int]]]:
        """By domain: how many of each finding."""
        by_domain: dict[str, Counter[Finding]] = defaultdict(Counter)
        for row in self.rows:
            by_domain[row.domain][row.finding] += 1
        return [(name, {one.name: found[one] for one in Finding}) for name, found in sorted(by_domain.items())]


@dataclass(frozen=True, slots=True)
class Held:
    """A mailbox of ours beside the lines of the extraction that name its address."""

    box: Mailbox
    want: Wanted
    lines: Sequence[Published]

    @property
    def in_force(self) -> list[Published]:
        return [line for line in self.lines if line.vanished_at is None]


def reconcile() -> Report:
    """Five queries, whatever the number of mailboxes."""
    day = lookup.extraction_day()
    if day is None:
        return Report(None)
    held, lines = everything()
    rows = [_row(one, day) for one in held]
    ours = {one.box.address for one in held}
    rows += [_orphan(found) for address, found in lines.items() if address not in ours and _stands(found)]
    return Report(day, tuple(sorted(rows, key=lambda row: (row.domain, row.address))))


def everything() -> tuple[list[Held], Mapping[str, list[Published]]]:
    lines: dict[str, list[Published]] = defaultdict(list)
    for line in lookup.published(Domain.objects.values_list("name", flat=True)):
        lines[line.address].append(line)
    boxes = list(desk.listed())
    wants = desk.wanted_of(boxes)
    return [Held(box, wants[box.pk], lines.get(box.address, [])) for box in boxes], lines


def _row(one: Held, day: datetime) -> Row:
    finding, why = _finding(one, day)
    return Row(one.box.domain.name, one.box.address, one.box.kind, finding, why)


def _finding(one: Held, day: datetime) -> tuple[Finding, str]:
    if not one.in_force:
        return Finding.UNPUBLISHED, _why_not(one, day)
    if not isinstance(one.want, Entry):
        return Finding.DIFFERS, f"Publiée alors qu’elle ne doit pas l’être. {one.want.reason}"
    told = differences(one.want, one.in_force)
    if not told:
        return Finding.EQUAL, ""
    sentence = " ; ".join(told)
    return Finding.DIFFERS, f"{sentence[0].upper()}{sentence[1:]}."


def _why_not(one: Held, day: datetime) -> str:
    if not isinstance(one.want, Entry):
        return one.want.reason
    listing = one.box.listing
    if listing.state == Listing.State.REJECTED:
        return listing.reason
    if listing.state != Listing.State.ACCEPTED:
        return "En attente d’envoi." + (f" {listing.reason}" if listing.reason else "")
    if one.box.kind == Mailbox.Kind.APP:
        return "Acceptée ; l’extraction publique ne montre pas les boîtes applicatives."
    if listing.accepted_at and listing.accepted_at > day:
        return "Acceptée depuis cette extraction."
    return "Acceptée avant cette extraction, qui ne la montre pas : à resynchroniser."


def _stands(lines: Iterable[Published]) -> bool:
    return any(line.vanished_at is None for line in lines)


def _orphan(lines: Sequence[Published]) -> Row:
    first = next(line for line in lines if line.vanished_at is None)
    domain = first.address.rpartition("@")[2]
    return Row(domain, first.address, first.kind, Finding.ORPHAN, "Aucune boîte de ce nom ici.")


def table(report: Report) -> Iterator[list[str]]:
    """The lines of a spreadsheet, none of which is a formula."""
    day = report.day.isoformat() if report.day else "aucune"
    yield ["extraction du", "domaine", "adresse", "type", "constat", "détail"]
    for row in report.rows:
        yield [harmless(cell) for cell in (day, row.domain, row.address, row.kind, str(row.finding), row.why)]


def as_csv(report: Report) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerows(table(report))
    return out.getvalue()
