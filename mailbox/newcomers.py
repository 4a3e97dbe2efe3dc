"""A sign-in by a browser that its person had not used is told to them, in their own nominative mailbox.

Never in a mailbox that others read: who has none finds it among their sessions, and administrators in the journal.
The row is the queue: told and taken away in one transaction; what cannot be told for a week is dropped.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format

from auth_otp.models import Notice
from mailbox.daily import letter_box
from mailbox.outbound import house

_BATCH = 100  # of a turn
_KEPT = timedelta(days=7)


def look_over(now: datetime) -> int:
    """Tell what is due; returns how many."""
    Notice.objects.filter(at__lt=now - _KEPT).delete()
    ids = Notice.objects.order_by("at").values_list("pk", flat=True)[:_BATCH]
    return sum(_tell(pk, now) for pk in list(ids))


def _tell(pk: UUID, now: datetime) -> bool:
    with transaction.atomic():
        rows = Notice.objects.select_for_update(skip_locked=True, of=("self",)).select_related("user")
        if (row := rows.filter(pk=pk).first()) is None:
            return False
        box = letter_box(row.user)
        if box is not None:
            with timezone.override(box.tenant.time_zone):  # their clock, overseas included
                if not house.write(box, *_words(row), now=now):
                    return False
        row.delete()
        return box is not None


def _words(row: Notice) -> tuple[str, str, str]:
    at = date_format(timezone.localtime(row.at), "j F Y à H:i")
    place = f" (adresse {row.client})" if row.client else ""
    return (
        "Nouvelle connexion à votre compte",
        f"Le {at}, votre compte a été ouvert sur un navigateur qu’il ne connaissait pas\xa0: {row.device}{place}.",
        "Si c’était vous, il n’y a rien à faire. Sinon, changez votre mot de passe dans «\xa0Mes préférences\xa0» (les autres "
        "sessions se terminent alors) et prévenez le titulaire de votre officine.",
    )
