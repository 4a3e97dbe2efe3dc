"""In a browser: the button is pressed, with and without scripts, and every answer can be read."""

import pytest

from directory.models import Practitioner
from tests.depth import variant
from tests.directory import annuaire_api as api
from tests.directory.test_confirm import BUTTON, LEVEQUE, NEW, server  # noqa: F401
from tests.mailbox.views.conftest import at  # noqa: F401
from tests.walking import look

pytestmark = [pytest.mark.walk, pytest.mark.django_db(transaction=True)]


@pytest.mark.soak
@pytest.mark.parametrize("scripts", [True, variant(False)])
def test_addresses_are_checked_from_the_page_of_a_person(at, anne, directory, server, scripts):  # noqa: F811
    leveque = Practitioner.objects.get(last_name="Lévêque")
    page = at(anne, f"/annuaire/p/{leveque.ref}/", scripts=scripts)
    server.hold(api.practitioner(leveque.rpps, "LÉVÊQUE", "Anne", api.telecom(LEVEQUE), api.telecom(NEW)))
    page.get_by_role("button", name=BUTTON).click()
    assert page.get_by_text("Adresse confirmée").is_visible()
    assert page.get_by_role("button", name=f"Écrire à {NEW}").is_visible()
    if scripts:
        look(page)
    server.faults.append(api.status(401))
    page.get_by_role("button", name="Vérifier de nouveau").click()
    assert page.get_by_text("prévenez l’administrateur").is_visible()
    if scripts:
        look(page)
