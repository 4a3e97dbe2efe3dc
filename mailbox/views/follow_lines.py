"""One row of «Suivi», ready to be drawn: every word chosen here, so that the template only puts them in place."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.urls import reverse

from mailbox.mime.threads import visible_subject
from mailbox.models import Following, Recipient
from mailbox.views import times
from mailbox.views.follow_list import Sent
from mailbox.views.listing import worst
from mailbox.views.people import Faces, Person
from mailbox.views.place import Place
from mailbox.views.rows import TONES, Tag
from mssweb.templatetags.icons import reference

_ARRIVED = {Recipient.State.RELAYED, Recipient.State.DELIVERED}
_NIL, _READERS = UUID(int=0), 2  # how many readers are told one by one


@dataclass(frozen=True, slots=True, repr=False)
class Act:
    """A button or a link of a row. `verb`: what a button says to the form; '' for a link."""

    url: str
    words: str
    css: str
    label: str
    verb: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Line:
    name: str
    address: str
    more: int
    is_patient: bool
    subject: str
    url: str
    tags: list[Tag]
    acts: list[Act]
    at: str  # ISO 8601
    when: str
    fully: str


@dataclass(frozen=True, slots=True)
class _Look:
    """What rows of one page share: addresses with ids left out, and who looks."""

    place: Place
    faces: Faces
    since: datetime
    now: datetime
    thread: str
    remind: str
    follow: str
    cancel: str


def lines(place: Place, sent: Sequence[Sent], faces: Faces, *, since: datetime, now: datetime) -> list[Line]:
    box = place.mailbox.pk
    names = ("thread", "remind", "follow", "cancel")
    look = _Look(place, faces, since, now, *(reverse(f"mailbox:{name}", args=[box, _NIL]) for name in names))
    return [_line(one, look) for one in sent]


def _line(sent: Sent, look: _Look) -> Line:
    row, people = sent.row, sent.people
    person = look.faces.of(people[0]) if people else Person("Sans destinataire", "", "")
    subject = visible_subject(sent.told.subject) or "(sans objet)"
    url = _put(look.thread, row.thread_id) + f"?d=sent&ouvrir={row.message_id}#m-{row.message_id}"
    live = [one for one in sent.recipients if one.replaced_by is None]
    return Line(
        name=person.name,
        address=person.address,
        more=max(0, len(people) - 1),
        is_patient=person.mark == "patient",
        subject=subject,
        url=url,
        tags=[*_states(live, look), *_answer(row, look)],
        acts=_acts(row, live, look, url, subject, person.name),
        at=row.sent_at.isoformat(timespec="seconds"),
        when=times.daily(row.sent_at, look.now),
        fully=times.fully(row.sent_at),
    )


def _put(address: str, row_id: UUID) -> str:
    return address.replace(str(_NIL), str(row_id))


def _states(live: Sequence[Recipient], look: _Look) -> list[Tag]:
    """The least advanced of its recipients, and who has read it."""
    if not live:
        return []
    state = worst(one.state for one in live)
    if state == Recipient.State.HELD:
        due = min(one.not_before for one in live if one.state == state)
        tags = [Tag("", f"Partira {times.moment(due, look.now)}", reference("clock"))]
    else:
        count = sum(one.state == state for one in live) if state == Recipient.State.FAILED else 1
        words = str(Recipient.State(state).label).capitalize() + (f" × {count}" if count > 1 else "")
        tags = [Tag(TONES.get(state, ""), words)]
    read = [one for one in live if one.read_at]
    for one in read[:_READERS]:
        told = f"lu {times.moment(one.read_at, look.now)}" if one.read_at else ""
        tags.append(Tag("good", told, reference("eye"), one.address))
    return [*tags, Tag("good", f"+ {len(read) - _READERS} lus")] if len(read) > _READERS else tags


def _answer(row: Following, look: _Look) -> list[Tag]:
    """Was it answered, is it still awaited, for how long?"""
    if row.answered_at:
        return [Tag("", f"répondu {times.moment(row.answered_at, look.now)}", reference("reply"))]
    if row.waits and row.sent_at <= look.since:
        days = (look.now - row.sent_at).days
        since = f"sans réponse depuis {days} jour{'s' if days > 1 else ''}"
        return [Tag("warn", f"attendue, {since}" if row.expected else since, reference("hourglass"))]
    if row.waits and row.expected:
        return [Tag("", "réponse attendue", reference("hourglass"))]
    return [Tag("", "n’est plus suivi")] if row.dropped_at else []


def _acts(row: Following, live: Sequence[Recipient], look: _Look, url: str, subject: str, name: str) -> list[Act]:
    """What this person may do about it, the likeliest first."""
    membership, states = look.place.membership, {one.state for one in live}
    if Recipient.State.HELD in states:
        is_own = membership.can_send and row.author_id == look.place.user.pk and states == {Recipient.State.HELD}
        label = f"Annuler l’envoi : {subject}"
        return [Act(_put(look.cancel, row.pk), "Annuler l’envoi", "button", label, "cancel")] if is_own else []
    acts = []
    if membership.can_send and Recipient.State.FAILED in states:
        acts.append(Act(url, "Corriger…", "button", f"Corriger : {subject}"))
    elif membership.can_send and row.waits and states & _ARRIVED:
        css = "button line" if row.sent_at <= look.since else "button"
        acts.append(Act(_put(look.remind, row.message_id), "Relancer", css, f"Relancer {name}"))
    if membership.can_write and row.waits:
        label = f"Ne plus suivre : {subject}"
        acts.append(Act(_put(look.follow, row.pk), "Ne plus suivre", "button ghost", label, "drop"))
    elif membership.can_write and row.dropped_at and not row.answered_at:
        label = f"Suivre de nouveau : {subject}"
        acts.append(Act(_put(look.follow, row.pk), "Suivre de nouveau", "button ghost", label, "take"))
    return acts
