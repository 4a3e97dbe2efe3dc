"""What administrators read of the watch: editions and what changed between any two, our certificate, probes, incidents."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mailbox import whitelist
from mailbox.admin_recorded import ReadOnly
from mailbox.models import Edition, Incident, Probe, Watched, WhiteListSource
from mailbox.watching import alarms

_SHOWN, _OFFERED = 300, 200  # domains of each kind on a page; editions to choose among
_OUTCOMES = {
    "taken": "nouvelle édition en vigueur", "same": "rien de nouveau", "too-slow": "trop lente", "broken": "pas de réponse",
    "tls": "son certificat n’est pas de l’autorité attendue", "no-anchor": "WHITE_LIST_CA ne se lit pas",
    "older": "plus ancienne que celle en vigueur", "digest": "contenu altéré", "signature": "signature fausse",
    "signer-chain": "signataire d’une autre autorité", "signer-revoked": "signataire révoqué",
    "signer-unknown": "révocation du signataire inconnue", "status-403": "demandée trop souvent (403)",
}  # fmt: skip


@admin.register(Edition)
class EditionAdmin(ReadOnly):
    list_display = [
        "generated_at", "loaded_at", "domain_count", "row_count", "added", "removed", "is_current", "differences"
    ]  # fmt: skip
    fields = [
        "generated_at", "loaded_at", "domain_count", "row_count", "added", "removed", "is_current", "sha256", "differences"
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> Any:
        """Without their documents, 4 MB each."""
        return super().get_queryset(request).defer("document", "changes")

    @admin.display(description="ce qui a changé")
    def differences(self, edition: Edition) -> SafeString:
        return format_html('<a href="{}">Voir</a>', reverse("admin:mailbox_edition_differences", args=[edition.pk]))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(never_cache(require_safe(self.compare)))
        return [path("<uuid:edition_id>/differences/", view, name="mailbox_edition_differences"), *super().get_urls()]

    def compare(self, request: HttpRequest, edition_id: UUID) -> HttpResponse:
        """With the edition before, or since the one that `depuis` names."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        offered = list(self.get_queryset(request).order_by("-loaded_at")[:_OFFERED])
        newer = next((one for one in offered if one.pk == edition_id), None) or self._edition(request, str(edition_id))
        before = self.get_queryset(request).filter(loaded_at__lt=newer.loaded_at).order_by("-loaded_at").first()
        older = self._edition(request, wanted) if (wanted := request.GET.get("depuis", "")) else before
        if older and older.loaded_at > newer.loaded_at:
            older, newer = newer, older
        found = whitelist.compared(older, newer) if older else None
        kinds = [("Domaines ajoutés", "came"), ("Domaines retirés", "went"), ("Certificats changés", "renamed")]
        parts = [
            (kind, title, rows[:_SHOWN], len(rows))
            for title, kind in kinds
            if (rows := found.of(kind) if found else [])
        ]
        told = {"title": "Ce qui a changé dans la liste blanche", "opts": self.opts, "newer": newer, "older": older,
                "offered": offered, "parts": parts, "left_out": found.left_out if found else 0}  # fmt: skip
        return TemplateResponse(
            request, "admin/mailbox/differences.html", {**self.admin_site.each_context(request), **told}
        )

    def _edition(self, request: HttpRequest, wanted: str) -> Edition:
        try:
            found: Edition | None = self.get_queryset(request).filter(pk=UUID(wanted)).first()
        except ValueError:
            found = None
        if found is None:
            raise Http404
        return found


@admin.register(WhiteListSource)
class WhiteListSourceAdmin(ReadOnly):
    list_display = ["url", "taken_at", "asked_at", "failures", "said", "next_try_at"]
    fields = ["url", "taken_at", "asked_at", "failures", "said", "next_try_at", "etag", "modified"]

    @admin.display(description="dernière réponse")
    def said(self, source: WhiteListSource) -> str:
        return _OUTCOMES.get(source.outcome, source.outcome) or "–"


@admin.register(Watched)
class WatchedAdmin(ReadOnly):
    list_display = ["what", "standing", "until", "checked_at"]
    fields = ["what", "subject", "standing", "until", "checked_at"]

    @admin.display(description="quoi")
    def what(self, row: Watched) -> str:
        return str(row)

    @admin.display(description="état")
    def standing(self, row: Watched) -> str:
        return " ".join(alarm.text for alarm in alarms.of(row, timezone.now())) or "Rien à signaler."


_DETAILS = {
    "silent": "plus rien ne surveille : worker, beat ou Redis", "queued": "restée dans la file d’envoi",
    "sending": "pas de réponse de smtpd", "accepted": "acceptée, mais pas classée", "seen": "retrouvée",
}  # fmt: skip


def detail(code: str) -> str:
    """How far a probe came; what smtpd or we answered, as it is."""
    kind, _, reply = code.partition(" ")
    return f"refusée : {reply}" if kind == "refused" else _DETAILS.get(code, code)


@admin.register(Incident)
class IncidentAdmin(ReadOnly):
    list_display = ["kind", "opened_at", "closed_at", "lasted", "how"]
    list_filter = ["kind"]
    date_hierarchy = "opened_at"
    fields = ["kind", "opened_at", "closed_at", "lasted", "how"]

    @admin.display(description="la dernière sonde perdue")
    def how(self, incident: Incident) -> str:
        return detail(incident.detail)

    @admin.display(description="durée")
    def lasted(self, incident: Incident) -> str:
        minutes = ((incident.closed_at or timezone.now()) - incident.opened_at) // timedelta(minutes=1)
        told = f"{minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"{minutes} min"
        return told if incident.closed_at else f"{told}, en cours"


@admin.register(Probe)
class ProbeAdmin(ReadOnly):
    list_display = ["started_at", "way", "seen_at", "took", "how"]
    list_filter = ["way"]
    fields = ["started_at", "way", "seen_at", "took", "how"]

    @admin.display(description="jusqu’où")
    def how(self, probe: Probe) -> str:
        return detail(probe.detail)

    @admin.display(description="retrouvée en")
    def took(self, probe: Probe) -> str:
        return f"{(probe.seen_at - probe.started_at).total_seconds():.0f} s" if probe.seen_at else "–"
