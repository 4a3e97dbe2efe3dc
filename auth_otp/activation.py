"""A person is let in by somebody who knows them: a link to their mobile, and a code said in person. Neither serves alone.

The link is opaque (192 bits), kept as a keyed digest, and serves once, within 72 hours; its code has five tries, counted in
the UPDATE that reads it. Whoever asked never learns the password, nor the person's code (ASVS 6.4.1). Refuses to give a
right in any mailbox: whoever invites into one does (mailbox.staff).
"""

import json
import secrets
import string
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.urls import reverse

from auth_otp import allowances, begun, entry, missives, notices, signs
from auth_otp.models import Activation, Missive, Notice, User
from mssweb import crypto, keys
from mssweb.audit.record import REFUSED, record

LIFE = missives.LASTS[Missive.Kind.ACTIVATE]
TRIES, MOST_SENDS = 5, 5
_NUMBER_A_DAY, _MAKER_A_DAY, _OPERATOR_A_DAY = 3, 20, 300
_TOKEN_BYTES = 24
_NAMED, _KEPT = timedelta(days=7), timedelta(days=30)  # after its end: it may be sent again; its row stays
_COUNT_TRY = """
UPDATE auth_otp_activation SET tries = tries + 1
WHERE id = %s AND entered_at IS NULL AND done_at IS NULL AND revoked_at IS NULL AND until > %s AND tries < %s
RETURNING *
"""


class Over(Exception):
    """It was taken back, has ended, or was done meanwhile."""


class Taken(Exception):
    """Somebody else signs in by that name."""


@dataclass(frozen=True, slots=True)
class Who:
    first_name: str
    last_name: str
    phone: str

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name.upper()}".strip()


def make(by: User, who: Who, *, user: User | None = None, now: datetime) -> tuple[Activation, str]:
    """The row, and the code to be said in person: it is told this once. allowances.UsedUp, in the caller's transaction.

    `user`: of an account that exists, whose number is `who.phone`.
    """
    _ration(by, who.phone, now)
    if user:
        withdraw_of(user, now=now)
    row = Activation(user=user, made_by=by, made_at=now, until=now + LIFE)
    row.box = crypto.seal(_key(), json.dumps([who.first_name, who.last_name, who.phone]).encode(), str(row.pk))
    return row, _begin(row, who, now)


def again(row: Activation, by: User, *, now: datetime) -> str:
    """Another link and another code: those of before open nothing any more. Over; allowances.UsedUp."""
    who = who_of(row)
    if who is None or row.done_at or row.revoked_at or row.sends >= MOST_SENDS:
        raise Over
    _ration(by, who.phone, now)
    row.sends, row.tries, row.until, row.is_confirmed = row.sends + 1, 0, now + LIFE, False
    row.opened_at = row.entered_at = None
    return _begin(row, who, now)


def revoke(row: Activation, *, now: datetime) -> bool:
    missives.withdraw(row.pk, now=now)
    rows = Activation.objects.filter(pk=row.pk, done_at=None, revoked_at=None)
    return bool(rows.update(revoked_at=now, box=None))


def withdraw_of(user: User, *, now: datetime) -> None:
    """Of a person whose number has changed, or who left: links that went out before open nothing."""
    for row in Activation.objects.filter(user=user, done_at=None, revoked_at=None):
        revoke(row, now=now)


def who_of(row: Activation) -> Who | None:
    """None once it is done, or when it does not open (another SECRET_KEY)."""
    try:
        return Who(*json.loads(crypto.unseal(_key(), bytes(row.box or b""), str(row.pk))))
    except crypto.Unreadable:
        return None


def opened(token: str, *, now: datetime) -> Activation | None:
    """The one that this link is of, while it still serves; that somebody has opened it is noted."""
    row = Activation.objects.filter(token=_token(token), entered_at=None).first()
    if row is None or not row.is_open(now) or row.tries >= TRIES:
        return None
    if row.opened_at is None:
        Activation.objects.filter(pk=row.pk, opened_at=None).update(opened_at=now)
    return row


def enter(request: HttpRequest, row: Activation, spoken: str, *, now: datetime) -> bool:
    """The code beside its link, which then has served: this browser alone goes on."""
    counted = next(iter(Activation.objects.raw(_COUNT_TRY, [row.pk, now, TRIES])), None)
    is_right = counted is not None and crypto.same(_spoken(row.pk, spoken), bytes(counted.spoken))
    rows = Activation.objects.filter(pk=row.pk, entered_at=None, done_at=None, revoked_at=None, token=row.token)
    if not is_right or not rows.update(entered_at=now):
        record("activation.fail", request=request, subject=("activation", row.pk), result=REFUSED)
        return False
    begun.remember(request, "activation", row.pk, bytes(row.token).hex())
    record("activation.enter", request=request, subject=("activation", row.pk))
    return True


def entered(request: HttpRequest, *, now: datetime) -> Activation | None:
    """The one that this browser is in the middle of, by the link that still serves: who came by that of before is out."""
    rows = Activation.objects.select_related("user", "made_by").filter(entered_at__isnull=False)
    pk = begun.remembered(request, "activation")
    row = rows.filter(pk=pk).first() if pk else None
    if row is None or not row.is_open(now):
        return None
    came_by = begun.shown_reference(request, "activation").encode()
    return row if crypto.same(came_by, bytes(row.token).hex().encode()) else None


def ask_code(request: HttpRequest, row: Activation, *, now: datetime) -> None:
    """By SMS to the number that the link went to. allowances.UsedUp, in the caller's transaction."""
    if who := who_of(row):
        begun.ask_mobile(request, row.pk, who.phone, now=now)


def confirm(request: HttpRequest, row: Activation, code: str, *, now: datetime) -> bool:
    if missives.verify(Missive.Kind.MOBILE, row.pk, given=code, now=now) is None:
        return False
    with transaction.atomic():
        is_done = Activation.objects.filter(pk=row.pk, done_at=None, revoked_at=None).update(is_confirmed=True)
        record("activation.mobile", request=request, subject=("activation", row.pk))
    return bool(is_done)


def person(row: Activation) -> User:
    """Who will be: for judging a password before there is an account. Nothing is saved."""
    who = who_of(row)
    return row.user or User(first_name=who.first_name, last_name=who.last_name, phone=who.phone) if who else User()


def offered_login(who: Who) -> str:
    """«claire.martin», with a number where somebody has it."""
    plain = unicodedata.normalize("NFKD", f"{who.first_name}.{who.last_name}".lower())
    kept = "".join(
        c if c in string.ascii_lowercase + string.digits + "." else "-" if c in " -’'" else "" for c in plain
    )
    base = kept.strip(".-")[:60] or "compte"
    used = set(User.objects.filter(login__startswith=base).values_list("login", flat=True))
    return next(name for name in (base, *(f"{base}{n}" for n in range(2, 10_000))) if name not in used)


def finish(request: HttpRequest, row: Activation, *, login: str, password: str, now: datetime) -> User:
    """The account, or the new password of one; in the caller's transaction. Over, Taken."""
    held = Activation.objects.select_for_update(of=("self",)).select_related("user").filter(pk=row.pk).first()
    who = who_of(held) if held else None
    if held is None or who is None or not held.is_confirmed or not held.entered_at or not held.is_open(now):
        raise Over
    if held.user and (not held.user.is_active or held.user.phone != who.phone):  # their number has changed since
        raise Over
    user = held.user or _new(who, login)
    User.objects.filter(pk=user.pk).update(password=make_password(password))
    user.refresh_from_db()
    Activation.objects.filter(pk=row.pk).update(done_at=now, user=user, box=None)
    missives.withdraw(row.pk, now=now)
    begun.forget(request, "activation")
    entry.end_all(user.pk, now=now)
    if held.user_id:
        notices.note(Notice.Kind.PASSWORD_CHANGED, request=request, user=user, now=now)
    action = "user.activate" if held.user_id else "user.enrol"
    record(action, request=request, actor_id=user.pk, subject=("user", user.pk), means="activation")
    return user


def sweep(now: datetime) -> None:
    """What was over a week ago tells nobody's name or number; a month after its end it is gone."""
    Activation.objects.filter(until__lte=now - _NAMED, box__isnull=False).update(box=None)
    Activation.objects.filter(until__lte=now - _KEPT).delete()


def _begin(row: Activation, who: Who, now: datetime) -> str:
    token, spoken = secrets.token_urlsafe(_TOKEN_BYTES), signs.draw_spoken()
    row.token, row.spoken = _token(token), _spoken(row.pk, spoken)
    row.save()
    link = f"{settings.BASE_URL}{reverse(settings.ACTIVATION_PAGE, args=[token])}"
    missives.draw(Missive.Kind.ACTIVATE, row.pk, now=now, to=[who.phone], secret=link)
    return spoken


def _ration(by: User, phone: str, now: datetime) -> None:
    most = _OPERATOR_A_DAY if by.is_staff else _MAKER_A_DAY
    allowances.take(f"activations of {by.pk}", most, timedelta(days=1), now=now)
    allowances.take(f"activations to {phone}", _NUMBER_A_DAY, timedelta(days=1), now=now)


def _new(who: Who, login: str) -> User:
    try:
        with transaction.atomic():
            user = User(
                login=login,
                first_name=who.first_name,
                last_name=who.last_name,
                phone=who.phone,
                password=make_password(None),
            )
            if User.objects.filter(rpps=login, rpps__gt="").exists():
                raise Taken
            user.save(force_insert=True)
            return user
    except IntegrityError:
        raise Taken from None


def _token(token: str) -> bytes:
    return crypto.digest(keys.purpose_key("activation link"), token.encode())


def _spoken(pk: UUID, typed: str) -> bytes:
    return crypto.digest(keys.purpose_key("activation said"), f"{pk}:{signs.cleaned(typed)}".encode())


def _key() -> crypto.Key:
    return keys.purpose_key("activation")
