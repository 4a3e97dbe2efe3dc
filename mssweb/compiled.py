"""The rows of lists: templates that Jinja compiles to Python, for a page draws fifty of them (`*.jinja`).

They are escaped as Django's are: every value, unless it says that it is markup (`__html__`, which SafeString has). A name
that is misspelt is an error. A row has a value for each of its words: no lookup, address or filter is left to them.
"""

from collections.abc import Mapping
from typing import Any

from django.template import engines
from django.utils.safestring import SafeString
from jinja2 import Environment, StrictUndefined

from mssweb.templatetags.icons import drawing, reference


def environment(**options: Any) -> Environment:
    """As settings.TEMPLATES asks for it; Django switches the escaping on."""
    made = Environment(**options | {"undefined": StrictUndefined})  # noqa: S701  (autoescape=True is in options)
    made.globals |= {"icon": drawing, "use": reference}
    return made


def drawn(name: str, context: Mapping[str, object]) -> SafeString:
    """The template of that name, which saw to the escaping."""
    return SafeString(engines["compiled"].get_template(name).render(dict(context)))
