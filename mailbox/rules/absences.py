"""The absence of a mailbox: its words sealed, when it begins and ends, to whom it is told. One row a mailbox.

Refuses to overwrite what another manager changed since (`Changed`).
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from uuid_utils.compat import uuid7

from mailbox.models import Absence, Mailbox, Membership
from mssweb import crypto, notify

MAX_TEXT = 4_000  # characters
BROKEN = ""


class Changed(Exception):
    """Another manager changed it since the page was drawn."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Wish:
    """What a form asks for. Instants are aware; `ends_at` is the first that is no absence any more."""

    is_on: bool
    begins_at: datetime
    ends_at: datetime
    whom: str
    to_patients: bool
    text: str


def of(mailbox: Mailbox) -> Absence | None:
    return Absence.objects.filter(mailbox=mailbox).select_related("changed_by").first()


def is_in_force(row: Absence, at: datetime) -> bool:
    return row.is_on and row.begins_at <= at < row.ends_at


def read(row: Absence, mailbox: Mailbox) -> str:
    """crypto.Unreadable when the box was altered, moved, or is of another mailbox."""
    return crypto.unseal(mailbox.keys.summary, bytes(row.box), _context(mailbox)).decode()


def seen(row: Absence, mailbox: Mailbox) -> str:
    """As the page shows it: '' to write again for what does not open any more."""
    try:
        return read(row, mailbox)
    except crypto.Unreadable:
        return BROKEN


def write(membership: Membership, wish: Wish, *, version: int, now: datetime) -> None:
    """Over the version that its author saw (0: there was none). Turned on, or for another time, all may be told again."""
    mailbox = membership.mailbox
    told = {
        "is_on": wish.is_on, "begins_at": wish.begins_at, "ends_at": wish.ends_at, "whom": wish.whom,
        "to_patients": wish.to_patients, "version": version + 1, "changed_at": now, "changed_by_id": membership.user_id,
        "box": crypto.seal(mailbox.keys.summary, wish.text.encode(), _context(mailbox)),
    }  # fmt: skip
    with transaction.atomic():
        before = Absence.objects.select_for_update().filter(mailbox=mailbox).first()
        if (before.version if before else 0) != version:
            raise Changed
        if before is None:
            _create(mailbox, told)
        else:
            is_other = (before.begins_at, before.is_on) != (wish.begins_at, wish.is_on)
            again = {"period": uuid7()} if wish.is_on and is_other else {}
            Absence.objects.filter(mailbox=mailbox).update(**told, **again)
        notify.changed(mailbox.pk)


def end(membership: Membership, *, now: datetime) -> bool:
    """«Terminer l’absence», whatever was changed meanwhile: was it on?"""
    rows = Absence.objects.filter(mailbox=membership.mailbox, is_on=True)
    told = {"is_on": False, "changed_at": now, "changed_by": membership.user_id}
    done = False
    with transaction.atomic():
        for row in rows.select_for_update():
            done = bool(rows.update(**told, version=row.version + 1))
        if done:
            notify.changed(membership.mailbox_id)
    return done


def _create(mailbox: Mailbox, told: dict[str, object]) -> None:
    try:
        with transaction.atomic():
            Absence.objects.create(mailbox=mailbox, **told)
    except IntegrityError:  # somebody was quicker
        raise Changed from None


def _context(mailbox: Mailbox) -> str:
    return f"absence:{mailbox.pk}:text"
