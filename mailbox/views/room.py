"""How much a letter may weigh: the limit of its strictest recipient, and what files weigh once they travel."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from mailbox.draft_files import MAX_BYTES
from mailbox.mime.address import domain_of, is_patient, normalise
from mailbox.models import Domain, Mailbox
from mailbox.outbound import sizes
from mailbox.outbound.submit import PATIENT_BYTES

_KEPT_SECONDS = 60.0  # limits are asked at each change of a recipient, and change once in years
_kept: dict[UUID, tuple[float, int]] = {}  # by domain of ours: until when, bytes
_theirs: dict[str, tuple[float, Mapping[str, int]]] = {}  # under one key, by domain of theirs


@dataclass(frozen=True, slots=True)
class Room:
    """`limit` is of the whole message as it travels, in bytes; `files` of the files alone, as they are; `whose`, in French."""

    limit: int
    files: int
    whose: str


def room(mailbox: Mailbox, recipients: Sequence[str], *, twice: bool = False) -> Room:
    """`twice`: a document of health leaves in its archive and beside it.

    The strictest of ours, of what their servers said, and of patients (reference client §7)."""
    wanted = {normalise(one) for one in recipients if "@" in one}
    limits = [(_ours(mailbox.domain_id), "limite de la messagerie")]
    if any(map(is_patient, wanted)):
        limits.append((PATIENT_BYTES, "limite de Mon espace santé"))
    known = _known() if wanted else {}
    domains = sorted({domain_of(one) for one in wanted} & known.keys())
    limits += [(known[domain], f"le serveur de {domain} refuse au-delà") for domain in domains]
    limit, whose = min(limits, key=lambda pair: pair[0])
    return Room(limit, _files(limit, twice=twice), whose)


def _files(limit: int, *, twice: bool) -> int:
    return min(MAX_BYTES, plain_size(limit)) // (2 if twice else 1)


def _ours(domain_id: UUID) -> int:
    until, limit = _kept.get(domain_id, (0.0, 0))
    if time.monotonic() > until:
        limit = Domain.objects.values_list("max_message_bytes", flat=True).get(pk=domain_id)
        _kept[domain_id] = (time.monotonic() + _KEPT_SECONDS, limit)
    return limit


def _known() -> Mapping[str, int]:
    """Of those that limit something: one row a domain that was written to, so some thousands at most."""
    until, limits = _theirs.get("", (0.0, {}))
    if time.monotonic() > until:
        limits = dict(sizes.known(now=timezone.now()).values_list("domain", "max_bytes"))
        _theirs[""] = (time.monotonic() + _KEPT_SECONDS, limits)
    return limits


def plain_size(travelling: int) -> int:
    """What fits in so many bytes of base64 lines (RFC 2045 §6.8), 64 kB being left to the words."""
    return max(0, (travelling - 65_536) * 57 // 78)
