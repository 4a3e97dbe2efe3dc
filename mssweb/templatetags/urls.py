"""Takes the place of Django's {% url %} in every template: an address is made once.

A page has eighty of them, and the next page mostly the same.
"""

from functools import lru_cache
from typing import Any

from django import template
from django.template import defaulttags
from django.template.base import Parser, Token
from django.template.context import Context
from django.template.defaulttags import URLNode
from django.urls import NoReverseMatch, get_script_prefix, reverse
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

register = template.Library()


@lru_cache(maxsize=4096)
def _made(prefix: str, name: str, *args: object) -> SafeString:
    """`prefix` is where the application stands: an address holds it."""
    return conditional_escape(reverse(name, args=args))


class Address(URLNode):
    def render(self, context: Context) -> str:
        name = str(self.view_name.resolve(context))
        if self.kwargs or name.startswith("admin:"):  # of several sites; there, Django looks at the request
            return super().render(context)
        try:
            made = _made(get_script_prefix(), name, *(arg.resolve(context) for arg in self.args))
        except NoReverseMatch:
            return super().render(context)
        if not self.asvar:
            return made
        context[self.asvar] = made
        return ""


@register.tag
def url(parser: Parser, token: Token) -> Address:
    node: Any = defaulttags.url(parser, token)
    return Address(node.view_name, node.args, node.kwargs, node.asvar)
