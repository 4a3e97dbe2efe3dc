"""Ways on from the pages of sign-in: where to go next, and the page that asks to wait. No open redirect, no dead end."""

import math
from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

_OURS = ("sign_in", "lock", "sign_out")


def target(request: HttpRequest) -> str:
    """Where `next` of the form or of the address leads, when it is a page of ours; else the front page."""
    return safe(request.POST.get("next") or request.GET.get("next") or "/")


def safe(path: str) -> str:
    """A path on this host, and not one of sign-in, which would lead round in circles."""
    is_ours = path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    leads_on = not path.startswith(tuple(reverse(f"auth_otp:{name}") for name in _OURS))
    return path if is_ours and leads_on else "/"


def too_soon(request: HttpRequest, wait: timedelta, back: str = "") -> HttpResponse:
    """429, with the waiting time in words and in Retry-After (RFC 9110 §10.2.3)."""
    seconds = max(1, math.ceil(wait.total_seconds()))
    seen = {"seconds": seconds, "minutes": math.ceil(seconds / 60), "back": back or request.get_full_path()}
    response = render(request, "auth_otp/too_soon.html", seen, status=429)
    response["Retry-After"] = str(seconds)
    return response
