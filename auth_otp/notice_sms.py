"""Notices that leave by SMS, within rations: who has the password of an account does not ring its telephone all night.

The row is the queue: claimed by a conditional update, sent again when that failed for now. What tells of browsers and of sign-ins
that are not done is dropped beyond its ration, for the mailbox tells it too; what tells of a change waits for its turn.
Refuses to carry a name, a number or an address of the network.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from auth_otp import allowances, channels, notice_words
from auth_otp.models import Notice
from mssweb.audit.record import ERROR, record

_LEASE = timedelta(minutes=2)  # longer than the carrier's time-out
_AGAIN = timedelta(minutes=5)  # after a failure that may pass
_GIVEN_UP = timedelta(days=2)
_MOST = 20  # of a turn
_SAID_OFTEN = {Notice.Kind.NEW_BROWSER, Notice.Kind.PASSWORD_WITHOUT_CODE, Notice.Kind.RESET_ASKED}


def send_due(now: datetime) -> int:
    """Send what is due; returns how many left."""
    ids = Notice.objects.filter(sms_due_at__lte=now).order_by("sms_due_at").values_list("pk", flat=True)[:_MOST]
    claimed = (Notice.objects.filter(pk=pk).first() for pk in list(ids) if _claim(pk, now))
    return sum(_send(row, now) for row in claimed if row is not None)  # one may be taken back meanwhile


def _claim(pk: UUID, now: datetime) -> bool:
    return bool(Notice.objects.filter(pk=pk, sms_due_at__lte=now).update(sms_due_at=now + _LEASE))


def _send(row: Notice, now: datetime) -> bool:
    if not (to := row.number or row.user.phone):
        return _settle(row, again_at=None)
    try:
        allowances.take_notice(to, is_of_change=row.kind not in _SAID_OFTEN, now=now)
    except allowances.UsedUp as told:
        return _settle(row, again_at=None if row.kind in _SAID_OFTEN else now + told.wait)
    try:
        channels.send(channels.SMS(to=to, body=text(row)))
    except channels.CarrierError as error:
        again_at = now + _AGAIN if _may_pass(error) and now < row.at + _GIVEN_UP else None
        return _settle(row, again_at=again_at, failure=error.code)
    return _settle(row, again_at=None, sent_at=timezone.now())


def _may_pass(error: channels.CarrierError) -> bool:
    return error.is_temporary or error.code == channels.DAILY


def text(row: Notice) -> str:
    return notice_words.sms(row.kind, f"{settings.BASE_URL}{reverse(settings.ALARM_PAGE)}")


def _settle(row: Notice, *, again_at: datetime | None, failure: str = "", sent_at: datetime | None = None) -> bool:
    with transaction.atomic():
        Notice.objects.filter(pk=row.pk).update(sms_due_at=again_at, sms_sent_at=sent_at)
        if failure:
            record("notice.failed", subject=("user", row.user_id), result=ERROR, code=failure, kind=row.kind)
        elif sent_at:
            record("notice.sent", subject=("user", row.user_id), kind=row.kind)
    return sent_at is not None
