"""A way back in: a lost password by two proofs, a lost telephone by somebody's word; a warning on every channel, then the act.

A password: a code to the mobile on record, and one by letter to an address elsewhere, or a colleague who recognises the person.
A telephone: the password, then a colleague. Between proofs and act a time to cool, which any sign-in, or one click, ends.
A new password takes no factor away. Refuses administrators, whom another administrator lets in; and to say who exists.
"""

import base64
import binascii
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from auth_otp import activation, allowances, begun, browsers, challenges, entry, factors, identity, missives, notices
from auth_otp.models import Missive, Notice, Reset, User
from mssweb import crypto, keys
from mssweb.audit.record import REFUSED, client_address, record

LIFE = timedelta(hours=72)  # to give the proofs; then to come back once it has cooled
_KEPT = timedelta(days=90)
_AN_HOUR, _A_DAY = 3, 5  # of one person, whoever asks; from a browser that they have used, apart
_BATCH, _MARK = 50, 16
_State, _Kind = Reset.State, Reset.Kind
LIVE = (_State.ASKED, _State.OPEN, _State.COOLING)


class Over(Exception):
    """It was cancelled, done, is not ripe, or its person may not do it this way any more."""


class Oneself(Exception):
    """Nobody recognises themselves."""


def begin(request: HttpRequest, name: str, *, now: datetime) -> tuple[Reset, str]:
    """For a password. The same statements whether somebody has that name or not. allowances.UsedUp, by network only."""
    pk = User.objects.known_as(name).values_list("pk", flat=True).first()
    return _begin(request, _Kind.PASSWORD, pk, now)


def begin_factor(request: HttpRequest, user: User, *, now: datetime) -> tuple[Reset, str]:
    """For a telephone: `user` has just given the password."""
    return _begin(request, _Kind.FACTOR, user.pk, now)


def _begin(request: HttpRequest, kind: Reset.Kind, pk: UUID | None, now: datetime) -> tuple[Reset, str]:
    reference, kept = begun.new_reference()
    with transaction.atomic():
        begun.ration(request, "reset", now=now)
        row = Reset.objects.create(
            kind=kind, user_id=pk, asked_at=now, until=now + LIFE, client=client_address(request),
            is_known=pk is not None and browsers.known_to(request, pk) is not None,
            device=browsers.label(request.headers.get("User-Agent", "")), **kept,
        )  # fmt: skip
        for code in (Missive.Kind.RESET_SMS, Missive.Kind.RESET_LETTER) if kind is _Kind.PASSWORD else ():
            missives.draw(code, row.pk, now=now)
        record("reset.ask", request=request, subject=("reset", row.pk), kind=kind.value)
    return row, reference


def again(row: Reset, *, now: datetime) -> bool:
    """The SMS once more, with another code; false when it is too early, or was asked for three times."""
    if not missives.may_ask(Missive.Kind.RESET_SMS, row.pk, now=now):
        return False
    missives.draw(Missive.Kind.RESET_SMS, row.pk, now=now)
    return True


def decide_due(now: datetime, *, ours: Collection[str], tell: Callable[[Reset], None]) -> int:
    """Who is it, and where do codes go? `ours`: our domains, whose mailboxes who is locked out cannot read."""
    ids = Reset.objects.filter(state=_State.ASKED, until__gt=now).order_by("asked_at").values_list("pk", flat=True)
    done = sum(_decide(pk, now, ours, tell) for pk in list(ids[:_BATCH]))
    waiting = Missive.objects.filter(
        kind=Missive.Kind.RESET_SMS, due_at=None, sent_at=None, used_at=None, tries__lt=missives.MAX_TRIES, failure=""
    )  # what the carrier refused for good is asked for again by its person, or not at all
    open_ = Reset.objects.select_related("user").filter(state=_State.OPEN, until__gt=now).exclude(user__phone="")
    for row in open_.filter(pk__in=waiting.filter(box__isnull=False, expires_at__gt=now).values("about"))[:_BATCH]:
        _address_sms(row, now)
    return done


def _decide(pk: UUID, now: datetime, ours: Collection[str], tell: Callable[[Reset], None]) -> bool:
    with transaction.atomic():
        rows = Reset.objects.select_for_update(skip_locked=True, of=("self",)).select_related("user")
        row = rows.filter(pk=pk, state=_State.ASKED).first()
        if row is None:
            return False
        row.state = _State.OPEN if may_reset(row.user) and _within(row, now) else _State.VOID
        if row.state == _State.OPEN and row.kind == _Kind.PASSWORD:
            _address_sms(row, now)
            row.has_letter = _address_letter(row, ours, now)
        row.save(update_fields=["state", "has_letter"])
        is_open = row.state == _State.OPEN
        record(f"reset.{'open' if is_open else 'void'}", subject=("reset", row.pk), result="ok" if is_open else REFUSED)
        if is_open and not row.has_letter:
            tell(row)
    return True


def may_reset(user: User | None) -> bool:
    """Administrators are let in by another one (admin, «lien d’activation»)."""
    return user is not None and user.is_active and not (user.is_staff or user.is_superuser)


def _within(row: Reset, now: datetime) -> bool:
    whose = "known" if row.is_known else "unknown"
    try:
        with transaction.atomic():
            allowances.take(f"resets {whose} {row.user_id}", _AN_HOUR, timedelta(hours=1), now=now)
            allowances.take(f"resets a day {whose} {row.user_id}", _A_DAY, timedelta(days=1), now=now)
    except allowances.UsedUp:
        return False
    return True


def _address_sms(row: Reset, now: datetime) -> None:
    """To the number on record, out of the part of the day's SMS that is for who is not in: who has none costs none."""
    if row.user is None or not row.user.phone:
        return
    try:
        with transaction.atomic():
            begun.take_part(now)
    except allowances.UsedUp:
        return
    missives.address(Missive.Kind.RESET_SMS, row.pk, to=[row.user.phone], now=now)


def _address_letter(row: Reset, ours: Collection[str], now: datetime) -> bool:
    told = identity.professional(row.user.rpps) if row.user and row.user.rpps else None
    there = (
        [one for one in told.addresses if one.rpartition("@")[2] not in ours][: begun.MOST_ADDRESSES] if told else []
    )
    if not there or told is None or not begun.may_write(told.rpps, now):
        return False
    return missives.address(Missive.Kind.RESET_LETTER, row.pk, to=there, now=now)


def prove(request: HttpRequest, row: Reset, kind: Missive.Kind, code: str, *, now: datetime) -> bool:
    """A code of either channel; the last proof begins the wait. One that nothing can win any more is told to nobody."""
    if not missives.may_try(kind, row.pk):
        return False
    is_right = missives.verify(kind, row.pk, given=code, now=now) is not None
    column = "sms_at" if kind is Missive.Kind.RESET_SMS else "letter_at"
    with transaction.atomic():
        rows = Reset.objects.filter(pk=row.pk, state=_State.OPEN, until__gt=now)
        is_proven = is_right and bool(rows.update(**{column: now}))
        action, result = ("reset.prove", "ok") if is_proven else ("reset.fail", REFUSED)
        record(action, request=request, subject=("reset", row.pk), result=result, means=kind.value)
        if is_proven:
            _ripen(row.pk, now)
    return is_proven


def may_be_approved(now: datetime) -> QuerySet[Reset]:
    """Those that somebody may recognise the person of."""
    rows = Reset.objects.select_related("user").filter(state=_State.OPEN, approved_at=None, until__gt=now)
    return rows.filter(user__is_active=True, user__is_staff=False, user__is_superuser=False).order_by("asked_at")


def approve(request: HttpRequest, row: Reset, by: User, head: str, *, now: datetime, spares: bool = False) -> None:
    """`by` recognised the person, face to face; `spares`: no time to cool. begun.WrongHead, UsedUp, Over, Oneself."""
    if by.pk == row.user_id:
        raise Oneself
    begun.check_head(row, head, by, now=now)
    with transaction.atomic():
        rows = may_be_approved(now).filter(pk=row.pk)
        if not rows.update(approved_at=now, approved_by=by, is_spared=spares):
            raise Over
        record("reset.approve", request=request, subject=("reset", row.pk), spared=spares)
        _ripen(row.pk, now)


def _ripen(pk: UUID, now: datetime) -> None:
    """In the transaction of the proof: all are there, the wait begins and its person is warned."""
    row = Reset.objects.select_for_update(of=("self",)).get(pk=pk)
    second = row.letter_at or row.approved_at
    is_whole = bool(row.sms_at and second) if row.kind == _Kind.PASSWORD else bool(row.approved_at)
    if row.state != _State.OPEN or not is_whole:
        return
    opens_at = now if row.is_spared else now + timedelta(hours=settings.RESET_COOLING_HOURS)
    Reset.objects.filter(pk=pk).update(
        state=_State.COOLING, opens_at=opens_at, until=opens_at + LIFE, to_tell=_State.COOLING.value
    )
    missives.withdraw(pk, now=now)
    record("reset.ripe", subject=("reset", pk))


def is_ripe(row: Reset, now: datetime) -> bool:
    return row.state == _State.COOLING and row.opens_at is not None and row.opens_at <= now < row.until


def finish_password(request: HttpRequest, row: Reset, *, password: str, now: datetime) -> None:
    """The new password; sessions end, factors stay. Over."""
    with transaction.atomic():
        user = _ready(row, _Kind.PASSWORD, now)
        User.objects.filter(pk=user.pk).update(password=make_password(password))
        notices.note(Notice.Kind.PASSWORD_CHANGED, request=request, user=user, now=now)
        _done(request, row, user, now)


def confirm_mobile(request: HttpRequest, row: Reset, code: str, *, now: datetime) -> bool:
    """The new number is theirs: it replaces the old one, and what was on the lost telephone opens nothing. Over."""
    sent = missives.verify(Missive.Kind.MOBILE, row.pk, given=code, now=now)
    if sent is None:
        return False
    with transaction.atomic():
        user = _ready(row, _Kind.FACTOR, now)
        before = user.phone
        User.objects.filter(pk=user.pk).update(phone=sent.to[0])
        user.phone = sent.to[0]
        notices.note(Notice.Kind.NUMBER_CHANGED, request=request, user=user, now=now, number=before)
        factors.reset(request, user=user)
        activation.withdraw_of(user, now=now)
        _done(request, row, user, now)
    return True


def _ready(row: Reset, kind: Reset.Kind, now: datetime) -> User:
    """The person is held first, as a sign-in does, which then cancels: the two at once make no ring."""
    people = User.objects.select_for_update(no_key=True)
    user = people.filter(pk=row.user_id).first() if row.user_id else None
    held = Reset.objects.select_for_update(of=("self",)).filter(pk=row.pk, kind=kind).first()
    if held is None or user is None or not is_ripe(held, now) or not may_reset(user):
        raise Over
    return user


def _done(request: HttpRequest, row: Reset, user: User, now: datetime) -> None:
    """No other way back of this person goes on beside it."""
    Reset.objects.filter(pk=row.pk).update(state=_State.DONE, ended_at=now, to_tell="")
    cancel_of(request, user, now=now)
    challenges.withdraw(user.pk, now=now)
    entry.end_all(user.pk, now=now)
    begun.forget(request, "reset")
    record("reset.done", request=request, actor_id=user.pk, subject=("user", user.pk), kind=row.kind)


def cancel(request: HttpRequest, row: Reset, *, now: datetime, by: User | None = None) -> bool:
    """By its person's click, or by who does not recognise them."""
    with transaction.atomic():
        is_done = Reset.objects.filter(pk=row.pk, state__in=LIVE).update(
            state=_State.CANCELLED, ended_at=now, to_tell=""
        )
        if is_done:
            missives.withdraw(row.pk, now=now)
            record("reset.cancel", request=request, actor_id=by.pk if by else None, subject=("reset", row.pk))
    return bool(is_done)


def cancel_of(request: HttpRequest, user: User, *, now: datetime) -> None:
    """They are in, or have changed what proves them: what anybody began in their name ends. In the caller's transaction."""
    if Reset.objects.filter(user=user, state__in=LIVE).update(state=_State.CANCELLED, ended_at=now, to_tell=""):
        by = None if request.user.is_authenticated else user.pk  # who asks, an administrator too
        record("reset.cancel", request=request, actor_id=by, subject=("user", user.pk))


def cancel_token(row: Reset) -> str:
    """What the link in a warning holds: the row's id and a mark."""
    return base64.urlsafe_b64encode(row.pk.bytes + _mark(row.pk)).decode().rstrip("=")


def of_token(token: str, *, now: datetime) -> Reset | None:
    """Whose warning it was, while there is something to cancel."""
    try:
        given = base64.urlsafe_b64decode(token[:64] + "=" * (-len(token[:64]) % 4))
    except (binascii.Error, ValueError):
        return None
    if len(given) != 2 * _MARK or not crypto.same(given[_MARK:], _mark(UUID(bytes=given[:_MARK]))):
        return None
    return Reset.objects.filter(pk=UUID(bytes=given[:_MARK]), state__in=LIVE, until__gt=now).first()


def sweep(now: datetime) -> None:
    Reset.objects.filter(until__lte=now - _KEPT).delete()


def _mark(pk: UUID) -> bytes:
    return crypto.digest(keys.purpose_key("reset cancel"), pk.bytes)[:_MARK]
