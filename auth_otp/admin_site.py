"""Django's admin behind our own door: verified administrators only, signed in on our pages (django-otp's OTPAdminSite)."""

from django.apps import apps
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django_otp.admin import OTPAdminSite

from auth_otp import entry, factors
from auth_otp.models import User
from mssweb.audit.record import REFUSED, record

_ADD = (
    "L’administration ne s’ouvre pas par SMS\u00a0: demandez un code d’enrôlement à un autre administrateur, entrez avec lui, "
    "puis ajoutez une clé d’accès ou une application d’authentification."
)
_AGAIN = (
    "L’administration ne s’ouvre pas par SMS\u00a0: sortez, puis entrez avec votre clé, votre application ou un code de "
    "secours."
)


def is_weak(request: HttpRequest) -> bool:
    """An SMS alone opened this session, and that is not enough for what is an operator's (ADMIN_STRONG)."""
    return settings.ADMIN_STRONG and not factors.is_strong(request.user)


def weak(request: HttpRequest) -> HttpResponse | None:
    """Where an administrator in such a session is led, and told why."""
    if not is_weak(request):
        return None
    record("session.admin_refused", request=request, result=REFUSED)
    has_strong = isinstance(request.user, User) and factors.has_strong(request.user)
    messages.warning(request, _AGAIN if has_strong else _ADD)
    return redirect("mailbox:me_security")


class Site(OTPAdminSite):  # type: ignore[misc]  # the package is not typed
    site_header = "mssweb – administration"
    site_title = "mssweb"
    index_title = "Opérateur"
    enable_nav_sidebar = False

    def app_index(
        self, request: HttpRequest, app_label: str, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """Titled as the part is named: «Administration de Annuaire», which Django makes of it, is no French."""
        named = {app.label: app.verbose_name for app in apps.get_app_configs()}
        titled = {"title": named.get(app_label, app_label), **(extra_context or {})}
        answer: HttpResponse = super().app_index(request, app_label, titled)
        return answer

    def has_permission(self, request: HttpRequest) -> bool:
        return self._has_right(request) and not is_weak(request)

    def _has_right(self, request: HttpRequest) -> bool:
        return bool(super().has_permission(request))

    def login(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        """No second sign-in page: the middleware has seen to both factors, what lacks is the right."""
        if not self._has_right(request):
            raise PermissionDenied("Cette partie est réservée aux administrateurs de la messagerie.")
        return weak(request) or redirect("admin:index")

    def password_change(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        """No second one: ours counts tries of the old one, tells the journal, and ends what was begun with it."""
        return redirect("mailbox:me_password")

    def logout(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        if request.method == "POST":
            entry.leave(request)
        return redirect("auth_otp:sign_in")
