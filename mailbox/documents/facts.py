"""What was found in the documents of a message, sealed: everything for its thread, and in brief for lists."""

import json
from dataclasses import asdict, dataclass
from uuid import UUID

from mailbox.models import Examination, MailboxKeys, Message
from mailbox.quarantine.values import Document, Person, Unfit, fit_thumb, read
from mssweb import crypto


@dataclass(frozen=True, slots=True, repr=False)
class FileFacts:
    """One attachment by its number. `verdict` of the antivirus: '' not asked, clean, infected, waiting, too_large."""

    number: str
    kind: str
    notice: str = ""
    page_count: int = 0
    problems: tuple[str, ...] = ()
    documents: tuple[Document, ...] = ()
    verdict: str = ""
    thumb: str = ""  # a stamp of its first page, as a data: URL
    pages: tuple[tuple[int, int], ...] = ()  # sizes of the first ones; the others are as the last of these

    def __post_init__(self) -> None:
        fit_thumb(self.thumb)


@dataclass(frozen=True, slots=True, repr=False)
class Facts:
    """`is_partial`: some files were not come to yet."""

    files: tuple[FileFacts, ...] = ()
    patients: tuple[Person, ...] = ()
    is_partial: bool = False

    def of(self, number: str) -> FileFacts | None:
        return next((one for one in self.files if one.number == number), None)


@dataclass(frozen=True, slots=True, repr=False)
class Brief:
    """`chips` are (words, icon); `patients` at most three."""

    chips: tuple[tuple[str, str], ...] = ()
    patients: tuple[Person, ...] = ()


def seal(kind: str, value: Facts | Brief, keys: MailboxKeys, mailbox_id: UUID, message_id: UUID) -> bytes:
    """`kind` is brief or whole: bound in, as the row is."""
    plain = json.dumps(asdict(value), ensure_ascii=False).encode()
    return crypto.seal(keys.summary, plain, _context(mailbox_id, message_id, kind))


def open_facts(row: Examination | None, keys: MailboxKeys) -> Facts | None:
    """None as long as nothing was found out; crypto.Unreadable for a box that was altered or moved."""
    return _open("whole", Facts, row.box, row, keys) if row and row.box is not None else None


def open_brief(row: Examination | None, keys: MailboxKeys) -> Brief | None:
    return _open("brief", Brief, row.brief_box, row, keys) if row and row.brief_box is not None else None


def of_file(message: Message, keys: MailboxKeys, number: str) -> FileFacts | None:
    """What is known of one file, None as long as nothing is."""
    row = Examination.objects.filter(mailbox_id=message.mailbox_id, message=message).first()
    found = open_facts(row, keys)
    return found.of(number) if found else None


def infected(message: Message, keys: MailboxKeys) -> set[str]:
    """The numbers of the files in which the antivirus recognised something: kept apart, whoever asks."""
    row = Examination.objects.filter(mailbox_id=message.mailbox_id, message=message).exclude(scan="").first()
    found = open_facts(row, keys)
    if found is None and row is not None and row.scan == Examination.Scan.INFECTED:
        raise crypto.Unreadable  # of another version: which of them it was is not known, and none is given
    return {file.number for file in found.files if file.verdict == Examination.Scan.INFECTED} if found else set()


def _open[T](
    kind: str, shape: type[T], box: bytes | memoryview | None, row: Examination, keys: MailboxKeys
) -> T | None:
    plain = crypto.unseal(keys.summary, bytes(box or b""), _context(row.mailbox_id, row.message_id, kind))
    try:
        return read(shape, json.loads(plain))
    except Unfit:  # of another version: examined again when somebody asks
        return None


def _context(mailbox_id: UUID, message_id: UUID, kind: str) -> str:
    return f"examination:{mailbox_id}:{message_id}:{kind}"
