"""One person of a structure, and what its *titulaire* decides of them. Whoever decides has shown lately who they are."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from mailbox import access
from mailbox.mime.address import in_words
from mailbox.models import Staff, Tenant
from mailbox.staff import people, seen
from mailbox.staff.people import By, Closed
from mailbox.views.place import person
from mailbox.views.structure import headed, show


@require_http_methods(["GET", "POST"])
@headed(proven=True)
def one(request: HttpRequest, tenant: Tenant, staff_id: UUID) -> HttpResponse:
    row, by = access.access_staff(tenant, staff_id), By(person(request), tenant, timezone.now(), request)
    if request.method == "POST":
        act = _ACTS.get(request.POST.get("action", ""))
        if act is None:
            raise Http404
        try:
            messages.success(request, act(row, by))
        except people.Refused as words:
            messages.error(request, str(words))
        return redirect("mailbox:structure_person", tenant.pk, row.pk)
    [found] = seen.people(tenant, now=by.now, only=row.pk)
    return show(
        request, tenant, "person", one=found, fault=people.fault(row, by), may_name=by.is_holder and not found.is_holder,
        functions=Staff.Function.choices,
    )  # fmt: skip


def _authorise(row: Staff, by: By) -> str:
    people.authorise(row, by)
    return f"{row.user.get_full_name()} a maintenant accès à {by.tenant.name}."


def _suspend(row: Staff, by: By) -> str:
    done = people.suspend(row, by)
    return f"{row.user.get_full_name()} n’ouvre plus les boîtes partagées de {by.tenant.name}.{_told(done)}"


def _withdraw(row: Staff, by: By) -> str:
    done = people.withdraw(row, by)
    return f"{row.user.get_full_name()} n’est plus de {by.tenant.name}.{_told(done)}"


def _told(done: Closed) -> str:
    """Where what was open went."""
    said = ""
    if done.threads:
        said = f" {_count(done.threads, 'fil')} en cours {'passent' if done.threads > 1 else 'passe'} à toute l’équipe."
    if done.drafts:
        said += f" Brouillons confiés, à prendre par toute l’équipe\u00a0: {done.drafts}."
    if done.taken:
        taken = ", ".join(map(in_words, done.taken))
        said += f" Plus personne ne gérait {taken}\u00a0: le titulaire en est maintenant responsable."
    return said


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'s' if number > 1 else ''}"


def _sessions(row: Staff, by: By) -> str:
    people.end_sessions(row, by)
    return f"Les sessions de {row.user.get_full_name()} sont terminées, partout."


def _ask(row: Staff, by: By) -> str:
    people.ask_stronger(row, by)
    return f"{row.user.get_full_name()} le lira à sa prochaine connexion, et dans sa boîte personnelle."


def _delegate(row: Staff, by: By) -> str:
    people.name(row, by, is_delegate=True)
    return f"{row.user.get_full_name()} gère maintenant {by.tenant.name} avec vous."


def _undelegate(row: Staff, by: By) -> str:
    people.name(row, by, is_delegate=False)
    return f"{row.user.get_full_name()} ne gère plus {by.tenant.name}."


def _function(row: Staff, by: By) -> str:
    people.call(row, by, function=by.request.POST.get("function", "?"))
    return "Fonction enregistrée."


_ACTS: dict[str, Callable[[Staff, By], str]] = {
    "authorise": _authorise, "suspend": _suspend, "withdraw": _withdraw, "sessions": _sessions, "ask": _ask,
    "delegate": _delegate, "undelegate": _undelegate, "function": _function,
}  # fmt: skip
