"""The summary of the day before, each morning, to managers who asked for it: figures in their own mailbox, no content.

Found by a sweep: due once the clock of the pharmacy says `HOUR`. Each is claimed by a conditional update in the transaction
that writes it, so that it is written once whoever is killed; a mailbox that cannot be told now is asked again.
"""

from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q

from auth_otp.models import User
from mailbox.activity import Activity, activity
from mailbox.mime.address import in_words
from mailbox.models import Mailbox, Membership
from mailbox.outbound import house

HOUR = 7  # on the clock of the pharmacy
_BATCH = 200  # of a sweep


def letter_box(user: User) -> Mailbox | None:
    """Where a person is written to: their own nominative mailbox."""
    own = Membership.objects.filter(
        user=user, role=Membership.Role.MANAGER, mailbox__kind=Mailbox.Kind.PER, mailbox__state=Mailbox.State.ACTIVE
    )
    row = own.select_related("mailbox", "mailbox__key").order_by("created_at").first()
    return row.mailbox if row else None


def look_over(now: datetime) -> int:
    """Write what is due; returns how many."""
    wanted = Membership.objects.standing().filter(
        role=Membership.Role.MANAGER, wants_summary=True, mailbox__state=Mailbox.State.ACTIVE,
        mailbox__kind=Mailbox.Kind.ORG, user__is_active=True,
    )  # fmt: skip
    told = 0
    for name in set(wanted.values_list("mailbox__tenant__time_zone", flat=True)):
        here = now.astimezone(zone := ZoneInfo(name))
        if here.hour < HOUR:
            continue
        day = here.date() - timedelta(days=1)
        due = wanted.filter(Q(summary_told=None) | Q(summary_told__lt=day), mailbox__tenant__time_zone=name)
        rows = due.order_by("?").values_list("pk", flat=True)[:_BATCH]  # those that cannot be told hold nobody up
        told += sum(_tell(pk, zone, day, now) for pk in list(rows))
    return told


def _tell(membership_id: UUID, zone: ZoneInfo, day: date, now: datetime) -> bool:
    with transaction.atomic():
        claimed = Membership.objects.filter(Q(summary_told=None) | Q(summary_told__lt=day), pk=membership_id)
        if not claimed.filter(wants_summary=True).update(summary_told=day):
            return False
        row = Membership.objects.select_related("user", "mailbox").get(pk=membership_id)
        if (box := letter_box(row.user)) is None:
            return False
        subject, parts = words(row.mailbox, activity(row.mailbox, last=day, days=1, zone=zone), day)
        if house.write(box, subject, *parts, now=now):
            return True
        transaction.set_rollback(True)
    return False


def words(mailbox: Mailbox, found: Activity, day: date) -> tuple[str, tuple[str, ...]]:
    """The subject and the paragraphs."""
    name = in_words(mailbox.display_name)
    figures = [
        f"Reçus : {found.received}",
        f"Réponses : {found.answered}"
        + (f", délai médian {lasting(found.median)}" if found.median is not None else ""),
        f"En attente de réponse maintenant : {found.waiting}",
    ]
    more = "Le détail par membre et par jour est dans la boîte partagée, à la page «\xa0Activité de la boîte\xa0»."
    return f"{name} : activité du {day:%d/%m/%Y}", ("\n".join(figures), more)


def lasting(seconds: float | None) -> str:
    """12 min, 3 h 05, 2 j 4 h; – when nothing is known."""
    if seconds is None:
        return "–"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes:02}"
    return f"{hours // 24} j {hours % 24} h"
