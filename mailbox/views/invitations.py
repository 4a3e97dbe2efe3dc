"""Invitations as the invited person sees them: accepted or declined after signing in. Of anybody else's: 404."""

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from auth_otp import proof
from auth_otp.proof import Worth
from mailbox import access, invitations
from mailbox.views.place import Place, inside, person, place_of
from mssweb.audit.record import record


@never_cache
@require_http_methods(["GET", "POST"])
def mine(request: HttpRequest) -> HttpResponse:
    """What waits for this person; a POST answers one of them."""
    user, now = person(request), timezone.now()
    if request.method == "GET":
        waiting = invitations.of(user, now)
        return render(request, "mailbox/team/invitations.html", {"shell": place_of(user), "invitations": waiting})
    found = invitations.of(user, now).filter(pk=_uuid(request.POST.get("invitation", ""))).first()
    action = request.POST.get("action", "")
    if found is None or action not in {"accept", "decline"}:
        raise Http404
    with transaction.atomic():
        is_done = invitations.accept(found, user, now=now) if action == "accept" else invitations.decline(found)
        if not is_done:
            raise Http404
        record(f"invitation.{action}", request=request, mailbox_id=found.mailbox_id, subject=("invitation", found.pk))
    if action == "decline":
        messages.success(request, "Invitation refusée.")
        return redirect("mailbox:invitations")
    if not access.mailboxes_of(user).filter(mailbox=found.mailbox_id).exists():
        words = f"{found.mailbox.display_name} s’ouvrira quand le titulaire de {found.mailbox.tenant.name} vous aura autorisé."
        messages.info(request, words)
        return redirect("mailbox:invitations")
    messages.success(request, f"Vous avez maintenant accès à {found.mailbox.display_name}.")
    return redirect("mailbox:folder", found.mailbox_id, "inbox")


@require_http_methods(["POST"])
@inside(manage=True)
@proof.asked(Worth.STRONGEST)
def revoke(request: HttpRequest, place: Place, invitation_id: UUID) -> HttpResponse:
    """A manager takes one back."""
    with transaction.atomic():
        if not invitations.revoke(place.mailbox, invitation_id):
            raise Http404
        record("invitation.revoke", request=request, mailbox_id=place.mailbox.pk, subject=("invitation", invitation_id))
    messages.success(request, "Invitation annulée.")
    return redirect("mailbox:members", place.mailbox.pk)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None
