"""One line of the list, ready to be drawn: every word chosen here, so that the template only puts them in place."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from django.utils.safestring import SafeString

from mailbox.documents import kinds
from mailbox.mime import warnings
from mailbox.mime.threads import visible_subject
from mailbox.models import Examination, Folder, Recipient
from mailbox.quarantine.values import Person as PatientFacts
from mailbox.shelves import Colleague, Tab
from mailbox.views import times
from mailbox.views.asked import Asked
from mailbox.views.chips import chips
from mailbox.views.listing import Entry
from mailbox.views.people import Faces, Person
from mailbox.views.place import Place
from mailbox.views.wide import is_wide
from mailbox.vocabulary import LEAST
from mailbox.wording import fold
from mssweb.templatetags.icons import reference

_SNIPPET = 150  # characters: one line of the widest list
_NIL = UUID(int=0)
_WORD = re.compile(r"[^\W_]+")
_STATUS = ("", "waiting", "done")  # by rank
TONES = {"failed": "danger", "delayed": "warn", "delivered": "good", "relayed": "good"}


@dataclass(frozen=True, slots=True, repr=False)
class Tag:
    css: str
    words: str
    icon: str = ""  # its drawing
    title: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Row:
    """`name` is who wrote, or on the shelf of what was sent whom it went to."""

    id: str  # of the thread
    newest: str
    url: str
    css: str
    name: str
    address: str
    tone: str
    initials: str
    detail: str
    is_patient: bool
    more_people: int
    subject: str
    snippet: str
    tags: list[Tag]
    at: str  # ISO 8601
    when: str
    many: int  # messages, 0 for one alone
    is_unread: bool
    is_outgoing: bool
    is_flagged: bool
    is_open: bool
    is_found: bool  # a search result: nothing is ticked there
    answer: str  # «answered», «forwarded», ''
    status: str  # «waiting», «done», '' for what is to do or has none
    holder: str  # initials of the person who has it, '' for nobody
    holder_name: str
    is_mine: bool
    waits: str  # since when it waits for an answer: «2 h», «3 j», ''
    is_late: bool
    reminder: str  # when this member is reminded, or was
    mark: str  # «verified», «doubtful», ''

    @property
    def is_tagged(self) -> bool:
        return bool(self.tags or self.status or self.waits or self.reminder)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What rows of one page share. `shelves`: in search results, what names each message's folder; `shelf_names` says it."""

    faces: Faces
    now: datetime
    prefix: str  # of the address of a thread
    suffix: str = ""
    opened: UUID | None = None
    states: Mapping[UUID, str] = field(default_factory=dict)
    words: Sequence[str] = ()
    shelves: Mapping[UUID, str] = field(default_factory=dict)
    shelf_names: Mapping[UUID, str] = field(default_factory=dict)
    people: Mapping[UUID, Colleague] = field(default_factory=dict)
    labels: Mapping[UUID, Tab] = field(default_factory=dict)
    patience: timedelta | None = None  # how long a correspondent may wait
    me: UUID | None = None
    listed: UUID | None = None  # the folder of the list
    back: str = ""  # of search results: which search (found.py)


def look(place: Place, faces: Faces, *, folder: Folder | None = None, want: Asked | None = None, **more: Any) -> Look:
    """`folder` and `want` are of the list that the rows stand in."""
    prefix = reverse("mailbox:thread", args=[place.mailbox.pk, _NIL]).removesuffix(f"{_NIL}/")
    suffix = f"?d={folder.role or folder.pk}" if folder else ""
    hours = place.mailbox.answer_hours
    if folder and want and place.box and is_wide(folder, want):
        more["shelf_names"] = {shelf.id: shelf.label for shelf in place.box.shelves}
    return Look(
        faces=faces, now=timezone.now(), prefix=prefix, suffix=suffix + (f"&{want.query}" if want and want.query else ""),
        people=place.box.people if place.box and place.mailbox.is_shared else {},
        labels={tab.id: tab for tab in place.box.labels if not (want and tab.id == want.label)} if place.box else {},
        patience=timedelta(hours=hours) if hours else None, me=place.user.pk, listed=folder.pk if folder else None, **more,
    )  # fmt: skip


def rows(entries: Iterable[Entry], shared: Look) -> list[Row]:
    return [row(entry, shared) for entry in entries]


def row(entry: Entry, shared: Look) -> Row:
    message, told, people = entry.message, entry.told, entry.people
    person = shared.faces.of(people[0]) if people else Person("Sans destinataire", "", "")
    is_open = message.thread_id == shared.opened
    is_unread = entry.is_unread and not is_open  # its page opened it
    listed = entry.row
    holder = _holder(listed.assigned_to_id, shared) if listed and listed.assigned_to_id else None
    waited = shared.now - listed.waits_since if listed and listed.waits_since else None
    is_vouched = message.is_verified or message.is_imported or entry.is_outgoing
    doubtful = not is_vouched and message.fingerprint is not None
    return Row(
        id=str(message.thread_id),
        newest=str(message.pk),
        url=_url(entry, shared),
        css=f"row{' unread' if is_unread else ''}{' on' if is_open else ''}",
        name=person.name,
        address=person.address,
        tone=person.tone,
        initials=person.initials,
        detail=person.detail,
        is_patient=person.mark == "patient",
        more_people=max(0, len(people) - 1) if entry.is_outgoing else 0,
        subject=lit(visible_subject(told.subject) or "(sans objet)", shared.words),
        snippet=lit(told.snippet[:_SNIPPET], shared.words),
        tags=_tags(entry, shared),
        at=message.filed_at.isoformat(timespec="seconds"),
        when=times.briefly(message.filed_at, shared.now),
        many=entry.count if entry.count > 1 else 0,
        is_unread=is_unread,
        is_outgoing=entry.is_outgoing,
        is_flagged=message.is_flagged,
        is_open=is_open,
        is_found=bool(shared.shelves),
        answer=next((word[1:] for word in ("$answered", "$forwarded") if word in message.keywords), ""),
        status=_STATUS[listed.rank] if listed else "",
        holder=holder.initials if holder else "",
        holder_name=holder.name if holder else "",
        is_mine=bool(listed and listed.assigned_to_id == shared.me),
        waits=times.since(waited) if waited else "",
        is_late=bool(waited and shared.patience and waited > shared.patience),
        reminder=_reminder(entry, shared),
        mark="doubtful" if doubtful else "verified" if message.is_verified and not entry.is_outgoing else "",
    )


def _holder(user_id: UUID, shared: Look) -> Colleague | None:
    """Who left the mailbox keeps a mark: somebody has to take the thread over."""
    if not shared.people:
        return None
    return shared.people.get(user_id) or Colleague(user_id, "Ancien", "membre", may_take=False)


def _reminder(entry: Entry, shared: Look) -> str:
    if entry.woken_at:
        return f"Rappel de {times.briefly(entry.woken_at, shared.now)}"
    return f"Rappel {times.coming(entry.due_at, shared.now)}" if entry.due_at and entry.due_at > shared.now else ""


def _url(entry: Entry, shared: Look) -> str:
    """What was sent, or found, is unfolded in its thread even when it is not the newest there."""
    message = entry.message
    suffix = f"?d={shared.shelves.get(message.folder_id, 'inbox')}" if shared.shelves else shared.suffix
    unfolded = f"&ouvrir={message.pk}" if entry.is_outgoing or shared.shelves else ""
    back = f"&r={shared.back}" if shared.back else ""
    return f"{shared.prefix}{message.thread_id}/{suffix}{unfolded}{back}"


def _tags(entry: Entry, shared: Look) -> list[Tag]:
    """Where it is, how far it got, what to beware of, what files it has."""
    tags = []
    if shared.shelves:
        tags.append(Tag("", shared.shelf_names.get(entry.message.folder_id, "")))
    elif shared.listed and entry.row and entry.row.folder_id != shared.listed:  # in a list that is of no folder
        tags.append(Tag("shelf", shared.shelf_names.get(entry.row.folder_id, ""), reference("folder"), "Dossier"))
    if state := shared.states.get(entry.message.pk):
        tags.append(Tag(TONES.get(state, ""), str(Recipient.State(state).label)))
    tags += [Tag(f"label {tab.colour}", tab.name) for pk in entry.labels if (tab := shared.labels.get(pk))]
    if entry.message.is_imported:
        tags.append(Tag("", "Importé", title="Venu d’une autre messagerie : son expéditeur n’est pas vérifié"))
    if warnings.is_degraded(entry.message.warnings):
        tags.append(Tag("warn", "Affichage dégradé", reference("triangle-alert")))
    is_shown = any(shared.faces.of(one).mark == "patient" for one in entry.people[:1])  # beside the name
    return [*tags, *_papers(entry, is_shown=is_shown)]


def _papers(entry: Entry, *, is_shown: bool) -> list[Tag]:
    """Of whom and what its documents are, once they were examined; until then what its files are called."""
    brief, row = entry.brief, getattr(entry.message, "examination", None)
    if row is not None and row.scan == Examination.Scan.INFECTED:
        return [Tag("danger", "Virus écarté", reference("triangle-alert"), "L’antivirus a mis une pièce jointe à part")]
    named = brief.patients[:1] if brief else ()
    who = [Tag("patient", patient_words(one), reference("user-round"), "Patient") for one in named]
    if not who and entry.row and entry.row.has_patient and not is_shown:
        who = [Tag("patient", "Patient")]
    typed = list(brief.chips) if brief and brief.chips else kinds.of_header(entry.told.headers.get("x-mss-codecda", ""))
    if typed:
        tones = {kinds.CRITICAL[0]: "danger"}
        drawn = (
            Tag(tones.get(label, "kind"), label, reference(icon), "Document de santé") for label, icon in typed[:3]
        )
        return [*who, *drawn]
    named_so = (Tag("kind", c.label, reference(c.icon) if c.icon else "", c.name) for c in chips(entry.told.files))
    return [*who, *named_so]


def patient_words(person: PatientFacts) -> str:
    """PAT-TROIS Dominique · 05/03/1979"""
    born = f" · {person.born[6:8]}/{person.born[4:6]}/{person.born[:4]}" if len(person.born) >= 8 else ""
    return f"{person.family.upper()} {person.given}".strip() + born if person.family else "Patient sans nom"


def begins_one(word: str, asked: Sequence[str]) -> bool:
    """Is it one of those asked for, or does it begin with one?"""
    return any(word.startswith(one) if len(one) >= LEAST else word == one for one in asked)


def lit(text: str, words: Sequence[str]) -> str:
    """The words that were searched, in light; the rest as text."""
    if not words:
        return text
    pieces, end = [], 0
    for match in _WORD.finditer(text):
        if begins_one(fold(match[0]), words):
            pieces += [escape(text[end : match.start()]), "<mark>", escape(match[0]), "</mark>"]
            end = match.end()
    return SafeString("".join((*pieces, escape(text[end:]))))
