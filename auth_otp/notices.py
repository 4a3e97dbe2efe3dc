"""What happened to an account is noted, in the transaction of the act; who may write to its person tells them.

By SMS, here (notice_sms); by mail, above this app, which has mailboxes (mailbox.account_notices). A sign-in that gave the
right password waits ten minutes for its code before anybody is told (ASVS 6.3.5). Refuses to tell by itself.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.http import HttpRequest

from auth_otp import browsers
from auth_otp.models import Notice, User
from mssweb.audit.record import client_address

CODE_AWAITED = timedelta(minutes=10)
KEPT = timedelta(days=30)
_OF_BROWSERS = Notice.Kind.NEW_BROWSER  # the one that its person may want no SMS of


def note(
    kind: Notice.Kind, *, request: HttpRequest, user: User, now: datetime, what: str = "", number: str = ""
) -> Notice:
    """`what`: which factor (notice_words.FACTORS). `number`: told there, too late for the person's own; e.g. the old one."""
    is_own = not request.user.is_authenticated or request.user.pk == user.pk
    due = now + CODE_AWAITED if kind is Notice.Kind.PASSWORD_WITHOUT_CODE else now
    wants_sms = bool(number or user.phone) and (kind is not _OF_BROWSERS or user.wants_browser_sms)
    return Notice.objects.create(
        user=user, kind=kind, at=now, what=what, number=number, by_other=not is_own,
        device=browsers.label(request.headers.get("User-Agent", "")) if is_own else "",
        client=client_address(request) if is_own else None,
        mail_due_at=due, sms_due_at=due if wants_sms else None,
    )  # fmt: skip


def withdraw(user_id: UUID, ids: Iterable[str]) -> None:
    """The code came: nothing is to be told of these."""
    Notice.objects.filter(user=user_id, pk__in=list(ids), kind=Notice.Kind.PASSWORD_WITHOUT_CODE).delete()


def lately(user: User, *, now: datetime) -> list[Notice]:
    """What this person was told of, or is about to be, the newest first."""
    rows = Notice.objects.filter(user=user, at__gt=now - KEPT)
    awaited = rows.filter(kind=Notice.Kind.PASSWORD_WITHOUT_CODE, mail_due_at__gt=now)
    return list(rows.exclude(pk__in=awaited.values("pk")).order_by("-at")[:50])
