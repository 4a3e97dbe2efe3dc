"""What the demonstration carrier «sent», on a page that exists with DEMO=1 only."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import TypedDict

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from auth_otp import channels

_MOST = 12


class Sent(TypedDict):
    """One SMS as the page shows it."""

    to: str
    body: str
    at: datetime
    code: str


@never_cache
@require_safe
def demo_sms(request: HttpRequest) -> HttpResponse:
    if not settings.DEMO:
        raise Http404
    return render(request, "auth_otp/demo_sms.html", {"sent": list(_latest())})


def _latest() -> Iterator[Sent]:
    """Newest first."""
    path = channels.sms_file()
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    for line in reversed(lines[-_MOST:]):
        sms = json.loads(line)
        at = datetime.fromisoformat(sms["at"])
        yield Sent(
            to=sms["to"], body=sms["body"], at=at, code=sms["body"].rpartition("#")[2] if "#" in sms["body"] else ""
        )
