"""Django's admin behind our own door: verified administrators only, signed in on our pages (django-otp's OTPAdminSite)."""

from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django_otp.admin import OTPAdminSite

from auth_otp import entry


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

    def login(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        """No second sign-in page: the middleware has seen to both factors, what lacks is the right."""
        if not self.has_permission(request):
            raise PermissionDenied("Cette partie est réservée aux administrateurs de la messagerie.")
        return redirect("admin:index")

    def logout(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        if request.method == "POST":
            entry.leave(request)
        return redirect("auth_otp:sign_in")
