"""Who shares a mailbox: its managers add people by login, set roles, remove. The last manager stays (audit: membership.*)."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from auth_otp.models import User
from mailbox.models import Mailbox, Membership
from mailbox.views.place import Place, inside
from mssweb import notify
from mssweb.audit.record import record

_ROLES = [(value, str(label).capitalize()) for value, label in Membership.Role.choices]
_LAST_MANAGER = "Une boîte garde au moins un responsable : nommez-en un autre d’abord."


class NewMember(forms.Form):
    """An existing person, by login or RPPS number; nobody is created here."""

    login = forms.CharField(label="Identifiant ou numéro RPPS", max_length=254)
    role = forms.ChoiceField(label="Rôle", choices=_ROLES, initial=Membership.Role.MEMBER)
    may_send = forms.BooleanField(label="Peut envoyer des messages", required=False, initial=True)

    def __init__(self, *args: object, mailbox: Mailbox, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # Django's own arguments, passed on
        self.mailbox = mailbox

    def clean_login(self) -> str:
        login = self.cleaned_data["login"]
        try:
            self.user = User.objects.get_by_natural_key(login)
        except User.DoesNotExist:
            raise forms.ValidationError(
                "Personne n’a cet identifiant. Un administrateur peut créer le compte."
            ) from None
        if not self.user.is_active:
            raise forms.ValidationError("Ce compte est désactivé.")
        if self.mailbox.memberships.filter(user=self.user).exists():
            raise forms.ValidationError("Cette personne a déjà accès à la boîte : changez son rôle ci-dessus.")
        return str(login)


class Rights(forms.Form):
    role = forms.ChoiceField(choices=Membership.Role.choices)
    may_send = forms.BooleanField(required=False)


@require_http_methods(["GET", "POST"])
@inside(manage=True)
def members(request: HttpRequest, place: Place) -> HttpResponse:
    """The list; a POST adds someone."""
    mailbox = _shared(place)
    form = NewMember(request.POST or None, mailbox=mailbox)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        with transaction.atomic():
            row = mailbox.memberships.create(user=form.user, role=given["role"], may_send=_sends(given))
            _tell(request, row, "membership.add")
        notify.kill(form.user.pk)  # their streams come back with the new mailbox
        messages.success(request, f"{form.user.get_full_name()} a maintenant accès à la boîte.")
        return redirect("mailbox:members", mailbox.pk)
    context = {"shell": place.at("members"), "form": form, "members": _rows(mailbox), "roles": _ROLES}
    return render(request, "mailbox/members.html", context, status=422 if form.errors else 200)


@require_POST
@inside(manage=True)
def change(request: HttpRequest, place: Place, member_id: UUID) -> HttpResponse:
    """A new role, or the end of the membership. Both take effect in open browsers at once."""
    mailbox = _shared(place)
    with transaction.atomic():
        rows = {row.pk: row for row in mailbox.memberships.select_for_update(of=("self",)).select_related("user")}
        row = rows.get(member_id)
        if row is None:
            raise Http404
        said = _remove(request, row, rows) if request.POST.get("action") == "remove" else _change(request, row, rows)
        notify.kill(row.user_id)
    (messages.error if said == _LAST_MANAGER else messages.success)(request, said)
    if row.user_id == place.user.pk and not mailbox.memberships.filter(user=row.user, role="manager").exists():
        return redirect("mailbox:home")
    return redirect("mailbox:members", mailbox.pk)


def _remove(request: HttpRequest, row: Membership, rows: dict[UUID, Membership]) -> str:
    if _is_last_manager(row, rows):
        return _LAST_MANAGER
    _tell(request, row, "membership.remove")
    row.delete()
    return f"{row.user.get_full_name()} n’a plus accès à la boîte."


def _change(request: HttpRequest, row: Membership, rows: dict[UUID, Membership]) -> str:
    form = Rights(request.POST)
    if not form.is_valid():
        raise Http404
    if form.cleaned_data["role"] != Membership.Role.MANAGER and _is_last_manager(row, rows):
        return _LAST_MANAGER
    row.role, row.may_send = form.cleaned_data["role"], _sends(form.cleaned_data)
    row.save(update_fields=["role", "may_send"])
    _tell(request, row, "membership.change")
    return f"Droits de {row.user.get_full_name()} enregistrés."


def _sends(given: dict[str, Any]) -> bool:
    """A reader sends nothing, whatever was ticked: the page must not say otherwise."""
    return bool(given["may_send"]) and given["role"] != Membership.Role.READER


def _is_last_manager(row: Membership, rows: dict[UUID, Membership]) -> bool:
    return row.can_manage and sum(other.can_manage for other in rows.values()) == 1


def _shared(place: Place) -> Mailbox:
    """A nominative mailbox has one owner and no members page."""
    if not place.mailbox.is_shared:
        raise Http404
    return place.mailbox


def _rows(mailbox: Mailbox) -> list[Membership]:
    return list(mailbox.memberships.select_related("user").order_by("user__last_name", "user__first_name"))


def _tell(request: HttpRequest, row: Membership, action: str) -> None:
    record(
        action, request=request, mailbox_id=row.mailbox_id, subject=("user", row.user_id), role=row.role,
        may_send=row.may_send,
    )  # fmt: skip
