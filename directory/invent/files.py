"""Writes the whole country into files, in one pass, keeping nobody: plain or zipped, with its truth beside.

The lines of one person are not all together: second places of exercise often come much later, as they may in real files.
"""

import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from directory.invent import fixed, lines, truth
from directory.invent.domains import Domains
from directory.invent.headers import ACTIVITIES, DIPLOMAS, HEADERS, MAILBOXES, SKILLS
from directory.invent.land import land
from directory.invent.offices import Offices
from directory.invent.people import Being, People
from directory.invent.structures import Structures

ARCHIVE = "PS_LibreAcces"
_STEP = 1_024  # people between two writings
_STRIDES = (1_000_003, 999_983)  # primes: one of them has nothing in common with a number of people under 10**12

type Progress = Callable[[int, int], object]


@dataclass(frozen=True, slots=True)
class Plan:
    people: int
    seed: int
    stamp: str  # AAAAMMJJhhmm, of the names
    day: int = 1
    truth: int = 0
    is_plain: bool = True
    is_zip: bool = False
    domains: tuple[str, ...] = ()
    known: tuple[fixed.Person | fixed.Office, ...] = ()


class _Country:
    """What a day is made of."""

    def __init__(self, plan: Plan, day: int) -> None:
        ground = land()
        domains = Domains(plan.seed, ground, plan.domains)
        structures = Structures(plan.seed, plan.people, ground)
        self.structures = structures.total
        self.people = People(plan.seed, plan.people, ground, domains, structures, day)
        self.offices = Offices(plan.seed, ground, domains, structures, day)


def silent(done: int, total: int) -> None:
    """No progress shown."""


def write(plan: Plan, out: Path, progress: Progress = silent) -> list[Path]:
    """The files written, in the order of their names."""
    out.mkdir(parents=True, exist_ok=True)
    today = _Country(plan, plan.day)
    numbers = truth.sample(plan.people, plan.truth)
    homonyms = truth.Homonyms(one for number in numbers if (one := today.people.being(number)))
    texts = {name: out / f"{name}_{plan.stamp}.txt" for name in HEADERS}
    made = []
    with ExitStack() as stack:
        files = {name: stack.enter_context(path.open("wb", buffering=1 << 20)) for name, path in texts.items()}
        changes = None
        if plan.day > 1:
            made.append(out / f"changes_{plan.stamp}.jsonl")
            changes = stack.enter_context(made[-1].open("wb"))
        for name, file in files.items():
            file.write(f"{HEADERS[name]}\n".encode())
        _known(plan, files)
        _everybody(plan, today, files, changes, homonyms, progress)
    if numbers:
        made.append(out / f"truth_{plan.stamp}.jsonl")
        with made[-1].open("wb") as file:
            for number in numbers:
                if one := today.people.being(number):
                    file.write(truth.told(today.people, one, homonyms.of(one)).encode())
    return sorted([*made, *_packed(plan, out, texts)])


def _known(plan: Plan, files: dict[str, BinaryIO]) -> None:
    """People given by hand come first."""
    folk = [one for one in plan.known if isinstance(one, fixed.Person)]
    offices = [one for one in plan.known if isinstance(one, fixed.Office)]
    for name, text in (
        (MAILBOXES, fixed.mailbox_lines(folk, offices, plan.seed)),
        (ACTIVITIES, fixed.activity_lines(folk)),
    ):
        next(text)  # the header
        files[name].writelines(f"{line}\n".encode() for line in text)


def _everybody(
    plan: Plan, today: _Country, files: dict[str, BinaryIO], changes: BinaryIO | None, homonyms: truth.Homonyms,
    progress: Progress,
) -> None:  # fmt: skip
    folk, total = today.people, today.people.count
    yesterday = _Country(plan, plan.day - 1) if changes else None
    counting = bool(plan.truth)
    for start in range(0, total, _STEP):
        end = min(start + _STEP, total)
        batch = _Batch(folk)
        for number in range(start, end):
            one = folk.being(number)
            if one:
                batch.add(one)
                if counting:
                    homonyms.see(one)
            if number < plan.people:
                batch.add_late(late_number(number, plan.people))
            if yesterday and changes and (one is None or one.past.today or folk.first_day(number) == plan.day):
                changes.writelines(map(str.encode, truth.changes(yesterday.people, folk, number, one)))
        for number in range(start * today.structures // total, end * today.structures // total):
            batch.mailboxes.extend(box.line for box in today.offices.boxes(number))
            if yesterday and changes and today.offices.past(number).today:
                was, now = ([box.address for box in day.offices.boxes(number)] for day in (yesterday, today))
                changes.writelines(map(str.encode, truth.address_changes(was, now)))
        batch.write(files)
        progress(end, total)


def late_number(number: int, people: int) -> int:
    """Another order of the same people: whose further places are told now."""
    stride = next(prime for prime in _STRIDES if people % prime)
    return (number * stride + 12_345) % people


class _Batch:
    def __init__(self, folk: People) -> None:
        self._folk = folk
        self.activities: list[str] = []
        self.skills: list[str] = []
        self.diplomas: list[str] = []
        self.mailboxes: list[str] = []

    def add(self, one: Being) -> None:
        folk = self._folk
        self.activities.append(lines.with_dirt(one, lines.activity(one, folk.activity(one, 0))))
        if one.places > 1 and not folk.is_late(one.number):
            self._further(one)
        if one.skills:
            self.skills.append(lines.skills(one))
        self.diplomas.append(lines.diploma(one))
        for order in folk.boxes(one):
            box = folk.box(one, order)
            self.mailboxes.append(lines.mailbox(one, box, order))
            if order == 0 and lines.is_told_again(one):
                other = folk.activity(one, one.places - 1).place if one.places and not box.place else None
                self.mailboxes.append(lines.person_box(one, box, other, one.drawn[13]))

    def add_late(self, number: int) -> None:
        if self._folk.is_late(number) and (one := self._folk.being(number)):
            self._further(one)

    def _further(self, one: Being) -> None:
        self.activities.extend(lines.activity(one, self._folk.activity(one, place)) for place in range(1, one.places))

    def write(self, files: dict[str, BinaryIO]) -> None:
        for name, text in (
            (ACTIVITIES, self.activities), (SKILLS, self.skills), (DIPLOMAS, self.diplomas), (MAILBOXES, self.mailboxes),
        ):  # fmt: skip
            files[name].write("".join(text).encode())


def _packed(plan: Plan, out: Path, texts: dict[str, Path]) -> Iterator[Path]:
    """The archives as they are published, then the plain texts unless only archives are wanted."""
    if plan.is_zip:
        archives: tuple[tuple[str, Sequence[str]], ...] = (
            (ARCHIVE, (ACTIVITIES, DIPLOMAS, SKILLS)), (MAILBOXES, (MAILBOXES,)),
        )  # fmt: skip
        for name, members in archives:
            yield _zipped(out / f"{name}_{plan.stamp}.zip", [texts[member] for member in members], plan.stamp)
    for path in texts.values():
        if plan.is_plain:
            yield path
        else:
            path.unlink()


def _zipped(path: Path, members: Sequence[Path], stamp: str) -> Path:
    at = (int(stamp[:4]), int(stamp[4:6]), int(stamp[6:8]), int(stamp[8:10]), int(stamp[10:12]), 0)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
        for member in members:
            entry = zipfile.ZipInfo(member.name, at)
            entry.compress_type, entry.file_size = zipfile.ZIP_DEFLATED, member.stat().st_size
            with member.open("rb") as text, archive.open(entry, "w") as packed:
                for chunk in iter(partial(text.read, 1 << 20), b""):
                    packed.write(chunk)
    return path
