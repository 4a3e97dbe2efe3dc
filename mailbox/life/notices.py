"""Warnings that a mailbox ends: a message in it, and an SMS to each member who did not choose otherwise (AU-037).

An SMS is a row until it is sent; a worker killed between the carrier's answer and the settling sends it twice, never not at all.
It tells an address, a date and the link to oppose. Refuses to say whose number, or what the mailbox holds, anywhere.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from auth_otp import channels
from mailbox.life import desk, opposition
from mailbox.models import ClosureNotice, LifeStep, Mailbox, Membership, NoticeChannel
from mailbox.outbound import house
from mssweb.audit.record import ERROR, record

_LEASE = timedelta(minutes=2)  # longer than the carrier's time-out
_AGAIN = timedelta(hours=1)  # after a failure that may pass
_MOST = 50  # of one turn: ten seconds each at worst


def warn(mailbox: Mailbox, *, ends_at: datetime, days: int, now: datetime) -> None:
    """In the caller's transaction: the message is filed, the SMS are due."""
    end = house.day(ends_at)
    house.write(
        mailbox,
        f"Sans connexion, cette boîte sera clôturée le {end}",
        f"Personne ne s’est connecté pour ouvrir la boîte {mailbox.address} depuis longtemps. Elle sera clôturée le {end},"
        f" et son contenu détruit {settings.CLOSURE_GRACE_DAYS} jours plus tard.",
        "Pour la garder, connectez-vous, ou ouvrez ce lien et confirmez, sans vous connecter :",
        opposition.link(mailbox.pk, ends_at),
        now=now,
    )
    ClosureNotice.objects.bulk_create(
        (ClosureNotice(mailbox=mailbox, user_id=pk, ends_at=ends_at, days=days, due_at=now) for pk in _by_sms(mailbox)),
        ignore_conflicts=True,
    )
    desk.note(mailbox, LifeStep.Act.WARN, desk.By(now=now, reason=f"{days} jours avant le {end}"), days=days)


def _by_sms(mailbox: Mailbox) -> list[UUID]:
    told = Membership.objects.standing().filter(mailbox=mailbox, user__is_active=True).exclude(user__phone="")
    silent = NoticeChannel.objects.filter(channel=NoticeChannel.Channel.MAILBOX).values("user")
    return list(told.exclude(user__in=silent).values_list("user_id", flat=True))


def send_due(now: datetime) -> int:
    """Send what is due; returns how many left."""
    ids = ClosureNotice.objects.filter(due_at__lte=now).order_by("due_at").values_list("pk", flat=True)[:_MOST]
    return sum(_send(pk, now) for pk in list(ids))


def _send(pk: UUID, now: datetime) -> bool:
    """One sender wins the row, by a conditional update; of an announcement that is void nothing leaves."""
    if not ClosureNotice.objects.filter(pk=pk, due_at__lte=now).update(due_at=now + _LEASE):
        return False
    notice = ClosureNotice.objects.select_related("mailbox__life", "user").get(pk=pk)
    if notice.mailbox.life.ends_at != notice.ends_at:
        ClosureNotice.objects.filter(pk=pk).update(due_at=None, failure="void")
        return False
    try:
        channels.send(channels.SMS(to=notice.user.phone, body=_text(notice)))
    except channels.CarrierError as error:
        _settle(notice, error.code, now + _AGAIN if error.is_temporary and now < notice.ends_at else None)
        return False
    _settle(notice, "", None)
    return True


def _settle(notice: ClosureNotice, failure: str, again_at: datetime | None) -> None:
    told = ("user", notice.user_id)
    with transaction.atomic():
        sent_at = None if failure else timezone.now()
        ClosureNotice.objects.filter(pk=notice.pk).update(due_at=again_at, sent_at=sent_at, failure=failure[:160])
        if failure:
            record("notice.failed", mailbox_id=notice.mailbox_id, subject=told, result=ERROR, code=failure)
        else:
            record("notice.sent", mailbox_id=notice.mailbox_id, subject=told, days=notice.days)


def _text(notice: ClosureNotice) -> str:
    end = timezone.localtime(notice.ends_at).strftime("%d/%m/%Y")
    where = opposition.link(notice.mailbox_id, notice.ends_at)
    return (
        f"mssweb : sans connexion, la boîte {notice.mailbox.address} sera clôturée le {end}. Pour la garder : {where}"
    )
