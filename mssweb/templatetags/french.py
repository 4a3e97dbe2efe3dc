"""How French counts and dates: nothing and one are singular, so is one and a half; the first of a month is «1er».

`pluralize` takes the place of Django's filter in every template.
"""

from collections.abc import Sized
from datetime import datetime

from django import template
from django.template.defaultfilters import pluralize as english
from django.utils import timezone
from django.utils.formats import date_format

register = template.Library()


@register.filter(is_safe=False)
def pluralize(value: float | str | Sized, forms: str = "s") -> str:
    """As Django's, whose forms it takes: «message{{ count|pluralize }}», «{{ count|pluralize:"al,aux" }}»."""
    many = len(value) if isinstance(value, Sized) and not isinstance(value, str) else float(value)
    return str(english(2 if abs(many) >= 2 else 1, forms))


@register.filter
def day(at: datetime) -> str:
    """« 3 mars 2027 », « 1er avril 2027 », on the clock of the office."""
    here = timezone.localtime(at)
    return date_format(here, r"j\e\r F Y" if here.day == 1 else "j F Y")
