"""Programs of others: made, narrowed, stopped, given another key. A key is shown once, by the answer that made it."""

from datetime import datetime, timedelta
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.cache import never_cache

from auth_otp.admin_proof import Proven, lacks
from directory.api import door
from directory.models import ApiProgram
from mssweb.audit.record import record

_TEMPLATE = "admin/directory/apiprogram/key.html"


class KeyForm(forms.Form):
    grace_hours = forms.TypedChoiceField(
        label="Les clés précédentes",
        coerce=int,
        choices=[
            (24 * 7, "valables encore 7 jours"),
            (24, "valables encore 24 heures"),
            (0, "refusées dès maintenant"),
        ],
    )


@admin.register(ApiProgram)
class ApiProgramAdmin(Proven):
    list_display = ["name", "contact", "is_active", "calls_per_minute", "last_used_at"]
    list_filter = ["is_active"]
    search_fields = ["name", "contact"]
    readonly_fields = ["created_at", "last_used_at", "keys_told"]
    fieldsets = [
        (None, {"fields": ["name", "contact", "is_active", "calls_per_minute"]}),
        (
            "Droits",
            {"fields": ["may_read_practitioner", "may_read_practitionerrole", "may_read_organization", "may_search"]},
        ),
        ("Usage", {"fields": ["created_at", "last_used_at", "keys_told"]}),
    ]

    @admin.display(description="clés")
    def keys_told(self, program: ApiProgram) -> str:
        """How each begins, and until when it is valid: never the key."""
        told = [
            f"{row} du {_day(row.created_at)}{f', jusqu’au {_day(row.ends_at)}' if row.ends_at else ''}"
            for row in program.keys.all()
        ]
        return " ; ".join(told) or "aucune"

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """The journal keeps naming it: a program is made inactive, never removed."""
        return False

    def save_model(
        self, request: HttpRequest, obj: ApiProgram, form: "forms.BaseModelForm[ApiProgram]", change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        changed = ",".join(form.changed_data)  # names of fields
        record(
            f"program.{'change' if change else 'create'}", request=request, subject=("program", obj.pk), fields=changed
        )

    def response_add(self, request: HttpRequest, obj: ApiProgram, post_url_continue: str | None = None) -> HttpResponse:
        """Not by a message, which a cookie would carry."""
        return self._told(request, obj, door.issue(obj, now=timezone.now()))

    def get_urls(self) -> list[URLPattern]:
        page = path("<uuid:program_id>/cle/", self.admin_site.admin_view(self.key), name="directory_apiprogram_key")
        return [page, *super().get_urls()]

    def key(self, request: HttpRequest, program_id: UUID) -> HttpResponse:
        """Another key for a program; those before it end with the chosen grace."""
        program = get_object_or_404(ApiProgram, pk=program_id)
        if not self.has_change_permission(request, program):
            raise PermissionDenied
        if asked := lacks(request):
            return asked
        form = KeyForm(request.POST or None)
        if request.method != "POST" or not form.is_valid():
            return self._told(request, program, "", form=form)
        now, grace = timezone.now(), timedelta(hours=form.cleaned_data["grace_hours"])
        told = door.issue(program, now=now, grace=grace)
        record("program.key", request=request, subject=("program", program.pk), hours=form.cleaned_data["grace_hours"])
        return self._told(request, program, told, ends_at=now + grace)

    def _told(self, request: HttpRequest, program: ApiProgram, key: str, **more: object) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": "Clé d’API",
            "program": program,
            "key": key,
            **more,
        }
        return never_cache(lambda asked: TemplateResponse(asked, _TEMPLATE, context))(request)


def _day(at: datetime) -> str:
    return f"{timezone.localtime(at):%d/%m/%Y %H:%M}"
