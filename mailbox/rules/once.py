"""Nobody is told the same twice too soon: one blinded row a correspondent, written by the statement that answers «may I?»."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from mailbox.mime.address import normalise
from mailbox.models import AutoAnswer, Mailbox
from mssweb import crypto

DAY, WEEK = timedelta(days=1), timedelta(days=7)  # a rule's answer; an absence's
_TAKE = """
INSERT INTO mailbox_autoanswer AS a (mailbox_id, token, told_at) VALUES (%s, %s, %s)
ON CONFLICT (mailbox_id, token) DO UPDATE SET told_at = excluded.told_at WHERE a.told_at <= %s RETURNING id
"""


def take(mailbox: Mailbox, address: str, *, what: str | UUID, every: timedelta, now: datetime) -> bool:
    """May this correspondent be told `what` now? If so it counts as told, in the transaction that queues the answer."""
    token = crypto.blind(mailbox.keys.index, f"answered:{what}:{normalise(address)}")
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [mailbox.pk, token, now, now - every])
        return cursor.fetchone() is not None


def forget_old(now: datetime) -> int:
    """What keeps nobody from being told any more."""
    return AutoAnswer.objects.filter(told_at__lt=now - WEEK).delete()[0]
