"""«Demandes»: who asks for an account, or has lost theirs, where this person is *titulaire* or manager: recognised, or refused.

What the other tells them (the first signs of a reference) is typed: a request that somebody else made in the same name is not
taken for it. A fresh proof is asked; every decision is told to the audit, and may be none of one's own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from auth_otp import allowances, begun, identity, proof
from auth_otp import enrolment as enrolments
from auth_otp import reset as resets
from auth_otp.models import Enrolment, Reset, User
from auth_otp.proof import Worth
from mailbox import access
from mailbox.enrolment import approvers
from mailbox.models import Tenant
from mailbox.views.coming import soon
from mailbox.views.place import person

_WRONG_HEAD = (
    "Ce n’est pas le début de la référence de cette demande\u00a0: demandez-le à la personne, en face. "
    "Si elle n’a rien demandé, refusez."
)
_TOO_MANY = "Trop d’essais\u00a0: réessayez dans une heure."


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as the page tells it, with who the annuaire says that it is."""

    row: Enrolment
    name: str
    profession: str


@never_cache
@require_safe
@proof.asked(Worth.STRONGEST)
def approvals(request: HttpRequest) -> HttpResponse:
    user, now = person(request), timezone.now()
    tenants = _tenants(user)
    rows = list(approvers.enrolments_for(tenants, now).order_by("-asked_at")[:50])  # who stands there has just asked
    seen: dict[str, Any] = {"tenants": tenants, "enrolments": [_asked(row) for row in rows]}
    seen["resets"] = list(approvers.resets_for(user, now).order_by("-asked_at")[:50])
    return render(request, "mailbox/team/approvals.html", seen)


@never_cache
@require_POST
@proof.asked(Worth.STRONGEST)
def enrolment(request: HttpRequest, enrolment_id: UUID) -> HttpResponse:
    user, now = person(request), timezone.now()
    row = approvers.enrolments_for(_tenants(user), now).filter(pk=enrolment_id).first()
    if row is None:
        raise Http404
    name = _asked(row).name
    if request.POST.get("action") == "refuse":
        return _decide(
            request, lambda: enrolments.refuse(request, row, user, now=now), f"La demande de {name} est refusée."
        )
    return _decide(
        request, lambda: enrolments.accept(request, row, user, request.POST.get("head", ""), now=now),
        f"La demande de {name} est acceptée\u00a0: la personne reprend la sienne et choisit son mot de passe. "
        "Invitez-la ensuite dans une boîte par son numéro RPPS.",
    )  # fmt: skip


@never_cache
@require_POST
@proof.asked(Worth.STRONGEST)
def reset(request: HttpRequest, reset_id: UUID) -> HttpResponse:
    user, now = person(request), timezone.now()
    row = approvers.resets_for(user, now).filter(pk=reset_id).first()
    if row is None or row.user is None:
        raise Http404
    name, who = row.user.get_full_name(), row.user
    if request.POST.get("action") == "refuse":
        return _decide(request, lambda: _cancel(request, row, user), f"La demande de {name} est refusée.")

    def approve() -> None:
        head, is_spared = request.POST.get("head", ""), approvers.spares(user, who)
        resets.approve(request, row, user, head, now=now, spares=is_spared)
        soon()

    return _decide(request, approve, f"{name} est reconnue\u00a0: la personne reprend sa demande.")


def _cancel(request: HttpRequest, row: Reset, user: User) -> None:
    if not resets.cancel(request, row, now=timezone.now(), by=user):
        raise resets.Over


def _decide(request: HttpRequest, act: Callable[[], None], said: str) -> HttpResponse:
    try:
        act()
    except begun.WrongHead:
        messages.error(request, _WRONG_HEAD)
    except allowances.UsedUp:
        messages.error(request, _TOO_MANY)
    except (enrolments.Over, resets.Over, resets.Oneself):
        messages.error(request, "Cette demande n’attend plus de décision.")
    else:
        messages.success(request, said)
    return redirect("mailbox:approvals")


def _tenants(user: User) -> list[Tenant]:
    """404 for who answers for no structure."""
    if not (found := list(access.tenants_of(user))):
        raise Http404
    return found


def _asked(row: Enrolment) -> Asked:
    told = identity.professional(row.rpps)
    if told is None:
        return Asked(row, f"RPPS {row.rpps}", "")
    return Asked(row, f"{told.title} {told.first_name} {told.last_name.upper()}".strip(), told.profession)
