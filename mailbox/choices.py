"""Which of somebody's addresses a member took: remembered for the whole mailbox, and forgotten at will.

Refuses to remember an address that is not one of the owner's, or that vanished or refused: it is used once.
"""

from collections.abc import Callable, Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from directory.lookup import Choice, Remembered
from mailbox.models import AddressChoice, Mailbox, MailboxKeys
from mssweb import crypto

_MOST = 1_000  # kept in memory while one types: the newest

type Memory = Callable[[str], Remembered | None]


def of(mailbox: Mailbox, owners: Collection[str]) -> Memory:
    """What is remembered of these; one statement, or none."""
    tokens = [_token(mailbox.keys, owner) for owner in owners]
    return _memory(mailbox, AddressChoice.objects.filter(mailbox=mailbox, token__in=tokens) if tokens else None)


def newest(mailbox: Mailbox) -> Memory:
    """What was remembered last, opened one by one as it is asked for; one statement."""
    return _memory(mailbox, AddressChoice.objects.filter(mailbox=mailbox).order_by("-chosen_at")[:_MOST])


def remember(mailbox: Mailbox, choice: Choice, address: str, *, now: datetime) -> UUID | None:
    """From now on this one is proposed; its row. None when nothing needs remembering: it is proposed, or may not be."""
    taken = choice.candidate(address)
    is_proposed = choice.is_certain and choice.proposed.address == address
    if taken is None or not taken.is_sound or is_proposed:
        return None
    token = _token(mailbox.keys, choice.owner)
    box = crypto.seal(mailbox.keys.summary, address.encode(), _context(mailbox, token))
    kept = {"box": box, "chosen_at": now}
    with transaction.atomic():
        row, _ = AddressChoice.objects.update_or_create(mailbox=mailbox, token=token, defaults=kept)
        _tell(mailbox)
    return row.pk


def forget(mailbox: Mailbox, owner: str) -> UUID | None:
    """The row that is no more, if there was one."""
    row = AddressChoice.objects.filter(mailbox=mailbox, token=_token(mailbox.keys, owner)).first()
    if row is None:
        return None
    row_id = row.pk
    with transaction.atomic():
        row.delete()
        _tell(mailbox)
    return row_id


def _tell(mailbox: Mailbox) -> None:
    """What other processes kept of this mailbox while somebody types there (views.suggest) is out of date."""
    Mailbox.objects.filter(pk=mailbox.pk).update(modseq=F("modseq") + 1)


def open_address(row: AddressChoice, mailbox: Mailbox) -> str:
    """crypto.Unreadable when it does not open."""
    return _opened(mailbox.keys, mailbox, row.token, bytes(row.box))


def _opened(keys: MailboxKeys, mailbox: Mailbox, token: int, box: bytes) -> str:
    return crypto.unseal(keys.summary, box, _context(mailbox, token)).decode()


def _memory(mailbox: Mailbox, rows: QuerySet[AddressChoice] | None) -> Memory:
    """Keys are fetched now: what is asked later costs no statement."""
    keys = mailbox.keys
    told = rows.values_list("token", "box", "chosen_at") if rows is not None else ()
    by_token = {token: (box, chosen_at) for token, box, chosen_at in told}

    def remembered(owner: str) -> Remembered | None:
        token = _token(keys, owner)
        if token not in by_token:
            return None
        box, chosen_at = by_token[token]
        try:
            return Remembered(_opened(keys, mailbox, token, bytes(box)), timezone.localtime(chosen_at))
        except crypto.Unreadable:
            return None  # nothing is proposed by it; verify_store names the row

    return remembered


def _token(keys: MailboxKeys, owner: str) -> int:
    return crypto.blind(keys.index, f"choice:{owner}")


def _context(mailbox: Mailbox, token: int) -> str:
    """(mailbox, token) names the row: two members who choose at once write the same one."""
    return f"choice:{mailbox.pk}:{token}"
