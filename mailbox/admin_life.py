"""The lives of mailboxes, for administrators: requests that wait, with what the directory says; acts, each with a reason.

A state changes here by an act of life/desk.py and in no form. Refuses to change or delete a request, a step or a used address.
"""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from auth_otp.admin_proof import lacks
from auth_otp.models import User
from mailbox.admin_recorded import ReadOnly, Recorded
from mailbox.life import desk, identity, requests, states
from mailbox.life.states import Act
from mailbox.models import Credential, Life, Mailbox, MailboxRequest, UsedAddress
from mssweb.audit.record import record

_ACTS = {
    Act.OPEN: "Mettre en service", Act.SUSPEND: "Suspendre", Act.RESUME: "Remettre en service", Act.CLOSE: "Clôturer",
    Act.REOPEN: "Rouvrir",
}  # fmt: skip
_DATED = {Act.SUSPEND: "Jusqu’au (rien : jusqu’à nouvel ordre)", Act.CLOSE: "Le (rien : maintenant)"}


class ActForm(forms.Form):
    """One act on one mailbox: why, and when for those that have a day."""

    act = forms.ChoiceField(choices=[(act.value, words) for act, words in _ACTS.items()])
    reason = forms.CharField(label="Motif", max_length=desk.MAX_REASON)
    on = forms.DateTimeField(label="Le", required=False)

    def clean_on(self) -> Any:
        on = self.cleaned_data["on"]
        if on and on <= timezone.now():
            raise forms.ValidationError("Ce jour est passé.")
        return on


class Living(Recorded):
    """The page of a mailbox's life, beside its form."""

    change_form_template = "admin/mailbox/mailbox.html"

    def get_urls(self) -> list[URLPattern]:
        view = never_cache(require_http_methods(["GET", "HEAD", "POST"])(self.life))
        own = path("<uuid:pk>/vie/", self.admin_site.admin_view(view), name="mailbox_mailbox_life")
        return [own, *super().get_urls()]

    def life(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """How it stands, what happened, and what may be done; a POST does it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        mailbox = Mailbox.objects.select_related("tenant", "life").filter(pk=pk).first()
        if mailbox is None:
            raise Http404
        may_change = self.has_change_permission(request)
        if request.method == "POST" and (asked := lacks(request)):
            return asked
        form = ActForm(request.POST or None)
        if request.method == "POST":
            if not may_change:
                raise PermissionDenied
            if form.is_valid() and _done(request, mailbox, form.cleaned_data):
                return redirect("admin:mailbox_mailbox_life", pk)
        acts = [(act.value, _ACTS[act], _DATED.get(act, "")) for act in states.possible(mailbox.state) if act in _ACTS]
        told = {
            "title": mailbox.address, "opts": self.opts, "mailbox": mailbox, "form": form, "acts": acts if may_change else [],
            "life": Life.objects.filter(pk=pk).first(), "steps": mailbox.steps.select_related("actor")[:200],
            "members": mailbox.memberships.select_related("user"),
        }  # fmt: skip
        context = {**self.admin_site.each_context(request), **told}
        return TemplateResponse(request, "admin/mailbox/life.html", context, status=422 if form.errors else 200)


def _done(request: HttpRequest, mailbox: Mailbox, given: dict[str, Any]) -> bool:
    by, on = _by(request, given["reason"]), given["on"]
    try:
        match Act(given["act"]):
            case Act.OPEN:
                desk.open_it(mailbox.pk, by)
            case Act.SUSPEND:
                desk.suspend(mailbox.pk, by, until=on)
            case Act.RESUME:
                desk.resume(mailbox.pk, by)
            case Act.CLOSE:
                desk.ask_closure(mailbox.pk, by, on=on or by.now)
            case Act.REOPEN:
                desk.reopen(mailbox.pk, by)
    except states.Impossible:
        messages.error(request, "Ce n’est plus possible : l’état de cette boîte a changé.")
        return True
    messages.success(request, "C’est fait, et ses membres en sont avertis.")
    return True


def _by(request: HttpRequest, reason: str) -> desk.By:
    actor = request.user if isinstance(request.user, User) else None
    return desk.By(now=timezone.now(), actor=actor, request=request, reason=reason.strip()[: desk.MAX_REASON])


@admin.register(MailboxRequest)
class MailboxRequestAdmin(ReadOnly):
    list_display = ["address", "kind", "tenant", "state", "asked_by", "asked_at", "agreed_at"]
    list_filter = ["state", "kind"]
    list_select_related = ["tenant", "asked_by"]
    search_fields = ["address", "tenant__name"]
    fields = ["address", "kind", "display_name", "tenant", "person", "reason", "asked_by", "asked_at", "agreed_by", "agreed_at",
              "state", "decided_by", "decided_at", "answer"]  # fmt: skip
    change_form_template = "admin/mailbox/request.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.decide))
        return [path("<uuid:pk>/decision/", view, name="mailbox_mailboxrequest_decide"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        told: dict[str, Any] = dict(extra_context or {})
        if isinstance(row, MailboxRequest) and row.is_waiting and self.has_view_permission(request, row):
            told |= {"findings": identity.findings(row), "is_sure": requests.is_sure(row), "asked": row,
                     "near": requests.near(row.address), "may_decide": self._may(request)}  # fmt: skip
        return super().change_view(request, object_id, form_url, told)

    def decide(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Opened, or refused with a reason."""
        if not self._may(request):
            raise PermissionDenied
        if asked := lacks(request):
            return asked
        if not MailboxRequest.objects.filter(pk=pk).exists():
            raise Http404
        by, act = _by(request, request.POST.get("reason", "")), request.POST.get("action")
        try:
            if act == "accept":
                mailbox = requests.accept(pk, by, despite="despite" in request.POST)
                self.message_user(request, f"La boîte {mailbox.address} est ouverte.", messages.SUCCESS)
                return redirect("admin:mailbox_mailbox_life", mailbox.pk)
            if act == "refuse" and by.reason:
                requests.refuse(pk, by)
                self.message_user(request, "La demande est refusée.", messages.SUCCESS)
            else:
                self.message_user(request, "Un refus se motive : celui qui a demandé le lira.", messages.ERROR)
        except requests.Refused as words:
            self.message_user(request, str(words), messages.ERROR)
        return redirect("admin:mailbox_mailboxrequest_change", pk)

    def _may(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("mailbox.change_mailboxrequest"))


@admin.register(UsedAddress)
class UsedAddressAdmin(ReadOnly):
    """What is never given again; of what no mailbox has any more nothing else is known."""

    list_display = ["address", "used_at"]
    search_fields = ["address"]
    fields = ["address", "used_at"]


class CredentialForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in its stubs only
    """The certificate of a software, as its DN is printed «CN=…,OU=…,O=…»; only an applicative mailbox has one."""

    def clean_mailbox(self) -> Mailbox:
        mailbox: Mailbox = self.cleaned_data["mailbox"]
        if mailbox.kind != Mailbox.Kind.APP:
            raise forms.ValidationError("Seule une boîte applicative s’ouvre par un certificat.")
        return mailbox

    def clean_serial(self) -> str:
        """Hexadecimal, as certificates are named in traces."""
        typed = str(self.cleaned_data["serial"]).replace(":", "").replace(" ", "").lower().lstrip("0")
        if not typed or set(typed) - set("0123456789abcdef"):
            raise forms.ValidationError("Écrivez le numéro de série en hexadécimal.")
        return typed


@admin.register(Credential)
class CredentialAdmin(Recorded):
    form = CredentialForm
    list_display = ["certificate_dn", "serial", "mailbox", "not_after", "revoked_at"]
    list_select_related = ["mailbox"]
    search_fields = ["certificate_dn", "serial", "mailbox__address"]
    fields = ["mailbox", "certificate_dn", "serial", "not_after"]
    autocomplete_fields = ["mailbox"]
    actions = ["revoke"]

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Credential | None = None) -> list[str]:
        """What opens a mailbox does not change under it: another certificate is another row."""
        return ["mailbox", "certificate_dn", "serial", "not_after", "revoked_at"] if obj else []

    @admin.action(description="Révoquer", permissions=["change"])
    def revoke(self, request: HttpRequest, chosen: QuerySet[Credential]) -> None:
        for row in chosen.filter(revoked_at=None):
            Credential.objects.filter(pk=row.pk).update(revoked_at=timezone.now())
            record("credential.revoke", request=request, mailbox_id=row.mailbox_id, subject=("credential", row.pk))
        self.message_user(request, "Ces certificats n’ouvrent plus rien.", messages.SUCCESS)
