"""«Suivi», the correction of an address and one's preferences, in a browser: axe finds nothing, nothing hangs out."""

from datetime import timedelta

import pytest

from mailbox.models import Preference, Recipient
from tests.mailbox.test_following import DR, OTHER, send  # noqa: F401  (a fixture)
from tests.walking import look

pytestmark = [pytest.mark.walk, pytest.mark.soak, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("scripts", [True, False])
def test_a_refused_address_is_corrected_and_a_silence_is_reminded(at, claire, base, send, scripts):  # noqa: F811
    failed, old = send(to=(DR, "x@hopital.mssante.example"), number=1), send(ago=timedelta(days=5), number=2)
    Recipient.objects.filter(submission=failed).update(
        state="failed", reply_code=550, reply_enhanced="5.1.1", reply_text="no"
    )
    Recipient.objects.filter(submission=old).update(state="delivered", reply_code=250)
    page = at(claire, f"{base}/suivi/", scripts=scripts)
    if scripts:
        look(page)
    page.get_by_role("link", name="Refusés").click()
    page.get_by_role("link", name="Corriger").click()
    page.get_by_text("Réponse de son serveur").first.click()
    if scripts:
        look(page)
    page.get_by_role("link", name="Corriger l’adresse").first.click()
    page.get_by_label("Adresse corrigée").fill(OTHER)
    if scripts:
        look(page)
    page.get_by_role("button", name="Renvoyer").click()
    page.get_by_text("adresse corrigée : le message est reparti").wait_for()
    page.goto(f"{base}/suivi/?f=sans-reponse")
    page.get_by_label("Me signaler").select_option("5")
    page.get_by_role("button", name="Enregistrer").click()
    page.get_by_text("Votre délai est enregistré.").wait_for()
    page.get_by_role("link", name="Relancer").click()
    assert "Je me permets" in page.get_by_label("Message", exact=True).input_value()
    page.goto(f"{base}/suivi/?f=attente")
    page.get_by_role("button", name="Ne plus suivre").last.click()
    page.get_by_text("Cet envoi n’attend plus de réponse.").wait_for()


@pytest.mark.parametrize("scripts", [True, False])
def test_preferences_are_chosen(at, claire, dupont, scripts):
    page = at(claire, "/moi/", scripts=scripts)
    page.get_by_label("Sombre").check()
    page.get_by_label("Très grande").check()
    page.get_by_role("button", name="Enregistrer").click()
    page.get_by_text("Vos préférences sont enregistrées.").wait_for()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 26, 23)"
    for tab in ("Affichage", "Notifications", "Clavier", "Sessions", "Mot de passe"):
        page.get_by_role("navigation", name="Mes préférences").get_by_role("link", name=tab).click()
        page.get_by_role("link", name=tab, exact=True).and_(page.locator("[aria-current=page]")).wait_for()
        if scripts:
            look(page)
    if scripts:
        page.goto("/moi/")
        page.keyboard.press("?")
        page.locator("#help").get_by_text("Raccourcis à une touche actifs").click()
        page.wait_for_timeout(200)
        page.reload()
        page.keyboard.press("?")
        assert not page.locator("#help").is_visible()
        assert Preference.objects.get().has_keys is False
