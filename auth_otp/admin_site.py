"""Django's admin behind our own door: verified administrators only, signed in on our pages (django-otp's OTPAdminSite)."""

from django.apps import apps
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django_otp.admin import OTPAdminSite

from auth_otp import entry, factors
from mssweb.audit.record import REFUSED, record

_ADD = "L’administration ne s’ouvre pas par SMS\u00a0: ajoutez une application d’authentification."
_AGAIN = (
    "L’administration ne s’ouvre pas par SMS\u00a0: sortez, puis entrez avec votre application ou un code de secours."
)


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
        return self._has_right(request) and (factors.is_strong(request.user) or not settings.ADMIN_STRONG)

    def _has_right(self, request: HttpRequest) -> bool:
        return bool(super().has_permission(request))

    def login(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        """No second sign-in page: the middleware has seen to both factors, what lacks is the right."""
        if not self._has_right(request):
            raise PermissionDenied("Cette partie est réservée aux administrateurs de la messagerie.")
        if not self.has_permission(request):
            record("session.admin_refused", request=request, result=REFUSED)
            messages.warning(request, _AGAIN if factors.totp_of(request.user) else _ADD)
            return redirect("mailbox:me_security")
        return redirect("admin:index")

    def password_change(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        """No second one: ours counts tries of the old one, tells the journal, and ends what was begun with it."""
        return redirect("mailbox:me_password")

    def logout(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        if request.method == "POST":
            entry.leave(request)
        return redirect("auth_otp:sign_in")
