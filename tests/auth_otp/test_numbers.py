"""Numbers: what people write becomes E.164; what costs, rings on a desk or is abroad is refused with its reason."""

import pytest
from django.conf import settings

from auth_otp import numbers


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("06 12 34 56 78", "+33612345678"),
        ("+33\u00a06-12.34.56.78", "+33612345678"),
        ("+33 (0)6 12 34 56 78", "+33612345678"),
        ("0692 12 34 56", "+262692123456"),  # as dialled at La Réunion
        ("0690123456", "+590690123456"),
        ("+687 75 12 34", "+687751234"),
        ("+508701234", "+508701234"),  # mobile or fixed: the tables cannot tell
        ("0639980001", "+33639980001"),  # fiction
    ],
)
def test_a_mobile_is_kept_in_e164_however_it_is_written(written, kept):
    assert numbers.mobile(written, settings.SMS_COUNTRIES) == kept
    assert numbers.mobile(kept, settings.SMS_COUNTRIES) == kept


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("01 42 00 00 00", "ligne fixe"),
        ("0899123456", "surtaxé"),
        ("+33820123456", "coût partagé"),
        ("09 12 34 56 78", "virtuel"),
        ("0800123456", "numéro vert"),
        ("+32470123456", "ne partent pas vers ce pays"),
        ("+447911123456", "ne partent pas vers ce pays"),
        ("+3361234567", "avec son indicatif"),
        ("612345678", "avec son indicatif"),
        ("+33612345678\n;+33899123456", "avec son indicatif"),
        ("anne", "avec son indicatif"),
    ],
)
def test_attack_toll_fraud_a_number_that_costs_or_is_no_mobile_of_the_countries_is_refused(written, why):
    with pytest.raises(numbers.NumberRefused) as refused:
        numbers.mobile(written, settings.SMS_COUNTRIES)
    assert why in refused.value.words


def test_a_country_that_is_let_in_gets_codes():
    assert numbers.mobile("+32470123456", ["FR", "BE"]) == "+32470123456"
