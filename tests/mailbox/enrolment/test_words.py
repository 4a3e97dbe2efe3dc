"""What leaves by SMS is of the GSM alphabet: one sign outside of it makes two SMS of one (3GPP TS 23.038)."""

import pytest

from auth_otp.missives import Content
from auth_otp.models import Missive, Reset
from mailbox.enrolment import telling, words

GSM = set("@£$¥èéùìòÇ\nØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà") | {
    chr(n) for n in (*range(48, 58), *range(65, 91), *range(97, 123))
}


@pytest.mark.parametrize("kind", ["mobile", "reset_sms", "activate"])
def test_sms_are_of_the_gsm_alphabet(kind):
    assert set(words.sms(Missive.Kind(kind), Content("123456", ("+33639980001",)))) <= GSM


def test_a_warning_is_too():
    assert {set(telling._what(Reset(kind=kind))) <= GSM for kind in Reset.Kind} == {True}
