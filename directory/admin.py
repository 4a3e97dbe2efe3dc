"""Loads of the directory, to be read: nothing is added, changed or deleted by hand."""

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from directory.models import DirectoryLoad, RejectedLine


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


@admin.register(RejectedLine)
class RejectedLineAdmin(ReadOnly):
    list_display = ["load", "number", "reason"]
    list_select_related = ["load"]
