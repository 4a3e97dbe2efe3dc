"""Requests of accounts, and of who has lost theirs: accepted by who has verified the identity, refused, or looked at.

What is typed to accept is what the person tells (begun.check_head): a request of somebody else in their name is not taken.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from auth_otp import allowances, begun, enrolment, identity, reset
from auth_otp.admin_proof import Proven, lacks
from auth_otp.models import Enrolment, Reset, User

_WRONG = "Ce n’est pas le début de la référence de cette demande : demandez-le à la personne."
_TOO_MANY = "Trop d’essais : réessayez dans une heure."
_OVER = "Cette demande n’attend plus de décision."


class Decided(Proven):
    """Rows that are decided, by a page of their own, and never edited. `accept` and `refuse` are the verbs."""

    over: type[Exception]
    facts: Callable[[Any], list[tuple[str, str]]]
    accept: Callable[..., None]
    refuse: Callable[..., None]
    list_display_links = ["asked_at"]
    ordering = ["-asked_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """They are swept."""
        return False

    def awaited(self) -> QuerySet[Any]:
        raise NotImplementedError

    def changeform_view(self, request: HttpRequest, object_id: str | None = None, *given: Any, **how: Any) -> Any:
        row = self.get_object(request, object_id or "")
        if object_id is None or not self.has_view_permission(request, row):
            raise PermissionDenied
        if row is None:
            raise Http404
        may = self.has_change_permission(request, row) and self.awaited().filter(pk=row.pk).exists()
        if may and (asked := lacks(request)):
            return asked
        if may and request.method == "POST":
            return self._decide(request, row)
        seen = {"title": str(self.opts.verbose_name).capitalize(), "opts": self.opts, "row": row, "may": may}
        context = {**self.admin_site.each_context(request), **seen, "facts": type(self).facts(row)}
        return TemplateResponse(request, "admin/auth_otp/decided.html", context)

    def _decide(self, request: HttpRequest, row: Model) -> HttpResponse:
        by, now, kind = cast("User", request.user), timezone.now(), type(self)
        try:
            if request.POST.get("action") == "refuse":
                kind.refuse(request, row, by, now=now)
            else:
                kind.accept(request, row, by, request.POST.get("head", ""), now=now)
        except begun.WrongHead:
            self.message_user(request, _WRONG, messages.ERROR)
            return redirect(request.path)
        except allowances.UsedUp:
            self.message_user(request, _TOO_MANY, messages.ERROR)
        except self.over:
            self.message_user(request, _OVER, messages.ERROR)
        else:
            self.message_user(request, "La décision est enregistrée.", messages.SUCCESS)
        return redirect(reverse(f"admin:auth_otp_{self.opts.model_name}_changelist"))


def _of_enrolment(row: Enrolment) -> list[tuple[str, str]]:
    told = identity.professional(row.rpps)
    name = (
        f"{told.title} {told.first_name} {told.last_name.upper()}, {told.profession}"
        if told
        else "inconnue de l’annuaire"
    )
    return [
        ("Personne", name), ("Numéro RPPS", row.rpps), ("Structures (FINESS)", ", ".join(row.places) or "aucune"),
        ("Adresse du réseau", row.client or "inconnue"), ("État", row.get_state_display()),
    ]  # fmt: skip


@admin.register(Enrolment)
class EnrolmentAdmin(Decided):
    list_display = ["asked_at", "rpps", "state", "decided_by", "decided_at", "until"]
    list_filter = ["state"]
    search_fields = ["rpps"]
    over, facts = enrolment.Over, staticmethod(_of_enrolment)
    accept, refuse = staticmethod(enrolment.accept), staticmethod(enrolment.refuse)

    def awaited(self) -> QuerySet[Enrolment]:
        return enrolment.may_be_decided(timezone.now())


def _of_reset(row: Reset) -> list[tuple[str, str]]:
    return [
        ("Personne", str(row.user or "personne de ce nom")), ("Demande", row.get_kind_display()),
        ("Navigateur", f"{row.device}, {row.client or 'adresse inconnue'}"), ("État", row.get_state_display()),
        ("Code du SMS", "donné" if row.sms_at else "pas donné"),
        ("Code du courrier", "donné" if row.letter_at else "envoyé" if row.has_letter else "aucune adresse ailleurs"),
    ]  # fmt: skip


def _approve(request: HttpRequest, row: Reset, by: User, head: str, *, now: datetime) -> None:
    reset.approve(request, row, by, head, now=now, spares=True)


def _cancel(request: HttpRequest, row: Reset, by: User, *, now: datetime) -> None:
    if not reset.cancel(request, row, now=now, by=by):
        raise reset.Over


@admin.register(Reset)
class ResetAdmin(Decided):
    list_display = ["asked_at", "user", "kind", "state", "approved_by", "opens_at"]
    list_filter = ["state", "kind"]
    list_select_related = ["user", "approved_by"]
    over, facts = reset.Over, staticmethod(_of_reset)
    accept, refuse = staticmethod(_approve), staticmethod(_cancel)

    def awaited(self) -> QuerySet[Reset]:
        return reset.may_be_approved(timezone.now())
