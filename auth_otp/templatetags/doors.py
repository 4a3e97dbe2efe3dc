"""Which doors are open in this installation: a door that is not shows nothing."""

from django import template
from django.conf import settings

register = template.Library()


@register.simple_tag
def opens_by_card() -> bool:
    return bool(settings.CPS_URL)
