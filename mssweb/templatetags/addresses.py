"""What one writes or calls to, as it is read: {{ address|breakable }} may be broken after «@» and before dots, and nowhere
else; {{ phone|by_pairs }} is told two digits by two.
"""

import re

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString

register = template.Library()
_SEAM = re.compile(r"(?<=@)|(?=\.)")
_FRENCH, _PAIRS = re.compile(r"(?:\+33|0)([1-9][0-9]{8})"), re.compile(r"..")


@register.filter
def breakable(address: str) -> SafeString:
    return SafeString(_SEAM.sub("<wbr>", escape(address)))


@register.filter
def by_pairs(phone: str) -> str:
    """A French number, its pairs kept on one line; any other as it is."""
    match = _FRENCH.fullmatch(phone)
    return "\N{NO-BREAK SPACE}".join(_PAIRS.findall(f"0{match[1]}")) if match else phone
