"""Examines what is due (`examining`), then writes facts, patients, words and chips in one transaction.

A worker killed at any line leaves its rows to the next, once the lease has passed; three attempts, then the files are shown
without what could not be found out; two more, and each says that nobody could examine it. Refuses to parse anything itself.
"""

import logging
from datetime import datetime
from time import monotonic
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.db import DataError, IntegrityError, connection, transaction

from mailbox import search, store_rows
from mailbox.documents import examining, facts, kinds, persons, queue
from mailbox.documents.examining import Turn
from mailbox.documents.facts import Brief, Facts
from mailbox.models import Examination
from mailbox.reply import Temporary
from mailbox.rules.queue import examined
from mailbox.summary import Summary, open_summary
from mssweb import crypto, notify, stopping, tally
from mssweb.audit.record import ERROR, record

log = logging.getLogger(__name__)

_BATCH = 4
_TURN_SECONDS = 20.0  # then whoever rings says what time it is: leases count from `now`
_CHIPS = 4
Scan = Examination.Scan


def examine_due(now: datetime) -> int:
    """A turn of what is due; how many messages were. Safe to run anywhere, at any time."""
    count, until, newest = 0, monotonic() + _TURN_SECONDS, True
    while (
        monotonic() < until and not stopping.is_asked() and (claimed := queue.claim(now, count=_BATCH, newest=newest))
    ):
        newest = not newest  # what arrives now does not wait behind years that were imported, nor they for ever
        for place, (message_id, mailbox_id) in enumerate(claimed):
            if place and (
                stopping.is_asked() or monotonic() >= until
            ):  # the lease of what is not begun might end in it
                queue.give_back(claimed[place:], now)
                break
            _one(message_id, mailbox_id, now)
            count += 1
    return count


def _one(message_id: UUID, mailbox_id: UUID, now: datetime) -> None:
    """One row; a mailbox without key, or a message that does not open, has nothing to examine."""
    rows = Examination.objects.select_related("message__blob", "mailbox__key")
    row = rows.filter(pk=message_id, mailbox_id=mailbox_id).first()
    if row is None:  # destroyed since
        return
    if row.box is None and row.attempts > queue.MAX_ATTEMPTS + 1:
        _give_up(row, now)
        return
    try:
        _settle(row, examining.examine(row), now)
    except Temporary:  # the store is away: the lease passes, and no attempt was made
        queue.not_tried(row)
    except (crypto.Unreadable, ObjectDoesNotExist, ValueError, KeyError, DataError, IntegrityError) as error:
        log.error("examination of %s failed (attempt %s): %s", message_id, row.attempts, type(error).__name__)
        if row.attempts >= queue.MAX_ATTEMPTS:
            _give_up(row, now)


def _give_up(row: Examination, now: datetime) -> None:
    """The end of trying is told: to readers in place of each file, to rules, which wait no more, and to the operator."""
    mailbox = row.mailbox
    with transaction.atomic(), connection.cursor() as cursor:
        store_rows.lock(cursor, {mailbox.pk})
        if not queue.give_up(row):
            return
        examined(mailbox.pk, row.pk, now)
        notify.changed(mailbox.pk, store_rows.bump(cursor, mailbox.pk))
    log.error("examination of %s given up after %s attempts", row.pk, row.attempts)
    tally.count("examinations", "given_up")


def brief_of(found: Facts, told: Summary) -> Brief:
    documents = [one for file in found.files for one in file.documents if one.kind == "cda"]
    typed = [kinds.chip(one.code, one.code_label, one.title) for one in documents]
    chips = kinds.unique([kinds.CRITICAL] * any(one.alerts for one in documents) + typed)
    return Brief(tuple(chips[:_CHIPS]), found.patients[:3])


def _settle(row: Examination, turn: Turn, now: datetime) -> None:
    """What was found, unless another worker has taken the row since. What the turn did not come to is due again."""
    mailbox, message, found = row.mailbox, row.message, turn.found
    is_due = found.is_partial or any(file.verdict == Scan.WAITING for file in found.files)
    scan = _scan(found)
    brief = brief_of(found, open_summary(message, mailbox.keys)) if found.files or found.patients else Brief()
    told = {
        "scan": scan, "due_at": now + queue.later(row.attempts) if is_due else None,
        "attempts": 0 if found.is_partial else row.attempts,  # a turn that came further is no failure
        "box": facts.seal("whole", found, mailbox.keys, mailbox.pk, message.pk),
        "brief_box": facts.seal("brief", brief, mailbox.keys, mailbox.pk, message.pk),
    }  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        store_rows.lock(cursor, {mailbox.pk})
        mine = Examination.objects.filter(pk=row.pk, mailbox=mailbox, due_at=row.due_at, attempts=row.attempts)
        if not mine.update(**told):
            return
        if turn.is_news:
            persons.attach(mailbox, message.thread_id, found.patients)
            search.add_words(mailbox, message.pk, turn.text)
        if turn.is_news and not found.is_partial:
            examined(mailbox.pk, message.pk, now)
        if scan == Scan.INFECTED and row.scan != Scan.INFECTED:
            record("document.infected", mailbox_id=mailbox.pk, subject=("message", message.pk), result=ERROR)
        notify.changed(mailbox.pk, store_rows.bump(cursor, mailbox.pk))
    tally.count("examinations", "read")


def _scan(found: Facts) -> str:
    """Of all files: the worst that is known."""
    verdicts = {file.verdict for file in found.files}
    return next((str(one) for one in (Scan.INFECTED, Scan.WAITING, Scan.CLEAN) if one in verdicts), "")
