"""People and their sessions. No password is set here: who needs one gets a link, and nobody else learns it (ASVS 6.4.1)."""

from typing import Any, cast
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from auth_otp import (
    activation,
    admin_cards,  # noqa: F401  (registers its page)
    admin_coming,  # noqa: F401  (as it does)
    allowances,
    challenges,
    ending,
    factors,
    identity,
    notices,
    numbers,
    reset,
)
from auth_otp.admin_proof import Proven, lacks
from auth_otp.models import Notice, Session, User
from mssweb import notify
from mssweb.audit.record import record

_TOO_MANY_LINKS = "Trop de liens sont partis aujourd’hui, de vous ou vers ce mobile : réessayez demain."

admin.site.unregister(Group)  # rights come from memberships (mailbox.access), not from groups


class _Person(forms.ModelForm):  # type: ignore[type-arg]  # generic in its stubs only
    phone = forms.CharField(
        label="Téléphone mobile", max_length=40, required=False, widget=forms.TextInput({"type": "tel"})
    )

    def clean_login(self) -> str:
        return str(self.cleaned_data["login"]).strip().lower()

    def clean_phone(self) -> str:
        """As people write it, kept in E.164."""
        given = str(self.cleaned_data["phone"])
        try:
            return numbers.mobile(given, settings.SMS_COUNTRIES) if given else ""
        except numbers.NumberRefused as refused:
            raise forms.ValidationError(refused.words) from None


class PersonForm(_Person, UserChangeForm):  # type: ignore[type-arg]  # as above
    class Meta:
        model = User
        fields = "__all__"  # narrowed by the fieldsets of PersonAdmin


class NewPersonForm(_Person):
    """Without a password: the person chooses it, by the link that goes to this number."""

    class Meta:
        model = User
        fields = ["login", "first_name", "last_name", "phone"]

    def __init__(self, *given: Any, **how: Any) -> None:
        super().__init__(*given, **how)
        self.fields["phone"].required = True
        self.instance.set_unusable_password()


@admin.register(User)
class PersonAdmin(Proven, UserAdmin):  # type: ignore[type-arg]  # as above
    """Who enters the administration is changed by a superuser alone; nobody takes their own rights away by accident."""

    form, add_form = PersonForm, NewPersonForm
    list_display = ["login", "last_name", "first_name", "profession", "is_active", "is_staff"]
    list_filter = ["is_active", "is_staff"]
    search_fields = ["login", "last_name", "first_name", "rpps"]
    ordering = ["last_name", "first_name"]
    filter_horizontal = []
    actions = ["deactivate", "reset_factors"]
    change_form_template = "admin/auth_otp/person.html"
    fieldsets = [
        (None, {"fields": ["login", "password", "rpps", "title", "first_name", "last_name", "profession", "phone"]}),
        ("Droits", {"fields": ["is_active", "is_staff", "is_superuser"]}),
    ]
    add_fieldsets = [(None, {"fields": ["login", "first_name", "last_name", "phone"]})]

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Of an administrator, a number or a password would be a way into their rights."""
        may = bool(super().has_change_permission(request, obj))
        if obj is not None and obj.erased_at:
            return False
        return may and (obj is None or not (obj.is_staff or obj.is_superuser) or _is_superuser(request))

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        """Rights are given by superusers; one's own are taken away by another."""
        given = [str(name) for name in super().get_readonly_fields(request, obj)]
        own = ["is_active", "is_staff", "is_superuser"] if obj == request.user else []
        return [*given, *own] if _is_superuser(request) else [*given, *{*own, "is_staff", "is_superuser"}]

    def get_urls(self) -> list[URLPattern]:
        view = never_cache(require_POST(self.hand_over))
        own = path("<uuid:pk>/code/", self.admin_site.admin_view(view), name="auth_otp_user_code")
        return [own, *super().get_urls()]

    def hand_over(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """A code for who has nothing strong: shown once, in this answer; not by a message, which a cookie would carry."""
        person = get_object_or_404(User, pk=pk, is_active=True)
        if not self.has_change_permission(request, person) or person == request.user:
            raise PermissionDenied
        if asked := lacks(request):
            return asked
        code = factors.hand_over(request, user=person, now=timezone.now())
        told = {"title": str(person), "opts": self.opts, "person": person, "code": code}
        return TemplateResponse(request, "admin/auth_otp/code.html", {**self.admin_site.each_context(request), **told})

    def save_model(self, request: HttpRequest, obj: User, form: "forms.BaseModelForm[User]", change: bool) -> None:
        super().save_model(request, obj, form, change)
        changed = ",".join(form.changed_data)  # names of fields
        record(f"user.{'change' if change else 'create'}", request=request, subject=("user", obj.pk), fields=changed)
        if change:
            notify.kill(obj.pk)
        if change and "rpps" in form.changed_data:
            identity.unlink_others(request, user=obj, now=timezone.now())
        if "phone" in form.changed_data:
            challenges.withdraw(obj.pk, now=timezone.now())  # a code that the old one holds opens nothing
            if change:
                before, kind = form.initial.get("phone") or "", Notice.Kind.NUMBER_CHANGED
                notices.note(kind, request=request, user=obj, now=timezone.now(), number=before)
            activation.withdraw_of(obj, now=timezone.now())
            reset.cancel_of(request, obj, now=timezone.now())
        if not obj.is_active and (not change or "is_active" in form.changed_data):
            self._say(request, ending.close(request, user=obj, now=timezone.now()))
        elif change and "is_active" in form.changed_data:
            messages.info(
                request, "Compte rouvert\u00a0: ses boîtes et ses structures ne lui sont pas rendues d’elles-mêmes."
            )

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """The journal, mail and structures keep naming who acted: a person is made inactive, never removed."""
        return False

    @admin.action(description="Désactiver les personnes choisies", permissions=["change"])
    def deactivate(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        """But oneself."""
        people = self._others(request, chosen.filter(is_active=True))
        for person in people:
            with transaction.atomic():
                record("user.change", request=request, subject=("user", person.pk), fields="is_active")
                self._say(request, ending.close(request, user=person, now=timezone.now()))
        self.message_user(request, f"Désactivé : {len(people)}.", messages.SUCCESS)

    @admin.action(
        description="Retirer application d’authentification et clés d’accès (tout est perdu)", permissions=["change"]
    )
    def reset_factors(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        """But one's own, which «Sécurité» removes."""
        done = [person for person in self._others(request, chosen) if factors.reset(request, user=person)]
        self.message_user(request, f"Façons sûres retirées\u00a0: {len(done)}.", messages.SUCCESS)

    def _say(self, request: HttpRequest, words: list[str]) -> None:
        """What is nobody's now."""
        for said in words:
            messages.warning(request, said)

    def _others(self, request: HttpRequest, chosen: QuerySet[User]) -> list[User]:
        return [one for one in chosen if one != request.user and self.has_change_permission(request, one)]

    def response_add(self, request: HttpRequest, obj: User, post_url_continue: str | None = None) -> HttpResponse:
        """The link leaves at once, with the code that the administrator says: it is shown this once."""
        return self._invited(request, obj)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Not here: who is to choose a password gets a link. One's own is changed where the old one is asked for."""
        person = self.get_object(request, id)
        if not isinstance(person, User) or not self.has_change_permission(request, person):
            raise PermissionDenied
        if person == request.user:
            return redirect("mailbox:me_password")
        if asked := lacks(request):
            return asked
        return self._invited(request, person) if request.method == "POST" else self._link_page(request, person)

    def _invited(self, request: HttpRequest, person: User) -> HttpResponse:
        who = activation.Who(person.first_name, person.last_name, person.phone)
        if not person.phone or not person.is_active:
            return self._link_page(request, person, refused="Il faut un mobile enregistré, et un compte actif.")
        try:
            with transaction.atomic():
                _, code = activation.make(cast("User", request.user), who, user=person, now=timezone.now())
                record("activation.make", request=request, subject=("user", person.pk))
        except allowances.UsedUp:
            return self._link_page(request, person, refused=_TOO_MANY_LINKS)
        return self._link_page(request, person, code=code.upper())

    def _link_page(self, request: HttpRequest, person: User, **seen: str) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "title": "Lien d’activation", "person": person, **seen}
        return TemplateResponse(request, "admin/auth_otp/activation.html", context)


def _is_superuser(request: HttpRequest) -> bool:
    return isinstance(request.user, User) and request.user.is_superuser


@admin.register(Session)
class SessionAdmin(Proven):
    """Read, and end. Keys do not show: the table itself holds but their digests (auth_otp.sessions)."""

    list_display = ["user", "device", "client", "created_at", "gesture_at", "locked_at"]
    list_display_links = None
    list_select_related = ["user"]
    ordering = ["-gesture_at"]
    actions = ["end"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Session]:
        return super().get_queryset(request).filter(user__isnull=False)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """No page deletes one: it would not end the streams. `end` does both."""
        return False

    def has_end_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("auth_otp.delete_session")

    @admin.action(description="Terminer ces sessions", permissions=["end"])
    def end(self, request: HttpRequest, chosen: QuerySet[Session]) -> None:
        with transaction.atomic():
            for session in chosen:
                record("session.end", request=request, subject=("user", session.user_id or ""))
                if session.user_id:
                    notify.kill(session.user_id)
            chosen.delete()
