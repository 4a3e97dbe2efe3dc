"""French words: counts, as every template writes them."""

import pytest
from django.template import engines


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0 message"),
        (1, "1 message"),
        (1.5, "1,5 message"),
        (2, "2 messages"),
        ("0", "0 message"),
        ([], "[] message"),
    ],
)
def test_nothing_and_one_are_singular_in_every_template(count, shown):
    page = engines["django"].from_string("{{ count }} message{{ count|pluralize }}")
    assert page.render({"count": count}) == shown


def test_both_forms_may_be_given():
    page = engines["django"].from_string('loc{{ n|pluralize:"al,aux" }}')
    assert [page.render({"n": n}) for n in (1, 2)] == ["local", "locaux"]
