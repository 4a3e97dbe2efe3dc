"""A walk through «Document de santé» in a real browser: a patient found as one types, sent over the list, replaced."""

import pytest
from playwright.sync_api import expect

from mailbox.documents import persons
from mailbox.models import Submission, WritingChoice
from mailbox.quarantine.values import Person
from tests.mailbox.quarantine.made import INS
from tests.mailbox.views.test_compose import DR
from tests.mailbox.views.test_structured import FIT
from tests.walking import look, looked

pytestmark = [pytest.mark.walk, pytest.mark.soak, pytest.mark.django_db(transaction=True)]


def test_a_document_is_sent_over_the_list_and_replaced_from_its_message(at, claire, dupont, base, trust, file):
    WritingChoice.objects.create(mailbox=dupont, user=claire, is_plain=True)
    person = Person(family="PAT-TROIS", given="Dominique", born="19790305", sex="F", ins=INS, oid="1.2.250.1.213.1.4.8")
    persons.attach(dupont, file("INR").thread_id, [person])
    page = at(claire, f"{base}/inbox/")
    looked(page)
    page.get_by_role("link", name="Nouveau message").first.click()
    letter = page.locator("[data-float]")
    letter.get_by_label("Objet").fill("INR")
    letter.locator("summary", has_text="Document de santé").click()
    letter.get_by_label("Envoyer les pièces jointes").check()
    expect(letter.get_by_label("Objet")).to_be_hidden()
    letter.get_by_label("Envoyer les pièces jointes").uncheck()
    expect(letter.get_by_label("Objet")).to_have_value("INR")
    letter.get_by_label("Envoyer les pièces jointes").check()
    letter.get_by_label("Chercher un patient connu").press_sequentially("trois")
    letter.get_by_role("button", name="PAT-TROIS Dominique").click()
    letter.get_by_label("Type").select_option("57833-6")
    expect(letter.locator("[data-health-subject]")).to_have_text("Ordonnance PAT-TROIS Dominique 05/03/1979")
    letter.get_by_label("INS, 15").fill(INS[:-1] + "0")
    expect(letter.get_by_text("Cette INS est fausse")).to_be_visible()
    letter.get_by_label("INS, 15").fill(INS)
    expect(letter.get_by_text("Cette INS est fausse")).to_be_hidden()
    letter.get_by_label("INS qualifiée").check()
    letter.get_by_label("À", exact=True).fill(DR)
    letter.locator("[data-files]").set_input_files({"name": "a.pdf", "mimeType": "application/pdf", "buffer": FIT})
    expect(letter.get_by_text("a.pdf")).to_be_visible()
    look(page)
    letter.get_by_role("button", name="Envoyer", exact=True).click()
    expect(letter).to_have_count(0)
    sent = Submission.objects.get().copy
    page.goto(f"{base}/fil/{sent.thread_id}/?d=sent")
    page.get_by_title("Autres actions sur ce message").click()
    page.get_by_role("link", name="Annuler et remplacer").click()
    expect(letter.get_by_text("le document déjà envoyé")).to_be_visible()
    expect(letter.get_by_label("Nom de naissance")).to_have_value("PAT-TROIS")
