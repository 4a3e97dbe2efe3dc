"""The acts on threads: who may, what is done, what is said of it, and what is noted so that it can be undone.

Their verbs change, and name, threads of the mailbox alone: a stranger's are as if they did not exist.
An act is named by its button: «archive», «status:done», «label:ID»; the word before the colon is told to the audit. Acts on
more than a few threads go in lots, each a transaction of its own.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from mailbox import marks, snoozing, store, triage, undoing
from mailbox.models import Folder, Label, Thread
from mailbox.shelves import Box
from mailbox.triage import Changed
from mailbox.views import pages, times
from mailbox.views.place import Place
from mssweb.audit.record import each, record_all

LOT = 500  # threads in one transaction
MINE = "me"
GONE = "Ce fil vient d’être détruit : rien n’a été fait."
NO_MORE_REMINDERS = f"Vous attendez déjà {snoozing.MAX} rappels : annulez-en avant d’en demander d’autres."


class CannotBe(Exception):
    """Says why, in French, to who asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked of which threads. `seen`: the modseq of the page, None to do it whoever did what since."""

    name: str
    value: str
    request: HttpRequest
    place: Place
    shelf: Folder
    now: datetime
    folders: Sequence[UUID]  # where the threads of the list stand: the shelf, unless it is a list of many (wide.py)
    spared: UUID | None = None
    seen: int | None = None


@dataclass(slots=True)
class Done:
    """`before`: what is noted to undo it, by thread (of moves and marks, by message). `held`: what a colleague changed.

    `note`: how it is undone, '' when there is nothing to take back.
    """

    changed: list[UUID] = field(default_factory=list)
    before: dict[UUID, str] = field(default_factory=dict)
    held: list[UUID] = field(default_factory=list)
    note: str = ""

    def add(self, other: "Done") -> None:
        self.changed += other.changed
        self.before |= other.before
        self.held += other.held


@dataclass(frozen=True, slots=True)
class Act:
    """`said`: of one thread, of many; '' says nothing. `undo`: the kind of its note (undoing.py)."""

    run: Callable[[Wish, Sequence[UUID]], Done]
    said: tuple[str, str]
    undo: str
    writes: bool = True
    moves: bool = False


def run(wish: Wish, thread_ids: Sequence[UUID]) -> Done:
    """The act on all of them, lot by lot, told to the audit; CannotBe, or 404 for a value that names nothing here.

    How all of it is undone is noted with the last lot, in the statement that tells it.
    """
    act, done = ACTS[wish.name], Done()
    try:
        for start in range(0, len(thread_ids), LOT):
            with transaction.atomic():
                part = act.run(wish, thread_ids[start : start + LOT])
                done.add(part)
                _tell(wish, part, done, is_last=start + LOT >= len(thread_ids))
    except IntegrityError:  # a row that it names was destroyed between its reading and our commit
        raise CannotBe(GONE) from None
    return done


def _tell(wish: Wish, part: Done, done: Done, *, is_last: bool) -> None:
    action, mailbox_id = f"thread.{wish.name}", wish.place.mailbox.pk
    if not (is_last and words(wish, done)):
        record_all(action, part.changed, request=wish.request, mailbox_id=mailbox_id)
        return
    kind, value = ACTS[wish.name].undo, str(wish.place.user.pk) if wish.value == MINE else wish.value
    told = undoing.note(
        wish.place.membership, kind, done.changed, now=wish.now, value=value if kind in _VALUED else "",
        before=done.before, events=each(action, part.changed, request=wish.request, mailbox_id=mailbox_id),
    )  # fmt: skip
    done.note = str(told)


def words(wish: Wish, done: Done) -> str:
    """What is said once it is done, '' for nothing: of a single thread, its row says it already."""
    one, many = ACTS[wish.name].said
    count = len(done.changed)
    told = {"n": count, "to": _named(wish) if count else ""}
    return (one if count == 1 else many).format(**told) if count else ""


def held_words(wish: Wish, done: Done) -> str:
    """«Claire l’a pris il y a 3 secondes.»"""
    last = triage.last_hand(wish.place.mailbox, done.held)
    who = (last.actor.first_name or last.actor.get_full_name()) if last and last.actor else "Quelqu’un"
    when = times.ago(wish.now - last.at) if last else "à l’instant"
    if len(done.held) > 1:
        return f"{len(done.held)} fils n’ont pas changé : {who} vient de s’en occuper ({when})."
    if last and last.verb == triage.Verb.ASSIGNED and last.person and last.person_id != last.actor_id:
        return f"{who} l’a attribué à {last.person.first_name} {when}."
    if last and last.verb == triage.Verb.ASSIGNED:
        return f"{who} l’a pris {when}."
    if last and last.verb == triage.Verb.UNASSIGNED:
        return f"{who} l’a rendu à tous {when}."
    state = Thread.Status(last.word).label if last and last.word else "changé"
    return f"{who} l’a mis «\u00a0{state}\u00a0» {when}."


def _named(wish: Wish) -> str:
    """What the act was about, as people call it."""
    box, value = wish.place.box, wish.value
    if box is None or wish.name not in _NAMED:
        return ""
    return _NAMED[wish.name](wish, box, value)


def _person(wish: Wish, box: Box, value: str) -> str:
    if value in {MINE, str(wish.place.user.pk)}:
        return "vous"
    person = box.people.get(UUID(value)) if value else None
    return person.first_name if person else "personne"


_NAMED: dict[str, Callable[[Wish, Box, str], str]] = {
    "move": lambda wish, box, value: str(pages.folder_asked(wish.place, value)),
    "label": lambda wish, box, value: next((tab.name for tab in box.labels if str(tab.id) == value), ""),
    "unlabel": lambda wish, box, value: next((tab.name for tab in box.labels if str(tab.id) == value), ""),
    "status": lambda wish, box, value: str(Thread.Status(value).label),
    "assign": _person,
    "snooze": lambda wish, box, value: times.coming(_due(wish), wish.now),
}


def _to(role: str) -> Callable[[Wish, Sequence[UUID]], Done]:
    return lambda wish, thread_ids: _moved(wish, thread_ids, pages.folder_asked(wish.place, role))


def _move(wish: Wish, thread_ids: Sequence[UUID]) -> Done:
    to = pages.folder_asked(wish.place, wish.value)
    if to.role in {Folder.Role.DRAFTS, Folder.Role.SENT}:
        raise CannotBe("Ce dossier se remplit de lui-même : choisissez-en un autre.")
    return _moved(wish, thread_ids, to)


def _moved(wish: Wish, thread_ids: Sequence[UUID], to: Folder) -> Done:
    mailbox = wish.place.mailbox
    if list(wish.folders) == [to.pk]:
        return Done()
    back = pages.folder_asked(wish.place, Folder.Role.SENT) if to.role == Folder.Role.INBOX else None
    moved = store.move_threads(
        mailbox=mailbox,
        thread_ids=thread_ids,
        from_folders=wish.folders,
        to_folder=to,
        sent_to=back,
        spared=wish.spared,
    )  # what was sent from here goes back among what was sent
    changed = list(dict.fromkeys(moved.threads.values()))
    if changed:
        triage.moved(mailbox, changed, to, by=wish.place.user.pk, now=wish.now)
    return Done(changed, {message: str(was) for message, was in moved.folders.items()})


def _stood(wish: Wish, thread_ids: Sequence[UUID]) -> Done:
    if wish.value not in Thread.Status.values:
        raise Http404
    told = triage.set_status(
        wish.place.mailbox, thread_ids, wish.value, by=wish.place.user.pk, now=wish.now, seen=wish.seen
    )
    return _done(told)


def _assigned(wish: Wish, thread_ids: Sequence[UUID]) -> Done:
    to = wish.place.user.pk if wish.value == MINE else _id(wish.value) if wish.value else None
    try:
        told = triage.assign(wish.place.mailbox, thread_ids, to, by=wish.place.user.pk, now=wish.now, seen=wish.seen)
    except triage.NoMember:
        raise CannotBe("Cette personne ne peut pas écrire dans la boîte : rien ne lui est attribué.") from None
    return _done(told)


def _labelled(wish: Wish, thread_ids: Sequence[UUID]) -> Done:
    act = triage.label if wish.name == "label" else triage.unlabel
    label = Label(pk=_id(wish.value), mailbox=wish.place.mailbox)
    if wish.place.box is None or label.pk not in {tab.id for tab in wish.place.box.labels}:
        raise CannotBe("Cette étiquette n’existe plus.")
    return _done(act(wish.place.mailbox, thread_ids, label, by=wish.place.user.pk, now=wish.now))


def _snoozed(wish: Wish, thread_ids: Sequence[UUID]) -> Done:
    try:
        before = snoozing.snooze(wish.place.membership, thread_ids, _due(wish), now=wish.now)
    except snoozing.NotThen:
        raise CannotBe("Choisissez une date à venir, d’ici un an.") from None
    except snoozing.Full:
        raise CannotBe(NO_MORE_REMINDERS) from None
    return Done([one for one, was in before.items() if was != snoozing.READ], before)


def _unsnoozed(wish: Wish, thread_ids: Sequence[UUID]) -> Done:
    before = snoozing.forget(wish.place.membership, thread_ids)
    return Done(list(before), before)


def _seen(wish: Wish, thread_ids: Sequence[UUID]) -> Done:
    return _marked(marks.mark_seen(membership=wish.place.membership, thread_ids=thread_ids, now=wish.now))


def _unseen(wish: Wish, thread_ids: Sequence[UUID]) -> Done:
    return _marked(marks.mark_unseen(membership=wish.place.membership, thread_ids=thread_ids, folders=wish.folders))


def _flagged(wish: Wish, thread_ids: Sequence[UUID]) -> Done:
    """The flag stands on the newest message that the folder has; taking it away clears the whole thread."""
    return _marked(
        marks.flag(mailbox=wish.place.mailbox, thread_ids=thread_ids, folders=wish.folders, spared=wish.spared)
    )


def _unflagged(wish: Wish, thread_ids: Sequence[UUID]) -> Done:
    return _marked(marks.unflag(mailbox=wish.place.mailbox, thread_ids=thread_ids))


def _marked(messages: Mapping[UUID, UUID]) -> Done:
    """By message; each with its thread."""
    return Done(list(dict.fromkeys(messages.values())), dict.fromkeys(messages, ""))


def _done(told: Changed) -> Done:
    return Done(list(told.before), dict(told.before), list(told.held))


def _due(wish: Wish) -> datetime:
    """By a word, or the date of the form, on the clock of the pharmacy."""
    here = timezone.localtime(wish.now)
    if wish.value in snoozing.PRESETS:
        return snoozing.preset(wish.value, here)
    try:
        at = parse_datetime(wish.request.POST.get("due", ""))
    except ValueError:
        at = None
    if at is None:
        raise CannotBe("Choisissez le jour et l’heure du rappel.")
    return timezone.make_aware(at) if timezone.is_naive(at) else at


def _id(value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError:
        raise Http404 from None


_VALUED = {"status", "assign", "label", "unlabel"}
ACTS = {
    "archive": Act(_to(Folder.Role.ARCHIVE), ("Archivé.", "{n} fils archivés."), "move", moves=True),
    "delete": Act(_to(Folder.Role.TRASH), ("Mis à la corbeille.", "{n} fils mis à la corbeille."), "move", moves=True),
    "restore": Act(_to(Folder.Role.INBOX), ("Remis en réception.", "{n} fils remis en réception."), "move", moves=True),
    "spam": Act(
        _to(Folder.Role.SPAM),
        ("Mis parmi les indésirables.", "{n} fils mis parmi les indésirables."),
        "move",
        moves=True,
    ),
    "move": Act(_move, ("Classé dans « {to} ».", "{n} fils classés dans « {to} »."), "move", moves=True),
    "status": Act(_stood, ("Pour toute l’équipe : {to}.", "{n} fils : {to}."), "status"),
    "assign": Act(_assigned, ("Attribué à {to}.", "{n} fils attribués à {to}."), "assign"),
    "label": Act(_labelled, ("Étiqueté « {to} ».", "{n} fils étiquetés « {to} »."), "label"),
    "unlabel": Act(_labelled, ("Étiquette « {to} » retirée.", "Étiquette « {to} » retirée de {n} fils."), "unlabel"),
    "snooze": Act(
        _snoozed,
        ("Mis de côté pour vous : rappel {to}.", "{n} fils mis de côté pour vous : rappel {to}."),
        "snooze",
        False,
    ),
    "unsnooze": Act(_unsnoozed, ("Rappel annulé.", "{n} rappels annulés."), "unsnooze", writes=False),
    "seen": Act(_seen, ("", "{n} fils marqués lus, pour vous."), "seen", writes=False),
    "unseen": Act(_unseen, ("", "{n} fils marqués non lus, pour vous."), "unseen", writes=False),
    "flag": Act(_flagged, ("", "{n} fils signalés."), "flag"),
    "unflag": Act(_unflagged, ("", "{n} fils ne sont plus signalés."), "unflag"),
}


def ids(values: Iterable[str]) -> list[UUID]:
    return [_id(value) for value in values]
