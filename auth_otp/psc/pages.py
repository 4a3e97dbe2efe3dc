"""The page of a refusal, told to the journal; its ways on are the other doors, or trying again."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from auth_otp import allowances, entry
from auth_otp.psc.words import REFUSALS, Words
from mssweb import tally
from mssweb.audit.record import REFUSED, record

_MINUTE = timedelta(minutes=1)


def refused(request: HttpRequest, why: str, *, code: str = "", again: str = "", there: str = "/") -> HttpResponse:
    """`why`: of words.REFUSALS. `code`: what the journal says beside it. `again`: where one tries once more."""
    words = REFUSALS[why]
    tally.count("psc", "away" if why == "away" else "refused")
    if _is_told(why):
        record("session.psc_refused", request=request, result=REFUSED, why=why, code=code)
    row = entry.row_of(request)
    seen = {
        "words": words, "again": _again(again, words) if words.again else "", "next": there, "why": why,
        "is_in": entry.is_verified(request), "is_locked": row is not None and row.locked_at is not None,
    }  # fmt: skip
    return render(request, "auth_otp/psc/refused.html", seen, status=words.status)


def _is_told(why: str) -> bool:
    """Anybody may knock as often as they like: what holds no attempt is not told, an absent provider once a minute."""
    now = timezone.now()
    return why not in {"expired", "away"} or (
        why == "away" and allowances.is_first("psc away", until=now + _MINUTE, now=now)
    )


def _again(there: str, words: Words) -> str:
    """`autre`: the provider would answer at once for whom it knows already (auth_otp.psc.views)."""
    return f"{there}{'&' if '?' in there else '?'}autre=1" if there and words.another else there
