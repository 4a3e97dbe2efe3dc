"""`record`: the one verb that appends an audit event, in the transaction of the act it tells."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from django.utils import timezone
from uuid_utils.compat import uuid7

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


EACH = f"""
INSERT INTO {AuditEvent._meta.db_table}
  (id, at, actor_id, process, action, mailbox_id, subject_kind, subject_id, client, result, facts)
SELECT x.id, %(told_at)s, %(told_by)s, %(process)s, %(action)s, %(told_of)s, %(kind)s, x.subject::text, %(client)s::inet,
       '{OK}', '{{}}'::jsonb
  FROM unnest(%(events)s::uuid[], %(subjects)s::uuid[]) AS x (id, subject)
"""  # noqa: S608  (constants)


def each(action: str, subject_ids: Sequence[UUID], *, request: HttpRequest, mailbox_id: UUID) -> Mapping[str, Any]:
    """What `EACH` is given: for whoever tells an act in the statement that does it, or notes it."""
    return {
        "told_at": timezone.now(), "told_by": request.user.pk, "process": settings.PROCESS, "action": action,
        "told_of": mailbox_id, "kind": action.partition(".")[0], "client": client_address(request),
        "events": [uuid7() for _ in subject_ids], "subjects": list(subject_ids),
    }  # fmt: skip


def record_all(action: str, subject_ids: Sequence[UUID], *, request: HttpRequest, mailbox_id: UUID) -> None:
    """The same act of one person on several rows of a mailbox, one event each, in one statement."""
    if subject_ids:
        with connection.cursor() as cursor:
            cursor.execute(EACH, each(action, subject_ids, request=request, mailbox_id=mailbox_id))
