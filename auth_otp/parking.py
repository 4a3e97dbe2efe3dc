"""A shared workstation: a locked session is set aside, a colleague signs in beside, and its person comes back to their work.

What is set aside is locked, and its key opens nothing: a sealed cookie names it (Session.ref), bound to this browser, and coming
back gives it a new key, still locked, for its own person to open. Refuses to open any, to keep more than five, and to give
one to another browser. Each ends with its hours, as ever.
"""

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token

from auth_otp import browsers, entry
from auth_otp.models import Session, User
from auth_otp.sessions import SessionStore
from mssweb import crypto, keys
from mssweb.audit.record import record

MOST = 5
_LONGEST = 2000  # characters of a cookie that is looked at


@dataclass(frozen=True, slots=True)
class Parked:
    """One of this workstation, as its page names it."""

    ref: UUID
    user: User


def of(request: HttpRequest, *, now: datetime) -> list[Parked]:
    """Who may come back here, the last one first."""
    refs = _read(request)
    if not refs:
        return []
    rows = Session.objects.select_related("user").filter(ref__in=refs, expire_date__gt=now, user__is_active=True)
    found = {row.ref: row for row in rows.exclude(locked_at=None)}
    return [Parked(ref, row.user) for ref in reversed(refs) if (row := found.get(ref)) and row.user]


def may_park(request: HttpRequest, *, now: datetime) -> bool:
    return browsers.browser_of(request) is not None and len(of(request, now=now)) < MOST


def park(request: HttpRequest, *, now: datetime) -> list[UUID]:
    """The session of this request is locked and set aside; the refs that the cookie is to name."""
    kept = [one.ref for one in reversed(of(request, now=now))]
    row = entry.row_of(request)
    if row is None or row.user_id is None or not entry.is_verified(request):
        return kept
    with transaction.atomic():
        entry.lock(request, session=row, now=now, by="colleague")
        request.session.rename()  # type: ignore[attr-defined]  # auth_otp.sessions: nobody has this key
        record("session.park", request=request, actor_id=row.user_id)
    return [*(ref for ref in kept if ref != row.ref), row.ref]


def come_back(request: HttpRequest, ref: UUID, *, now: datetime) -> list[UUID] | None:
    """The session `ref` of this workstation is that of the request, under a new key and locked; None: it is none of it."""
    if ref not in {one.ref for one in of(request, now=now)}:
        return None
    with transaction.atomic():
        kept = park(request, now=now)
        row = Session.objects.select_for_update(of=("self",)).filter(ref=ref).exclude(locked_at=None).first()
        if row is None:
            return None
        request.session = SessionStore.of(row)
        rotate_token(request)  # a page that a colleague left open here sends nothing in this one's name
        record("session.return", request=request, actor_id=row.user_id)
    return [one for one in kept if one != ref]


def aside(request: HttpRequest) -> None:
    """An empty session, with a key of its own, takes the place of the one that was set aside."""
    request.session = SessionStore()
    request.session["beside"] = True  # one that is empty would get no cookie, and the old one would stay


def write(response: HttpResponse, request: HttpRequest, refs: list[UUID]) -> None:
    browser = browsers.browser_of(request)
    if browser is None or not refs:
        response.delete_cookie(settings.PARKED_COOKIE_NAME)
        return
    box = crypto.seal(_key(), json.dumps([str(ref) for ref in refs]).encode(), _context(browser.id))
    response.set_cookie(
        settings.PARKED_COOKIE_NAME, base64.urlsafe_b64encode(box).decode(), max_age=settings.SESSION_COOKIE_AGE,
        httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE,
    )  # fmt: skip


def _read(request: HttpRequest) -> list[UUID]:
    """[] for a cookie that is of another browser, altered, or none."""
    browser, text = browsers.browser_of(request), request.COOKIES.get(settings.PARKED_COOKIE_NAME, "")
    if browser is None or not text or len(text) > _LONGEST:
        return []
    try:
        box = base64.urlsafe_b64decode(text.encode())
        return [UUID(ref) for ref in json.loads(crypto.unseal(_key(), box, _context(browser.id)))][-MOST:]
    except (ValueError, crypto.Unreadable):
        return []


def _key() -> crypto.Key:
    return keys.purpose_key("parked")


def _context(browser_id: str) -> str:
    return f"browser:{browser_id}:parked"
