"""How much a letter may weigh: the limit of its strictest recipient, and what files weigh once they travel."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from mailbox.draft_files import MAX_BYTES
from mailbox.mime.address import is_patient
from mailbox.models import Domain, Mailbox
from mailbox.outbound.submit import PATIENT_BYTES

_KEPT_SECONDS = 60.0  # a limit is asked at each change of a recipient, and changes once in years
_kept: dict[UUID, tuple[float, int]] = {}  # by domain: until when, bytes


@dataclass(frozen=True, slots=True)
class Room:
    """`limit` is of the whole message as it travels, in bytes; `files` of the files alone, as they are; `whose`, in French."""

    limit: int
    files: int
    whose: str


def room(mailbox: Mailbox, recipients: Sequence[str], *, twice: bool = False) -> Room:
    """`twice`: a document of health leaves in its archive and beside it.

    A patient's is the strictest that is known (reference client §7); else ours, no other being published."""
    if any(is_patient(one) for one in recipients if "@" in one):
        return Room(PATIENT_BYTES, _files(PATIENT_BYTES, twice=twice), "limite de Mon espace santé")
    limit = _ours(mailbox.domain_id)
    return Room(limit, _files(limit, twice=twice), "limite de la messagerie")


def _files(limit: int, *, twice: bool) -> int:
    return min(MAX_BYTES, plain_size(limit)) // (2 if twice else 1)


def _ours(domain_id: UUID) -> int:
    until, limit = _kept.get(domain_id, (0.0, 0))
    if time.monotonic() > until:
        limit = Domain.objects.values_list("max_message_bytes", flat=True).get(pk=domain_id)
        _kept[domain_id] = (time.monotonic() + _KEPT_SECONDS, limit)
    return limit


def plain_size(travelling: int) -> int:
    """What fits in so many bytes of base64 lines (RFC 2045 §6.8), 64 kB being left to the words."""
    return max(0, (travelling - 65_536) * 57 // 78)
