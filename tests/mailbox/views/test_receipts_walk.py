"""The question of a receipt, its answer, and what writing asks for, in a browser: axe finds nothing, nothing hangs out."""

import pytest

from mailbox.models import Submission
from tests.mailbox.test_store import letter
from tests.mailbox.views.test_receipts import ASKS, PATIENT, listed_patients
from tests.walking import look

pytestmark = [pytest.mark.walk, pytest.mark.soak, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("scripts", [True, False])
def test_a_reader_answers_and_a_writer_asks(at, anne, base, file, trust, scripts):
    listed_patients(trust)
    zip_ = b'X-MSS-MES: FIN\r\nContent-Type: application/zip\r\nContent-Disposition: attachment; filename="IHE_XDM.zip"\r\n'
    message = file(raw=letter().replace(b"Subject:", zip_ + ASKS))
    page = at(anne, f"{base}/fil/{message.thread_id}/", scripts=scripts)
    page.get_by_text("Signaler une erreur d’intégration…").click()
    if scripts:
        look(page)
    page.get_by_role("button", name="Envoyer", exact=True).click()
    page.get_by_text("Accusé de lecture envoyé à l’expéditeur.").wait_for()
    page.goto(f"{base}/nouveau/")
    assert not page.get_by_label("Clore l’échange").is_visible()
    page.get_by_label("À", exact=True).fill(PATIENT)
    page.get_by_label("Objet").fill("INR")
    page.get_by_label("Message", exact=True).fill("4,8")
    page.get_by_text("Réponse attendue, accusés, importance").click()
    page.get_by_label("Accusé de remise").check()
    if not scripts:
        page.get_by_role("button", name="Enregistrer", exact=True).last.click()
        page.get_by_text("Brouillon enregistré").wait_for()
    page.get_by_label("Clore l’échange").check()
    if scripts:
        look(page)
    page.get_by_role("button", name="Envoyer", exact=True).click()
    page.get_by_text("Message envoyé.").wait_for()
    sent = Submission.objects.get(message__isnull=False)
    assert (sent.notify_success, sent.wants_read) == (True, False)


def test_the_rule_of_receipts_is_chosen(at, anne, base, trust):
    page = at(anne, f"{base}/accuses/")
    look(page)
    page.get_by_label("L’envoyer dès la lecture").check()
    page.get_by_role("button", name="Enregistrer").click()
    page.get_by_text("Règle enregistrée.").wait_for()
