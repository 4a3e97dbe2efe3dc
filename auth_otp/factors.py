"""Stronger ways than an SMS: an authenticator, and ten recovery codes for who has lost it or a passkey. Added, spent, removed.

Both serve once: the newest step of the authenticator and the use of a recovery code are kept in the UPDATE that accepts
them, so that of two tries at once one wins. Refuses to judge a code by itself: `spend` is for challenges.verify, which counts.
"""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from auth_otp import notices, otp, policy, remaining, totp
from auth_otp.means import STRONG, Means
from auth_otp.models import Notice, Passkey, RecoveryCode, SectorLink, SMSDevice, TOTPDevice, User
from mssweb import crypto, keys, notify
from mssweb.audit.record import record

MEANS_OF = {
    otp.Way.SMS: Means.PASSWORD_SMS, otp.Way.TOTP: Means.PASSWORD_TOTP, otp.Way.RECOVERY: Means.PASSWORD_RECOVERY,
    otp.Way.PASSKEY: Means.PASSKEY,
}  # fmt: skip
CODES = 10
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # nothing that a hand writes like something else: 31 signs
_GROUPS, _GROUP = 3, 4  # 59 bits; NIST SP 800-63B §5.1.2 asks for 20
_BEGUN = "totp"  # key, in a session, of the secret that is being added there
_BEGUN_LIFE = timedelta(minutes=15)
_HANDED_LIFE = timedelta(days=1)
BARRED = (
    "Le premier moyen sûr d’un administrateur ne s’ajoute pas depuis une session par SMS. Demandez un code d’enrôlement à un "
    "autre administrateur, ou à qui exploite la messagerie\u00a0: entrez avec lui, puis ajoutez votre moyen."
)
_HOLDS = """
SELECT EXISTS (SELECT FROM auth_otp_passkey WHERE user_id = %(user)s),
       EXISTS (SELECT FROM auth_otp_recoverycode
                WHERE user_id = %(user)s AND used_at IS NULL AND (until IS NULL OR until > %(now)s))
"""


def totp_of(user: User | AnonymousUser) -> TOTPDevice | None:
    device: TOTPDevice | None = getattr(user, "totp_device", None)
    return device


def is_strong(user: User | AnonymousUser) -> bool:
    """This session was verified by more than an SMS."""
    device = getattr(user, "otp_device", None)
    by_code = getattr(user, "session_means", "") in STRONG  # handed over, to who has no other device yet
    return device is not None and (by_code or not isinstance(device, SMSDevice))


def has_strong(user: User) -> bool:
    """More than an SMS is there to prove who this is."""
    return totp_of(user) is not None or remaining.holds_strong(user)


def codes_left(user: User) -> int:
    return _codes_of(user.pk, timezone.now()).count()


def ways_of(user: User) -> list[otp.Way]:
    """What this person can answer with, the first to be asked first; what their structures refuse only while they hold
    nothing else. None: they hold something better than a code, and a password leads nowhere."""
    has_passkey, has_codes = _holds(user.pk, timezone.now())
    able = {
        otp.Way.PASSKEY: has_passkey, otp.Way.TOTP: totp_of(user) is not None, otp.Way.RECOVERY: has_codes,
        otp.Way.SMS: bool(user.phone),
    }  # fmt: skip
    held = [way for way, is_held in able.items() if is_held] or [otp.Way.SMS]
    refused = policy.refused_to(user)
    allowed = [way for way in held if MEANS_OF[way] not in refused]
    return held if not allowed and not _holds_better(user, refused) else allowed


def _holds(user_id: UUID, now: datetime) -> tuple[bool, bool]:
    """A passkey; a code that is left (as `_codes_of`): one statement of what each step of a sign-in asks."""
    with connection.cursor() as cursor:
        cursor.execute(_HOLDS, {"user": user_id, "now": now})
        (has_passkey, has_codes) = cursor.fetchone()
    return has_passkey, has_codes


def holds_allowed(user: User, refused: frozenset[Means]) -> bool:
    """Something strong that their structures do not refuse."""
    return _holds_better(user, refused) or (Means.PASSWORD_TOTP not in refused and totp_of(user) is not None)


def _holds_better(user: User, refused: frozenset[Means]) -> bool:
    """A passkey, or a door of the sector that is not refused: an SMS would be the way around it."""
    if not refused:
        return False
    doors = [kind.value for kind in SectorLink.Kind if Means(kind.value) not in refused]
    held = (Passkey.objects.filter(user=user), SectorLink.objects.filter(user=user, kind__in=doors))
    return any(rows.exists() for rows in held)


def spend(way: otp.Way, *, user_id: UUID, given: str, now: datetime) -> bool:
    """Is it right, and does it serve for the first time? Then it never does again."""
    if way is otp.Way.RECOVERY:
        return bool(_codes_of(user_id, now).filter(digest=_digest(user_id, given)).update(used_at=now))
    device = TOTPDevice.objects.filter(user=user_id).first() if way is otp.Way.TOTP else None
    secret = _secret(device) if device else None
    step = totp.matching(secret, otp.cleaned(given), now=now) if secret else None
    if step is None:
        return False
    return bool(TOTPDevice.objects.filter(user=user_id, last_step__lt=step).update(last_step=step, used_at=now))


def may_begin(user: User) -> bool:
    """An administrator's first strong factor is added in a session by a code that was handed over (ASVS 6.3.3, 8.4.2).

    Whoever holds one already gives it before another is added: the pages ask (proof.Worth.STRONGEST).
    """
    return not (settings.ADMIN_STRONG and user.is_staff) or is_strong(user) or has_strong(user)


def hand_over(request: HttpRequest | None, *, user: User, now: datetime) -> str:
    """One code for who has nothing strong yet, or nothing left: it stands for it once, within a day. Told to its person."""
    code = _draw()
    with transaction.atomic():
        RecoveryCode.objects.filter(user=user, until__isnull=False).delete()
        RecoveryCode.objects.create(user=user, digest=_digest(user.pk, code), until=now + _HANDED_LIFE)
        record("factor.hand", request=request, subject=("user", user.pk))
        if request is not None:
            notices.note(Notice.Kind.RESET_ASKED, request=request, user=user, now=now)
    return code


def begin(request: HttpRequest, *, user: User, now: datetime) -> None:
    """A secret for this session, sealed; it is nobody's factor until a code confirms it."""
    if not may_begin(user):
        raise PermissionDenied(BARRED)
    box = crypto.seal(_key(), totp.draw(), _begun_context(user.pk))
    request.session[_BEGUN] = {"box": box.hex(), "at": now.isoformat()}


def begun(request: HttpRequest, *, user: User, now: datetime) -> bytes | None:
    """The secret that this session is adding, for fifteen minutes."""
    kept = request.session.get(_BEGUN)
    at = parse_datetime(kept["at"]) if kept else None
    if kept is None or at is None or not at <= now < at + _BEGUN_LIFE:
        return None
    try:
        return crypto.unseal(_key(), bytes.fromhex(kept["box"]), _begun_context(user.pk))
    except crypto.Unreadable:
        return None


def add(request: HttpRequest, *, user: User, secret: bytes, given: str, now: datetime) -> list[str] | None:
    """The authenticator shows the right code: it is asked first from now on. Its recovery codes; [] when those that were
    printed before serve still; None: a wrong code.

    The code that confirms serves for nothing else.
    """
    step = totp.matching(secret, otp.cleaned(given), now=now)
    if step is None:
        return None
    box = crypto.seal(_key(), secret, _context(user.pk))
    with transaction.atomic():
        _, is_new = TOTPDevice.objects.get_or_create(
            user=user, defaults={"name": "TOTP", "box": box, "last_step": step, "added_at": now, "used_at": now}
        )
        if not is_new:  # added meanwhile in another window
            return None
        codes = [] if _keep_printed(user) else _renew(user)
        record("factor.add", request=request, subject=("user", user.pk), means=otp.Way.TOTP.value)
        notices.note(Notice.Kind.FACTOR_ADDED, request=request, user=user, now=now, what=otp.Way.TOTP.value)
    request.session.pop(_BEGUN, None)
    return codes


def renew_codes(request: HttpRequest, *, user: User) -> list[str]:
    """Ten new ones; those of before open nothing any more, nor those of another window at this moment.

    None for who holds nothing stronger than an SMS: there is nothing that they would stand for.
    """
    with transaction.atomic():
        remaining.hold(user)
        if not remaining.holds_strong(user):
            return []
        codes = _renew(user)
        record("factor.codes", request=request, subject=("user", user.pk), count=len(codes))
        notices.note(Notice.Kind.CODES_RENEWED, request=request, user=user, now=timezone.now())
    return codes


def remove(request: HttpRequest, *, user: User) -> str:
    """The authenticator, and the recovery codes when nothing stronger is left; sessions that they opened end (entry.weaken).

    In words why not, when its person would be shut out; else «».
    """
    with transaction.atomic():
        remaining.hold(user)
        device = TOTPDevice.objects.filter(user=user).first()
        if device is None:
            return ""
        if words := remaining.why_kept(user, device):
            return words
        device.delete()
        remaining.drop_codes(user, but=request.session.session_key)
        _tell_gone(request, user, "factor.remove", Notice.Kind.FACTOR_REMOVED)
    return ""


def reset(request: HttpRequest, *, user: User) -> bool:
    """By an administrator, for who has lost all of it: authenticator, passkeys, codes on paper."""
    with transaction.atomic():
        remaining.hold(user)
        gone = sum(model.objects.filter(user=user).delete()[0] for model in (TOTPDevice, Passkey))
        remaining.drop_codes(user)
        if gone:
            _tell_gone(request, user, "factor.reset", Notice.Kind.FACTOR_RESET)
    return bool(gone)


def _codes_of(user_id: UUID, now: datetime) -> QuerySet[RecoveryCode]:
    return RecoveryCode.objects.filter(Q(until=None) | Q(until__gt=now), user=user_id, used_at=None)


def _tell_gone(request: HttpRequest, user: User, action: str, kind: Notice.Kind) -> None:
    """A sign-in that waits for its code begins again: no SMS was sent for it."""
    from auth_otp.challenges import withdraw  # which spends codes by this module

    withdraw(user.pk, now=timezone.now())
    record(action, request=request, subject=("user", user.pk), means=otp.Way.TOTP.value)
    what = otp.Way.TOTP.value if kind is Notice.Kind.FACTOR_REMOVED else ""
    notices.note(kind, request=request, user=user, now=timezone.now(), what=what)
    notify.kill(user.pk)


def _renew(user: User) -> list[str]:
    RecoveryCode.objects.filter(user=user).delete()
    codes = [_draw() for _ in range(CODES)]
    RecoveryCode.objects.bulk_create([RecoveryCode(user=user, digest=_digest(user.pk, code)) for code in codes])
    return codes


def _keep_printed(user: User) -> bool:
    """Whether there are any; one that was handed over has served."""
    RecoveryCode.objects.filter(user=user, until__isnull=False).delete()
    return RecoveryCode.objects.filter(user=user, used_at=None).exists()


def _draw() -> str:
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)


def _digest(user_id: UUID, code: str) -> bytes:
    """Of the signs alone, however they are grouped or written."""
    signs = "".join(c for c in code.lower() if c in _ALPHABET)
    return crypto.digest(keys.purpose_key("recovery digest"), f"{user_id}:{signs}".encode())


def _secret(device: TOTPDevice) -> bytes | None:
    """None when it does not open (another SECRET_KEY): no code is right, the other ways stay."""
    try:
        return crypto.unseal(_key(), bytes(device.box), _context(device.user_id))
    except crypto.Unreadable:
        return None


def _key() -> crypto.Key:
    return keys.purpose_key("totp")


def _context(user_id: UUID) -> str:
    return f"user:{user_id}:totp"


def _begun_context(user_id: UUID) -> str:
    return f"user:{user_id}:totp begun"
