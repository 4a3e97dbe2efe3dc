"""How French counts: nothing and one are singular, so is one and a half. Takes the place of Django's filter in every template."""

from collections.abc import Sized

from django import template
from django.template.defaultfilters import pluralize as english

register = template.Library()


@register.filter(is_safe=False)
def pluralize(value: float | str | Sized, forms: str = "s") -> str:
    """As Django's, whose forms it takes: «message{{ count|pluralize }}», «{{ count|pluralize:"al,aux" }}»."""
    many = len(value) if isinstance(value, Sized) and not isinstance(value, str) else float(value)
    return str(english(2 if abs(many) >= 2 else 1, forms))
