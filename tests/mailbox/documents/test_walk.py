"""Walk: a document opens over its thread by a click or a key, and is closed; without JavaScript it is a page."""

import pytest
from playwright.sync_api import expect

from tests.mailbox.quarantine.made import PDF, XDM, described, narrated
from tests.walking import look

pytestmark = [pytest.mark.walk, pytest.mark.soak, pytest.mark.django_db(transaction=True)]

_ROWS = "".join(f"<tr><th>Analyse {n}</th><td>{n},2 mUI/L</td><td>normale</td></tr>" for n in range(30))
CDA = narrated(f"<paragraph>Conclusion.</paragraph><table><caption>NFS</caption><tbody>{_ROWS}</tbody></table>")


def test_a_document_is_read_over_its_thread_and_left_by_a_key(at, claire, base, came):
    message = came(
        ("IHE_XDM.zip", XDM), ("20261120_Ordonnance.pdf", PDF), ("facture.pdf", b"MZ" + b"x" * 99),
        ("IHE_XDM.zip", described(("DOC0001.XML", CDA), hash_of=b"autre")),
    )  # fmt: skip
    url = f"{base}/fil/{message.thread_id}/?d=inbox"
    page = at(claire, url)
    page.get_by_role("link", name="Aperçu de Compte rendu").click()
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_role("heading", name="Résultats")).to_be_visible()
    look(page)
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    page.locator(".papers").get_by_role("link", name="20261120_Ordonnance.pdf", exact=True).first.focus()
    page.keyboard.press("Enter")
    picture = sheet.get_by_role("img", name="Document")
    expect(picture).to_be_visible()
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("image => image.naturalWidth") == 1240


def test_without_javascript_a_document_is_a_page_with_a_way_back(at, claire, base, came):
    message = came(("IHE_XDM.zip", described(("DOC0001.XML", CDA))), ("IHE_XDM.zip", XDM))
    look(at(claire, f"{base}/fil/{message.thread_id}/?d=inbox"))
    plain = at(claire, f"{base}/fil/{message.thread_id}/?d=inbox", scripts=False)
    plain.get_by_role("link", name="Aperçu de Compte rendu").click()
    expect(plain.get_by_role("heading", name="Résultats")).to_be_visible()
    plain.get_by_role("link", name="Revenir au message").click()
    expect(plain.get_by_role("heading", name="Documents", level=3)).to_be_visible()
