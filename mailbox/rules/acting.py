"""What a rule does to one message, in the caller's transaction, under the lock of every mailbox it touches.

Each act is judged again here: a folder, a label, a person, a saved reply, a mailbox may have gone since the rule was
written. What cannot be done is a fault of the rule (its managers are told), never of the message. A transfer is a copy filed
by store.py in another open mailbox of the same structure: there is no address in it, and nothing that could leave. A copy
bears a mark, and what bears it is transferred and answered by no rule: two mailboxes cannot play with it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet

from mailbox import blobs, history, marks, store, triage
from mailbox.models import Folder, Label, Mailbox, MailboxKey, Message, Phrase, Rule, Seen, Thread, ThreadEvent
from mailbox.models.message import TRANSFERRED
from mailbox.rules import answering, book
from mailbox.rules.answering import Asked
from mailbox.rules.values import MAX_BOXES, Acts
from mailbox.summary import Summary
from mssweb import crypto, notify
from mssweb.audit.record import record

Fault = Rule.Fault
SHELVES = (Folder.Role.ARCHIVE, Folder.Role.SPAM, Folder.Role.TRASH)  # beside those that a team makes


@dataclass(slots=True, repr=False)
class Scene:
    """One message and what may be done about it. `asked` None: it is answered by no rule, or was already."""

    mailbox: Mailbox
    message: Message
    told: Summary
    targets: Mapping[str, Mailbox]
    asked: Asked | None
    now: datetime


def targets_of(mailbox: Mailbox, ids: Iterable[str]) -> dict[str, Mailbox]:
    """Those of these mailboxes that a rule of this one may copy to: of the same structure, open, of people."""
    found = neighbours(mailbox).filter(pk__in={id_of(one) for one in ids}).select_related("key")
    return {str(one.pk): one for one in found}


def neighbours(mailbox: Mailbox) -> QuerySet[Mailbox]:
    """The one place that says where a rule may put a copy."""
    rows = Mailbox.objects.filter(tenant=mailbox.tenant_id, state=Mailbox.State.ACTIVE, is_technical=False)
    return rows.exclude(kind=Mailbox.Kind.APP).exclude(pk=mailbox.pk)


def folder_of(mailbox: Mailbox, key: str) -> Folder | None:
    """By role, of those that a rule may fill, or by id."""
    rows = Folder.objects.filter(mailbox=mailbox)
    if key in SHELVES:
        return rows.filter(role=key).first()
    return rows.filter(pk=id_of(key), role="").first()


def id_of(text: str) -> UUID:
    """What a rule names; an id that is nobody's for anything else."""
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)


def run(scene: Scene, rule_id: UUID, acts: Acts) -> None:
    """All of it, told in the history of the thread as this rule's doing; what could not be done is its fault."""
    codes = [code for act in _ACTS if (code := act(scene, acts, rule_id))]
    history.by_rule(rule_id, scene.message.thread_id, mailbox_id=scene.mailbox.pk, at=scene.now)
    book.fault(scene.mailbox.pk, rule_id, codes, now=scene.now)


def _label(scene: Scene, acts: Acts, rule_id: UUID) -> str:
    if not acts.label:
        return ""
    label = Label.objects.filter(mailbox=scene.mailbox, pk=id_of(acts.label)).first()
    if label is None:
        return Fault.LABEL
    triage.label(scene.mailbox, [scene.message.thread_id], label, by=None, now=scene.now)
    return ""


def _assign(scene: Scene, acts: Acts, rule_id: UUID) -> str:
    """What somebody holds already stays theirs."""
    free = Thread.objects.filter(mailbox=scene.mailbox, pk=scene.message.thread_id, assigned_to=None)
    if not acts.assign or not free.exists():
        return ""
    try:
        triage.assign(scene.mailbox, [scene.message.thread_id], id_of(acts.assign), by=None, now=scene.now)
    except triage.NoMember:
        return Fault.MEMBER
    return ""


def _status(scene: Scene, acts: Acts, rule_id: UUID) -> str:
    if acts.status in Thread.Status.values:
        triage.set_status(scene.mailbox, [scene.message.thread_id], acts.status, by=None, now=scene.now)
    return ""


def _flag(scene: Scene, acts: Acts, rule_id: UUID) -> str:
    if acts.is_flagged:
        marks.set_keyword(mailbox=scene.mailbox, message_ids=[scene.message.pk], keyword=marks.FLAGGED, on=True)
    return ""


def _read(scene: Scene, acts: Acts, rule_id: UUID) -> str:
    """By everybody; nobody is told to have opened it."""
    unread = Seen.objects.filter(mailbox=scene.mailbox, message=scene.message, seen_at=None)
    if acts.is_read and unread.update(seen_at=scene.now):
        notify.changed(scene.mailbox.pk)
    return ""


def _copy(scene: Scene, acts: Acts, rule_id: UUID) -> str:
    if scene.message.is_transferred:
        return ""
    codes = [_copy_to(scene, scene.targets.get(one), rule_id) for one in acts.boxes[:MAX_BOXES]]
    return next((code for code in codes if code), "")


def _copy_to(scene: Scene, target: Mailbox | None, rule_id: UUID) -> str:
    # once more, now that it is locked: neither closed, nor given to another structure, nor filled meanwhile
    rooms = neighbours(scene.mailbox).filter(pk=target.pk) if target else Mailbox.objects.none()
    room = rooms.values_list(F("quota_bytes") - F("used_bytes"), flat=True).first()
    if target is None or room is None:
        return Fault.TARGET
    message = scene.message
    if message.size > room:
        return Fault.FULL
    raw = blobs.read(message.blob, scene.mailbox)
    filing = store.Filing(
        raw=raw, folder_role=Folder.Role.INBOX, direction=Message.Direction.IN, filed_at=scene.now,
        mail_from=scene.told.mail_from, is_verified=message.is_verified, warnings=tuple(message.warnings),
        fingerprint_source=sha256(raw).digest(), keywords=(TRANSFERRED,),
    )  # fmt: skip
    try:
        with transaction.atomic():
            [copy] = store.file(target, [filing])
    except (crypto.Unreadable, MailboxKey.DoesNotExist):
        return Fault.TARGET
    if copy is None:  # two rules, or two mailboxes, meant it for the same
        return ""
    Message.objects.filter(mailbox=target, pk=copy.pk).update(receipt="")  # its receipt is the first mailbox's to give
    _told(scene, ThreadEvent.Verb.COPIED)
    record(
        "rule.transfer", mailbox_id=scene.mailbox.pk, subject=("message", message.pk), rule=str(rule_id), to=str(target.pk),
        copy=str(copy.pk),
    )  # fmt: skip
    return ""


def _reply(scene: Scene, acts: Acts, rule_id: UUID) -> str:
    """At most one answer a message, whatever answers it."""
    if not acts.reply:
        return ""
    rows = Phrase.objects.filter(mailbox=scene.mailbox, owner=None, kind=Phrase.Kind.REPLY)
    phrase = rows.filter(pk=id_of(acts.reply)).first()
    if phrase is None:
        return Fault.PHRASE
    if scene.asked is None:
        return ""
    try:
        sent = answering.reply(scene.mailbox, scene.asked, phrase, to_patients=acts.reply_to_patients, now=scene.now)
    except (crypto.Unreadable, ValueError):
        return Fault.PHRASE
    if sent:
        scene.asked = None
        _told(scene, ThreadEvent.Verb.ANSWERED)
        record("rule.answer", mailbox_id=scene.mailbox.pk, subject=("message", scene.message.pk), rule=str(rule_id))
    return ""


def _folder(scene: Scene, acts: Acts, rule_id: UUID) -> str:
    """Out of the inbox, unless somebody put it elsewhere already."""
    if not acts.folder:
        return ""
    folder = folder_of(scene.mailbox, acts.folder)
    if folder is None:
        return Fault.FOLDER
    there = Message.objects.filter(mailbox=scene.mailbox, pk=scene.message.pk, folder__role=Folder.Role.INBOX)
    if there.exists() and store.move_messages(scene.mailbox, [scene.message.pk], folder):
        triage.moved(scene.mailbox, [scene.message.thread_id], folder, by=None, now=scene.now)
    return ""


def _told(scene: Scene, verb: ThreadEvent.Verb) -> None:
    history.tell(verb, [scene.message.thread_id], mailbox_id=scene.mailbox.pk, actor_id=None, now=scene.now)


_ACTS: tuple[Callable[[Scene, Acts, UUID], str], ...] = (_label, _assign, _status, _flag, _read, _copy, _reply, _folder)
