"""The rules of a mailbox, sealed: made, changed, put in order, switched, deleted; told to those who run and show them.

Refuses more than `MAX_RULES`, and to overwrite what another manager changed since the page was drawn (`Changed`). Refuses
to know who may: that was asked at the door (access.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, Max
from uuid_utils.compat import uuid7

from mailbox.models import Mailbox, MailboxKeys, Membership, Rule
from mailbox.rules.values import MAX_RULES, Words, packed, unpacked
from mssweb import crypto, notify

ILLEGIBLE = "Règle illisible"


class Full(Exception):
    """There is no room for one more."""


class Changed(Exception):
    """Another manager changed or deleted it since; the row as it is now, None when it is gone."""

    def __init__(self, row: Rule | None) -> None:
        super().__init__()
        self.row = row


@dataclass(frozen=True, slots=True, repr=False)
class Kept:
    """A row with its words, None when its box does not open any more: it is shown, and runs no more."""

    row: Rule
    words: Words | None

    @property
    def name(self) -> str:
        return self.words.name if self.words else ILLEGIBLE


def of(mailbox: Mailbox, *, on_only: bool = False) -> list[Kept]:
    """In their order; one that does not open hides no other. One statement."""
    rows = Rule.objects.filter(mailbox=mailbox).select_related("changed_by").order_by("position", "id")
    return [Kept(row, seen(row, mailbox)) for row in (rows.filter(is_on=True) if on_only else rows)]


def read(row: Rule, mailbox: Mailbox) -> Words:
    """crypto.Unreadable when the box was altered, moved, or is of another mailbox; ValueError for no rule of this version."""
    return unpacked(crypto.unseal(mailbox.keys.summary, bytes(row.box), _context(mailbox.pk, row.pk)))


def seen(row: Rule, mailbox: Mailbox) -> Words | None:
    try:
        return read(row, mailbox)
    except (crypto.Unreadable, ValueError):
        return None


def name_of(mailbox: Mailbox, rule_id: UUID, box: bytes) -> str:
    """What the history of a thread calls it."""
    return Kept(row := Rule(pk=rule_id, mailbox=mailbox, box=box), seen(row, mailbox)).name


def make(membership: Membership, words: Words, *, now: datetime) -> Rule:
    """The last of all, and on. Full."""
    mailbox, pk = membership.mailbox, uuid7()
    with transaction.atomic():
        _hold(mailbox)
        rows = Rule.objects.filter(mailbox=mailbox)
        if rows.count() >= MAX_RULES:
            raise Full
        last = rows.aggregate(last=Max("position"))["last"] or 0
        row = Rule.objects.create(
            pk=pk, mailbox=mailbox, position=last + 1, changed_at=now, changed_by_id=membership.user_id,
            box=_seal(mailbox.keys, mailbox.pk, pk, words),
        )  # fmt: skip
        notify.changed(mailbox.pk)
    return row


def change(membership: Membership, rule_id: UUID, words: Words, *, version: int, now: datetime) -> None:
    """New words, over the version that their author saw. What it could not do is forgotten: it is tried anew."""
    mailbox = membership.mailbox
    box = _seal(mailbox.keys, mailbox.pk, rule_id, words)
    fresh = {"box": box, "fault": "", "fault_at": None, "changed_at": now, "changed_by": membership.user_id}
    _changed(mailbox, rule_id, version, **fresh)


def switch(membership: Membership, rule_id: UUID, *, on: bool, now: datetime) -> bool:
    """Was it the other way?"""
    rows = Rule.objects.filter(mailbox=membership.mailbox, pk=rule_id, is_on=not on)
    done = rows.update(is_on=on, version=F("version") + 1, changed_at=now, changed_by=membership.user_id)
    if done:
        notify.changed(membership.mailbox_id)
    return bool(done)


def move(mailbox: Mailbox, rule_id: UUID, *, up: bool) -> bool:
    """One place nearer to the first, or to the last; false when it is there already."""
    with transaction.atomic():
        _hold(mailbox)
        ids = list(Rule.objects.filter(mailbox=mailbox).order_by("position", "id").values_list("pk", flat=True))
        at = ids.index(rule_id) if rule_id in ids else -1
        to = at - 1 if up else at + 1
        if at < 0 or not 0 <= to < len(ids):
            return False
        ids[at], ids[to] = ids[to], ids[at]
        for position, pk in enumerate(ids, 1):
            Rule.objects.filter(mailbox=mailbox, pk=pk).exclude(position=position).update(position=position)
        notify.changed(mailbox.pk)
    return True


def delete(mailbox: Mailbox, rule_id: UUID) -> bool:
    done, _ = Rule.objects.filter(mailbox=mailbox, pk=rule_id).delete()
    if done:
        notify.changed(mailbox.pk)
    return bool(done)


def fault(mailbox_id: UUID, rule_id: UUID, codes: Sequence[str], *, now: datetime) -> None:
    """What a rule could not do of its acts, for its managers; or that it did all of them now."""
    rows = Rule.objects.filter(mailbox=mailbox_id, pk=rule_id)
    if codes:
        rows.update(fault=codes[0], fault_at=now)
    else:
        rows.exclude(fault="").update(fault="", fault_at=None)


def _changed(mailbox: Mailbox, rule_id: UUID, version: int, **fields: object) -> None:
    rows = Rule.objects.filter(mailbox=mailbox, pk=rule_id)
    if not rows.filter(version=version).update(version=version + 1, **fields):
        raise Changed(rows.select_related("changed_by").first())
    notify.changed(mailbox.pk)


def _hold(mailbox: Mailbox) -> None:
    """Two managers make and move one after the other."""
    Mailbox.objects.select_for_update(no_key=True).values_list("pk").get(pk=mailbox.pk)


def _seal(keys: MailboxKeys, mailbox_id: UUID, rule_id: UUID, words: Words) -> bytes:
    return crypto.seal(keys.summary, packed(words), _context(mailbox_id, rule_id))


def _context(mailbox_id: UUID, rule_id: UUID) -> str:
    return f"rule:{mailbox_id}:{rule_id}:words"
