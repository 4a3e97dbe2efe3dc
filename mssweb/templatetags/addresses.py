"""Addresses on narrow screens: {{ address|breakable }} may be broken after «@» and before dots, and nowhere else."""

import re

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString

register = template.Library()
_SEAM = re.compile(r"(?<=@)|(?=\.)")


@register.filter
def breakable(address: str) -> SafeString:
    return SafeString(_SEAM.sub("<wbr>", escape(address)))
