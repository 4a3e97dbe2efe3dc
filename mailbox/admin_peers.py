"""Correspondents that do not answer, for administrators: since when, why, and «Réessayer maintenant»."""

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from mailbox.admin_recorded import ReadOnly
from mailbox.models import Peer, PeerLimit
from mailbox.outbound import peers, submit
from mssweb.audit.record import record


@admin.register(Peer)
class PeerAdmin(ReadOnly):
    list_display = ["domain", "since", "failures", "not_before", "reply_code", "reply_text"]
    search_fields = ["domain"]
    fields = ["domain", "since", "failures", "not_before", "reply_code", "reply_enhanced", "reply_text"]
    actions = ["try_now"]

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """The list offers the action; a row stays read-only."""
        return obj is None and request.user.has_perm("mailbox.change_peer")

    @admin.action(description="Réessayer maintenant", permissions=["change"])
    def try_now(self, request: HttpRequest, chosen: QuerySet[Peer]) -> None:
        with transaction.atomic():
            done = peers.try_now([peer.pk for peer in chosen], now=timezone.now())
            for domain in done:
                record("peer.retry", request=request, domain=domain)
            transaction.on_commit(submit.wake)
        self.message_user(request, f"{len(done)} correspondant(s) essayé(s) à nouveau.", messages.SUCCESS)


@admin.register(PeerLimit)
class PeerLimitAdmin(ReadOnly):
    """What composers show, and why a letter was refused in place."""

    list_display = ["domain", "host", "max_bytes", "told_at"]
    search_fields = ["domain"]
    fields = ["domain", "host", "max_bytes", "told_at"]
