"""Loads of the directory: what each did, the one that runs, what was rejected; a load is asked for, or forced, from here."""

from datetime import timedelta
from functools import partial

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.timezone import localtime
from django.views.decorators.http import require_POST

from auth_otp.admin_proof import lacks
from directory import tasks
from directory.admin.rights import ReadOnly
from directory.models import DirectoryLoad, Extraction, LoadRun, RejectedLine
from directory.rows import MAX_TOLD
from mssweb.audit.record import record

_LIST = "admin:directory_directoryload_changelist"
_RIGHT = "directory.change_directoryload"
_State = DirectoryLoad.State
_UNFINISHED = (_State.RUNNING, _State.STOPPED)
_number = partial(number_format, force_grouping=True)


@admin.register(DirectoryLoad)
class DirectoryLoadAdmin(ReadOnly):
    list_display = ["begun", "kind", "file", "told", "lasted", "lines_kept", "rejected", "added", "vanished"]
    list_filter = ["state", "kind", "started_at"]
    list_select_related = ["run"]
    search_fields = ["file_name", "sha256"]
    fields = ["file_name", "kind", "sha256", "dated", "started_at", "finished_at", "lasted", "told", "error", "lines_read",
              "lines_kept", "rejected_told", "added", "vanished"]  # fmt: skip
    change_list_template = "admin/directory/directoryload/list.html"
    change_form_template = "admin/directory/directoryload/load.html"

    @admin.display(description="début", ordering="started_at")
    def begun(self, load: DirectoryLoad) -> str:
        return date_format(localtime(load.started_at), "d/m/Y H:i")

    @admin.display(description="fichier", ordering="file_name")
    def file(self, load: DirectoryLoad) -> str:
        """Its name, which may break at its underscores, its date and the beginning of its fingerprint."""
        name = format_html_join(mark_safe("_<wbr>"), "{}", ((part,) for part in load.file_name.split("_")))
        dated = f"du {date_format(localtime(load.dated), 'd/m/Y H:i')}, " if load.dated else ""
        return format_html('{}<br><span class="help">{}empreinte {}</span>', name, dated, load.sha256[:8] or "inconnue")

    @admin.display(description="rejetées", ordering="lines_rejected")
    def rejected(self, load: DirectoryLoad) -> str:
        return _rejected_link(load, _number(load.lines_rejected)) if load.lines_rejected else "0"

    @admin.display(description="lignes rejetées")
    def rejected_told(self, load: DirectoryLoad) -> str:
        """How many, and where they are listed: the number of each and why, never the line."""
        if not load.lines_rejected:
            return "aucune"
        kept = f"les {_number(MAX_TOLD)} premières" if load.lines_rejected > MAX_TOLD else "voir la liste"
        return format_html("{} ({})", _number(load.lines_rejected), _rejected_link(load, kept))

    @admin.display(description="état", ordering="state")
    def told(self, load: DirectoryLoad) -> str:
        """Of one that runs: how far; one whose run fell silent is interrupted, settled or not."""
        if load.state != _State.RUNNING or load.run is None:
            return load.get_state_display()
        if not load.run.is_alive(timezone.now()):
            return _State.STOPPED.label
        is_this = load.run.file_name == load.file_name
        return f"en cours, {load.run.percent}\u00a0%" if is_this and load.run.is_measured else _State.RUNNING.label

    @admin.display(description="durée")
    def lasted(self, load: DirectoryLoad) -> str:
        return _duration(load.finished_at - load.started_at) if load.finished_at else ""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("avancement/", wrap(self.run_view), name="directory_run"),
            path("charger/", wrap(require_POST(self.fetch_view)), name="directory_fetch"),
            path("<int:load_id>/forcer/", wrap(self.force_view), name="directory_force"),
        ]
        return [*own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        seen = _seen(request) if self.has_view_permission(request) else {}
        return super().changelist_view(request, {**seen, **(extra_context or {})})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        told = {"may_ask": _may_ask(request), "is_fetched": settings.ANNUAIRE_FETCH}
        return super().change_view(request, object_id, form_url, {**told, **(extra_context or {})})

    def run_view(self, request: HttpRequest) -> HttpResponse:
        """The panel alone, asked for again and again by static/js/load.js."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return render(request, "admin/directory/_run.html", _seen(request))

    def fetch_view(self, request: HttpRequest) -> HttpResponse:
        """«Charger maintenant»: the task is asked."""
        if not _may_ask(request):
            raise PermissionDenied
        if asked := lacks(request):
            return asked
        if LoadRun.objects.alive(timezone.now()).exists():
            self.message_user(request, "Un chargement est déjà en cours.", messages.WARNING)
            return redirect(_LIST)
        with transaction.atomic():
            record("directory.fetch", request=request)
        return self._rung(request, tasks.ring(tasks.fetch_newest))

    def force_view(self, request: HttpRequest, load_id: int) -> HttpResponse:
        """A load refused because it took too much away: asked about, then taken."""
        if not _may_ask(request):
            raise PermissionDenied
        if asked := lacks(request):
            return asked
        load = get_object_or_404(DirectoryLoad, pk=load_id, state=_State.REFUSED, is_shrinking=True)
        if request.method != "POST":
            context = {**self.admin_site.each_context(request), "title": "Forcer ce chargement", "load": load,
                       "opts": self.opts}  # fmt: skip
            return render(request, "admin/directory/directoryload/force.html", context)
        with transaction.atomic():
            record("directory.force", request=request, subject=("load", str(load.pk)), vanished=load.vanished)
        return self._rung(request, tasks.ring(tasks.fetch_again, load.pk))

    def _rung(self, request: HttpRequest, is_rung: bool) -> HttpResponse:
        if not is_rung:
            self.message_user(request, "La file des tâches ne répond pas : rien n’a été demandé.", messages.ERROR)
            return redirect(_LIST)
        self.message_user(
            request, "Demandé : l’avancement se montre ici dès que le travail commence.", messages.SUCCESS
        )
        return redirect(f"{reverse(_LIST)}#demande")  # static/js/load.js then looks for it


@admin.register(RejectedLine)
class RejectedLineAdmin(ReadOnly):
    list_display = ["number", "reason", "of_load"]
    list_filter = ["reason", ("load", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["load"]
    fields = ["of_load", "number", "reason"]

    @admin.display(description="chargement", ordering="load")
    def of_load(self, line: RejectedLine) -> str:
        where = reverse("admin:directory_directoryload_change", args=[line.load_id])
        return format_html('<a href="{}">{}</a>', where, line.load)


@admin.register(Extraction)
class ExtractionAdmin(ReadOnly):
    list_display = ["__str__", "outcome", "told", "dated", "asked_at"]
    fields = ["url", "outcome", "told", "dated", "asked_at"]


def _rejected_link(load: DirectoryLoad, text: str) -> str:
    where = reverse("admin:directory_rejectedline_changelist")
    return format_html('<a href="{}?load__id__exact={}">{}</a>', where, load.pk, text)


def _may_ask(request: HttpRequest) -> bool:
    return settings.ANNUAIRE_FETCH and request.user.has_perm(_RIGHT)


def _seen(request: HttpRequest) -> dict[str, object]:
    """The run that lives, or what became of the last one; what the publisher answered."""
    now = timezone.now()
    last = LoadRun.objects.alive(now).first() or LoadRun.objects.first()
    is_alive = last is not None and last.is_alive(now)
    return {
        "run": last,
        "is_running": is_alive,
        "is_interrupted": last is not None and not is_alive and last.loads.filter(state__in=_UNFINISHED).exists(),
        "lines": _number(last.lines_read) if last else "",
        "left": _duration(last.remaining()) if last and is_alive else "",
        "since": _duration(now - last.phase_at) if last and is_alive else "",
        "extractions": Extraction.objects.all(),
        "is_fetched": settings.ANNUAIRE_FETCH,
        "may_ask": _may_ask(request),
    }


def _duration(lasted: timedelta | None) -> str:
    """2 min 05 s."""
    if lasted is None:
        return ""
    minutes, seconds = divmod(max(0, round(lasted.total_seconds())), 60)
    return f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"
