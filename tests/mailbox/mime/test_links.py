"""Links of messages: what is an address in a text, where it leads, and which of them lie."""

import html
import re
import time

import pytest

from mailbox.mime.links import address_of, elsewhere, linked
from mailbox.mime.sanitize import clean, plain_to_html


def ours(address: str) -> str | None:
    return f"/ecrire/{len(address)}/"


def hrefs(line: str) -> list[str]:
    return [html.unescape(found) for found in re.findall(r'href="([^"]*)"', linked(line, ours))]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("Voir https://ansm.sante.fr/x?a=1&b=2.", ["https://ansm.sante.fr/x?a=1&b=2"]),
        ("(https://fr.wikipedia.org/wiki/Fer_(chimie))", ["https://fr.wikipedia.org/wiki/Fer_(chimie)"]),
        ("<https://a.fr>, «https://b.fr»", ["https://a.fr", "https://b.fr"]),
        ("dr.petit@cabinet.mssante.fr.", [f"/ecrire/{len('dr.petit@cabinet.mssante.fr')}/"]),
        ("mailto:a@b.fr", ["/ecrire/6/"]),
        ("Tél. 01 42 00 00 00, +33 6 12 34 56 78", ["tel:0142000000", "tel:+33612345678"]),
        ("RPPS 10001234567, lot 0142000000, 279035121518989", []),
        ("javascript:alert(1) data:text/html,x vbscript:x file:///etc ftp://x.fr", []),
        ("https://", []),
        ("http://[::1 https://ex\\ample.fr", []),
        ("https://" + "a" * 5000, ["https://" + "a" * 2000]),
    ],
)
def test_addresses_of_a_text_are_links_and_nothing_else_is(line, found):
    assert hrefs(line) == found


def test_a_host_of_other_letters_is_shown_as_it_is_asked_for():
    shown = linked("https://аmeli.fr/compte", ours)  # the first letter is Cyrillic
    assert ">https://xn--meli-43d.fr/compte</a>" in shown


def test_without_a_composer_an_address_of_mail_is_text():
    assert linked("a@b.fr", lambda _: None) == "a@b.fr"


@pytest.mark.parametrize(
    ("words", "href", "told"),
    [
        ("https://www.ameli.fr/assure", "https://evil.example/ameli.fr", "evil.example"),
        ("www.ameli.fr", "https://ameli.fr.evil.example/", "ameli.fr.evil.example"),
        ("ameli.fr", "http://evil.example", "evil.example"),
        ("Mon espace ameli.fr", "http://evil.example", "evil.example"),
        ("https://ameli.fr", "https://ameli.fr@evil.example/", "evil.example"),
        ("Cliquez ici", "https://ameli.fr@evil.example/", "evil.example"),
        ("Cliquez ici", "https://аmeli.fr/", "xn--meli-43d.fr"),
        ("sante.gouv.fr", "https://impots.gouv.fr", "impots.gouv.fr"),
        ("https://192.0.2.1/", "https://192.0.2.2/", "192.0.2.2"),
        ("www.ameli.fr", "https://assure.ameli.fr/x", ""),
        ("ameli.fr", "https://liens.lettre.ameli.fr/x", ""),
        ("Compte-rendu.pdf", "https://partage.hopital.fr/1", ""),
        ("Lire la suite…", "https://blog.example/", ""),
        ("M. Petit.Il viendra demain", "https://blog.example/", ""),
        ("version 2.10.fr", "https://blog.example/", "blog.example"),
        ("xn--meli-43d.fr", "https://аmeli.fr/", ""),
    ],
)
def test_a_link_that_shows_another_place_than_it_leads_to_is_found(words, href, told):
    assert elsewhere(words, href) == told


def test_a_link_that_lies_is_marked_beside_it_and_an_honest_one_is_not():
    shown = clean(
        '<a title="</a><b>" href="https://evil.example/"><b>www.ameli.fr</b></a> <a href="https://a.fr">ici</a>', ours
    )
    assert '</a> <span class="elsewhere">[mène à evil.example]</span>' in shown.html
    assert shown.html.count("elsewhere") == 1
    hidden = clean(
        '<b title="</a> <img src=x onerror=alert(1)>">x</b><a href="https://evil.example">ameli.fr</a>', ours
    )
    assert re.sub(r'"[^"]*"', '""', hidden.html) == (
        '<b title="">x</b><a href="" target="" rel="">ameli.fr</a> <span class="">[mène à evil.example]</span>'
    )


def test_mail_links_lead_to_our_composer_or_nowhere():
    source = '<a href="mailto:a@b.fr?subject=x&body=y">A</a><a href="MAILTO:x@y.fr,z@y.fr">B</a><a href="mailto:">C</a>'
    shown = clean(source, ours, mailto=ours).html
    assert re.findall(r'href="([^"]*)"', shown) == ["/ecrire/6/", "/ecrire/6/"]
    assert "href" not in clean(source, ours).html
    assert address_of("mailto:a%40b.fr") == "a@b.fr"
    assert address_of("mailto:a@b.fr%0d%0aBcc:c@d.fr") == ""


@pytest.mark.parametrize(
    "piece", ["a@", "a.", "http://x", "0142 ", "a@b.", "((", "https://x(", "tel:1-", "a-b.c", "%.+-"]
)
def test_any_text_is_linked_in_linear_time(piece):
    begun = time.process_time()
    plain_to_html(piece * 20_000)
    elsewhere(piece * 20_000, "https://x.fr")
    assert time.process_time() - begun < 2
