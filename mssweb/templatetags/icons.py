"""{% icon "archive" %}: an inline SVG of the lucide set, rendered once a process (lists show dozens of them)."""

import re
from functools import lru_cache

from django import template
from django.utils.safestring import SafeString
from lucide.templatetags.lucide import lucide

register = template.Library()


@register.simple_tag
@lru_cache(maxsize=256)
def icon(name: str) -> SafeString:
    """Decorative: the words beside it, or the label of its button, say what it means."""
    return SafeString(re.sub(r">\s+<", "><", lucide(name, size=None, aria_hidden="true").strip()))
