"""Who asks, seen by the national directory: the findings that an administrator decides on (trust-space §8.1)."""

from auth_otp.models import User
from directory import listed, lookup
from mailbox.life import checks
from mailbox.life.checks import Finding, Known
from mailbox.models import Mailbox, MailboxRequest, Tenant


def findings(request: MailboxRequest) -> list[Finding]:
    """Of the person of a personal mailbox; of the structure of any other one. One to four statements."""
    if request.kind == Mailbox.Kind.PER and request.person:
        return _of_person(request.person)
    return _of_structure(request.tenant)


def _of_person(user: User) -> list[Finding]:
    ref = f"p:{lookup.ref_of_person(f'8{user.rpps}')}" if user.rpps else ""  # idNat PP: `8` + RPPS, trust-space §8.4
    return checks.of_person(
        rpps=user.rpps,
        first_name=user.first_name,
        last_name=user.last_name,
        profession=user.profession,
        known=_known(ref),
    )


def _of_structure(tenant: Tenant) -> list[Finding]:
    ref = f"s:{lookup.ref_of_place(tenant.finess)}" if tenant.finess else ""
    return checks.of_structure(number=tenant.finess, name=tenant.name, town=tenant.town, known=_known(ref))


def _known(ref: str) -> Known | None:
    found = listed.by_ref([ref]).get(ref) if ref else None
    if found is None:
        return None
    face = found.face
    return Known(face.first_name, face.last_name, face.profession, face.organization, face.town, found.is_gone)
