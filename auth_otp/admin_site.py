"""Django's admin behind our own door: verified administrators only, signed in on our pages (django-otp's OTPAdminSite)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django_otp.admin import OTPAdminSite


class Site(OTPAdminSite):  # type: ignore[misc]  # the package is not typed
    site_header = "mssweb – administration"
    site_title = "mssweb"
    index_title = "Opérateur"
    enable_nav_sidebar = False

    def login(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        return redirect("/" if request.user.is_authenticated else "auth_otp:sign_in")
