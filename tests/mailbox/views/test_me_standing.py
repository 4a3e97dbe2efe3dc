"""What «Sécurité» says first: values; then that it is one's own."""

from dataclasses import replace

import pytest

from auth_otp.holdings import Held
from mailbox.views.me_standing import first_step

SMS = Held(passkeys=0, has_totp=False, codes=0, has_sms=True, has_psc=False, has_cps=False, sessions=1)
KEY, APP = replace(SMS, passkeys=1), replace(SMS, has_totp=True)


@pytest.mark.parametrize(
    ("held", "left", "may_codes", "title", "page"),
    [
        (SMS, 0, False, "Votre compte ne tient qu’à un SMS", "me_passkey_add"),
        (replace(SMS, has_sms=False), 0, False, "Votre compte n’a pas encore de moyen sûr", "me_passkey_add"),
        (KEY, 0, True, "Vous n’avez pas de code de secours", "me_codes"),
        (APP, 1, True, "Il ne vous reste qu’un code de secours", "me_codes"),
        (APP, 2, True, "Il ne vous reste que 2 codes de secours", "me_codes"),
        (KEY, 0, False, "Vous n’avez qu’un moyen de vous connecter", "me_passkey_add"),
        (KEY, 3, True, None, None),
        (replace(KEY, passkeys=2), 0, False, None, None),
    ],
)
def test_the_first_thing_to_do_is_said(held, left, may_codes, title, page):
    step = first_step(held, left=left, may_codes=may_codes, may_begin=True, may_add_passkey=True)
    assert (step.title, step.page) == (title, page) if step else title is None


def test_who_may_begin_nothing_here_is_told_where():
    barred = first_step(SMS, left=0, may_codes=False, may_begin=False, may_add_passkey=True)
    assert barred and not barred.page and "autre administrateur" in barred.text
    here = first_step(SMS, left=0, may_codes=False, may_begin=True, may_add_passkey=False)
    assert here and here.page == "me_application", "where browsers bind no key"


def test_one_reads_ones_own_sign_ins_and_nobody_else_s(browser, claire, anne):
    mine, hers = browser(claire), browser(anne)
    page = mine.get("/moi/securite/").text
    assert page.count("mot de passe et SMS") == 1 and "Celle-ci seulement" in page, "hers is not told"
    assert "mot de passe et SMS" in hers.get("/moi/sessions/").text
