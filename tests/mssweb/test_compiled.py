"""Compiled templates: what they are given is text, and a word that is missing is an error."""

from dataclasses import fields, replace

import pytest
from jinja2 import UndefinedError

from mailbox.views.rows import Row, Tag
from mssweb.compiled import drawn
from mssweb.templatetags.icons import reference

_HOSTILE = "\"><script>'&"


def row() -> Row:
    """Every text of it is hostile."""
    told = {f.name: {str: _HOSTILE, int: 2, bool: True}.get(f.type, []) for f in fields(Row)}
    return Row(**told)  # type: ignore[arg-type]  # of the types of its fields


def test_every_text_of_a_row_is_escaped_and_an_icon_is_drawn():
    tag = Tag(_HOSTILE, _HOSTILE, reference("pill"), _HOSTILE)
    for one in (
        row(),
        replace(row(), is_found=False, is_outgoing=False),
        replace(row(), mark="verified", status="done"),
    ):
        page = drawn("mailbox/_row.jinja", {"rows": [replace(one, tags=[tag])], "oob": True})
        assert "<script" not in page and page.count("&#34;&gt;&lt;script&gt;&#39;&amp;") > 15
        assert '<use href="#i-pill"/>' in page


def test_a_word_that_is_missing_is_an_error():
    with pytest.raises(UndefinedError):
        drawn("mailbox/_row.jinja", {"rows": [object()], "oob": False})
