"""A person's addresses are checked with the Annuaire Santé at this moment: the page says what it says, or that it is away."""

import pytest

from directory import confirm
from directory.models import MailboxAddress, Practitioner
from mssweb.audit.models import AuditEvent
from tests.directory import annuaire_api as api

LEVEQUE = "anne.leveque@hopital.mssante.example"
NEW = "nouvelle@cabinet.mssante.example"
BUTTON = "Vérifier auprès de l’Annuaire Santé"


@pytest.fixture
def server(settings):
    with api.serve() as annuaire:
        settings.DIRECTORY_API_URL, settings.DIRECTORY_API_KEY = annuaire.base, api.KEY
        yield annuaire


@pytest.fixture
def leveque(directory) -> Practitioner:
    return Practitioner.objects.get(last_name="Lévêque")


@pytest.fixture
def check(client, sign_in, anne, leveque):
    """The page after the button was pressed, without the marks of its layout."""
    sign_in(client, anne)

    def press() -> str:
        answer = client.post(f"/annuaire/p/{leveque.ref}/verifier/")
        assert answer.status_code == 200
        return " ".join(answer.content.decode().replace("<wbr>", "").split())

    return press


def last_event() -> AuditEvent:
    return AuditEvent.objects.filter(action="directory.check").latest("at")


def test_what_is_confirmed_what_is_new_and_what_is_missing_are_told(server, check, leveque, anne, dupont):  # ANN/va1.04
    who = api.practitioner(leveque.rpps, "LÉVÊQUE", "Anne", api.telecom(NEW, "CAB"))
    server.hold(who, api.role(who, None, api.telecom(LEVEQUE)))
    page = check()
    assert "Vérifié auprès de l’Annuaire Santé le <time" in page
    assert f'Adresse confirmée : <span class="mono">{LEVEQUE}</span></p>' in page
    assert "Nouvelle adresse</h3>" in page
    assert f'name="to" value="{NEW}"' in page  # one can write to it at once
    assert "Adresse absente" not in page
    event = last_event()
    assert (event.actor_id, event.result, event.subject_id) == (anne.pk, "ok", leveque.ref)
    assert event.facts == {"confirmed": 1, "fresh": 1, "missing": 0, "code": ""}
    assert not MailboxAddress.objects.filter(address=NEW).exists()
    server.resources[:] = [api.practitioner(leveque.rpps, "LÉVÊQUE", "Anne")]
    page = check()
    assert f'Adresse absente : <span class="mono">{LEVEQUE}</span>' in page
    assert "Il ne donne aucune adresse" in page


def test_who_is_closed_or_unknown_there_is_told(server, check, leveque):
    assert "ne connaît pas ce numéro RPPS" in check()
    server.hold(api.practitioner(leveque.rpps, "", "", active=False))
    page = check()
    assert "n’y est plus en activité" in page
    assert "Adresse absente" in page


def test_when_the_api_is_away_the_page_says_what_it_shows_instead(server, check, leveque, monkeypatch):
    monkeypatch.setattr(confirm, "WITHIN", 0.3)
    server.faults.append(api.never(server.over))
    page = check()
    assert "L’Annuaire Santé ne répond pas pour l’instant." in page
    assert "Les adresses affichées sont celles de l’extraction du 23 novembre 2026." in page
    assert LEVEQUE in page
    event = last_event()
    assert (event.result, event.facts["code"]) == ("error", "too-slow")
    server.faults.append(api.status(401))
    assert "(bad-key) : prévenez l’administrateur" in check()


def test_the_button_is_there_only_when_it_can_be_pressed(client, sign_in, anne, leveque, settings):
    sign_in(client, anne)
    page, press = f"/annuaire/p/{leveque.ref}/", f"/annuaire/p/{leveque.ref}/verifier/"
    assert BUTTON not in client.get(page).content.decode()
    assert client.post(press).status_code == 404
    settings.DIRECTORY_API_KEY = api.KEY
    assert BUTTON in client.get(page).content.decode()
    assert client.get(press).status_code == 405
    Practitioner.objects.filter(pk=leveque.pk).update(rpps="591234567")  # a number of ADELI
    assert BUTTON not in client.get(page).content.decode()
    assert client.post(press).status_code == 404
    assert client.post("/annuaire/p/0000000000000001/verifier/").status_code == 404
    assert not AuditEvent.objects.filter(action="directory.check").exists()


def test_who_has_not_signed_in_checks_nobody(client, server, leveque):
    answer = client.post(f"/annuaire/p/{leveque.ref}/verifier/")
    assert "/connexion/" in answer["Location"]
    assert server.asked == []


def test_as_many_queries_for_one_address_as_for_many(
    client, sign_in, anne, server, leveque, django_assert_max_num_queries
):
    sign_in(client, anne)
    for number in (1, 40):
        boxes = [api.telecom(f"n{n}@x.mssante.example") for n in range(number)]
        server.resources[:] = [api.practitioner(leveque.rpps, "LÉVÊQUE", "Anne", *boxes)]
        with django_assert_max_num_queries(16):
            assert f"n{number - 1}@x" in client.post(f"/annuaire/p/{leveque.ref}/verifier/").content.decode().replace(
                "<wbr>", ""
            )
