"""The browsers that a person has signed in with: a signed cookie with a random id and marks of people, never names.

Also the words for a browser in the list of sessions. Refuses to follow a person: the cookie only spares delays.
"""

import secrets
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from mssweb import crypto, keys

_SALT = "auth_otp.browsers"
_LIFE_SECONDS = 180 * 24 * 3600
_MOST_MARKS = 20  # of one workstation, one a person; the oldest are dropped
_NAMES = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, slots=True)
class Browser:
    """`marks` stand for the people who have signed in here."""

    id: str
    marks: tuple[str, ...]


def browser_of(request: HttpRequest) -> Browser | None:
    """None when the cookie is missing, altered or too old."""
    try:
        kept = signing.loads(request.COOKIES.get(settings.BROWSER_COOKIE_NAME, ""), salt=_SALT, max_age=_LIFE_SECONDS)
    except signing.BadSignature:
        return None
    return Browser(kept["id"], tuple(kept["marks"]))


def known_to(request: HttpRequest, who: UUID | str) -> Browser | None:
    """The browser that asks, if this person has signed in with it."""
    browser = browser_of(request)
    return browser if browser and mark(who) in browser.marks else None


def mark(who: UUID | str) -> str:
    """Of a person by their id, or of a name that is nobody's."""
    kind = "user" if isinstance(who, UUID) else "name"
    return crypto.digest(keys.purpose_key("browser"), f"{kind}:{who}".encode()).hex()[:24]


def remember(response: HttpResponse, request: HttpRequest, user_id: UUID) -> None:
    """This person signs in with this browser: from afar nobody slows them down here any more."""
    browser = browser_of(request) or Browser(secrets.token_hex(16), ())
    own = mark(user_id)
    marks = [*(m for m in browser.marks if m != own), own][-_MOST_MARKS:]
    response.set_cookie(
        settings.BROWSER_COOKIE_NAME,
        signing.dumps({"id": browser.id, "marks": marks}, salt=_SALT, compress=True),
        max_age=_LIFE_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def label(agent: str) -> str:
    """« Firefox sous Windows », from a User-Agent."""
    name = next((name for sign, name in _NAMES if sign in agent), "Navigateur")
    system = next((name for sign, name in _SYSTEMS if sign in agent), "")
    return f"{name} sous {system}" if system else name
