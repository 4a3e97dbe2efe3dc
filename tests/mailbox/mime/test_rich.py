"""Rich text: what travels, its plain twin, what is quoted; the allow-list holds whatever a browser sends."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbox.mime import importance, pasted, quoting, rich
from mailbox.mime.compose import Outgoing, compose
from mailbox.mime.parse import parse, text_of
from mailbox.mime.values import Address
from mailbox.placeholders import fill, left_in

QUOTE = "Le 27/11/2026 à 9:41, Dr Lemaire a écrit :\n> Deux comprimés.\n>\n> Merci"
FORWARD = "---------- Message transféré ----------\nDe : Dr Lemaire\n\nDeux comprimés."


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        ("<p>a <strong>b</strong> <em>c</em> <u>d</u></p>", "<p>a <strong>b</strong> <em>c</em> <u>d</u></p>"),
        ('<p class="x" style="color:red" onclick="x()">a</p>', "<p>a</p>"),
        ('<p>a<script>b</script><img src="https://x/y"><iframe src="x"></iframe></p>', "<p>a</p>"),
        ('<p><a href="javascript:x()">a</a><a href="/b">b</a></p>', "<p><a>a</a><a>b</a></p>"),
        ('<p><a href="https://x.fr/?a=1" id="k">a</a></p>', '<p><a href="https://x.fr/?a=1">a</a></p>'),
        ("<svg><text>a</text></svg><math><mi>b</mi></math><p>c</p>", "<p>c</p>"),
        ("<form><input><p>a</p></form><style>p{}</style>", "<p>a</p>"),
        ("<p></p><p> </p>", ""),
        ("<p><b", ""),
    ],
)  # fmt: skip
def test_only_what_travels_well_is_kept(source, kept):
    assert rich.clean(source) == rich.clean(kept) == kept


@settings(max_examples=40)
@given(st.text(max_size=400))
def test_whatever_is_sent_is_inert_and_cleaning_twice_changes_nothing(source):
    once = rich.clean(source)
    assert rich.clean(once) == once
    assert "<script" not in once


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n"), max_size=300))
def test_plain_words_made_rich_are_the_same_words(text):
    there = rich.to_text(rich.of_text(text))
    assert there.split("\n") == [line.rstrip() for line in text.split("\n")]


def test_the_plain_twin_tells_lists_links_and_quotations():
    html = (
        "<h2>Titre</h2><p>Voir <a href='https://x.fr'>ici</a> et <a href='https://y.fr'>https://y.fr</a></p>"
        "<ul><li><p>un</p></li><li><p>deux</p><ol><li><p>a</p></li><li><p>b</p></li></ol></li></ul>"
        "<blockquote><p>cité</p><p>encore</p></blockquote><p></p><p>fin<br>là</p>"
    )
    assert rich.to_text(rich.clean(html)).split("\n") == [
        "Titre", "Voir ici <https://x.fr> et https://y.fr", "- un", "- deux", "  1. a", "  2. b", "> cité", "> encore",
        "", "fin", "là",
    ]  # fmt: skip


@pytest.mark.parametrize("quote", [QUOTE, FORWARD])
def test_the_quotation_is_found_again_and_nothing_else_is_taken_for_one(quote):
    whole = quoting.joined("Bonjour\n\nOui.", quote)
    assert quoting.split(whole) == ("Bonjour\n\nOui.", quote)
    assert quoting.split(quoting.joined("", quote)) == ("", quote)
    for own in ("Le 27/11/2026 à 9:41, il a écrit :\nrien", "> a\n> b", "Le Dr Lemaire a écrit :\n> a", ""):
        assert quoting.split(own) == (own, "")


def test_a_rich_letter_is_two_parts_that_say_the_same():  # ECO.2.2.4
    html = rich.clean("<p>Bonjour <strong>Docteur</strong> &lt;3</p>")
    letter = Outgoing(
        from_=Address("Pharmacie Dupont", "a@b.example"), to=(Address("", "c@d.example"),), subject="s",
        text=f"{rich.to_text(html)}\n\n-- \nClaire\n\n{QUOTE}", html=rich.document(html, signature="Claire", quote=QUOTE),
        message_id="x@b.example", date=datetime(2026, 11, 27, tzinfo=UTC), headers=dict(importance.fields("high")),
    )  # fmt: skip
    raw = compose(letter)
    read = parse(raw)
    assert b"multipart/alternative" in raw
    assert text_of(raw, read.text_part).startswith("Bonjour Docteur <3\n\n-- \nClaire\n\nLe 27/11/2026")
    there = text_of(raw, read.html)
    assert "Bonjour <strong>Docteur</strong> &lt;3" in there and "<blockquote>Deux comprimés." in there
    assert rich.own_of(there) == html
    assert importance.importance(read.headers) == "high"


@pytest.mark.parametrize(
    ("headers", "level"),
    [({"importance": "High"}, "high"), ({"x-priority": "1 (Highest)"}, "high"), ({"x-priority": "3"}, ""),
     ({"priority": "non-urgent"}, "low"), ({"importance": "normal", "x-priority": "5"}, "low"), ({}, "")],
)  # fmt: skip
def test_importance_is_read_as_programs_write_it(headers, level):
    assert importance.importance(headers) == level


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("a@x.fr; b@y.fr\nc@z.fr", [("", "a@x.fr"), ("", "b@y.fr"), ("", "c@z.fr")]),
        ("Dr Anne MARTIN\tLille\tanne@x.fr\r\nPaul\t\tpaul@y.fr", [("Dr Anne MARTIN", "anne@x.fr"), ("Paul", "paul@y.fr")]),
        ("mailto:a@x.fr?subject=secret", [("", "a@x.fr")]),
        ('"MARTIN, Anne" <a@x.fr>, Paul <b@y.fr>', [("MARTIN, Anne", "a@x.fr"), ("Paul", "b@y.fr")]),
        ("a@x.fr\tCabinet des Halles", [("Cabinet des Halles", "a@x.fr")]),
        ("- a@x.fr (cardiologue)\nA@X.FR", [("cardiologue", "a@x.fr")]),
        ("Dr Inconnu\na@x.fr", [("Dr Inconnu", ""), ("", "a@x.fr")]),
        ("  \n;;\t", []),
    ],
)  # fmt: skip
def test_a_pasted_list_becomes_so_many_recipients(typed, found):
    assert [(one.display_name, one.addr_spec) for one in pasted.read(typed)] == found


@given(st.text(max_size=500))
def test_no_pasted_text_is_too_odd(typed):
    assert len(pasted.read(typed)) <= pasted.MAX


def test_placeholders_are_filled_once_and_what_is_unknown_stays_and_is_told():
    done = fill("Bonjour {{ Destinataire }}, {{patient}} {{date}} {{inconnu}} {{boîte}} {x} {{}}", {
        "destinataire": "Dr {{date}}", "date": "27 novembre 2026", "patient": "", "boite": "a@b.example",
    })  # fmt: skip
    assert done.text == "Bonjour Dr {{date}}, {{patient}} 27 novembre 2026 {{inconnu}} a@b.example {x} {{}}"
    assert done.left == ("{{patient}}", "{{inconnu}}")
    assert left_in("{{patient}} {{patient}} {non}") == ("{{patient}}",)
