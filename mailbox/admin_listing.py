"""Publication of our mailboxes, for administrators: what is said of each, the queue, and the reconciliation with ANS."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from auth_otp.admin_proof import lacks
from mailbox.admin_recorded import Recorded
from mailbox.models import Listing, Mailbox
from mailbox.publication import desk, entry, halt, report, worker
from mailbox.publication.resync import resync
from mssweb.audit.record import record

_SHOWN = 500  # lines of the report on its page; all of them are in the file
_LIST = "admin:mailbox_listing_changelist"
_CARRIERS = {"Practitioner": "RPPS", "Organization": "structure"}
_OF_STRUCTURES = ["structure", "service", "responsible", "description"]


class ListingForm(ModelForm):  # type: ignore[type-arg]  # generic in its stubs only
    def clean_structure(self) -> str:
        typed = str(self.cleaned_data["structure"]).replace(" ", "").upper()
        found = entry.structure(typed)
        if typed and isinstance(found, str):
            self.add_error("structure", f"Il faut {found}.")
        return typed


@admin.register(Listing)
class ListingAdmin(Recorded):
    form = ListingForm
    change_list_template = "admin/mailbox/listings.html"
    list_display = ["mailbox", "code", "state", "standing", "accepted_at"]
    list_filter = ["state", "mailbox__kind"]
    list_select_related = ["mailbox"]
    search_fields = ["mailbox__address"]
    ordering = ["mailbox__address"]
    actions = ["republish", "withhold"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Listing | None = None) -> Any:
        own = _OF_STRUCTURES if obj and obj.mailbox.kind != Mailbox.Kind.PER else []
        return ["mailbox", "kind", *own, "rank", "is_paperless", *self.get_readonly_fields(request, obj)[2:]]

    def get_readonly_fields(self, request: HttpRequest, obj: Listing | None = None) -> list[str]:
        return ["mailbox", "kind", "is_withheld", "state", "standing", "where", "accepted_at", "settled_at"]

    @admin.display(description="type", ordering="mailbox__kind")
    def code(self, listing: Listing) -> str:
        return listing.mailbox.kind

    @admin.display(description="type")
    def kind(self, listing: Listing) -> str:
        return listing.mailbox.get_kind_display()

    @admin.display(description="motif, prochain essai")
    def standing(self, listing: Listing) -> str:
        """Why it stands as it does; of one that waits, when it is tried."""
        if listing.state != Listing.State.PENDING:
            return listing.reason or "–"
        when = date_format(timezone.localtime(listing.next_try_at), "j F, H:i")
        return f"{listing.reason} Essai n° {listing.attempts + 1} : {when}.".strip()

    @admin.display(description="inscrite sur")
    def where(self, listing: Listing) -> str:
        carrier = entry.Carrier.read(listing.carrier)
        return f"{_CARRIERS[carrier.resource]} {carrier.value}" if carrier else "–"

    def save_model(self, request: HttpRequest, obj: Any, form: "ModelForm[Any]", change: bool) -> None:
        super().save_model(request, obj, form, change)
        desk.ask(obj.pk, timezone.now())

    @admin.action(description="Republier", permissions=["change"])
    def republish(self, request: HttpRequest, chosen: QuerySet[Listing]) -> None:
        rows = chosen.select_related("mailbox")
        done = sum(desk.republish(row, now=timezone.now(), request=request) for row in rows)
        self._say(request, done, len(rows), f"mise{_s(done)} en file")

    @admin.action(description="Retirer", permissions=["change"])
    def withhold(self, request: HttpRequest, chosen: QuerySet[Listing]) -> None:
        rows = desk.listed().filter(listing__in=chosen)
        done = sum(desk.withhold(box.listing, now=timezone.now(), request=request) for box in rows)
        self._say(request, done, len(rows), "dont le retrait est en file")

    def _say(self, request: HttpRequest, done: int, chosen: int, what: str) -> None:
        had, whose = ("avaient", "leur") if chosen - done > 1 else ("avait", "son")
        rest = f" {chosen - done} n’{had} rien à envoyer : {whose} motif le dit." if done < chosen else ""
        self.message_user(request, f"{done} boîte{_s(done)} {what}.{rest}", messages.SUCCESS)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        told = {
            **_standing(),
            "title": "Nos boîtes dans l’annuaire national",
            "may_change": self.has_change_permission(request),
        }
        return super().changelist_view(request, {**(extra_context or {}), **told})

    def get_urls(self) -> list[URLPattern]:
        own: list[tuple[str, Any, str]] = [
            ("rapprochement/", never_cache(require_safe(self.report)), "report"),
            ("rapprochement.csv", never_cache(require_safe(self.export)), "export"),
            ("resynchroniser/", require_POST(self.resync), "resync"),
            ("reprendre/", require_POST(self.resume), "resume"),
        ]
        named = [path(at, self.admin_site.admin_view(view), name=f"mailbox_listing_{name}") for at, view, name in own]
        return [*named, *super().get_urls()]

    def report(self, request: HttpRequest) -> HttpResponse:
        self._allow(request, self.has_view_permission(request))
        found = report.reconcile()
        others = [row for row in found.rows if row.finding != report.Finding.EQUAL]
        told = {"title": "Rapprochement avec l’annuaire national", "opts": self.opts, "report": found,
                "rows": others[:_SHOWN], "more": max(0, len(others) - _SHOWN),
                "may_change": self.has_change_permission(request)}  # fmt: skip
        context = {**self.admin_site.each_context(request), **told, **_standing()}
        return TemplateResponse(request, "admin/mailbox/reconciliation.html", context)

    def export(self, request: HttpRequest) -> HttpResponse:
        self._allow(request, self.has_view_permission(request))
        found = report.reconcile()
        record("listing.export", request=request, rows=len(found.rows))
        answer = HttpResponse("\ufeff" + report.as_csv(found), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = 'attachment; filename="rapprochement.csv"'
        return answer

    def resync(self, request: HttpRequest) -> HttpResponse:
        self._allow(request, self.has_change_permission(request))
        if asked := lacks(request):
            return asked
        due = resync(timezone.now(), request=request)
        if due is None:
            self.message_user(request, "Aucune extraction de l’annuaire n’est chargée.", messages.ERROR)
        else:
            self.message_user(request, f"{due} boîte{_s(due)} mise{_s(due)} en file.", messages.SUCCESS)
        return redirect(_LIST)

    def resume(self, request: HttpRequest) -> HttpResponse:
        self._allow(request, self.has_change_permission(request))
        if asked := lacks(request):
            return asked
        if halt.lift(request=request):
            self.message_user(request, "La publication reprend.", messages.SUCCESS)
        return redirect(_LIST)

    def _allow(self, request: HttpRequest, may: bool) -> None:
        if not may:
            raise PermissionDenied


def _s(count: int) -> str:
    """The mark of a plural, which begins at two."""
    return "s" if count > 1 else ""


def _standing() -> dict[str, object]:
    pause = worker.paused_until(timezone.now())
    return {"is_on": bool(settings.PUBLISH_URL), "halt": halt.current(), "pause": pause}
