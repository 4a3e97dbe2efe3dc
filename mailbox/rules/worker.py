"""Sorts what was filed: the rules of a mailbox, then its absence; one message, one transaction, every effect exactly once.

Beside the filing and never in it: what answers 250 and files is not slowed by what a mailbox wishes, and a rule that breaks
holds nobody's mail. The queue's row is settled by the transaction that acts: a worker killed at any line leaves it to the
next, once the lease has passed. What cannot be sorted after a few attempts stays where it was filed, and is counted.
"""

import logging
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.db import DataError, IntegrityError, transaction

from mailbox import history, store
from mailbox.models import Absence, Sorting, ThreadEvent
from mailbox.reply import Temporary
from mailbox.rules import absences, acting, answering, book, letters, queue
from mailbox.rules.acting import Scene
from mailbox.rules.matching import Decided, Ready, decide
from mailbox.summary import Summary, open_summary
from mssweb import crypto, stopping, tally
from mssweb.audit.record import record

log = logging.getLogger(__name__)

_BATCH = 8


def sort_due(now: datetime) -> int:
    """Everything that is due; how many messages were. Safe to run anywhere, at any time."""
    count = 0
    while not stopping.is_asked() and (claimed := queue.claim(now, count=_BATCH)):
        for message_id, mailbox_id in claimed:
            _one(message_id, mailbox_id, now)
            count += 1
    return count


def _one(message_id: UUID, mailbox_id: UUID, now: datetime) -> None:
    rows = Sorting.objects.select_related("message__blob", "mailbox__key", "mailbox__tenant")
    row = rows.filter(pk=message_id, mailbox=mailbox_id).first()
    if row is None:  # destroyed since
        return
    if row.attempts > queue.MAX_ATTEMPTS:  # its workers were killed
        _give_up(row)
        return
    try:
        _sort(row, now)
    except Temporary:  # the store is away: the lease passes, and no attempt was made
        queue.not_tried(row)
    except (crypto.Unreadable, ObjectDoesNotExist, ValueError, KeyError, DataError, IntegrityError) as error:
        log.error("sorting of %s failed (attempt %s): %s", message_id, row.attempts, type(error).__name__)
        if row.attempts >= queue.MAX_ATTEMPTS:
            _give_up(row)


def _give_up(row: Sorting) -> None:
    queue.drop(row.mailbox_id, row.pk)
    log.error("sorting of %s given up after %s attempts", row.pk, row.attempts)
    tally.count("sortings", "given_up")


def _sort(row: Sorting, now: datetime) -> None:
    mailbox, message = row.mailbox, row.message
    told = open_summary(message, mailbox.keys)
    ready = [Ready(one.row.pk, one.words) for one in book.of(mailbox, on_only=True)]
    decided = decide(ready, letters.letter(message, mailbox, told), done=row.done)
    absence = absences.of(mailbox)
    scene = Scene(
        mailbox, message, told, acting.targets_of(mailbox, (one for _, acts in decided.met for one in acts.boxes)),
        _asked(row, told, decided, absence, now), now,
    )  # fmt: skip
    with transaction.atomic():
        store.lock(mailbox.pk, *(one.pk for one in scene.targets.values()))
        mine = Sorting.objects.filter(pk=row.pk, mailbox=mailbox, due_at=row.due_at, attempts=row.attempts)
        if not mine.select_for_update().exists():  # another worker has taken it since
            return
        was_answerable = scene.asked is not None
        for rule_id, acts in decided.met:
            acting.run(scene, rule_id, acts)
        if scene.asked and absence:
            _tell_absence(scene, absence)
        is_answered = row.is_answered or (was_answerable and scene.asked is None)
        _settle(row, decided, is_answered=is_answered, now=now)


def _asked(
    row: Sorting, told: Summary, decided: Decided[UUID], absence: Absence | None, now: datetime
) -> answering.Asked | None:
    """Only where something would answer is it asked whether it may."""
    is_absent = absence is not None and absences.is_in_force(absence, row.message.filed_at)
    if row.is_answered or not (is_absent or any(acts.reply for _, acts in decided.met)):
        return None
    return answering.asked(row.message, row.mailbox, told, now=now)


def _tell_absence(scene: Scene, absence: Absence) -> None:
    if scene.asked is None:
        return
    try:
        sent = answering.tell_absence(scene.mailbox, scene.asked, absence, now=scene.now)
    except crypto.Unreadable:  # its page says so
        return
    if sent:
        scene.asked = None
        mailbox_id, message = scene.mailbox.pk, scene.message
        history.tell(
            ThreadEvent.Verb.ANSWERED, [message.thread_id], mailbox_id=mailbox_id, actor_id=None, now=scene.now,
            word="absence",
        )  # fmt: skip
        record("absence.answer", mailbox_id=mailbox_id, subject=("message", message.pk))


def _settle(row: Sorting, decided: Decided[UUID], *, is_answered: bool, now: datetime) -> None:
    rows = Sorting.objects.filter(pk=row.pk, mailbox=row.mailbox)
    if decided.waits:
        done = [*row.done, *(rule_id for rule_id, _ in decided.met)]
        rows.update(done=done, is_answered=is_answered, attempts=0, due_at=now + queue.AGAIN)
    else:
        rows.delete()
