"""Icons of the lucide set: {% icon "archive" %} draws one where it stands.

Lists show dozens of the same: {% sprite "flag reply" %} puts each once in the page, {% use "flag" %} refers to it.
A name that is written in the template costs nothing when the page is rendered: it is text from then on.
"""

import re
from collections.abc import Callable
from functools import cache, lru_cache
from importlib.resources import files
from io import BytesIO
from zipfile import ZipFile

from django import template
from django.template.base import FilterExpression, Node, Parser, TextNode, Token
from django.template.context import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@cache
def _icons() -> ZipFile:
    """Opened once a process, in memory: reading where its 1,700 drawings are takes longer than drawing a page."""
    return ZipFile(BytesIO(files("lucide").joinpath("lucide.zip").read_bytes()))  # no file that forks would share


@lru_cache(maxsize=256)
def drawing(name: str) -> SafeString:
    """Decorative: the words beside it, or the label of its button, say what it means. KeyError: no icon has that name."""
    svg = " ".join(_icons().read(f"{name}.svg").decode().split()).replace("> <", "><")
    return SafeString(svg.replace(' xmlns="http://www.w3.org/2000/svg"', ' aria-hidden="true"', 1))


@lru_cache(maxsize=256)
def reference(name: str) -> SafeString:
    """The icon of that name in the sprite of the page."""
    return format_html('<svg class="i" aria-hidden="true"><use href="#i-{}"/></svg>', name)


@lru_cache(maxsize=8)
def symbols(names: str) -> SafeString:
    """What `reference` refers to, shown nowhere itself."""
    drawn = "".join(
        f'<symbol id="i-{name}" viewBox="0 0 24 24">{re.sub("^<svg[^>]*>|</svg>$", "", drawing(name))}</symbol>'
        for name in names.split()
    )
    return SafeString(f'<svg class="sprite" aria-hidden="true" width="0" height="0">{drawn}</svg>')


class Drawn(Node):
    """A tag whose name is known only when the page is rendered."""

    def __init__(self, draw: Callable[[str], SafeString], name: FilterExpression) -> None:
        self.draw = draw
        self.name = name

    def render(self, context: Context) -> SafeString:
        return self.draw(str(self.name.resolve(context)))


def _tag(draw: Callable[[str], SafeString]) -> Callable[[Parser, Token], Node]:
    def compiled(parser: Parser, token: Token) -> Node:
        _, written = token.split_contents()
        name = parser.compile_filter(written)
        is_known = isinstance(name.var, str) and not name.filters
        return TextNode(draw(str(name.var))) if is_known else Drawn(draw, name)

    return compiled


register.tag("icon", _tag(drawing))
register.tag("use", _tag(reference))
register.tag("sprite", _tag(symbols))
