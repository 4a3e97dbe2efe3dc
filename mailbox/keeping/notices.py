"""That old messages go is told in the mailbox itself, 30 and 7 days before, with where to export them. Mail of the house."""

from datetime import datetime

from django.conf import settings
from django.urls import reverse

from mailbox.models import Mailbox
from mailbox.outbound import house


def announce(mailbox: Mailbox, *, count: int, cutoff: datetime, goes_at: datetime, days: int, now: datetime) -> bool:
    """In the caller's transaction; false when the mailbox could not be told."""
    day, before = house.day(goes_at), house.day(cutoff)
    told = f"Les {count} messages classés" if count > 1 else "Le message classé"
    go = "seront supprimés" if count > 1 else "sera supprimé"
    when = "dans un mois" if days > 7 else "dans une semaine"
    return house.write(
        mailbox,
        f"Messages anciens supprimés le {day}",
        f"La structure ne conserve pas les messages au-delà d’une durée qu’elle a fixée. {told} avant le {before} dans la boîte"
        f" {mailbox.address} {go} le {day}, {when}, sans retour possible.",
        f"Pour en garder une copie, un responsable exporte la boîte avant cette date :\n{_link('export', mailbox)}",
        "Ce qui doit rester pour un motif légal (litige, réquisition) se met en conservation ici, par un responsable :\n"
        + _link("keeping", mailbox),
        now=now,
    )


def _link(name: str, mailbox: Mailbox) -> str:
    return settings.BASE_URL + reverse(f"mailbox:{name}", args=[mailbox.pk])
