"""Loads of the directory, to be read: nothing is added, changed or deleted by hand."""

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import format_html

from directory.api.admin import ApiProgramAdmin  # registers itself
from directory.models import DirectoryLoad, RejectedLine
from directory.rows import MAX_TOLD

__all__ = ["ApiProgramAdmin", "DirectoryLoadAdmin", "RejectedLineAdmin"]


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in its stubs only
    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(DirectoryLoad)
class DirectoryLoadAdmin(ReadOnly):
    list_display = ["started_at", "kind", "file_name", "state", "lines_kept", "lines_rejected", "added", "vanished"]
    list_filter = ["state", "kind"]
    fields = ["file_name", "kind", "sha256", "dated", "started_at", "finished_at", "state", "error", "lines_read",
              "lines_kept", "rejected_told", "added", "vanished"]  # fmt: skip

    @admin.display(description="lignes rejetées")
    def rejected_told(self, load: DirectoryLoad) -> str:
        """How many, and where they are listed: the number of each and why, never the line."""
        if not load.lines_rejected:
            return "aucune"
        where = reverse("admin:directory_rejectedline_changelist")
        kept = (
            f"les {number_format(MAX_TOLD, force_grouping=True)} premières"
            if load.lines_rejected > MAX_TOLD
            else "voir la liste"
        )
        number = number_format(load.lines_rejected, force_grouping=True)
        return format_html('{} (<a href="{}?load__id__exact={}">{}</a>)', number, where, load.pk, kept)


@admin.register(RejectedLine)
class RejectedLineAdmin(ReadOnly):
    list_display = ["load", "number", "reason"]
    list_filter = [("load", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["load"]
