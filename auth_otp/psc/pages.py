"""The page of a refusal, told to the journal; its ways on are the other doors, or trying again."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from auth_otp import entry
from auth_otp.psc.words import REFUSALS, Words
from mssweb.audit.record import REFUSED, record


def refused(request: HttpRequest, why: str, *, code: str = "", again: str = "", there: str = "/") -> HttpResponse:
    """`why`: of words.REFUSALS. `code`: what the journal says beside it. `again`: where one tries once more."""
    words = REFUSALS[why]
    record("session.psc_refused", request=request, result=REFUSED, why=why, code=code)
    row = entry.row_of(request)
    seen = {
        "words": words, "again": _again(again, words) if words.again else "", "next": there, "why": why,
        "is_in": entry.is_verified(request), "is_locked": row is not None and row.locked_at is not None,
    }  # fmt: skip
    return render(request, "auth_otp/psc/refused.html", seen, status=words.status)


def _again(there: str, words: Words) -> str:
    """`autre`: the provider would answer at once for whom it knows already (auth_otp.psc.views)."""
    return f"{there}{'&' if '?' in there else '?'}autre=1" if there and words.another else there
