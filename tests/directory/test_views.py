"""The page works without a script; what is searched is posted and never in a URL."""

import pytest
from django.urls import reverse

SHELL = "<!doctype html><title>{% block title %}{% endblock %}</title>{% block main %}{% endblock %}"
SEARCH, SUGGESTIONS = "/annuaire/", "/annuaire/suggestions/"


def test_the_addresses_are_these():
    assert (reverse("directory:search"), reverse("directory:suggestions")) == (SEARCH, SUGGESTIONS)


@pytest.mark.parametrize("path", [SEARCH, SUGGESTIONS])
def test_nobody_searches_without_a_session(client, directory, path):
    answer = client.post(path, {"q": "leveque"})
    assert answer.status_code in {302, 401, 403}
    assert b"mssante.example" not in answer.content


def test_suggestions_are_options_with_an_address_and_a_name(client, sign_in, anne, directory):
    sign_in(client, anne)
    answer = client.post(SUGGESTIONS, {"q": "lev"})
    text = answer.content.decode()
    assert 'role="option"' in text
    assert 'data-address="anne.leveque@hopital.mssante.example"' in text
    assert 'data-name="Dr Anne LÉVÊQUE"' in text
    assert "Médecin · Cardiologie · Lille" in text
    assert "no-store" in answer["Cache-Control"]
    assert client.get(SUGGESTIONS, {"q": "lev"}).status_code == 405


def test_names_of_the_file_are_text_and_nothing_else(client, sign_in, anne, give):
    from directory import invent
    from tests.directory.conftest import mailbox_text

    evil = invent.chosen({"first_name": '"><script>', "last_name": "Malin", "address": "m@x.mssante.example"}, 1)
    give(mailbox_text(everyone=[evil]))
    sign_in(client, anne)
    text = client.post(SUGGESTIONS, {"q": "malin"}).content.decode()
    assert "m@x.mssante.example" in text
    assert "<script" not in text


@pytest.fixture
def plain_shell(settings, tmp_path) -> None:
    """The page alone: the shell around it is tested with the mailboxes."""
    (tmp_path / "base.html").write_text(SHELL)
    [engine] = settings.TEMPLATES
    settings.TEMPLATES = [{**engine, "DIRS": [tmp_path, *engine["DIRS"]]}]


def test_cards_group_addresses_and_date_the_data(client, sign_in, anne, directory, plain_shell):
    sign_in(client, anne)
    page = client.post(SEARCH, {"q": "anne martin"}).content.decode()
    assert "Anne MARTIN" in page
    assert "RPPS …" in page
    assert "23 novembre 2026" in page
    assert "Clinique du Parc" in page
    empty = client.post(SEARCH, {"q": "personne"}).content.decode()
    assert "Personne à ce nom" in empty
    assert "style=" not in page
    assert "Anne MARTIN" not in client.get(SEARCH, {"q": "martin"}).content.decode()
