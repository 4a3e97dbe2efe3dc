"""The list of revoked cards in the admin: read, never edited."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from auth_otp.admin_proof import Proven
from auth_otp.models import CardList

_ANSWERS = {"taken": "nouvelle liste en vigueur", "same": "rien de nouveau"}  # else the code of what was wrong


@admin.register(CardList)
class CardListAdmin(Proven):
    list_display = ["url", "number", "this_update", "next_update", "revoked_count", "fetched_at", "failures", "said"]
    fields = [
        "url", "number", "this_update", "next_update", "revoked_count", "fetched_at", "failures", "said", "next_try_at", "sha256",
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[CardList]:
        return super().get_queryset(request).defer("der")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    @admin.display(description="dernière réponse")
    def said(self, row: CardList) -> str:
        return _ANSWERS.get(row.outcome, row.outcome) or "–"
