"""What happened to an account is told to its person, in their own nominative mailbox (auth_otp.notices; by SMS too: notice_sms).

Never in a mailbox that others read: who has none gets the SMS, and administrators the journal. The row is the queue: told and
settled in one transaction; what cannot be told for a week is given up. A month later the row goes.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from auth_otp import notice_words, notices
from auth_otp.models import Notice
from mailbox.daily import letter_box
from mailbox.outbound import house

_BATCH = 100  # of a turn
_TRIED = timedelta(days=7)
_ONCE_IN = timedelta(hours=1)  # of sign-ins that were not done: told once


def look_over(now: datetime) -> int:
    """Tell what is due; returns how many."""
    Notice.objects.filter(mail_due_at__lt=now - _TRIED).update(mail_due_at=None)
    Notice.objects.filter(at__lt=now - notices.KEPT).delete()
    ids = Notice.objects.filter(mail_due_at__lte=now).order_by("at").values_list("pk", flat=True)[:_BATCH]
    return sum(_tell(pk, now) for pk in list(ids))


def _tell(pk: UUID, now: datetime) -> bool:
    with transaction.atomic():
        rows = Notice.objects.select_for_update(skip_locked=True, of=("self",)).select_related("user")
        if (row := rows.filter(pk=pk, mail_due_at__lte=now).first()) is None:
            return False
        box = None if _is_told(row) else letter_box(row.user)
        if box is not None:
            with timezone.override(box.tenant.time_zone):  # their clock, overseas included
                if not house.write(box, *_words(row), now=now):
                    return False
        Notice.objects.filter(pk=pk).update(mail_due_at=None)
        return box is not None


def _is_told(row: Notice) -> bool:
    """Another of the same hour was: whoever has a password does not fill the mailbox."""
    same = Notice.objects.filter(
        user=row.user, kind=row.kind, mail_due_at=None, at__lt=row.at, at__gt=row.at - _ONCE_IN
    )
    return row.kind == Notice.Kind.PASSWORD_WITHOUT_CODE and same.exists()


def _words(row: Notice) -> tuple[str, ...]:
    at = date_format(timezone.localtime(row.at), "j F Y à H:i")
    happened = notice_words.happened(
        row.kind, what=row.what, device=row.device, client=row.client, by_other=row.by_other
    )
    return (
        notice_words.title(row.kind),
        f"Le {at}, {happened}.",
        "Si c’était vous, ou si vous l’avez demandé, il n’y a rien à faire. Sinon, ouvrez cette page\xa0: elle termine vos "
        "autres sessions et vous mène à ce qu’il faut changer. Puis prévenez le titulaire de votre officine.",
        f"{settings.BASE_URL}{reverse(settings.ALARM_PAGE)}",
    )
