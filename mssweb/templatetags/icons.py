"""Icons of the lucide set, rendered once a process: {% icon "archive" %} draws one where it stands.

Lists show dozens of the same: {% sprite "flag reply" %} puts each once in the page, {% use "flag" %} refers to it.
"""

import re
from functools import lru_cache

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from lucide.templatetags.lucide import lucide

register = template.Library()


@register.simple_tag
@lru_cache(maxsize=256)
def icon(name: str) -> SafeString:
    """Decorative: the words beside it, or the label of its button, say what it means."""
    return SafeString(re.sub(r">\s+<", "><", lucide(name, size=None, aria_hidden="true").strip()))


@register.simple_tag
@lru_cache(maxsize=8)
def sprite(names: str) -> SafeString:
    """The drawings that `use` refers to, shown nowhere themselves."""
    symbols = "".join(
        f'<symbol id="i-{name}" viewBox="0 0 24 24">{re.sub("^<svg[^>]*>|</svg>$", "", icon(name))}</symbol>'
        for name in names.split()
    )
    return SafeString(f'<svg class="sprite" aria-hidden="true" width="0" height="0">{symbols}</svg>')


@register.simple_tag
@lru_cache(maxsize=256)
def use(name: str) -> SafeString:
    return SafeString(format_html('<svg class="i" aria-hidden="true"><use href="#i-{}"/></svg>', name))
