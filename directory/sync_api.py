"""Follows the Annuaire Santé between two extractions: what changed since the last sync comes into force, or nothing does.

All pages are read first, then one transaction brings them in. An outage changes nothing, and is told by a row and an
audit event like a refused file.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import psycopg
from django.db import DatabaseError, connection, transaction
from django.db.backends.utils import CursorWrapper

from directory import entries, merge, merge_api, overrides, sync, words
from directory.client import HISTORY, ApiError, Client, Kind
from directory.fhir import lines
from directory.fhir.lines import Scope
from directory.models import DirectoryLoad, MailboxAddress
from mssweb.audit.record import ERROR, OK

_KINDS: tuple[Kind, ...] = ("Practitioner", "PractitionerRole", "Organization")
_WITHIN = 900.0  # seconds for all pages
_OVERLAP = timedelta(minutes=30)  # our clock, theirs, and what their index learns late
_BEFORE_EXTRACTION = timedelta(days=1)  # a file says when it was made, not what it knew
MAX_SCOPES = 400_000  # of one sync: ten days of changes, and what bounds the memory


def follow(client: Client, *, clock: Callable[[], datetime]) -> DirectoryLoad:
    """Bring the changes in. The row says what came, or why nothing did."""
    now = clock()
    row = DirectoryLoad(kind=DirectoryLoad.Kind.API, file_name="Annuaire Santé, en direct", started_at=now)
    try:
        scopes = _read(client, row, _since(now), now)
        with transaction.atomic(), connection.cursor() as cursor:
            sync.hold(cursor)
            _take(cursor, row, scopes)
            _settle(row, clock(), DirectoryLoad.State.DONE, OK)
    except (ApiError, sync.DirectoryRefused) as error:
        _refuse(row, error.words if isinstance(error, ApiError) else error.reason, clock())
    except (DatabaseError, psycopg.Error):  # Django does not wrap what COPY raises
        _refuse(row, "la base de données n’a pas pris les changements", clock())  # its own words may quote one
    else:
        if row.added or row.vanished:
            sync.tidy()
    return row


def _since(now: datetime) -> datetime:
    """Thirty days at most: the service keeps no older change."""
    if last := DirectoryLoad.objects.last_read():
        since = last.started_at - _OVERLAP
    elif extraction := DirectoryLoad.objects.in_force():
        since = extraction.day - _BEFORE_EXTRACTION
    else:
        raise sync.DirectoryRefused("aucune extraction des boîtes MSSanté n’est en service : il n’y a rien à suivre")
    return max(since, now - HISTORY)


def _read(client: Client, row: DirectoryLoad, since: datetime, now: datetime) -> list[Scope]:
    scopes: list[Scope] = []
    for told in _pages(client, since, now):
        scopes += told.scopes
        row.lines_read += len(told.scopes) + told.rejected
        row.lines_rejected += told.rejected
        if len(scopes) > MAX_SCOPES:
            raise sync.DirectoryRefused(f"plus de {MAX_SCOPES} changements : une extraction est nécessaire")
    row.lines_kept = len(scopes)
    return scopes


def _pages(client: Client, since: datetime, now: datetime) -> Iterator[lines.Told]:
    until = client.clock() + _WITHIN
    for kind in _KINDS:
        for page in client.changed(kind, since, now=now, within=until - client.clock()):
            yield lines.told(page)


def _take(cursor: CursorWrapper, row: DirectoryLoad, scopes: list[Scope]) -> None:
    before = MailboxAddress.objects.filter(vanished_at=None).count()
    merge.begin(cursor)
    came = merge_api.take(cursor, scopes, row.started_at)
    row.added, row.vanished = came.added, came.vanished
    if sync.is_too_many(came.vanished, before):
        raise sync.DirectoryRefused(f"{came.vanished} adresses sur {before} disparaîtraient : réponse fausse ?")
    overrides.apply(cursor, row.started_at)
    cursor.execute("SELECT EXISTS (SELECT FROM touched)")
    if cursor.fetchone()[0]:
        entries.refresh(cursor)
        words.refresh(cursor)


def _refuse(row: DirectoryLoad, reason: str, now: datetime) -> None:
    row.error = reason[:300]
    row.added = row.vanished = row.lines_kept = 0
    with transaction.atomic():
        _settle(row, now, DirectoryLoad.State.REFUSED, ERROR)


def _settle(row: DirectoryLoad, now: datetime, state: DirectoryLoad.State, result: str) -> None:
    """The row and its event; those older than the service's history tell nobody anything any more."""
    row.state, row.finished_at, row.percent = state, now, 100
    row.save()
    DirectoryLoad.objects.filter(kind=DirectoryLoad.Kind.API, started_at__lt=now - HISTORY).exclude(pk=row.pk).delete()
    sync.tell(row, result)
