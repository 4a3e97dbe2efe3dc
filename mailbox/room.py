"""The room that is left in a mailbox, told to those who read it: at 80, 90, 95 and 100 %, once each, in its own inbox.

Senders are told nothing of it but what SMTP says (452, 552: inbound/accept.py). Found by a sweep of the rows: whoever
filed what made it full does not matter, and a lost alarm delays a warning.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from mailbox import store
from mailbox.models import Mailbox
from mailbox.outbound import house

THRESHOLDS = (80, 90, 95, 100)  # percent
_BACK = 5  # points below a threshold from which it may be told again


def step(used: int, quota: int, told: int) -> tuple[int, bool]:
    """The threshold that counts as told from now on (0: none), and whether it is to be told now."""
    percent = used * 100 // quota if quota else 100
    reached = max((t for t in THRESHOLDS if percent >= t), default=0)
    if reached > told:
        return reached, True
    held = max((t for t in THRESHOLDS if t <= told and percent > t - _BACK), default=0)
    return held, False


def look_over(now: datetime) -> int:
    """Warn the mailboxes that passed a threshold; returns how many. Those that fell back may be warned again."""
    rows = Mailbox.objects.filter(state__in=(Mailbox.State.ACTIVE, Mailbox.State.SUSPENDED), is_technical=False)
    near = Q(room_told__gt=0) | Q(used_bytes__gte=F("quota_bytes") * THRESHOLDS[0] / 100)
    known = rows.filter(near).values_list("pk", "used_bytes", "quota_bytes", "room_told")
    changed = [pk for pk, used, quota, told in known if step(used, quota, told) != (told, False)]
    return sum(_look(pk, now) for pk in changed)


def _look(mailbox_id: UUID, now: datetime) -> bool:
    """One mailbox, locked as filing does: two sweeps tell it once. One that cannot be told holds no other."""
    mailbox = Mailbox.objects.select_related("key").get(pk=mailbox_id)
    with transaction.atomic():
        store.lock(mailbox.pk)
        mailbox.refresh_from_db(fields=["used_bytes", "quota_bytes", "room_told"])
        reached, is_due = step(mailbox.used_bytes, mailbox.quota_bytes, mailbox.room_told)
        is_told = is_due and _warn(mailbox, reached, now)
        if is_told or not is_due:
            Mailbox.objects.filter(pk=mailbox.pk).update(room_told=reached)
    return is_told


def _warn(mailbox: Mailbox, reached: int, now: datetime) -> bool:
    """What it is, what happens, what to do."""
    is_full = reached >= THRESHOLDS[-1]
    subject = "Boîte pleine : elle ne reçoit plus de messages" if is_full else f"Boîte remplie à {reached} %"
    used, quota = (
        f"{size / 1_000_000_000:.1f}".replace(".", ",") for size in (mailbox.used_bytes, mailbox.quota_bytes)
    )
    happens = (
        "Elle est pleine : les messages qu’on lui envoie attendent chez leurs expéditeurs, puis leur sont rendus ; rien ne"
        " peut plus en partir."
        if is_full
        else "Pleine, elle ne pourrait plus ni recevoir ni envoyer."
    )
    to_do = (
        "  • enregistrez ailleurs (logiciel d’officine) les documents dont vous avez besoin : cette messagerie n’est pas\n"
        "    un dossier d’archives ;\n"
        "  • demandez plus de place à l’administrateur de la messagerie."
    )
    place = f"La boîte {mailbox.address} occupe {used} Go sur {quota} Go."
    return house.write(mailbox, subject, place, happens, "À faire :", to_do, now=now)
