"""How numbers and addresses are written on a page."""

import pytest

from mssweb.templatetags.addresses import by_pairs


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        ("0143112233", "01 43 11 22 33"),
        ("+33612345678", "06 12 34 56 78"),
        ("+41221234567", "+41221234567"),
        ("15", "15"),
        ("", ""),
    ],
)
def test_a_french_number_is_told_two_digits_by_two_and_any_other_as_it_is(kept, told):
    assert by_pairs(kept).replace("\N{NO-BREAK SPACE}", " ") == told
