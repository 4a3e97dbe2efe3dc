"""What is quoted is folded, in the ways of the programs that people use; what the author wrote never is."""

import re

import pytest

from mailbox.mime.quotes import CLOSE, OPEN, folded, parts
from mailbox.mime.sanitize import clean, plain_to_html

GMAIL = (
    '<div dir="ltr">Merci, reçu.</div><br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">'
    'Le lun. 23 nov. 2026 à 10:00, Dr Lemaire &lt;<a href="mailto:a@b.fr">a@b.fr</a>&gt; a écrit :<br></div>'
    '<blockquote class="gmail_quote" style="margin:0px">ANCIEN</blockquote></div>'
)
APPLE = (
    '<div>Merci, reçu.<br><blockquote type="cite"><div>Le 23 nov. 2026 à 10:00, Dr Lemaire a écrit :</div>'
    "<div>ANCIEN</div></blockquote></div><div>Envoyé de mon iPhone</div>"
)
THUNDERBIRD = (
    '<p>Merci, reçu.</p><div class="moz-cite-prefix">Le 23/11/2026 à 10:00, Dr Lemaire a écrit :<br></div>'
    '<blockquote type="cite" cite="mid:x@y"><p>ANCIEN</p></blockquote>'
)
OUTLOOK = (
    "<div class=WordSection1><p class=MsoNormal>Merci, reçu.</p><div><div style='border:none;border-top:solid #E1E1E1 "
    "1.0pt;padding:3.0pt 0cm 0cm 0cm'><p class=MsoNormal><b>{de} :</b> Dr Lemaire<br><b>Envoyé :</b> lundi</p></div></div>"
    "<p class=MsoNormal>ANCIEN</p></div>"
)
WEB = (
    '<div>Merci, reçu.</div><div id="appendonsend"></div><hr style="display:inline-block;width:98%" tabindex="-1">'
    '<div id="divRplyFwdMsg" dir="ltr"><b>From:</b> Dr Lemaire<br><b>Sent:</b> Monday</div><div>ANCIEN</div>'
)
YAHOO = '<div>Merci, reçu.</div><div id="ydp1" class="ydp2 yahoo_quoted"><div>On Monday, X wrote:</div><div>ANCIEN</div></div>'


def around(html: str) -> str:
    """What is seen without unfolding."""
    return re.sub(re.escape(OPEN) + ".*?" + re.escape(CLOSE), "", html, flags=re.S)


@pytest.mark.parametrize("html", [GMAIL, APPLE, THUNDERBIRD, OUTLOOK.replace("{de}", "Von"), WEB, YAHOO])
def test_what_a_program_quotes_is_folded_and_the_answer_is_not(html):
    shown = clean(html, lambda _: None).html
    assert shown.count("<details") == shown.count("</details>") == 1
    assert "Merci, reçu." in around(shown)
    assert "ANCIEN" in shown
    if "WordSection1" not in html:
        assert "ANCIEN" not in around(shown)
    assert "data-quoted" not in shown


def test_outlook_folds_all_that_follows_its_header():
    nested = OUTLOOK.replace("<div><div style", "<div style").replace("</p></div></div>", "</p></div>")
    assert "ANCIEN" not in around(clean(nested, lambda _: None).html)
    assert "Envoyé de mon iPhone" in around(clean(APPLE, lambda _: None).html)


@pytest.mark.parametrize("html", [GMAIL.replace("Merci, reçu.", "&nbsp;"), "<blockquote type=cite>ANCIEN</blockquote>"])
def test_a_message_that_only_quotes_hides_nothing(html):
    assert "<details" not in clean(html, lambda _: None).html


def test_a_forward_shows_what_it_brings():
    assert "<details" not in clean(GMAIL, lambda _: None, is_forward=True).html
    assert parts("Vu.\n> a\n> b", is_forward=True) == [(False, "Vu.\n> a\n> b")]


def test_a_quotation_in_a_quotation_is_folded_once():
    inner = "<blockquote type=cite>B<blockquote type=cite>C</blockquote></blockquote>"
    shown = clean(f"<p>A</p>{inner}<p>D</p>{inner}", lambda _: None).html
    assert shown.count("<details") == 2
    assert re.sub(r"<[^>]+>", "", around(shown)) == "AD"


def test_marks_of_a_sender_s_own_change_nothing():
    assert (
        "<details" not in clean('<p>x</p><div data-quoted="self">y</div><details open>z</details>', lambda _: None).html
    )
    assert folded('<p title="data-quoted=">x</p>') == '<p title="data-quoted=">x</p>'


FRENCH = "Merci.\n\nLe 23 nov. 2026 à 10:00, Dr Lemaire <a@b.fr> a\nécrit :\n\n> ANCIEN\n> suite\n"
PLAIN = {
    "apple": FRENCH.replace("a\nécrit", "a écrit"),
    "broken in two": FRENCH.replace(" <a@b.fr> a\nécrit", "\n<a@b.fr> a écrit"),
    "gmail": "Thanks.\n\nOn Mon, 23 Nov 2026 at 10:00, Dr Lemaire <a@b.fr> wrote:\n> ANCIEN\n",
    "german": "Danke.\n\nAm 23.11.2026 um 10:00 schrieb Dr Lemaire:\n> ANCIEN\n",
    "outlook": "Merci.\n\n-----Message d'origine-----\nDe : Dr Lemaire\nEnvoyé : lundi\nObjet : x\n\nANCIEN",
    "outlook en": "Merci.\n\n________________________________\nFrom: Dr Lemaire\nSent: Monday\n\nANCIEN",
    "outlook de": "Merci.\n\nVon: Dr Lemaire\nGesendet: Montag\nAn: x\n\nANCIEN",
    "signature": "Merci.\n\n> ANCIEN\n\n-- \nDr Petit",
}


@pytest.mark.parametrize("style", PLAIN)
def test_what_a_plain_text_quotes_is_folded_with_the_line_above_it(style):
    shown = plain_to_html(PLAIN[style])
    seen = around(shown)
    assert re.match("Merci|Thanks|Danke", seen)
    assert not re.search("ANCIEN|écrit|wrote|schrieb|Lemaire", seen)
    assert "ANCIEN" in shown
    assert "\n".join(piece for _, piece in parts(PLAIN[style])) == PLAIN[style]


def test_answers_between_short_quotations_are_read_with_them():
    talk = "> Dose ?\n5 mg.\n> Durée ?\n7 jours."
    assert parts(talk) == [(False, talk)]
    long = "\n".join(["> x"] * 8)
    assert parts(f"{long}\nMa réponse.") == [(True, long), (False, "Ma réponse.")]


def test_a_sentence_about_who_writes_is_no_quotation():
    for text in (
        "De : la part du Dr Petit\nvoici",
        "On 23 patients we wrote: nothing",
        "Le docteur a écrit : 5 mg\nmatin",
    ):
        assert parts(text) == [(False, text)]
