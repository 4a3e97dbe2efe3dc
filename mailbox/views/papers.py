"""The documents of a thread, a line each: what it is, of when, of whom, what to beware of, where it is shown and saved.

From what was found and sealed (mailbox/documents): a page of a thread opens no file.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from mailbox.documents import facts, ins, kinds, pairs, queue, versions, words
from mailbox.documents.facts import FileFacts
from mailbox.mime.values import Part
from mailbox.models import Examination, Message
from mailbox.quarantine.values import Document, Person
from mailbox.views.chips import KINDS, chip
from mailbox.views.letters import Letter, Post, facts_of
from mailbox.views.place import Place

SHOWABLE = frozenset({"pdf", "image", "heic", "cda", "xml", "text"})
_SHOWN = 4  # lines of a letter
_ENDINGS = {"PDF", "Image", "XML", "Tableur", "Texte"}  # of what was not examined yet: whether a preview is worth a try


@dataclass(frozen=True, slots=True, repr=False)
class Who:
    """The person cared for, as screens name them (ECO.3.1.2)."""

    name: str
    born: str  # 05/03/1979, ''
    ins: str  # grouped, ''
    is_wrong: bool  # its key does not fit
    origin: str
    is_test: bool


@dataclass(frozen=True, slots=True, repr=False)
class Line:
    title: str
    kind: str
    icon: str
    size: int
    day: str = ""
    author: str = ""
    who: Who | None = None
    preview: str = ""  # addresses, '' when it is not to be
    download: str = ""
    pdf_preview: str = ""  # of the PDF of the same (DD.15)
    pdf_download: str = ""
    notice: str = ""
    is_grave: bool = False
    remarks: tuple[str, ...] = ()
    standing: str = ""
    thumb: str = ""  # a data: URL, of the quarantine's own drawing
    unscanned: str = ""  # why the antivirus said nothing of it, though it is asked


@dataclass(frozen=True, slots=True, repr=False)
class Group:
    """The documents of one letter."""

    id: UUID
    by: str
    at: datetime
    lines: list[Line] = field(default_factory=list)

    @property
    def first(self) -> list[Line]:
        """Those shown at once; one more would be as short as the words that offer it."""
        return self.lines if len(self.lines) <= _SHOWN + 1 else self.lines[:_SHOWN]

    @property
    def others(self) -> list[Line]:
        return self.lines[len(self.first) :]


@dataclass(frozen=True, slots=True, repr=False)
class Panel:
    groups: list[Group]
    patients: list[Who]
    is_pending: bool  # not all was examined yet
    can_save_all: bool

    @property
    def count(self) -> int:
        return sum(len(group.lines) for group in self.groups)


def panel(place: Place, posts: Sequence[Post], letters: Sequence[Letter]) -> Panel:
    """Newest letter first. What was filed before there was a quarantine becomes due now."""
    found = [(post, letter, facts_of(place, post.message)) for post, letter in zip(posts, letters, strict=True)]
    unknown = [p.message.pk for p, x, _ in found if x.files and getattr(p.message, "examination", None) is None]
    if unknown:
        queue.ask(place.mailbox, unknown, now=timezone.now())
    held = [one for _, _, told in found if told for file in told.files for one in file.documents]
    standing = dict(zip(map(id, held), versions.standing(held), strict=True))
    groups = [
        Group(letter.id, letter.author.name, letter.at, list(_lines(place, post, told, standing)))
        for post, letter, told in reversed(found)
        if letter.files
    ]
    people = (person for _, _, told in found if told for person in told.patients)
    pending = bool(unknown) or any(
        (told and told.is_partial) or _is_pending(p.message) for p, x, told in found if x.files
    )
    return Panel(groups, whos(people), pending, any(line.download for g in groups for line in g.lines))


def _is_pending(message: Message) -> bool:
    row: Examination | None = getattr(message, "examination", None)
    return row is not None and row.box is None and row.due_at is not None


def _lines(place: Place, post: Post, told: facts.Facts | None, standing: dict[int, str]) -> Iterator[Line]:
    parts = [part for part in post.told.files if not part.is_inline_image]
    row: Examination | None = getattr(post.message, "examination", None)
    unread = row is not None and row.is_given_up
    known = {p.number: told.of(p.number) if told else _unexamined(p) if unread else None for p in parts}
    documents = {
        (number, one.member): one
        for number, file in known.items()
        if file
        for one in file.documents
        if file.verdict != "infected"
    }
    pdfs = [(p.number, p.filename) for p in parts if (f := known[p.number]) and f.kind == "pdf" and not f.notice]
    pdf_of = pairs.pairs(documents, pdfs)
    links = _Links(place.mailbox.pk, post.message.pk)
    for part in sorted(parts, key=lambda one: not (known[one.number] and known[one.number].documents)):  # type: ignore[union-attr]
        file = known[part.number]
        if part.number in pdf_of.values():
            continue
        if not file or not file.documents:
            yield _plain(part, file, links)
        for place_of, one in enumerate(file.documents if file else ()):
            pdf = pdf_of.get((part.number, one.member), "")
            line = _document(part, file, one, links, pdf, standing.get(id(one), ""), is_first=place_of == 0)
            beside = known.get(pdf) or (file if one.member < 0 else None)  # the PDF of the same (DD.15), else its own
            yield replace(line, thumb=beside.thumb) if beside and line.preview else line


def _unexamined(part: Part) -> FileFacts:
    """Of a letter that nobody could examine: said in place of each file."""
    return FileFacts(part.number, "", "unexamined")


@dataclass(frozen=True, slots=True)
class _Links:
    mailbox_id: UUID
    message_id: UUID

    def __call__(self, name: str, number: str, member: int = -1) -> str:
        ends = [number] if member < 0 else [number, member]
        return reverse(
            f"mailbox:{name}{'' if member < 0 else '_member'}", args=[self.mailbox_id, self.message_id, *ends]
        )


def _plain(part: Part, file: FileFacts | None, links: _Links) -> Line:
    """A file that is a file."""
    drawn = chip(part)
    code = file.notice if file else ""
    can_show = (file.kind in SHOWABLE and not code) if file else drawn.label in _ENDINGS
    is_kept = bool(file and file.verdict == "infected")
    remarks = tuple(words.problem(one) for one in file.problems) if file else ()
    return Line(
        part.filename or f"{drawn.label} sans nom", drawn.label, drawn.icon, part.size,
        preview=links("preview", part.number) if can_show else "",
        download="" if is_kept or code in words.GRAVE else links("file", part.number),
        notice="" if code == "unsupported" else words.notice(code),
        is_grave=code in words.GRAVE,
        remarks=remarks,
        thumb=file.thumb if file and can_show else "", unscanned=_unscanned(file),
    )  # fmt: skip


def _document(
    part: Part, file: FileFacts | None, one: Document, links: _Links, pdf: str, standing: str, *, is_first: bool
) -> Line:
    """A document of an archive, or a CDA that came alone."""
    ending = one.name.rpartition(".")[2].lower()
    by_code = one.kind == "cda" or bool(one.code)
    label, icon = kinds.chip(one.code, one.code_label, one.title) if by_code else KINDS.get(ending, ("Fichier", "file"))
    can_show = one.kind in SHOWABLE and not one.notice
    of_file = file.problems if file and is_first else ()
    name = "file" if one.member < 0 else "member"
    download = (
        links("file", part.number)
        if name == "file"
        else reverse("mailbox:member", args=[links.mailbox_id, links.message_id, part.number, one.member])
    )
    return Line(
        one.title or one.name or "Document sans titre", label, icon, one.size,
        day=day(one.made_at), author=one.organisation or one.author, who=who(one.patient) if one.patient else None,
        preview=links("preview", part.number, one.member) if can_show else "", download=download,
        pdf_preview=links("preview", pdf) if pdf else "", pdf_download=links("file", pdf) if pdf else "",
        notice=words.notice(one.notice), is_grave=one.notice in words.GRAVE,
        remarks=tuple(filter(None, [words.alert(one.alerts), *map(words.problem, (*one.problems, *of_file))])),
        standing=words.VERSIONS.get(standing, ""), unscanned=_unscanned(file),
    )  # fmt: skip


def _unscanned(file: FileFacts | None) -> str:
    if file is None:
        return words.SCANS["waiting"] if settings.CLAMD_SOCKET else ""
    return words.SCANS.get(file.verdict, "")


def day(text: str) -> str:
    """20/11/2026 of an HL7 date; '' for what is none."""
    return (
        f"{text[6:8]}/{text[4:6]}/{text[:4]}"
        if text[:8].isdigit() and len(text) >= 8
        else text[:4]
        if text[:4].isdigit()
        else ""
    )


def who(person: Person) -> Who:
    names = [person.family.upper()] + (
        [f"({person.used.upper()})"] if person.used and person.used != person.family else []
    )
    return Who(
        " ".join([*names, person.given]).strip() or "Patient sans nom", day(person.born), ins.grouped(person.ins),
        bool(person.ins) and not ins.is_right(person.ins), ins.origin(person.oid), ins.is_test(person.oid),
    )  # fmt: skip


def whos(people: Iterable[Person]) -> list[Who]:
    """Each once; the one with more to tell stands for the other."""
    found: dict[str, Who] = {}
    for person in people:
        found.setdefault(person.ins or f"{person.family.upper()} {person.born}", who(person))
    return list(found.values())[:5]
