"""Ways on from the pages of sign-in: where to go next, and the page that asks to wait. No open redirect, no dead end."""

import math
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from auth_otp import browsers

_LONGEST = 4000  # characters of a path that is kept in a session, and in the address of a page
_OURS = ("sign_in", "lock", "sign_out", "confirm")


def target(request: HttpRequest) -> str:
    """Where `next` of the form or of the address leads, when it is a page of ours; else the front page."""
    return safe(request.POST.get("next") or request.GET.get("next") or "/")


def safe(path: str) -> str:
    """A path on this host, and not one of sign-in, which would lead round in circles.

    Scripts and links go there too: browsers drop a tab or a line's end from an address, and «/\\t//» then leads elsewhere.
    """
    is_plain = path.startswith("/") and len(path) <= _LONGEST and path.isprintable()
    is_ours = is_plain and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    leads_on = not path.startswith(tuple(reverse(f"auth_otp:{name}") for name in _OURS))
    return path if is_ours and leads_on else "/"


def too_soon(
    request: HttpRequest,
    wait: timedelta,
    back: str = "",
    *,
    who: UUID | str | None = None,
    is_codes: bool = False,
) -> HttpResponse:
    """429, with the waiting time in words and in Retry-After (RFC 9110 §10.2.3).

    `who` waits: a browser that they have used is told of no better one. `is_codes`: they asked for too many.
    """
    seconds = max(1, math.ceil(wait.total_seconds()))
    seen = {
        "seconds": seconds, "minutes": math.ceil(seconds / 60), "hours": math.ceil(seconds / 3600),
        "back": back or _back(request), "is_codes": is_codes,
        "is_known": browsers.known_to(request, who or request.user.pk or "") is not None,
    }  # fmt: skip
    response = render(request, "auth_otp/too_soon.html", seen, status=429)
    response["Retry-After"] = str(seconds)
    return response


def _back(request: HttpRequest) -> str:
    """The page whose form was sent, leading on as it did."""
    kept = {name: request.POST[name] for name in ("next", "fort") if request.POST.get(name)}
    if "next" in kept:
        kept["next"] = safe(kept["next"])
    return f"{request.path}?{urlencode(kept)}" if kept else request.get_full_path()


def busy(request: HttpRequest) -> HttpResponse:
    """503: too many people give a password at once. Said on every page that asks for one, and no error in our log."""
    response = render(request, "auth_otp/busy.html", {"back": whence(request)}, status=503)
    response["Retry-After"] = "5"
    response._has_been_logged = True  # type: ignore[attr-defined]  # as Django marks what it logged; a metric counts it
    return response


def elsewhere(request: HttpRequest, name: str, **asked: str) -> HttpResponse:
    """A page is redirected; a fragment, a stream or a file inside a page is told 401, and htmx where to go.

    `asked`: what else the page there is asked.
    """
    here = whence(request)
    query = urlencode(asked | ({"next": here} if here != "/" else {}))
    target = f"{reverse(name)}?{query}" if query else reverse(name)
    if _is_page(request):
        return HttpResponseRedirect(target)
    return HttpResponse(status=401, headers={"HX-Redirect": target, "Cache-Control": "no-store"})


def _is_page(request: HttpRequest) -> bool:
    """Browsers say what they do with an answer (Fetch Metadata); those that do not get the benefit of the doubt."""
    is_shown = request.headers.get("Sec-Fetch-Dest", "document") == "document"
    return is_shown and not request.headers.get("HX-Request") and not is_background(request)


def whence(request: HttpRequest) -> str:
    """Where the person was: this page, or the page of ours that asked."""
    if request.method in {"GET", "HEAD"} and _is_page(request):
        return request.get_full_path()
    page = urlsplit(request.headers.get("HX-Current-URL") or request.headers.get("Referer", ""))
    if not page.path or page.netloc != request.get_host():
        return "/"
    return f"{page.path}?{page.query}" if page.query else page.path


def is_background(request: HttpRequest) -> bool:
    """The request was made by a page, not by a person."""
    return request.headers.get("X-Background") == "1" or "text/event-stream" in request.headers.get("Accept", "")
