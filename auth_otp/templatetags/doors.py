"""Which doors are open in this installation, and to whom: a door that is not shows nothing."""

from django import template
from django.conf import settings

from auth_otp.models import SectorLink, User

register = template.Library()


@register.simple_tag
def opens_by_card() -> bool:
    return bool(settings.CPS_URL)


@register.simple_tag
def card_of(user: User) -> SectorLink | None:
    """The link that their card has made; None before its first use."""
    link: SectorLink | None = SectorLink.objects.filter(user=user, kind=SectorLink.Kind.CPS).first()
    return link
