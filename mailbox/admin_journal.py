"""The chain of the journal, for administrators: batches, days that are over, proofs of purge, and the last verification."""

from datetime import date
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format

from mailbox.admin_recorded import ReadOnly
from mssweb.audit import backups, report
from mssweb.audit.models import DayHead, Link, Purge
from mssweb.audit.record import OK
from mssweb.audit.words import BREAKS


class Verified(ReadOnly):
    """A list of the journal says when its chain was verified, how that ended, and when the last backup was made."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        told = {"subtitle": f"{last_verification()} {last_backup()}"}
        return super().changelist_view(request, {**told, **(extra_context or {})})


def last_verification() -> str:
    event = report.last()
    if event is None:
        return "Le journal n’a pas encore été vérifié."
    when = date_format(timezone.localtime(event.at), "j F Y à H:i")
    if event.result != OK:
        return f"Dernière vérification : {when}. LE JOURNAL EST ROMPU : {_where(event.facts)}."
    counted = f"{event.facts.get('events')} événements en {event.facts.get('links')} lots"
    return f"Dernière vérification : {when}. Le journal est entier : {counted}."


def last_backup() -> str:
    event = backups.last()
    if event is None:
        return "Aucune sauvegarde n’a encore été faite par « manage.py backup »."
    when = date_format(timezone.localtime(event.at), "j F Y à H:i")
    late = timezone.now() - event.at > backups.OLD
    return f"SAUVEGARDE EN RETARD : la dernière est du {when}." if late else f"Dernière sauvegarde : {when}."


def _where(facts: dict[str, Any]) -> str:
    place = [f"lot {facts['batch']}"] if facts.get("batch") else []
    place += [f"jour {date_format(date.fromisoformat(facts['day']), 'j F Y')}"] if facts.get("day") else []
    return f"{', '.join(place) or 'chaîne'} – {BREAKS.get(facts.get('kind', ''), '')}"


@admin.register(Link)
class LinkAdmin(Verified):
    list_display = ["number", "made_at", "count", "first_event", "last_event", "seal"]
    fields = ["number", "made_at", "count", "emptied", "first_event", "last_event", "key_id", "follows", "seal"]
    date_hierarchy = "made_at"

    @admin.display(description="scellé")
    def seal(self, link: Link) -> str:
        return bytes(link.digest).hex()

    @admin.display(description="scellé du lot d’avant")
    def follows(self, link: Link) -> str:
        return bytes(link.previous).hex()


@admin.register(DayHead)
class DayHeadAdmin(Verified):
    list_display = ["day", "count", "first_link", "last_link", "last_seal"]
    fields = ["day", "count", "first_link", "last_link", "key_id", "last_seal"]
    date_hierarchy = "day"

    @admin.display(description="scellé du dernier lot")
    def last_seal(self, head: DayHead) -> str:
        return bytes(head.head).hex()


@admin.register(Purge)
class PurgeAdmin(Verified):
    list_display = ["number", "made_at", "first_day", "last_day", "events", "kept_days"]
    fields = ["number", "made_at", "first_day", "last_day", "events", "links", "kept_days", "key_id", "seal"]

    @admin.display(description="scellé")
    def seal(self, proof: Purge) -> str:
        return bytes(proof.digest).hex()
