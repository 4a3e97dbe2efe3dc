"""The trace for administrators: what became of a message, who was refused and why. Searched by posting, never by an address.

A search, a reading of one message's way and an export are events themselves, by the names of what was asked. Ids, addresses
and codes only: nothing here leads to a subject or a body.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from mailbox.admin_recorded import ReadOnly
from mailbox.mime.address import a_label
from mailbox.models import Edition, Transaction
from mailbox.traces import export, follow, reasons
from mailbox.traces.search import PAGE, Criteria, find
from mssweb import streaming
from mssweb.audit.record import record

_LATEST = timedelta(days=7)  # what is shown before anything is asked


class TraceForm(forms.Form):
    """Every field may be left out. A day is one of the person's time zone."""

    address = forms.CharField(label="Adresse", max_length=320, required=False)
    domain = forms.CharField(label="Domaine", max_length=253, required=False)
    since = forms.DateTimeField(label="Depuis", required=False, widget=forms.DateTimeInput({"type": "datetime-local"}))
    until = forms.DateTimeField(label="Jusqu’à", required=False, widget=forms.DateTimeInput({"type": "datetime-local"}))
    way = forms.ChoiceField(label="Sens", required=False, choices=[("", "les deux"), *Transaction.Way.choices])
    code = forms.IntegerField(label="Code SMTP", required=False, min_value=200, max_value=599)
    reason = forms.ChoiceField(label="Décision", required=False, choices=[])
    ref = forms.UUIDField(label="Identifiant", required=False, help_text="« Queued as … », ENVID ou message")
    after = forms.CharField(required=False, max_length=80, widget=forms.HiddenInput)

    def __init__(self, *given: Any, **how: Any) -> None:
        super().__init__(*given, **how)
        known = sorted(reasons.WORDS.items(), key=lambda pair: pair[1])
        self.fields["reason"].choices = [("", "toutes"), *known]  # type: ignore[attr-defined]  # a ChoiceField

    def clean_domain(self) -> str:
        return a_label(str(self.cleaned_data["domain"]).strip().lower())

    def clean_after(self) -> tuple[datetime, int] | None:
        """Where the page before ended; one that was altered begins again."""
        at, _, row_id = str(self.cleaned_data["after"]).partition(" ")
        try:
            return datetime.fromisoformat(at), int(row_id)
        except ValueError:
            return None

    @property
    def criteria(self) -> Criteria:
        asked = {name: value for name, value in self.cleaned_data.items() if name != "after" and value}
        return Criteria(**asked)


@admin.register(Transaction)
class TransactionAdmin(ReadOnly):
    fields = [
        "at", "way", "stage", "peer_address", "domain", "mail_from", "rcpt_to", "said", "reason", "code", "enhanced", "text",
        "dn", "serial", "tls", "edition", "crl", "size", "seconds", "delay", "queue_id", "message_id", "repeats",
    ]  # fmt: skip

    @admin.display(description="décision")
    def said(self, row: Transaction) -> str:
        return reasons.said(row.reason)

    @admin.display(description="édition de la liste blanche")
    def edition(self, row: Transaction) -> str:
        if row.edition_id is None:
            return "–"
        return str(Edition.objects.filter(pk=row.edition_id).only("generated_at").first() or row.edition_id)

    def get_urls(self) -> list[URLPattern]:
        own: list[tuple[str, Any, str]] = [
            ("export/", never_cache(require_POST(self.export)), "export"),
            ("suivi/<uuid:ref>/", never_cache(require_safe(self.follow)), "follow"),
        ]
        named = [
            path(at, self.admin_site.admin_view(view), name=f"mailbox_transaction_{name}") for at, view, name in own
        ]
        return [*named, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The form, and what was found; the last days when nothing was asked."""
        self._allow(request)
        is_asked = request.method == "POST"
        form = TraceForm(request.POST if is_asked else {})
        found: list[Transaction] = []
        if form.is_valid():
            asked = form.criteria if is_asked else Criteria(since=timezone.now() - _LATEST)
            found = find(asked, after=form.cleaned_data["after"], limit=PAGE + 1)
            if is_asked:
                record("transactions.search", request=request, criteria=asked.names, rows=min(len(found), PAGE))
        last = found[PAGE - 1] if len(found) > PAGE else None
        told = {
            "title": "Transactions SMTP", "opts": self.opts, "form": form, "rows": [shown(row) for row in found[:PAGE]],
            "after": f"{last.at.isoformat()} {last.pk}" if last else "", "is_asked": is_asked, "most": export.MOST,
        }  # fmt: skip
        return TemplateResponse(
            request, "admin/mailbox/transactions.html", {**self.admin_site.each_context(request), **told}
        )

    def follow(self, request: HttpRequest, ref: UUID) -> HttpResponse:
        """Everything of one message, oldest first."""
        self._allow(request)
        found = follow.follow(ref)
        record("transactions.follow", request=request, subject=("message", ref))
        told = {
            "title": "Suivi d’un message", "opts": self.opts, "ref": ref, "found": found,
            "rows": [shown(row) for row in found.transactions],
        }  # fmt: skip
        context = {**self.admin_site.each_context(request), **told}
        return TemplateResponse(request, "admin/mailbox/follow.html", context, status=404 if found.is_empty else 200)

    def export(self, request: HttpRequest) -> HttpResponseBase:
        self._allow(request)
        form = TraceForm(request.POST)
        if not form.is_valid():
            return self.changelist_view(request)
        record("transactions.export", request=request, criteria=form.criteria.names, most=export.MOST)
        kind = "text/csv; charset=utf-8"
        return streaming.attachment(request, export.chunks(form.criteria), name="transactions.csv", content_type=kind)

    def _allow(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied


def shown(row: Transaction) -> dict[str, object]:
    """What a template needs of a row; `ref` leads to its message."""
    return {
        "row": row,
        "said": reasons.said(row.reason),
        "ref": row.queue_id or row.message_id,
        "is_refused": row.code >= 400,
    }
