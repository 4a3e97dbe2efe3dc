"""Without JavaScript, a titulaire asks for a mailbox, sees how hers stand and asks for a closure; who is warned opposes."""

import os
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone

from mailbox import draft_files, drafts
from mailbox.drafts import DraftText
from mailbox.life import desk, opposition
from mailbox.models import Life, MailboxRequest
from tests.conftest import DOMAIN
from tests.mailbox.life.conftest import DAY, by
from tests.walking import look

pytestmark = pytest.mark.walk
SHOTS = os.environ.get("SHOTS", "")  # a folder: what a person looks at after a change of these pages


@pytest.fixture
def enter(open_page, sign_in, anne, live_server):
    def entered(*, scripts: bool):
        opened, client = open_page(scripts=scripts), Client()
        sign_in(client, anne)
        name = django_settings.SESSION_COOKIE_NAME
        opened.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
        return opened

    return entered


def seen(page, name: str) -> None:
    """Nothing hangs out, axe finds nothing; and the pictures, for who asks."""
    for width, scheme in ((1440, "light"), (1440, "dark"), (390, "light"), (390, "dark")) if SHOTS else ():
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=Path(SHOTS) / f"{name}-{width}-{scheme}.png", full_page=True)
    look(page)


@pytest.mark.soak
def test_a_mailbox_is_asked_for_closed_and_kept_in_a_browser_without_scripts(enter, anne, annes_box, dupont, tenant):
    page = enter(scripts=False)
    tenant.town = "Saint-Germain-en-Laye"
    tenant.save()
    desk.suspend(annes_box.pk, by(anne, "Congé de longue durée"), until=timezone.now() + 9 * DAY)
    page.goto("/boites/")
    page.get_by_role("link", name="Demander une boîte").click()
    page.get_by_label("Service ou logiciel").fill("Vaccination et dépistages de la population")
    page.get_by_label("Motif").fill("Campagne d’hiver")
    page.get_by_role("button", name="Voir les adresses possibles").click()
    page.get_by_role("button", name="Demander cette boîte").click()
    page.get_by_text("Vérification en cours").wait_for()
    assert MailboxRequest.objects.get().address.startswith("pharmacie-dupont-saint-germain-en-laye-vaccination")
    box = page.get_by_role("listitem").filter(has_text="pharmacie-dupont-paris")
    box.get_by_text("Clôturer…").click()
    box.get_by_label("Jour de la clôture").fill((timezone.localdate() + timedelta(days=20)).isoformat())
    box.get_by_label("Motif").fill("Vente de l’officine")
    box.get_by_role("button", name="Demander la clôture").click()
    page.get_by_text("Clôture demandée pour le").wait_for()
    box.get_by_role("button", name="Annuler la clôture").click()
    page.get_by_text("La clôture est annulée").wait_for()
    assert Life.objects.get(pk=dupont.pk).closing_at is None
    Life.objects.filter(pk=dupont.pk).update(ends_at=timezone.now() + 20 * DAY)
    page.goto(opposition.link(dupont.pk, timezone.now() + 20 * DAY).partition("8000")[2])
    page.get_by_role("button", name="Je m’oppose à la clôture").click()
    page.get_by_role("heading", name="La boîte reste ouverte").wait_for()
    assert f"@{DOMAIN}" in page.inner_text("main")


@pytest.mark.soak
def test_the_other_pages_of_a_mailbox_s_life(enter, anne, annes_box, dupont, tenant):
    """What is shown of a suspended and of a closed mailbox, export, warnings, opposition, and mistakes."""
    page = enter(scripts=True)
    tenant.town = "Saint-Germain-en-Laye"
    tenant.save()
    page.goto(f"/boites/{tenant.pk}/demander/")
    page.get_by_label("Service ou logiciel").fill("Vaccination et dépistages de la population")
    page.get_by_label("Motif").fill("Campagne d’hiver")
    page.get_by_role("button", name="Voir les adresses possibles").click()
    page.get_by_text("Elle ne pourra plus changer").wait_for()
    seen(page, "ask")
    page.get_by_role("button", name="Demander cette boîte").click()
    page.get_by_text("Vérification en cours").wait_for()
    desk.ask_closure(dupont.pk, by(anne, "Vente de l’officine"), on=timezone.now() + 20 * DAY)
    page.goto("/boites/")
    seen(page, "boxes")
    words = "Bonjour,\n\nVotre renouvellement est prêt ; passez avec votre carte Vitale.\n\nAnne Dupont"
    text = DraftText(to='"VIDAL Marguerite" <248057511604235@patient.mssante.fr>', subject="Renouvellement", text=words)
    row = drafts.save(annes_box.memberships.get(), uuid4(), text, version=0, now=timezone.now())
    draft_files.attach(annes_box, row, name="Ordonnance.pdf", content_type="application/pdf", data=b"%PDF" * 9_000)
    desk.suspend(annes_box.pk, by(anne, "Congé"), until=timezone.now() + 9 * DAY)
    desk.close(dupont.pk, by(anne, "Vente"))
    for name, url in (("suspended", f"/b/{annes_box.pk}/inbox/"), ("suspended-drafts", f"/b/{annes_box.pk}/drafts/"),
                      ("suspended-draft", f"/b/{annes_box.pk}/brouillon/{row.pk}/"),
                      ("closed", f"/b/{dupont.pk}/inbox/"), ("boxes2", "/boites/"),
                      ("export", f"/b/{dupont.pk}/exporter/"), ("channel", "/avertissements/")):  # fmt: skip
        page.goto(url)
        seen(page, name)
    page.goto(f"/b/{dupont.pk}/exporter/")
    with page.expect_download() as left:
        page.get_by_role("button", name="Télécharger").click()
    assert left.value.suggested_filename.endswith(".zip")
    assert "commence" in page.inner_text("main")
    seen(page, "export-leaves")
    page.goto(f"/boites/{dupont.tenant_id}/demander/")
    page.get_by_label("Personnelle").check()
    page.get_by_label("Motif").fill("m")
    page.get_by_role("button", name="Voir les adresses possibles").click()
    seen(page, "ask-wrong")
    Life.objects.filter(pk=annes_box.pk).update(ends_at=timezone.now() + 20 * DAY)
    page.goto(opposition.link(annes_box.pk, timezone.now() + 20 * DAY).partition("8000")[2])
    seen(page, "opposition")
    page.goto("/opposition/x/")
    seen(page, "opposition-forged")
