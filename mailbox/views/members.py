"""Who shares a mailbox: its managers invite, set roles, remove; anybody leaves. The last manager stays (audit: membership.*)."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from auth_otp import proof
from auth_otp.proof import Worth
from mailbox import access, colleagues, departure, invitations
from mailbox.departure import LastManager, Left
from mailbox.models import Mailbox, Membership
from mailbox.views.place import Place, inside
from mssweb import notify
from mssweb.audit.record import record

_ROLES = [(value, str(label).capitalize()) for value, label in Membership.Role.choices]
_LAST_MANAGER = "Une boîte garde au moins un responsable : nommez-en un autre d’abord."
_LEAVE = "leave"


class Invited(forms.Form):
    """Whom to invite, by login or RPPS number; nobody is looked up, so that nothing is learned of who exists."""

    login = forms.CharField(label="Identifiant ou numéro RPPS", max_length=254)
    role = forms.ChoiceField(label="Rôle", choices=_ROLES, initial=Membership.Role.MEMBER)
    may_send = forms.BooleanField(label="Peut envoyer des messages", required=False, initial=True)

    def __init__(self, *args: object, mailbox: Mailbox, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # Django's own arguments, passed on
        self.mailbox = mailbox

    def clean_login(self) -> str:
        login = str(self.cleaned_data["login"]).strip().lower()
        if any(login in {row.user.login, row.user.rpps} for row in _rows(self.mailbox)):
            raise forms.ValidationError("Cette personne a déjà accès à la boîte : changez son rôle ci-dessus.")
        return login


class Rights(forms.Form):
    role = forms.ChoiceField(choices=Membership.Role.choices)
    may_send = forms.BooleanField(required=False)


@require_http_methods(["GET", "POST"])
@inside(manage=True)
@proof.asked(Worth.STRONGEST)
def members(request: HttpRequest, place: Place) -> HttpResponse:
    """The list, and who is invited; a POST invites someone."""
    mailbox = _shared(place)
    form = Invited(request.POST or None, mailbox=mailbox)
    if request.method == "POST" and form.is_valid() and _invite(request, place, form):
        messages.success(
            request, "Invitation enregistrée : la personne la trouvera en se connectant, pendant sept jours."
        )
        return redirect("mailbox:members", mailbox.pk)
    context = {
        "shell": place.at("members"), "form": form, "members": _rows(mailbox), "roles": _ROLES,
        "invited": invitations.waiting_in(mailbox, timezone.now()), "colleagues": colleagues.of(mailbox, timezone.now()),
    }  # fmt: skip
    return render(request, "mailbox/members.html", context, status=422 if form.errors else 200)


def _invite(request: HttpRequest, place: Place, form: Invited) -> bool:
    given, mailbox = form.cleaned_data, place.mailbox
    try:
        with transaction.atomic():
            row = invitations.invite(
                mailbox, place.user, given["login"], role=given["role"], may_send=given["may_send"], now=timezone.now()
            )
            record(
                "invitation.create", request=request, mailbox_id=mailbox.pk, subject=("invitation", row.pk), role=row.role,
                may_send=row.may_send,
            )  # fmt: skip
    except invitations.Twice:
        form.add_error("login", "Une invitation attend déjà sous cet identifiant.")
        return False
    except invitations.Full:
        form.add_error("login", "Trop d’invitations attendent une réponse : annulez-en d’abord.")
        return False
    return True


@require_POST
@inside(manage=True)
@proof.asked(Worth.STRONGEST)
def change(request: HttpRequest, place: Place, member_id: UUID) -> HttpResponse:
    """A new role, or the end of the membership. Both take effect in open browsers at once."""
    mailbox = _shared(place)
    with transaction.atomic():
        rows = departure.held(mailbox, member_id)
        row = rows.get(member_id)
        if row is None:
            raise Http404
        try:
            said = (
                _remove(request, row, rows) if request.POST.get("action") == "remove" else _change(request, row, rows)
            )
        except LastManager:
            messages.error(request, _LAST_MANAGER)
            return redirect("mailbox:members", mailbox.pk)
    messages.success(request, said)
    if row.user_id == place.user.pk and not mailbox.memberships.filter(user=row.user, role="manager").exists():
        return redirect("mailbox:home")
    return redirect("mailbox:members", mailbox.pk)


@require_http_methods(["GET", "POST"])
@inside()
def leave(request: HttpRequest, place: Place) -> HttpResponse:
    """The team as every member sees it, and the way out of it."""
    if request.method == "GET":
        mailbox = _shared(place)
        return render(request, "mailbox/team/team.html", {"shell": place.at("team"), "members": _rows(mailbox)})
    access.check_right(place.membership, write=request.POST.get("action") != _LEAVE)
    mailbox = _shared(place)
    if request.POST.get("action") != _LEAVE:
        raise Http404
    try:
        with transaction.atomic():
            rows = departure.held(mailbox, place.membership.pk)
            row = rows.get(place.membership.pk)
            if row is None:
                raise Http404
            _end(request, row, rows, "membership.leave")
    except LastManager:
        messages.error(request, _LAST_MANAGER)
        return redirect("mailbox:leave", mailbox.pk)
    messages.success(request, f"Vous avez quitté {place.box.name if place.box else 'la boîte'}.")
    return redirect("mailbox:home")


def _end(request: HttpRequest, row: Membership, rows: dict[UUID, Membership], action: str) -> str:
    """End it, what was open going to the member named in the form, or to nobody; the words of where it went."""
    to = _heir(request, row, rows)
    by = request.user.pk
    _tell(request, row, action)
    left = departure.leave(row, rows, to, by=by, now=timezone.now())  # type: ignore[arg-type]  # signed in
    return _passed_on(left, to)


def _passed_on(left: Left, to: Membership | None) -> str:
    """Where what was open went."""
    said, whom = "", to.user.get_full_name() if to else "toute l’équipe"
    if left.threads:
        fils = f"{left.threads} fil{'s' if left.threads > 1 else ''}"
        said = f" {fils} en cours {'passent' if left.threads > 1 else 'passe'} à {whom}."
    if left.drafts and left.to_team:
        one = left.drafts == 1
        drafts = "1 brouillon confié est" if one else f"{left.drafts} brouillons confiés sont"
        said += f" {drafts} à prendre par toute l’équipe" + (f" : {whom} ne peut pas envoyer." if to else ".")
    if left.invitations:
        many = left.invitations > 1
        said += f" {left.invitations} invitation{'s' if many else ''} en attente {'sont annulées' if many else 'est annulée'}."
    return said


def _heir(request: HttpRequest, row: Membership, rows: dict[UUID, Membership]) -> Membership | None:
    """Who takes what was open: a member who works there, and whom the titulaire has not put out."""
    if not (chosen := request.POST.get("to", "")):
        return None
    found = next((one for pk, one in rows.items() if str(pk) == chosen), None)
    stands = found is not None and found.stands  # type: ignore[attr-defined]  # of departure.held
    if found is None or not stands or found.pk == row.pk or found.role == Membership.Role.READER:
        raise Http404
    return found


def _remove(request: HttpRequest, row: Membership, rows: dict[UUID, Membership]) -> str:
    return f"{row.user.get_full_name()} n’a plus accès à la boîte.{_end(request, row, rows, 'membership.remove')}"


def _change(request: HttpRequest, row: Membership, rows: dict[UUID, Membership]) -> str:
    form = Rights(request.POST)
    if not form.is_valid():
        raise Http404
    if form.cleaned_data["role"] != Membership.Role.MANAGER and departure.is_last_manager(row, rows):
        raise LastManager
    row.role, row.may_send = form.cleaned_data["role"], _sends(form.cleaned_data)
    row.save(update_fields=["role", "may_send"])
    _tell(request, row, "membership.change")
    left = departure.lessen(row, by=request.user.pk, now=timezone.now())  # type: ignore[arg-type]  # signed in
    notify.kill(row.user_id)
    return f"Droits de {row.user.get_full_name()} enregistrés.{_passed_on(left, None)}"


def _sends(given: dict[str, Any]) -> bool:
    """A reader sends nothing, whatever was ticked: the page must not say otherwise."""
    return bool(given["may_send"]) and given["role"] != Membership.Role.READER


def _shared(place: Place) -> Mailbox:
    """A nominative mailbox has one owner and no members page."""
    if not place.mailbox.is_shared:
        raise Http404
    return place.mailbox


def _rows(mailbox: Mailbox) -> list[Membership]:
    return list(mailbox.memberships.judged().select_related("user").order_by("user__last_name", "user__first_name"))


def _tell(request: HttpRequest, row: Membership, action: str) -> None:
    record(
        action, request=request, mailbox_id=row.mailbox_id, subject=("user", row.user_id), role=row.role,
        may_send=row.may_send,
    )  # fmt: skip
