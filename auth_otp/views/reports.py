"""Reports of the carrier, that an SMS was delivered or was not. Public, and deaf to what is not signed (auth_otp.channels)."""

import logging
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from auth_otp import challenges, channels
from auth_otp.models import Challenge
from mssweb.audit.record import REFUSED, record

log = logging.getLogger(__name__)


@csrf_exempt  # by a machine, whose signature is asked for; no cookie counts here
@never_cache
@require_POST
def report(request: HttpRequest, challenge_id: UUID) -> HttpResponse:
    """One answer to all that is not signed, whatever it names; told to the journal when it names a code that is."""
    if not channels.is_report(request, challenge_id):
        log.warning("a report of SMS without a right signature")
        if Challenge.objects.filter(pk=challenge_id).exists():
            record("code.report", request=request, subject=("challenge", challenge_id), result=REFUSED)
        return HttpResponse(status=403)
    status, code = request.POST.get("MessageStatus", ""), request.POST.get("ErrorCode", "")
    challenges.note_report(challenge_id, request.POST.get("MessageSid", ""), status=status, code=code, request=request)
    return HttpResponse(status=204)
