"""Passkeys: added, verified, renamed, removed. One that answers opens by itself: the device has asked its person who they are.

The challenge is taken before anything is judged, and the count of signatures is checked in the UPDATE that keeps it: a key
that counts backwards has a copy. `webauthn` verifies, and is loaded here when it does (0.2 s, smtpd never needs it).
"""

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest

from auth_otp import browsers, ceremonies, credentials, factors, makers, notices, remaining
from auth_otp.ceremonies import Act
from auth_otp.means import Means
from auth_otp.models import Notice, Passkey, User
from mssweb import notify
from mssweb.audit.record import REFUSED, record
from mssweb.crypto import same

if TYPE_CHECKING:
    from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
    from webauthn.registration.verify_registration_response import VerifiedRegistration

MOST = 20  # of one person
_REFUSED = "Cette clé d’accès n’a pas été acceptée. Réessayez, ou entrez d’une autre façon\u00a0: elle a peut-être été retirée."


class Why(Enum):
    """For the journal; whoever is not known yet is told one and the same of the first five."""

    MALFORMED = "malformed"
    UNKNOWN = "unknown"
    FORGED = "forged"  # signature, origin, host, challenge, or nobody was verified
    FOREIGN = "foreign"  # somebody else's
    INACTIVE = "inactive"
    LATE = "late"  # no challenge waits here, or not for this
    CLONED = "cloned"
    TAKEN = "taken"  # is registered already
    TOO_MANY = "too_many"


WORDS = {
    Why.LATE: "Le délai est passé. Réessayez.",
    Why.CLONED: "Cette clé d’accès a été copiée, semble-t-il\u00a0: elle est refusée. Entrez d’une autre façon, puis retirez-la "
    "dans Mes préférences, Sécurité.",
    Why.TAKEN: "Cette clé d’accès est déjà enregistrée.",
    Why.TOO_MANY: f"Vous avez déjà {MOST} clés d’accès\u00a0: retirez-en une d’abord.",
}


class Refused(Exception):
    """`words` are for the person."""

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why, self.words = why, WORDS.get(why, _REFUSED)


def check(request: HttpRequest, *, act: Act, given: str, now: datetime, user: User | None = None) -> Passkey:
    """The key that has signed the challenge of this session, for this act; of `user`, when it is known who is asked.

    Refused otherwise, which is told to the journal; but not of who was given no challenge and is nobody yet: anybody can
    answer without end. The caller opens, unlocks or proves.
    """
    passkey: Passkey | None = None
    challenge = ceremonies.take(request, act=act, user=user, now=now)
    if challenge is None and user is None:
        raise Refused(Why.LATE)
    try:
        answer = _read_assertion(given)
        passkey = Passkey.objects.select_related("user").filter(credential_id=answer.credential_id).first()
        _judge(passkey, answer, challenge, user, now)
    except Refused as told:
        whose = ("user", passkey.user_id) if passkey else ("", "")
        record(
            "session.passkey_failed", request=request, subject=whose, result=REFUSED, why=told.why.value, act=act.value
        )
        if told.why is Why.CLONED and passkey:
            notices.note(Notice.Kind.PASSKEY_COPIED, request=request, user=passkey.user, now=now)
        raise
    return passkey


def add(request: HttpRequest, *, user: User, given: str, now: datetime) -> Passkey:
    """A new key of this person, from what their browser answered. Refused: nothing is added."""
    if not factors.may_begin(user):
        raise PermissionDenied(factors.BARRED)
    challenge = ceremonies.take(request, act=Act.ADD, user=user, now=now)
    if challenge is None:
        raise Refused(Why.LATE)
    try:
        answer = credentials.attestation(given)
    except credentials.Malformed:
        raise Refused(Why.MALFORMED) from None
    found = _verified_new(answer, challenge)
    with transaction.atomic():
        remaining.hold(user)
        if Passkey.objects.filter(user=user).count() >= MOST:
            raise Refused(Why.TOO_MANY)
        known = {
            "user": user, "public_key": found.credential_public_key, "sign_count": found.sign_count,
            "transports": list(answer.transports), "is_synced": found.credential_backed_up, "aaguid": found.aaguid,
            "added_at": now, "name": _name(request, user, found.aaguid),
        }  # fmt: skip
        passkey, is_new = Passkey.objects.get_or_create(credential_id=found.credential_id, defaults=known)
        if not is_new:
            raise Refused(Why.TAKEN)
        record("passkey.add", request=request, subject=("user", user.pk), aaguid=found.aaguid, synced=passkey.is_synced)
        notices.note(Notice.Kind.FACTOR_ADDED, request=request, user=user, now=now, what=Means.PASSKEY)
    return passkey  # type: ignore[no-any-return]  # django-otp has no types


def rename(request: HttpRequest, *, passkey: Passkey, name: str) -> None:
    Passkey.objects.filter(pk=passkey.pk).update(name=name)
    record("passkey.rename", request=request, subject=("user", passkey.user_id))


def remove(request: HttpRequest, *, user: User, passkey: Passkey, now: datetime) -> str:
    """It opens nothing any more, and what it opened ends. In words why not, when its person would be shut out; else «»."""
    with transaction.atomic():
        remaining.hold(user)
        if words := remaining.why_kept(user, passkey):
            return words
        if Passkey.objects.filter(pk=passkey.pk).delete()[0]:
            remaining.drop_codes(user, but=request.session.session_key)
            record("passkey.remove", request=request, subject=("user", user.pk))
            notices.note(Notice.Kind.FACTOR_REMOVED, request=request, user=user, now=now, what=Means.PASSKEY)
            notify.kill(user.pk)
    return ""


def _name(request: HttpRequest, user: User, aaguid: str) -> str:
    """As what keeps it is called, and no other of this person's."""
    name = makers.name_of(aaguid, browser=browsers.label(request.headers.get("User-Agent", "")))
    taken = set(Passkey.objects.filter(user=user).values_list("name", flat=True))
    names = [name, *(f"{name} ({number})" for number in range(2, MOST + 2))]
    return next(one for one in names if one not in taken)


def _read_assertion(given: str) -> credentials.Assertion:
    try:
        return credentials.assertion(given)
    except credentials.Malformed:
        raise Refused(Why.MALFORMED) from None


def _judge(
    passkey: Passkey | None, answer: credentials.Assertion, challenge: bytes | None, user: User | None, now: datetime
) -> None:
    """WebAuthn level 3 §7.2; refuses, or counts the signature."""
    if challenge is None:
        raise Refused(Why.LATE)
    if passkey is None:
        raise Refused(Why.UNKNOWN)
    if user is not None and passkey.user_id != user.pk:
        raise Refused(Why.FOREIGN)
    if (answer.user_handle or user is None) and not same(answer.user_handle, passkey.user_id.bytes):  # step 6
        raise Refused(Why.FOREIGN)
    found = _verified(passkey, answer, challenge)
    if not passkey.user.is_active:
        raise Refused(Why.INACTIVE)
    count = found.new_sign_count
    unused = Passkey.objects.filter(pk=passkey.pk, **({"sign_count__lt": count} if count else {"sign_count": 0}))
    if not unused.update(sign_count=count, used_at=now, is_synced=found.credential_backed_up):  # step 22
        raise Refused(Why.CLONED if Passkey.objects.filter(pk=passkey.pk).exists() else Why.UNKNOWN)


def _verified(passkey: Passkey, answer: credentials.Assertion, challenge: bytes) -> "VerifiedAuthentication":
    from webauthn import verify_authentication_response
    from webauthn.helpers.exceptions import WebAuthnException
    from webauthn.helpers.structs import AuthenticationCredential, AuthenticatorAssertionResponse

    credential = AuthenticationCredential(
        id=credentials.in_text(answer.credential_id),
        raw_id=answer.credential_id,
        response=AuthenticatorAssertionResponse(
            client_data_json=answer.client_data,
            authenticator_data=answer.authenticator_data,
            signature=answer.signature,
        ),
    )
    try:
        if credentials.is_framed(answer.client_data):
            raise Refused(Why.FORGED)
        return verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=ceremonies.rp_id(),
            expected_origin=ceremonies.origin(),
            credential_public_key=bytes(passkey.public_key),
            credential_current_sign_count=0,  # ours, in one statement with the use
            require_user_verification=True,
        )
    except (WebAuthnException, credentials.Malformed, ValueError, TypeError):
        raise Refused(Why.FORGED) from None


def _verified_new(answer: credentials.Attestation, challenge: bytes) -> "VerifiedRegistration":
    from webauthn import verify_registration_response
    from webauthn.helpers import decode_credential_public_key, decoded_public_key_to_cryptography
    from webauthn.helpers.cose import COSEAlgorithmIdentifier
    from webauthn.helpers.exceptions import WebAuthnException
    from webauthn.helpers.structs import AuthenticatorAttestationResponse, RegistrationCredential

    credential = RegistrationCredential(
        id=credentials.in_text(answer.credential_id),
        raw_id=answer.credential_id,
        response=AuthenticatorAttestationResponse(
            client_data_json=answer.client_data, attestation_object=answer.attestation
        ),
    )
    try:
        if credentials.is_framed(answer.client_data) or not _is_bare(answer.attestation):
            raise Refused(Why.FORGED)
        found = verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=ceremonies.rp_id(),
            expected_origin=ceremonies.origin(),
            require_user_verification=True,
            supported_pub_key_algs=[COSEAlgorithmIdentifier(one) for one in ceremonies.ALGORITHMS],
        )
        decoded_public_key_to_cryptography(
            decode_credential_public_key(found.credential_public_key)
        )  # one that verifies
    except (WebAuthnException, credentials.Malformed, ValueError, TypeError, LookupError):
        raise Refused(Why.FORGED) from None
    if found.credential_id != answer.credential_id or len(found.credential_public_key) > _LONGEST_KEY:
        raise Refused(Why.FORGED)
    return found


_LONGEST_KEY = 1023  # bytes: RSA of 4,096 bits has 530


def _is_bare(attestation: bytes) -> bool:
    """No attestation, or the key's own: none was asked for, and chains of certificates are not read from whoever asks."""
    from webauthn.helpers import parse_attestation_object
    from webauthn.helpers.structs import AttestationFormat

    told = parse_attestation_object(attestation)
    return told.fmt == AttestationFormat.NONE or (told.fmt == AttestationFormat.PACKED and not told.att_stmt.x5c)
