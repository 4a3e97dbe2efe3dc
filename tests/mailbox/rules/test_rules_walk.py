"""Rules and the absence in a browser, with scripts and without: axe finds nothing, nothing hangs out of the screen."""

import pytest

from mailbox import cabinet
from tests.mailbox.rules.conftest import come
from tests.mailbox.test_store import letter
from tests.mailbox.views.conftest import at, base  # noqa: F401
from tests.walking import look

pytestmark = [pytest.mark.walk, pytest.mark.soak, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("scripts", [True, False])
def test_a_rule_is_written_tried_applied_and_an_absence_begun_and_ended(at, anne, dupont, annes_box, base, scripts):  # noqa: F811
    cabinet.make_folder(dupont, "Biologie du laboratoire de la Porte de Vincennes et de l’Est")
    come(dupont, letter("Ordonnance de sortie"))
    page = at(anne, f"{base}/reglages/", scripts=scripts)

    def seen() -> None:
        if scripts:
            look(page)

    seen()
    page.get_by_role("link", name="Règles").first.click()
    seen()
    page.get_by_role("link", name="Écrire la première règle").click()
    page.get_by_label("Nom de la règle").fill("Ordonnances")
    page.get_by_label("Condition 1", exact=True).select_option("subject")
    page.get_by_label("Mots de la condition 1").fill("ordonnance")
    page.get_by_role("button", name="Ajouter une condition").click()
    page.get_by_label("Condition 3", exact=True).wait_for()
    page.get_by_label("Condition 2", exact=True).select_option("attachment")
    page.get_by_label("l’une d’elles suffit").check()
    page.get_by_label("Classer dans").select_option(index=1)
    page.get_by_text("Répondre ou transférer", exact=True).click()
    seen()
    page.get_by_role("button", name="Enregistrer", exact=True).last.click()
    page.get_by_text("1 message sur 1").wait_for()
    seen()
    page.get_by_role("button", name="Appliquer à ces messages").click()
    page.get_by_text("Règle appliquée à 1 message.").wait_for()
    seen()
    page.get_by_role("button", name="Annuler").first.click()
    page.get_by_text("Annulé : tout est revenu à sa place.").wait_for()
    page.goto(f"{base}/regles/")
    page.get_by_role("button", name="Arrêter").click()
    page.get_by_text("Règle arrêtée.").wait_for()
    page.get_by_role("link", name="Absence").first.click()
    seen()
    page.get_by_role("button", name="Activer l’absence").click()
    page.get_by_text("Réponse d’absence enregistrée.").wait_for()
    seen()
    page.goto(f"{base}/inbox/")
    page.get_by_text("Réponse d’absence active jusqu’au").wait_for()
    seen()
    page.goto(f"{base}/absence/")
    page.get_by_role("button", name="Terminer l’absence").click()
    page.get_by_text("Absence terminée").wait_for()
