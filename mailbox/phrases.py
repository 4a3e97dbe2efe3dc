"""Saved replies and signatures, sealed: a mailbox's, for everybody who writes in it, or one person's own.

Refuses more than `MAX` of them, and to tell one person's to another. Plain words only: a letter makes them rich where it is.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from uuid_utils.compat import uuid7

from directory.fold import folded
from mailbox.models import Mailbox, Membership, Phrase, WritingChoice
from mailbox.models.mailbox import MailboxKeys
from mssweb import crypto

MAX = 300  # of a mailbox, everybody's own included
MAX_NAME, MAX_WORD, MAX_TEXT = 80, 24, 20_000  # characters
NONE = "none"


class Full(Exception):
    """There is no room for one more."""


@dataclass(frozen=True, slots=True, repr=False)
class Words:
    """What a box holds. `word` is what one types after «;» to have it, '' when nothing."""

    name: str
    text: str
    word: str = ""
    is_readable: bool = True


@dataclass(frozen=True, slots=True, repr=False)
class Kept:
    id: UUID
    kind: str
    is_own: bool
    words: Words


_BROKEN = Words("Texte illisible", "", is_readable=False)


def visible(membership: Membership) -> QuerySet[Phrase]:
    """Those of the mailbox and of this person."""
    mine = Q(owner__isnull=True) | Q(owner_id=membership.user_id)
    return Phrase.objects.filter(mine, mailbox_id=membership.mailbox_id)


def of(membership: Membership, kind: str = "") -> list[Kept]:
    """One's own first, then by name, one statement. One that does not open any more hides no other."""
    rows = visible(membership).filter(kind=kind) if kind else visible(membership)
    found = [Kept(row.pk, row.kind, row.owner_id is not None, seen(row, membership.mailbox)) for row in rows]
    return sorted(found, key=lambda one: (not one.is_own, folded(one.words.name), one.id))


def read(row: Phrase, mailbox: Mailbox) -> Words:
    """crypto.Unreadable when the box was altered, moved, or is of another mailbox."""
    return Words(**json.loads(crypto.unseal(mailbox.keys.summary, bytes(row.box), _context(mailbox.pk, row.pk))))


def seen(row: Phrase, mailbox: Mailbox) -> Words:
    """As lists show it."""
    try:
        return read(row, mailbox)
    except crypto.Unreadable:
        return _BROKEN


def trimmed(name: str, text: str, word: str = "") -> Words:
    """As typed in a form: one line of name, a word without blanks, Unix lines."""
    text = text.replace("\r\n", "\n").strip("\n")[:MAX_TEXT]
    return Words(" ".join(name.split())[:MAX_NAME], text, "".join(word.split()).lstrip(";").lower()[:MAX_WORD])


def create(membership: Membership, kind: str, words: Words, *, is_own: bool, now: datetime) -> UUID:
    """Full when there is no room for one more."""
    mailbox, pk = membership.mailbox, uuid7()
    with transaction.atomic():
        Mailbox.objects.select_for_update(no_key=True).values_list("pk").get(pk=mailbox.pk)
        if Phrase.objects.filter(mailbox=mailbox).count() >= MAX:
            raise Full
        Phrase.objects.create(
            pk=pk, mailbox=mailbox, kind=kind, owner_id=membership.user_id if is_own else None, updated_at=now,
            box=_seal(mailbox.keys, mailbox.pk, pk, words),
        )  # fmt: skip
    return pk


def change(row: Phrase, mailbox: Mailbox, words: Words, *, over: str, now: datetime) -> bool:
    """`over`: the version that its author saw. False when a colleague changed or deleted it since."""
    box = _seal(mailbox.keys, mailbox.pk, row.pk, words)
    if version(row) != over:
        return False
    rows = Phrase.objects.filter(mailbox=mailbox, pk=row.pk, updated_at=row.updated_at)
    return bool(rows.update(box=box, updated_at=now))


def version(row: Phrase) -> str:
    return row.updated_at.isoformat()


def by_word(membership: Membership, word: str) -> Kept | None:
    """The saved reply that is called so; one's own before the mailbox's."""
    wanted = word.lower().lstrip(";")
    return next((one for one in of(membership, Phrase.Kind.REPLY) if wanted and one.words.word == wanted), None)


def choice(membership: Membership) -> WritingChoice:
    """How this person writes here; not stored yet when they never chose."""
    where = {"mailbox_id": membership.mailbox_id, "user_id": membership.user_id}
    return WritingChoice.objects.filter(**where).first() or WritingChoice(**where)


def choose(membership: Membership, **fields: str | bool) -> None:
    WritingChoice.objects.update_or_create(mailbox=membership.mailbox, user_id=membership.user_id, defaults=fields)


def signatures(membership: Membership) -> dict[str, Words]:
    """By id, one's own first."""
    kept = of(membership, Phrase.Kind.SIGNATURE)
    return {str(one.id): one.words for one in kept if one.words.is_readable}


def signature_of(known: Mapping[str, Words], wanted: str, default: str) -> str:
    """The id meant by a draft: what it says, else what its author chose, else the first there is; «none» for none."""
    for one in (wanted, default):
        if one == NONE or one in known:
            return one
    return next(iter(known), NONE)


def _seal(keys: MailboxKeys, mailbox_id: UUID, pk: UUID, words: Words) -> bytes:
    plain = {name: value for name, value in asdict(words).items() if name != "is_readable"}
    return crypto.seal(keys.summary, json.dumps(plain).encode(), _context(mailbox_id, pk))


def _context(mailbox_id: UUID, phrase_id: UUID) -> str:
    return f"phrase:{mailbox_id}:{phrase_id}:words"
