"""Sessions that the provider holds too: renewed before it forgets them, ended when it ends them (ECO.1.2.6, 1.2.7).

A provider that is away is waited for, until the half hour that it gives is over. Keeps no access token (ECO.1.2.5): what a
refresh brings is dropped, but for the next refresh token.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from auth_otp.models import Followed, Session
from auth_otp.psc.client import client
from auth_otp.psc.errors import Away, Refused
from auth_otp.psc.provider import Provider, Tokens, provider
from auth_otp.psc.who import Came
from mssweb import crypto, keys, notify, tally
from mssweb.audit.record import record

LONGEST = timedelta(hours=4)  # of a session by this door (client-and-documents §8.2)
_IDLE = timedelta(minutes=30)  # that the provider gives when it does not say how long
_LEASE, _AGAIN = timedelta(seconds=60), timedelta(seconds=60)  # of one refresh; after a failure that may pass
_MOST, _IN_A_ROW = 500, 3  # sessions of one sweep; failures after which the provider is away for all
_HINT = "psc"  # key, in a session
_ENDED = "invalid_grant"  # RFC 6749 §5.2: the one refusal that is of the session, not of us


@dataclass(frozen=True, slots=True)
class Kept:
    """What a box holds."""

    refresh: str = field(repr=False)
    identity: str = field(repr=False)


def follow(session: UUID, came: Came, *, now: datetime) -> None:
    """In the transaction that opens the session, or reopens it."""
    tokens, row = came.tokens, Followed(session_id=session)
    row.sid, row.subject = digest(came.sid), digest(came.person.subject)
    row.box = _sealed(session, Kept(tokens.refresh, tokens.identity))
    row.due_at, row.until = _times(tokens, now)
    given = {name: getattr(row, name) for name in ("sid", "subject", "box", "due_at", "until")}
    Followed.objects.update_or_create(session_id=session, defaults=given)


def kept(session: UUID) -> Kept | None:
    row = Followed.objects.filter(session_id=session).first()
    return _opened(row) if row else None


def keep_hint(request: HttpRequest, session: UUID, identity: str) -> None:
    """Of a session by another door, in which its person has shown here who they are: leaving it leaves there too."""
    request.session[_HINT] = crypto.seal(keys.purpose_key("psc session"), identity.encode(), f"hint {session}").hex()


def hint(request: HttpRequest, session: UUID) -> str:
    """The ID token that a departure shows the provider; empty where it holds no session of this one."""
    if found := kept(session):
        return found.identity
    try:
        box = bytes.fromhex(request.session.get(_HINT, ""))
        return crypto.unseal(keys.purpose_key("psc session"), box, f"hint {session}").decode()
    except (crypto.Unreadable, ValueError):
        return ""


def look_over(now: datetime) -> int:
    """From the sweep: every session that is due, one claimed at a time. How many were asked for."""
    asked = failed = 0
    here = client()
    for row in Followed.objects.filter(due_at__lte=now).select_related("session").order_by("due_at")[:_MOST]:
        if failed >= _IN_A_ROW:
            break
        if not Followed.objects.filter(pk=row.pk, due_at=row.due_at).update(due_at=now + _LEASE):
            continue  # another worker's
        row.due_at = now + _LEASE
        asked += 1
        is_answered = here is not None and _renew(provider(here), row, now)
        failed = 0 if is_answered else failed + 1
        if not is_answered and now >= row.until:
            _end_as_asked(row, "silence" if here else "closed")
        elif not is_answered:
            _as_asked(row).update(due_at=min(now + _AGAIN, row.until))
    return asked


def _as_asked(row: Followed) -> QuerySet[Followed]:
    """Nothing, once its person has come back by the provider: what this refresh brought is of the session before."""
    return Followed.objects.filter(pk=row.pk, due_at=row.due_at)


def _end_as_asked(row: Followed, why: str) -> None:
    with transaction.atomic():
        end(_as_asked(row).select_for_update(), why=why)


def end(rows: Iterable[Followed], *, why: str) -> None:
    """Their sessions, and all live streams of their people, now. `why` is for the journal."""
    for row in rows:
        with transaction.atomic():
            session = Session.objects.filter(ref=row.pk).first()
            if session is None:
                continue
            session.delete()
            record("session.psc_end", actor_id=session.user_id, subject=("user", session.user_id or ""), why=why)
            if session.user_id:
                notify.kill(session.user_id)
        tally.count("psc", f"ended-{why}")


def digest(word: str) -> bytes:
    return crypto.digest(keys.purpose_key("psc digest"), word.encode())


def _renew(there: Provider, row: Followed, now: datetime) -> bool:
    """False when the provider is away. A refusal ends the session; so does an answer about somebody else."""
    had = _opened(row)
    if had is None or not had.refresh:
        _end_as_asked(row, "refused")
        return True
    try:
        tokens = there.refresh(had.refresh, now=now.timestamp())
        if tokens.identity:
            _check_same(there, row, tokens, now)
    except Away:
        tally.count("psc", "silent")
        return False
    except Refused as refused:
        if refused.code not in {_ENDED, "sub"}:  # ours to mend: a secret, a certificate, a token made wrong
            return False
        _end_as_asked(row, "refused")
        return True
    box = _sealed(row.pk, Kept(tokens.refresh or had.refresh, tokens.identity or had.identity))
    due_at, until = _times(tokens, now)
    _as_asked(row).update(box=box, due_at=due_at, until=until)
    return True


def _check_same(there: Provider, row: Followed, tokens: Tokens, now: datetime) -> None:
    """OpenID Connect Core §12.2: of the same person."""
    from auth_otp.psc import tokens as verify

    expected = verify.Expected(there.client.issuer, there.client.client_id, now.timestamp())
    identity = verify.identity(tokens.identity, there.key, expected, access_token=tokens.access)
    if not crypto.same(digest(identity.subject), bytes(row.subject)):
        raise Refused("sub")


def _times(tokens: Tokens, now: datetime) -> tuple[datetime, datetime]:
    """(when it is asked next, when it ends if that fails): ten minutes are left for a provider that is away."""
    lasts = min(timedelta(seconds=tokens.refresh_seconds), _IDLE) if tokens.refresh_seconds else _IDLE
    return now + lasts * 2 / 3, now + lasts


def _sealed(session: UUID, what: Kept) -> bytes:
    told = json.dumps({"refresh": what.refresh, "identity": what.identity}).encode()
    return crypto.seal(keys.purpose_key("psc session"), told, str(session))


def _opened(row: Followed) -> Kept | None:
    """None with another SECRET_KEY than it was sealed with: then it cannot be renewed."""
    try:
        return Kept(**json.loads(crypto.unseal(keys.purpose_key("psc session"), bytes(row.box), str(row.pk))))
    except crypto.Unreadable:
        return None
