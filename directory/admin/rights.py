"""Rows that are read, and never added, changed nor deleted by hand."""

from django.db.models import Model
from django.http import HttpRequest

from auth_otp.admin_proof import Proven


class ReadOnly(Proven):
    """What some add or do all the same asks for a fresh proof."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
