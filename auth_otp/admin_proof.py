"""Pages of the administration that change something ask for a fresh proof: a session left open is not enough (ASVS 8.4.2).

Lists are read without; forms, and acts on a list, ask, as strongly as ADMIN_STRONG wants. Every model's pages are `Proven`.
"""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from auth_otp import proof
from auth_otp.proof import Worth


def worth() -> Worth:
    return Worth.STRONG if settings.ADMIN_STRONG else Worth.STRONGEST


def lacks(request: HttpRequest) -> HttpResponse | None:
    """To the page that asks, when nothing was given lately."""
    asked = worth()
    return None if proof.is_fresh(request, now=timezone.now(), worth=asked) else proof.ask(request, asked)


class Proven(admin.ModelAdmin):  # type: ignore[type-arg]  # Django's class is generic in its stubs only
    """Who may only read is asked nothing."""

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *given: Any, **how: Any
    ) -> HttpResponse:
        row = self.get_object(request, unquote(object_id)) if object_id else None
        may = self.has_change_permission(request, row) if object_id else self.has_add_permission(request)
        return (lacks(request) if may else None) or super().changeform_view(request, object_id, *given, **how)

    def changelist_view(self, request: HttpRequest, *given: Any, **how: Any) -> HttpResponse:
        asked = lacks(request) if request.method == "POST" else None
        return asked or super().changelist_view(request, *given, **how)

    def delete_view(self, request: HttpRequest, object_id: str, *given: Any, **how: Any) -> HttpResponse:
        return lacks(request) or super().delete_view(request, object_id, *given, **how)
