"""An administrator's corrections, put on the tables at the end of each load, in its transaction, and at once when decided.

Hidden: the address stays and is proposed to nobody. Added: a row of our own, which no file takes away. Preferred: rank 1
among its owner's. One that ends gives back what the files say.
"""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.http import HttpRequest

from directory import entries, identity, merge
from directory.models import Organization, Override, Practitioner, Source
from directory.rows import NULL
from mssweb.audit.record import record

# Only constants are ever put into a statement. `m` is an address, `o` a correction.
_PARTS = {
    "active": "o.undone_at IS NULL AND (o.until IS NULL OR o.until > %(now)s)",
    "over": "o.undone_at IS NULL AND o.until <= %(now)s",
    "of_its_owner": "(m.practitioner_id = o.practitioner_id OR o.practitioner_id IS NULL AND m.practitioner_id IS NULL"
    " AND m.organization_id = o.organization_id)",
    "ours": str(Source.OPERATOR.value),
}
_NOTED = """
WITH done AS ({} RETURNING m.practitioner_id, m.organization_id)
INSERT INTO touched SELECT coalesce(practitioner_id, organization_id) FROM done
"""
_SHOW = """
UPDATE directory_mailboxaddress m SET is_hidden = false WHERE m.is_hidden AND NOT EXISTS (
  SELECT FROM directory_override o WHERE {active} AND o.kind = 'hide' AND o.address = m.address)
"""
_HIDE = """
UPDATE directory_mailboxaddress m SET is_hidden = true FROM directory_override o
WHERE {active} AND o.kind = 'hide' AND m.address = o.address AND NOT m.is_hidden
"""
_ADD = """
INSERT INTO directory_mailboxaddress AS m
  (id, line, address, kind, practitioner_id, organization_id, service, service_keys, source, first_seen)
SELECT DISTINCT ON (o.row) o.row, 0, o.address, CASE WHEN o.practitioner_id IS NULL THEN 'ORG' ELSE 'PER' END,
  o.practitioner_id, o.organization_id, '', ARRAY[]::varchar[], {ours}, o.created_at
FROM directory_override o WHERE {active} AND o.kind = 'add' AND (
  EXISTS (SELECT FROM directory_practitioner p WHERE p.id = o.practitioner_id)
  OR EXISTS (SELECT FROM directory_organization g WHERE g.id = o.organization_id))
ORDER BY o.row, o.created_at
ON CONFLICT (id) DO UPDATE SET vanished_at = NULL, source = excluded.source, line = 0 WHERE m.vanished_at IS NOT NULL
"""
_PREFER_NO_MORE = """
UPDATE directory_mailboxaddress m SET rank = NULL FROM directory_override o
WHERE {over} AND o.applied_at IS NOT NULL AND o.kind = 'prefer' AND m.address = o.address AND {of_its_owner} AND m.rank = 1
"""
_PREFER_OTHERS_LESS = """
UPDATE directory_mailboxaddress m SET rank = 2 FROM directory_override o
WHERE {active} AND o.kind = 'prefer' AND m.address <> o.address AND {of_its_owner} AND m.rank = 1
"""
_PREFER = """
UPDATE directory_mailboxaddress m SET rank = 1 FROM directory_override o
WHERE {active} AND o.kind = 'prefer' AND m.address = o.address AND {of_its_owner} AND m.rank IS DISTINCT FROM 1
"""
_TAKE_AWAY = """
WITH gone AS (
  UPDATE directory_mailboxaddress m SET vanished_at = %(now)s
  WHERE m.source = {ours} AND m.vanished_at IS NULL AND NOT EXISTS (
    SELECT FROM directory_override o WHERE {active} AND o.kind = 'add' AND o.row = m.id)
  RETURNING m.practitioner_id, m.organization_id
), noted AS (INSERT INTO touched SELECT coalesce(practitioner_id, organization_id) FROM gone
), left_behind AS (INSERT INTO left_place SELECT organization_id FROM gone WHERE organization_id IS NOT NULL)
SELECT count(*) FROM gone
"""
_UNDONE = "UPDATE directory_override o SET undone_at = %(now)s WHERE {over}"
_APPLIED = """
UPDATE directory_override o SET applied_at = %(now)s WHERE {active} AND o.applied_at IS NULL
  AND (o.kind = 'hide' OR EXISTS (SELECT FROM directory_mailboxaddress m WHERE m.address = o.address AND {of_its_owner}))
"""


def impose(
    *, kind: Override.Kind, address: str, owner: Practitioner | Organization | None, reason: str, until: datetime | None,
    now: datetime, request: HttpRequest,
) -> Override:  # fmt: skip
    """Decided by who asks, and in force at once unless a load runs. `owner`: of an address that is added or preferred."""
    if not request.user.is_authenticated:
        raise PermissionDenied
    person, place = (owner.pk if isinstance(owner, kind_of) else None for kind_of in (Practitioner, Organization))
    with transaction.atomic():
        made = Override.objects.create(
            kind=kind, address=address, practitioner_id=person, organization_id=place, reason=reason, until=until,
            row=identity.mailbox(address, str(person or NULL), str(place or NULL)), author=request.user, created_at=now,
        )  # fmt: skip
        record("override.create", request=request, subject=("override", str(made.pk)), kind=kind)
    settle(now)
    return made


def lift(chosen: Override, *, now: datetime, request: HttpRequest) -> bool:
    """What the files say holds again; False when it was over already."""
    with transaction.atomic():
        if not Override.objects.active(now).filter(pk=chosen.pk).update(until=now):
            return False
        record("override.lift", request=request, subject=("override", str(chosen.pk)), kind=chosen.kind)
    settle(now)
    return True


def apply(cursor: CursorWrapper, now: datetime) -> None:
    """In the transaction of a load, before entries are made; owners are noted in `touched`."""
    told = {"now": now}
    for change in (_SHOW, _HIDE, _ADD, _PREFER_NO_MORE, _PREFER_OTHERS_LESS, _PREFER):
        cursor.execute(_NOTED.format(change.format(**_PARTS)), told)
    cursor.execute(_TAKE_AWAY.format(**_PARTS), told)
    if cursor.fetchone()[0]:
        merge.take_leave(cursor, now)
    cursor.execute(_UNDONE.format(**_PARTS), told)
    cursor.execute(_APPLIED.format(**_PARTS), told)


def settle(now: datetime) -> bool:
    """What waits or is over, now; False while a load holds the tables, which does it at its end."""
    if not Override.objects.due(now).exists():
        return True
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('directory.load'))")
        if not cursor.fetchone()[0]:
            return False
        merge.begin(cursor)
        apply(cursor, now)
        entries.refresh(cursor)
    return True
