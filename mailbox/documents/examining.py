"""One message's files, each through the antivirus and most through the quarantine: what is known of them after a turn.

All of them are scanned, images that a body shows included; the first of them are opened for their words and patients. Bounded in
time: what a turn did not come to stays due, nothing of it lost. One file is in memory at a time. Refuses to write anything.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from time import monotonic

from django.conf import settings

from mailbox import blobs
from mailbox.documents import clamd, facts, queue
from mailbox.documents.facts import Facts, FileFacts
from mailbox.mime.parse import decoded_body
from mailbox.mime.values import Part
from mailbox.mime.xdm import parse_subject
from mailbox.models import Examination
from mailbox.quarantine import runner, sniff
from mailbox.quarantine.runner import Given
from mailbox.quarantine.values import Person
from mailbox.summary import Summary, open_summary

MAX_OPENED = 40  # of one message; a summary names 200 at most
_SECONDS = 60.0  # of one message in one turn: with the longest file after it, well within a lease
_WAITING, _INFECTED = str(Examination.Scan.WAITING), str(Examination.Scan.INFECTED)


@dataclass(frozen=True, slots=True, repr=False)
class Turn:
    """`text`: the words of the files that this turn opened. `is_news`: they are the first that is known of them."""

    found: Facts
    text: str
    is_news: bool


class _Scanner:
    """The clamd of one turn: once nobody is there, nobody is asked."""

    def __init__(self) -> None:
        self.path = settings.CLAMD_SOCKET
        self.is_gone = False

    def verdict(self, data: bytes) -> str:
        if not self.path:
            return ""
        try:
            return _WAITING if self.is_gone else clamd.scan(self.path, data)
        except clamd.Gone:
            self.is_gone = True
        except clamd.Away:
            pass
        return _WAITING


def examine(row: Examination) -> Turn:
    mailbox, message = row.mailbox, row.message
    told = open_summary(message, mailbox.keys)
    before = facts.open_facts(row, mailbox.keys)
    known = {file.number: file for file in before.files} if before else {}
    parts = [part for part in told.files if not part.is_inline_image or settings.CLAMD_SOCKET or part.number in known]
    opened = {part.number for part in [one for one in parts if not one.is_inline_image][:MAX_OPENED]}
    scanner, until, texts, is_news = _Scanner(), monotonic() + _SECONDS, list[str](), before is None
    for part in _due(parts, known, row.attempts):
        held = known.get(part.number)
        if held and scanner.is_gone:
            continue
        data = decoded_body(blobs.read_range(message.blob, mailbox, part.offset, part.length), part)
        verdict = scanner.verdict(data)
        if held or verdict == _INFECTED:
            known[part.number] = _again(part, held, verdict)
        else:
            is_tried = row.attempts > queue.MAX_ATTEMPTS
            known[part.number], text = _first(part, data, verdict, is_tried=is_tried, is_opened=part.number in opened)
            texts.append(text)
        is_news = is_news or held is None
        if monotonic() >= until:
            break
    files = tuple(known[part.number] for part in parts if part.number in known)
    found = Facts(files, tuple(patients(files, told)), is_partial=len(files) < len(parts))
    return Turn(found, "\n".join(filter(None, texts)), is_news)


def _due(parts: Sequence[Part], known: dict[str, FileFacts], attempts: int) -> list[Part]:
    """Never seen first; those that wait for the antivirus begin elsewhere each time, so that none that hangs keeps others."""
    fresh = [part for part in parts if part.number not in known]
    waiting = [part for part in parts if part.number in known and known[part.number].verdict == _WAITING]
    first = attempts % len(waiting) if waiting else 0
    return [*fresh, *waiting[first:], *waiting[:first]]


def _again(part: Part, held: FileFacts | None, verdict: str) -> FileFacts:
    """What was recognised is nothing but that; what was waited for is as it was found."""
    if verdict == _INFECTED or held is None:
        return FileFacts(part.number, "", "infected", verdict=verdict)
    return replace(held, verdict=verdict)


def _first(part: Part, data: bytes, verdict: str, *, is_tried: bool, is_opened: bool) -> tuple[FileFacts, str]:
    """`is_tried`: three times already, and not opened any more. Not opened: known by its first bytes alone."""
    if is_tried:
        return FileFacts(part.number, "", "crashed", verdict=verdict), ""
    if not is_opened:
        kind = sniff.kind_of(data)
        notice = sniff.refusal(kind, part.filename, part.content_type)
        return FileFacts(part.number, kind, notice, verdict=verdict), ""
    one = runner.look(Given(data, part.filename, part.content_type))
    pages = one.pages[:1] if len(set(one.pages)) == 1 else one.pages
    kept = FileFacts(
        part.number, one.kind, one.notice, one.page_count, one.problems, one.documents, verdict, one.thumb, pages
    )
    return kept, one.text


def patients(files: Sequence[FileFacts], told: Summary) -> Iterator[Person]:
    """Each once, from the documents; else as the subject tells (ECO.2.1.2, ECO.2.1.3)."""
    seen: set[tuple[str, str, str]] = set()
    for document in (one for file in files for one in file.documents):
        person = document.patient
        if person and (person.ins or person.family):
            key = (person.ins, "" if person.ins else person.family, "" if person.ins else person.born)
            if key not in seen:
                seen.add(key)
                yield person
    subject = parse_subject(told.subject) if not seen else None
    if subject and subject.name:
        yield Person(family=subject.name, given=subject.first_name, born=_born(subject.birth_date or ""))


def _born(text: str) -> str:
    """YYYYMMDD of 07/08/2010, 2010-08-07 or 20100807."""
    digits = "".join(c for c in text if c.isdigit())
    is_french = text[2:3] in {"/", ".", "-"}
    return f"{digits[4:]}{digits[2:4]}{digits[:2]}" if is_french else digits
