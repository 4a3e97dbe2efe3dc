"""Who has this RPPS, as doors that have proven one ask (auth_otp.identity). Refuses whoever no line names any more."""

from auth_otp.identity import Professional
from directory import identity
from directory.models import MailboxAddress, Practitioner, PractitionerRole

_MOST = 20  # addresses of one person, and places


def professional(rpps: str) -> Professional | None:
    person = (
        Practitioner.objects.select_related("qualification")
        .filter(pk=identity.person(f"8{rpps}"), idnps=f"8{rpps}", vanished_at=None)
        .first()
    )
    if person is None:
        return None
    known = MailboxAddress.objects.filter(
        practitioner=person.pk, kind=MailboxAddress.Kind.PERSON, vanished_at=None, is_hidden=False
    )
    trade = person.qualification
    return Professional(
        rpps=rpps,
        title=person.title,
        first_name=person.first_name,
        last_name=person.last_name,
        profession_code=trade.profession_code if trade else "",
        profession=trade.profession if trade else "",
        addresses=tuple(known.order_by("address").values_list("address", flat=True)[:_MOST]),
        places=_places(person.pk),
    )


def _places(person: int) -> tuple[str, ...]:
    """FINESS, in force."""
    here = PractitionerRole.objects.filter(practitioner=person, organization__vanished_at=None)
    keys = here.filter(organization__key__startswith="F").values_list("organization__key", flat=True)
    return tuple(key[1:10] for key in keys.distinct().order_by("organization__key")[:_MOST])
