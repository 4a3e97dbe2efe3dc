"""A walk: a colleague takes the place at a workstation, with and without JavaScript; the other's page goes away by itself."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from auth_otp.models import Session
from tests.auth_otp.conftest import code_field
from tests.auth_otp.test_walk import give_password
from tests.conftest import PASSWORD
from tests.walking import look, looked

pytestmark = [pytest.mark.walk, pytest.mark.soak, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("scripts", [True, False])
def test_a_colleague_takes_the_place_and_one_comes_back_to_where_one_was(open_page, pocket, anne, claire, scripts):
    page = open_page(scripts=scripts)
    type(anne).objects.filter(pk=anne.pk).update(last_name="DE LA ROCHEFOUCAULD-MONTBEL D’ENTREVAUX")  # hung out

    def enter(user) -> None:
        give_password(page, user.login)
        code_field(page).fill(pocket.code)
        page.get_by_role("button", name="Valider").click()
        page.wait_for_url(re.compile(r"/b/"))

    page.goto("/")
    enter(anne)
    page.goto("/moi/clavier/")
    Session.objects.update(locked_at=timezone.now())
    page.goto("/verrou/")
    page.get_by_role("button", name="Un collègue prend la place").click()
    expect(page.get_by_role("heading", name="Sessions de ce poste")).to_be_visible()
    if scripts:
        look(page)
    enter(claire)
    expect(page.get_by_text("CM", exact=True).first).to_be_visible()
    Session.objects.filter(user=claire).update(locked_at=timezone.now())
    page.goto("/verrou/")
    page.get_by_role("button", name="Anne DE LA").click()
    expect(page.get_by_text(anne.login)).to_be_visible()
    if scripts:
        look(page)
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Déverrouiller").click()
    page.goto("/moi/clavier/")
    expect(page.get_by_role("main")).to_contain_text(anne.login)


def test_a_page_of_who_was_there_goes_away_when_it_notices(open_page, pocket, anne, claire):
    """Attack: a tab left asleep wakes under the colleague's session, and shows what is not theirs."""
    page = open_page()
    page.goto("/")
    give_password(page, anne.login)
    code_field(page).press_sequentially(pocket.code)
    page.wait_for_url(re.compile(r"/b/"))
    page.goto("/moi/clavier/")
    looked(page)
    page.evaluate("document.body.dataset.person = 'somebody else'")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_url(re.compile(r"/b/"), timeout=5000)
