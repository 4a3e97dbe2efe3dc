"""Addresses of templates: made once, and the same as Django's."""

from uuid import uuid4

import pytest
from django.template import Context, Template
from django.urls import NoReverseMatch, reverse, set_script_prefix


def drawn(written: str, **told: object) -> str:
    return Template(written).render(Context(told))


def test_an_address_is_djangos_for_each_value_and_wherever_the_application_stands():
    for box in (uuid4(), uuid4()):
        wanted = reverse("mailbox:folder", args=[box, "inbox"])
        assert drawn("{% url 'mailbox:folder' box 'inbox' %}", box=box) == wanted
        assert drawn("{% url 'mailbox:folder' box 'inbox' as here %}{{ here }}", box=str(box)) == wanted
    set_script_prefix("/mss/")
    try:
        assert drawn("{% url 'mailbox:folder' box 'inbox' %}", box=box) == f"/mss{wanted}"
    finally:
        set_script_prefix("/")


def test_what_is_nowhere_is_an_error_or_nothing_where_it_is_asked_for_by_name():
    assert drawn("{% url 'mailbox:nowhere' as here %}[{{ here }}]") == "[]"
    with pytest.raises(NoReverseMatch):
        drawn("{% url 'mailbox:nowhere' %}")
