"""Whether Pro Santé Connect is open here, and to this person: its buttons show themselves by that."""

from django import template

from auth_otp.models import SectorLink, User
from auth_otp.psc import client

register = template.Library()


@register.simple_tag
def psc_door() -> client.Client | None:
    return client.client()


@register.simple_tag
def sector_links(user: object) -> dict[str, SectorLink]:
    """The doors of the sector that know this person, by kind."""
    return {link.kind: link for link in SectorLink.objects.filter(user=user)} if isinstance(user, User) else {}


@register.simple_tag
def psc_holds(user: object) -> bool:
    """This person has come in by it."""
    if not isinstance(user, User) or client.client() is None:
        return False
    return bool(SectorLink.objects.filter(user=user, kind=SectorLink.Kind.PSC).exists())
