"""`record`: the one verb that appends an audit event, in the transaction of the act it tells."""

from collections.abc import Sequence
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from mssweb.audit.models import AuditEvent

OK, REFUSED, ERROR = "ok", "refused", "error"  # done; not let; let, and it did not work

type Fact = str | int | bool | None


def record(  # ECO.4.1.1
    action: str,
    *,
    request: HttpRequest | None = None,
    actor_id: UUID | None = None,
    mailbox_id: UUID | None = None,
    subject: tuple[str, UUID | str] | None = None,
    result: str = OK,
    **facts: Fact,
) -> AuditEvent:
    """Append one event. `action` reads «noun.verb» (message.open, session.lock); facts are ids, counts and codes only.

    With a request, the person and the address of the network are taken from it.
    """
    if request is not None and actor_id is None and request.user.is_authenticated:
        actor_id = request.user.pk
    kind, subject_id = subject or ("", "")
    return AuditEvent.objects.create(
        at=timezone.now(),
        actor_id=actor_id,
        process=settings.PROCESS,
        action=action,
        mailbox_id=mailbox_id,
        subject_kind=kind,
        subject_id=str(subject_id),
        client=client_address(request),
        result=result,
        facts=facts,
    )


def client_address(request: HttpRequest | None) -> str | None:
    """The peer's address as the server saw it; uvicorn believes a proxy's header only when told to."""
    return (request.META.get("REMOTE_ADDR") or None) if request is not None else None


def record_all(action: str, subject_ids: Sequence[UUID], *, request: HttpRequest, mailbox_id: UUID) -> None:
    """The same act of one person on several rows of a mailbox, one event each, in one statement."""
    kind = action.partition(".")[0]
    AuditEvent.objects.bulk_create(
        AuditEvent(
            at=timezone.now(), actor_id=request.user.pk, process=settings.PROCESS, action=action, mailbox_id=mailbox_id,
            subject_kind=kind, subject_id=str(subject_id), client=client_address(request),
        )
        for subject_id in subject_ids
    )  # fmt: skip
