"""The page works without a script; what is searched is posted and never in a URL."""

import pytest
from django.urls import reverse

SHELL = "<!doctype html><title>{% block title %}{% endblock %}</title>{% block main %}{% endblock %}"
SEARCH = "/annuaire/"


def test_nobody_searches_without_a_session(client, directory):
    assert reverse("directory:search") == SEARCH
    answer = client.post(SEARCH, {"q": "leveque"})
    assert answer.status_code in {302, 401, 403}
    assert b"mssante.example" not in answer.content


@pytest.fixture
def plain_shell(settings, tmp_path) -> None:
    """The page alone: the shell around it is tested with the mailboxes."""
    (tmp_path / "base.html").write_text(SHELL)
    engine, *others = settings.TEMPLATES
    settings.TEMPLATES = [{**engine, "DIRS": [tmp_path, *engine["DIRS"]]}, *others]


def test_cards_group_addresses_and_date_the_data(client, sign_in, anne, directory, plain_shell):
    sign_in(client, anne)
    page = client.post(SEARCH, {"q": "anne martin"}, follow=True).content.decode()
    assert page.count("Anne MARTIN</a>") == 2
    assert "RPPS …" in page
    assert "23 novembre 2026" in page
    assert "Clinique du Parc" in page
    empty = client.post(SEARCH, {"q": "personne"}, follow=True).content.decode()
    assert "Personne ne correspond" in empty
    assert "style=" not in page
    assert "Anne MARTIN" not in client.get(SEARCH, {"q": "martin"}).content.decode()


def test_the_page_shows_more_when_asked_and_people_without_address_when_asked(client, sign_in, anne, give, plain_shell):
    from directory import invent
    from tests.directory.conftest import activity_text, mailbox_text

    folk = [invent.chosen({"first_name": f"P{n:02}", "last_name": "Nombreux", "address": f"p{n}@x.mssante.example"}, 100 + n)
            for n in range(60)]  # fmt: skip
    give(mailbox_text(everyone=folk))
    give(activity_text(), "PS_LibreAcces_Personne_activite.txt")
    sign_in(client, anne)
    for asked, shown, more in (
        ("", 25, True),
        ("50", 50, True),
        ("100", 60, False),
        ("9" * 99, 60, False),
        ("x", 25, True),
    ):
        page = client.post(SEARCH, {"q": "nombreux", "n": asked}, follow=True).content.decode()
        assert (page.count('directory-card"'), "Afficher plus" in page) == (shown, more), asked
    assert "Sans ADRESSE" not in client.post(SEARCH, {"q": "adresse"}, follow=True).content.decode()
    assert "Pas d’adresse MSSanté" in client.post(SEARCH, {"q": "adresse", "all": "1"}, follow=True).content.decode()


def test_as_many_queries_for_one_card_as_for_many(
    client, sign_in, anne, give, plain_shell, django_assert_max_num_queries
):
    from directory import invent
    from tests.directory.conftest import mailbox_text

    folk = [invent.chosen({"first_name": f"P{n:02}", "last_name": "Nombreux" if n else "Seul",
                           "address": f"p{n}@x.mssante.example"}, n) for n in range(51)]  # fmt: skip
    give(mailbox_text(everyone=folk))
    sign_in(client, anne)
    for typed in ("seul", "nombreux"):
        client.post(SEARCH, {"q": typed}, follow=True)
        results = client.post(SEARCH, {"q": typed, "n": "50"}).url
        with django_assert_max_num_queries(7):  # session, who asks, search, addresses, counts, date of the data
            client.get(results)


def test_a_person_and_a_structure_have_a_page_whose_url_names_nobody(
    client, sign_in, anne, give, directory, plain_shell
):
    from directory.models import MailboxAddress, Organization, Practitioner
    from tests.directory.conftest import folk, mailbox_text

    sign_in(client, anne)
    leveque = Practitioner.objects.get(last_name="Lévêque")
    box = MailboxAddress.objects.get(practitioner=leveque)
    page = client.get(f"/annuaire/p/{leveque.ref}/").content.decode().replace("<wbr>", "")
    for told in ("Dr Anne LÉVÊQUE", "Médecin · Cardiologie", "Centre hospitalier de Lille", box.address):
        assert told in page
    assert f"/annuaire/p/{leveque.ref}/" in client.post(SEARCH, {"q": "leveque"}, follow=True).content.decode()
    halles = Organization.objects.get(key="F750000002")
    assert "secretariat@halles.mssante.example" in client.get(f"/annuaire/s/{halles.ref}/").content.decode().replace(
        "<wbr>", ""
    )
    assert client.get(f"/annuaire/p/{halles.ref}/").status_code == 404
    give(mailbox_text(everyone=folk()[1:]))
    gone = client.get(f"/annuaire/p/{leveque.ref}/").content.decode()
    assert "Retirée de l’annuaire le" in gone


def test_old_data_is_told(client, sign_in, anne, give, plain_shell):
    from tests.directory.conftest import mailbox_text

    give(mailbox_text(), "Extraction_Correspondance_MSSante_202001010200.txt")
    sign_in(client, anne)
    page = client.get(SEARCH).content.decode()
    assert "1 janvier 2020" in page
    assert "Extraction ancienne" in page


def test_results_have_an_address_of_this_session_that_the_pages_of_people_lead_back_to(
    client, sign_in, anne, claire, directory, plain_shell
):
    from directory.models import Practitioner

    sign_in(client, anne)
    results = client.post(SEARCH, {"q": "leveque"}).url
    assert "leveque" not in results.lower()
    page = client.get(results).content.decode()
    uuid = Practitioner.objects.get(last_name="Lévêque").ref
    sealed = results.partition("?")[2]
    assert f'href="/annuaire/p/{uuid}/?{sealed}"' in page
    assert f'href="{results}"' in client.get(f"/annuaire/p/{uuid}/?{sealed}").content.decode()
    sign_in(client, claire)
    assert "LÉVÊQUE" not in client.get(results).content.decode()
    assert client.get(f"{SEARCH}?r=AQ%3D").status_code == 200


def test_one_writes_from_the_mailbox_one_came_from(client, sign_in, anne, dupont, annes_box, directory):
    from directory.models import Practitioner

    sign_in(client, anne)
    uuid = Practitioner.objects.get(last_name="Lévêque").ref
    for box in (dupont, annes_box):
        results = client.post(f"{SEARCH}?b={box.pk}", {"q": "leveque"}).url
        for place in (results, results.replace(SEARCH, f"{SEARCH}p/{uuid}/")):
            assert f'action="/b/{box.pk}/nouveau/"' in client.get(place).content.decode()


def test_a_typing_error_is_said_on_the_page(client, sign_in, anne, directory, plain_shell):
    sign_in(client, anne)
    page = client.post(SEARCH, {"q": "levesque <b>"}, follow=True).content.decode()
    assert "Aucun résultat" in page
    page = client.post(SEARCH, {"q": "levesque"}, follow=True).content.decode()
    assert "Résultats pour <b>leveque</b>" in page
    assert "LÉVÊQUE" in page


def test_a_structure_is_one_result_with_its_services_beneath_the_one_that_was_asked_first(
    client, sign_in, anne, give, plain_shell
):
    from directory import invent
    from tests.directory.conftest import HALLES, mailbox_text

    offices = [
        invent.Office(f"{name}@halles.mssante.example", HALLES, name.capitalize()) for name in ("accueil", "pediatrie")
    ]
    give(mailbox_text(everyone=[], offices=offices))
    sign_in(client, anne)
    for typed in ("pediatrie halles", "pharmacie des halles", "halles"):
        page = client.post(SEARCH, {"q": typed}, follow=True).content.decode()
        assert page.count('directory-card"') == 1, typed
        places = [page.index(name) for name in ("Accueil", "Pediatrie")]
        assert (places[1] < places[0]) is (typed == "pediatrie halles"), typed
