"""«Demandes»: who asks for an account where this person is *titulaire* or manager. They recognise, face to face, or refuse.

What the other tells them (the first signs of a reference) is typed: a request that somebody else made in the same name is not
taken for it. A fresh proof is asked; every decision is told to the audit, and may be none of one's own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from auth_otp import allowances, begun, identity, proof
from auth_otp import enrolment as enrolments
from auth_otp.models import Enrolment, User
from mailbox import access
from mailbox.enrolment import approvers
from mailbox.models import Tenant
from mailbox.views.place import person

_WRONG_HEAD = (
    "Ce n’est pas le début de la référence de cette demande : demandez-le à la personne, en face. "
    "Si elle n’a rien demandé, refusez."
)
_TOO_MANY = "Trop d’essais : réessayez dans une heure."


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as the page tells it, with who the annuaire says that it is."""

    row: Enrolment
    name: str
    profession: str


@never_cache
@require_safe
@proof.asked()
def approvals(request: HttpRequest) -> HttpResponse:
    tenants, now = _tenants(person(request)), timezone.now()
    rows = list(approvers.enrolments_for(tenants, now)[:50])
    seen = {"tenants": tenants, "enrolments": [_asked(row) for row in rows]}
    return render(request, "mailbox/team/approvals.html", seen)


@never_cache
@require_POST
@proof.asked()
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
        f"La demande de {name} est acceptée : la personne reprend la sienne et choisit son mot de passe. "
        "Invitez-la ensuite dans une boîte par son numéro RPPS.",
    )  # fmt: skip


def _decide(request: HttpRequest, act: Callable[[], None], said: str) -> HttpResponse:
    try:
        act()
    except begun.WrongHead:
        messages.error(request, _WRONG_HEAD)
    except allowances.UsedUp:
        messages.error(request, _TOO_MANY)
    except enrolments.Over:
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
