"""Groups of a pharmacy's own directory: a name and the contacts that are in it, sealed together.

Who is in which group is nowhere but in its box. A contact that goes leaves its groups with it.
"""

import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import transaction
from uuid_utils.compat import uuid7

from directory.fold import fold
from mailbox import contacts
from mailbox.models import Contact, ContactGroup, Mailbox, Membership
from mssweb import crypto

MAX, MAX_MEMBERS, MAX_NAME = 100, 500, 80


class Full(Exception):
    """There is no room for one more group, or for one more contact in a group."""


@dataclass(frozen=True, slots=True, repr=False)
class Group:
    """What a box holds: ids of contacts of the same mailbox, in the order they were added."""

    name: str
    members: tuple[UUID, ...] = ()
    is_readable: bool = True


_BROKEN = Group("Groupe illisible", is_readable=False)


def all_of(mailbox: Mailbox) -> dict[UUID, Group]:
    """Every group of a mailbox by name, one statement. One that does not open any more hides no other."""
    rows = ContactGroup.objects.filter(mailbox=mailbox)
    found = [(row.pk, seen(row, mailbox)) for row in rows]
    return dict(sorted(found, key=lambda pair: (fold(pair[1].name), pair[0])))


def read(row: ContactGroup, mailbox: Mailbox) -> Group:
    """crypto.Unreadable when the box was altered, moved, or is of another mailbox."""
    plain = json.loads(crypto.unseal(mailbox.keys.summary, bytes(row.box), _context(mailbox.pk, row.pk)))
    return Group(plain["name"], tuple(UUID(one) for one in plain["members"]))


def seen(row: ContactGroup, mailbox: Mailbox) -> Group:
    """As lists show it."""
    try:
        return read(row, mailbox)
    except crypto.Unreadable:
        return _BROKEN


def create(membership: Membership, name: str, *, now: datetime) -> UUID:
    """Full when there is no room for one more group."""
    mailbox, pk = membership.mailbox, uuid7()
    with transaction.atomic():
        contacts.lock(mailbox)
        if ContactGroup.objects.filter(mailbox=mailbox).count() >= MAX:
            raise Full
        box = _seal(mailbox, pk, Group(name.strip()[:MAX_NAME]))
        ContactGroup.objects.create(pk=pk, mailbox=mailbox, updated_at=now, box=box)
    return pk


def rename(membership: Membership, row: ContactGroup, name: str, *, now: datetime) -> Group:
    return _change(membership, row, lambda group: replace(group, name=name.strip()[:MAX_NAME]), now)


def add(membership: Membership, row: ContactGroup, members: Iterable[UUID], *, now: datetime) -> Group:
    """Full, and nobody added, when there is not room for all of them."""
    return _change(membership, row, lambda group: _joined(group, members), now)


def remove(membership: Membership, row: ContactGroup, members: Collection[UUID], *, now: datetime) -> Group:
    return _change(membership, row, lambda group: _without(group, members), now)


def delete_contact(membership: Membership, contact: Contact, *, now: datetime) -> None:
    """A contact, and its places in groups."""
    mailbox = membership.mailbox
    with transaction.atomic():
        contacts.lock(mailbox)
        for row in ContactGroup.objects.filter(mailbox=mailbox):
            group = seen(row, mailbox)
            if contact.pk in group.members:
                _save(row, mailbox, _without(group, {contact.pk}), now)
        contact.delete()


def let_go(membership: Membership, contact_id: UUID) -> bool:
    """Delete a contact of which nothing is told any more, and that is in no group."""
    mailbox = membership.mailbox
    with transaction.atomic():
        contacts.lock(mailbox)
        row = Contact.objects.filter(mailbox=mailbox, pk=contact_id).first()
        if row is None or not contacts.read(row, mailbox).is_idle:
            return row is None
        if any(contact_id in group.members for group in all_of(mailbox).values()):
            return False
        row.delete()
    return True


def _change(membership: Membership, row: ContactGroup, act: Callable[[Group], Group], now: datetime) -> Group:
    mailbox = membership.mailbox
    with transaction.atomic():
        contacts.lock(mailbox)
        group = act(read(ContactGroup.objects.get(mailbox=mailbox, pk=row.pk), mailbox))
        _save(row, mailbox, group, now)
    return group


def _save(row: ContactGroup, mailbox: Mailbox, group: Group, now: datetime) -> None:
    ContactGroup.objects.filter(mailbox=mailbox, pk=row.pk).update(box=_seal(mailbox, row.pk, group), updated_at=now)


def _joined(group: Group, members: Iterable[UUID]) -> Group:
    everyone = tuple(dict.fromkeys((*group.members, *members)))
    if len(everyone) > MAX_MEMBERS:
        raise Full
    return replace(group, members=everyone)


def _without(group: Group, members: Collection[UUID]) -> Group:
    return replace(group, members=tuple(one for one in group.members if one not in members))


def _seal(mailbox: Mailbox, pk: UUID, group: Group) -> bytes:
    plain = {"name": group.name, "members": [str(one) for one in group.members]}
    return crypto.seal(mailbox.keys.summary, json.dumps(plain).encode(), _context(mailbox.pk, pk))


def _context(mailbox_id: UUID, group_id: UUID) -> str:
    return f"contactgroup:{mailbox_id}:{group_id}:group"
