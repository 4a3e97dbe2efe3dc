"""A person's ordinary address: asked for, confirmed by a code that was sent to it, stopped by them or by a link.

Sealed under a key of the house and bound to its person. Refuses our own domains and those of the trust space, where
mail is read already, more than five codes an hour, and a sixth try of one code.
"""

import json
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.urls import reverse

from auth_otp import otp
from auth_otp.models import User
from mailbox import whitelist
from mailbox.mime.address import domain_of, is_patient, normalise
from mailbox.models import Domain, OrdinaryAddress, OrdinaryMail
from mssweb import crypto, keys
from mssweb.audit.models import AuditEvent
from mssweb.audit.record import REFUSED, record

LIFE = timedelta(minutes=15)  # of a code
_MOST_CODES, _WINDOW = 5, timedelta(hours=1)
_SALT = "mailbox.ordinary"
_ADDRESS, _CODE, _MAIL = "ordinary", "ordinary code", "ordinary mail"  # a key for each use: one seals, one digests


class Refused(Exception):
    """Why not, in French."""


def ask(user: User, typed: str, *, now: datetime, request: HttpRequest) -> OrdinaryAddress:
    """Keep an address and queue its code; until it is confirmed nothing else is ever sent there."""
    address = _checked(typed)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).values_list("pk").get(pk=user.pk)
        # Told by the audit: the rows of mails go with an address that is forgotten
        asked = AuditEvent.objects.filter(actor=user.pk, action="ordinary.ask", at__gt=now - _WINDOW)
        if asked.count() >= _MOST_CODES:
            raise Refused("Trop de codes demandés : attendez une heure.")
        digits, mail = otp.draw(), OrdinaryMail(to_id=user.pk, kind=OrdinaryMail.Kind.CODE, asked_at=now, due_at=now)
        told = {
            "box": crypto.seal(keys.purpose_key(_ADDRESS), address.encode(), _context(user.pk)), "asked_at": now, "code_tries": 0,
            "code_digest": otp.digest(keys.purpose_key(_CODE), str(user.pk), digits), "code_expires_at": now + LIFE,
            "confirmed_at": None, "stopped_at": None, "told_until": now, "told_at": None,
        }  # fmt: skip
        row, _ = OrdinaryAddress.objects.update_or_create(user=user, defaults=told)
        mail.box = crypto.seal(keys.purpose_key(_MAIL), json.dumps([address, digits]).encode(), mail_context(mail.pk))
        OrdinaryMail.objects.filter(to=row, due_at__isnull=False).update(due_at=None, box=None)  # of an address before
        mail.save(force_insert=True)
        record("ordinary.ask", request=request, subject=("user", user.pk))
    return row


def confirm(user: User, typed: str, *, now: datetime, request: HttpRequest) -> otp.Outcome:
    """The try is counted first and for good (ASVS 6.5), then judged."""
    rows = OrdinaryAddress.objects.filter(user=user, confirmed_at=None, code_digest__isnull=False)
    counted = rows.filter(code_tries__lt=otp.MAX_TRIES).update(code_tries=F("code_tries") + 1)
    row = rows.first()
    if not counted or row is None or row.code_expires_at is None or row.code_digest is None:
        return otp.Outcome.EXHAUSTED
    given = otp.digest(keys.purpose_key(_CODE), str(user.pk), otp.cleaned(typed))
    life = otp.Life(expires_at=row.code_expires_at, tries=row.code_tries, is_used=False)
    outcome = otp.judge(life, given=given, expected=bytes(row.code_digest), now=now)
    if outcome is otp.Outcome.OK:
        same = rows.filter(code_digest=row.code_digest)  # another address may have been asked for meanwhile
        if not same.update(confirmed_at=now, code_digest=None, code_expires_at=None, told_until=now):
            outcome = otp.Outcome.EXHAUSTED
    record(
        "ordinary.confirm", request=request, subject=("user", user.pk),
        result="ok" if outcome is otp.Outcome.OK else REFUSED,
    )  # fmt: skip
    return outcome


def forget(user: User, *, request: HttpRequest) -> None:
    """The person wants it no more: the address goes, and what waited for it."""
    with transaction.atomic():
        if OrdinaryAddress.objects.filter(user=user).delete()[0]:
            record("ordinary.forget", request=request, subject=("user", user.pk))


def read(row: OrdinaryAddress) -> str:
    """crypto.Unreadable when the box was altered, or is of another person."""
    return crypto.unseal(keys.purpose_key(_ADDRESS), bytes(row.box), _context(row.user_id)).decode()


def stop_link(row: OrdinaryAddress) -> str:
    """Good for one thing: to stop these mails, to this address of this person (one confirmed later has another)."""
    token = signing.dumps([row.user_id.hex, int(row.asked_at.timestamp())], salt=_SALT)
    return settings.BASE_URL + reverse("mailbox:ordinary_stop", args=[token])


def is_stop(token: str) -> bool:
    """Did we make this link?"""
    return _read(token) is not None


def stop(token: str, *, now: datetime, request: HttpRequest) -> bool:
    """Whoever holds the link stops them, once or again; false for a link that is not ours."""
    told = _read(token)
    if told is None:
        return False
    user_id, asked = told
    with transaction.atomic():
        rows = OrdinaryAddress.objects.filter(user=user_id, stopped_at=None)
        row = rows.first()
        if row and int(row.asked_at.timestamp()) == asked and rows.update(stopped_at=now):
            OrdinaryMail.objects.filter(to=row, due_at__isnull=False).update(due_at=None, box=None)
            record("ordinary.stop", request=request, subject=("user", user_id))
    return True


def _read(token: str) -> tuple[UUID, int] | None:
    try:
        user, asked = signing.loads(token[:400], salt=_SALT)
    except (signing.BadSignature, ValueError):
        return None
    return UUID(user), asked


def _checked(typed: str) -> str:
    address = normalise(typed.strip())
    try:
        validate_email(address)
    except ValidationError:
        raise Refused("Cette adresse n’est pas valide.") from None
    domain = domain_of(address)
    if is_patient(address) or whitelist.is_listed(domain) or Domain.objects.filter(name=domain).exists():
        raise Refused("C’est une adresse MSSanté : donnez une adresse de messagerie ordinaire.")
    return address


def mail_context(mail_id: UUID) -> str:
    return f"ordinarymail:{mail_id}"


def _context(user_id: UUID) -> str:
    return f"ordinary:{user_id}:address"


def opened_code(mail: OrdinaryMail) -> tuple[str, str]:
    """The address and the digits of a mail that brings a code."""
    address, digits = json.loads(crypto.unseal(keys.purpose_key(_MAIL), bytes(mail.box or b""), mail_context(mail.pk)))
    return address, digits
