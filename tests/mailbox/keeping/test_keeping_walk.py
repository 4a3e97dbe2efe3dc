"""In a browser: an archive is brought in pieces, what is ticked is taken away, a thread is held, a bin is emptied."""

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from mailbox.imports import worker
from mailbox.models import Hold, Import, Message
from tests.depth import SOAK
from tests.mailbox.imports.test_reading import box, mail, zipped
from tests.mailbox.views.conftest import at  # noqa: F401
from tests.walking import look

pytestmark = [pytest.mark.walk, pytest.mark.soak]


def more(page: Page) -> None:
    """Pages made of the same parts as those that are always looked at."""
    if SOAK:
        look(page)


def test_mail_is_brought_taken_away_held_and_emptied_in_a_browser(at, live_server, anne, dupont, tmp_path):  # noqa: F811
    base, archive = f"/b/{dupont.pk}", tmp_path / "Ancienne messagerie.zip"
    archive.write_bytes(zipped({"Trash.mbox": box(mail(1), mail(2)), "photo.jpg": b"\xff\xd8\xff"}))
    page = at(anne, f"{base}/importer/")
    more(page)
    page.evaluate("() => (document.querySelector('[data-import]').dataset.piece = '200')")
    page.locator("[data-import-files]").set_input_files(archive)
    page.get_by_role("button", name="Importer", exact=True).click()
    page.wait_for_url("**/importer/*-*/")
    assert Import.objects.get().state == "running"
    while worker.import_due(timezone.now()):
        pass
    page.get_by_text("Import terminé").wait_for()  # it asked for itself again
    page.reload()
    assert "photo.jpg" in page.locator(".keep-refused").inner_text()
    look(page)
    page.goto(f"{base}/trash/")
    page.locator(".row .pick").first.click()
    page.locator(".bulk button[title=Exporter]").click()
    with page.expect_download() as taken:
        page.get_by_role("button", name="Télécharger").click()
    assert taken.value.suggested_filename.endswith(".zip")
    more(page)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"{base}/trash/")
    page.locator(".row a.hit").first.click()
    page.get_by_title("Autres actions sur le fil").click()
    page.get_by_role("link", name="Conservation pour motif légal").click()
    page.get_by_label("Motif", exact=True).fill("Litige avec la caisse")
    page.get_by_role("button", name="Conserver ce fil").click()
    page.get_by_text("Anne DUPONT, le").wait_for()
    look(page)
    assert Hold.objects.count() == 1
    page.goto(f"{base}/trash/")
    page.get_by_role("link", name="Vider la corbeille").click()
    page.get_by_text("1 message reste").wait_for()
    more(page)
    page.get_by_role("button", name="Supprimer définitivement").click()
    page.get_by_text("1 message supprimé définitivement").wait_for()
    assert Message.objects.count() == 1
