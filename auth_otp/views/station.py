"""«Un collègue prend la place»: sessions of one workstation side by side, one at a time, the others locked."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from auth_otp import parking


@never_cache
@require_POST
def station(request: HttpRequest) -> HttpResponse:
    """Without a `session`, this one is set aside and the page of sign-in shows; with one, it comes back, locked."""
    now, wanted = timezone.now(), _uuid(request.POST.get("session", ""))
    if wanted is None:
        if not parking.may_park(request, now=now):
            return redirect("auth_otp:lock")
        refs = parking.park(request, now=now)
        parking.aside(request)
        response = redirect("auth_otp:sign_in")
        parking.write(response, request, refs)
        return response
    kept = parking.come_back(request, wanted, now=now)
    response = redirect("auth_otp:lock")
    if kept is not None:
        parking.write(response, request, kept)
    return response


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
