"""Recipients as people in the composer: the preferred address, the others, what is remembered, what is warned of."""

import html
import re

import pytest
from django.utils import timezone
from uuid_utils.compat import uuid7

from directory import invent, lookup
from directory.models import MailboxAddress
from mailbox import store
from mailbox.models import AddressChoice, Submission
from mssweb.audit.models import AuditEvent
from tests.directory.conftest import _no_memory, directory, give  # noqa: F401  (fixtures)
from tests.directory.test_preferred import AT_LILLE, AT_PARIS, PARIS, renard, two_places
from tests.mailbox.test_store import filing, letter
from tests.mailbox.views.test_suggest import suggested, wrote_to  # noqa: F401

OWNER = lookup.ref_of_person("899900000508")
UNLISTED = "ailleurs@hopital.mssante.example"


@pytest.fixture
def annuaire(give) -> None:  # noqa: F811
    two_places(give)


@pytest.fixture
def told(author, base):
    """What is said of recipients while one writes, after pressing that button."""

    def ask(to: str, action: str = "", **more) -> dict:
        answer = author.post(f"{base}/destinataires/", {"to": to, "action": action, **more})
        assert answer.status_code == 200
        shown = answer.json()["html"].replace("<wbr>", "")
        return answer.json() | {"words": " ".join(html.unescape(re.sub("<[^>]+>", " ", shown)).split())}

    return ask


def buttons(shown: str) -> list[str]:
    return [html.unescape(value) for value in re.findall(r'name="action"\s+value="([^"]+)"', shown)]


def gone(address: str) -> None:
    MailboxAddress.objects.filter(address=address).update(vanished_at=timezone.now())


def test_a_recipient_of_several_equal_addresses_is_asked_about_and_each_is_one_click_away(told, annuaire):
    shown = told(f'"Camille" <{AT_LILLE}>')
    for words in (
        "Dr Camille RENARD", "2 adresses : choisissez", "Plusieurs possibles : choisissez", "Adresse nominative",
        "Centre hospitalier de Lille , Lille".replace(" ,", ","), "Cabinet des Halles, Paris", "l’annuaire depuis le",
        "extraction des boîtes MSSanté",
    ):  # fmt: skip
        assert words in shown["words"], words
    assert buttons(shown["html"]) == [f"take:{AT_LILLE} {AT_LILLE}", f"take:{AT_PARIS} {AT_LILLE}"]
    assert told(UNLISTED)["words"] == told("")["words"] == ""


def test_what_was_taken_is_remembered_proposed_next_time_and_forgotten(told, annuaire, suggested, claire):  # noqa: F811
    assert set(suggested("renard lille")) == {AT_LILLE}
    changed = told(f'"Dr X" <{AT_LILLE.upper()}>, {UNLISTED}', f"take:{AT_PARIS} {AT_LILLE}", cc=AT_LILLE)
    assert changed["changed"] == {"to": f'"Dr X" <{AT_PARIS}>, {UNLISTED}', "cc": AT_PARIS}
    assert changed["told"] == f"Retenue : vos prochains messages à Dr Camille RENARD iront à {AT_PARIS}."
    assert "Choisie par vous le" in changed["words"]
    assert suggested("renard lille") == suggested("renard") == [AT_PARIS]
    assert f"forget:{OWNER}" in buttons(told(AT_PARIS)["html"])
    assert f"forget:{OWNER}" not in buttons(told(AT_LILLE)["html"]), "of this letter alone"
    assert "plus retenue" in told(AT_PARIS, f"forget:{OWNER}")["told"]
    assert told(AT_PARIS, f"forget:{OWNER}")["told"] == ""
    assert not AddressChoice.objects.exists()
    events = AuditEvent.objects.filter(action__startswith="choice.").order_by("at")
    assert [(event.action, event.actor_id, event.facts) for event in events] == [
        ("choice.remember", claire.pk, {}), ("choice.forget", claire.pk, {}),
    ]  # fmt: skip


def test_a_patient_who_was_typed_beside_whom_one_takes_stays_as_typed_for_the_page_has_no_box_of_it(
    told, annuaire, author, base, dupont
):
    typed, masked = "248057511604235@patient.mssante.fr", "155039935012312@patient.mssante.fr"
    [asked] = store.file(dupont, [filing(letter(sender=masked), mail_from=masked)])
    page = author.get(f"{base}/message/{asked.pk}/repondre/").text
    shown = re.search(r"•••[a-z2-7]{5}@patient.mssante.fr", page)[0]
    veiled = re.search(r'name="veiled" value="([^"]+)"', page)[1]
    changed = told(f"{AT_LILLE}, {typed}, {shown}", f"take:{AT_PARIS} {AT_LILLE}", veiled=veiled)["changed"]
    assert changed == {"to": f"{AT_PARIS}, {typed}, {shown}"}


def test_keeping_the_proposed_one_of_equals_is_a_choice_too(told, annuaire):
    kept = told(AT_LILLE, f"take:{AT_LILLE} {AT_LILLE}")
    assert kept["told"].startswith("Retenue") and kept["changed"] == {}
    assert told(AT_LILLE, f"take:{AT_LILLE} {AT_LILLE}")["told"] == ""


def test_an_address_of_somebody_else_is_not_taken(told, annuaire):
    """Attack: a button that no page showed."""
    for action in (f"take:{UNLISTED} {AT_LILLE}", f"take: {AT_LILLE}", "take:", f"take:{AT_PARIS} {UNLISTED}",
                   f"take:{AT_PARIS} personne", "forget:", "forget:x\x00", "take:\x00 a\x00@x"):  # fmt: skip
        shown = told(AT_LILLE, action)
        assert (shown["changed"], shown["told"]) == ({}, ""), action
    assert not AddressChoice.objects.exists()


def test_one_that_is_asked_for_by_its_town_is_not_asked_about_again(told, annuaire, browser, base, anne):
    offered = browser(anne).post(f"{base}/suggestions/", {"q": "renard lille"}).content.decode()
    assert "data-placed" in offered and "Celle de ce lieu" not in offered and "celle de ce lieu" in offered
    assert "data-placed" not in browser(anne).post(f"{base}/suggestions/", {"q": "renard"}).content.decode()
    shown = told(AT_LILLE, placed=[AT_LILLE])
    assert "choisissez" not in shown["words"] and "Celle du lieu que vous avez cherché" in shown["words"]
    assert f'name="placed" value="{AT_LILLE}"' in shown["html"]


def test_an_address_that_vanished_is_warned_of_with_the_one_in_force(told, annuaire):
    gone(AT_PARIS)
    shown = told(AT_PARIS)
    assert f"{AT_PARIS} : retirée de l’annuaire le" in shown["words"]
    assert f"take:{AT_LILLE} {AT_PARIS}" in buttons(shown["html"])
    assert shown["refused"] == {}, "it may be written to all the same"
    taken = told(AT_LILLE, f"take:{AT_PARIS} {AT_LILLE}")
    assert (taken["changed"], taken["told"]) == ({"to": AT_PARIS}, "Adresse changée pour ce message.")
    assert not AddressChoice.objects.exists(), "what vanished is not remembered"


def test_an_address_that_refused_is_warned_of_whether_or_not_the_annuaire_knows_it(
    told, annuaire, suggested, wrote_to  # noqa: F811
):  # fmt: skip
    now = timezone.now()
    for address in (UNLISTED, AT_PARIS):
        wrote_to(address, state="failed", reply_code=550, reply_enhanced="5.1.1", settled_at=now)
        assert f"{address} : a refusé votre message le" in told(address)["words"]
    assert suggested("camille renard") == suggested("renard paris") == [AT_LILLE]
    wrote_to(AT_PARIS, settled_at=timezone.now())
    assert "refusé" not in told(AT_PARIS)["words"]
    assert "Déjà utilisée le" in told(AT_PARIS)["words"]


def test_a_desk_that_several_people_share_is_nobody_s_and_the_name_before_it_says_whose(told, give):  # noqa: F811
    desk = "cabinet@halles.mssante.example"
    other = invent.Person("99900000607", "Dr", "Ada", "Loup", "10", "Médecin", "", "", (PARIS,), (desk,))
    two_places(give, renard(AT_LILLE, desk), other)
    assert told(desk)["words"] == ""
    assert "Dr Ada LOUP" in told(f'"Dr Ada LOUP" <{desk}>')["words"]
    gone(desk)
    assert f"{desk} : retirée de l’annuaire" in told(desk)["words"]


def test_homonyms_are_shown_and_none_is_chosen(told, directory):  # noqa: F811
    shown = told("anne martin, x@y.example")
    assert "anne martin : 2 personnes ou structures portent ce nom. Choisissez." in shown["words"]
    assert (shown["changed"], "anne martin" in shown["refused"]) == ({}, True)
    pharmacist = "anne.martin@halles.mssante.example"
    chosen = told("anne martin, x@y.example", f"take:{pharmacist} anne martin")
    assert chosen["changed"]["to"] == f'"Anne MARTIN" <{pharmacist}>, x@y.example'
    assert "une personne ou structure porte ce nom" in told("lévêque")["words"]
    assert "Résultats pour « leveque »" in told("lévèqque")["words"]
    assert told("zzzz")["words"] == told("a")["words"] == ""


def form(author, base, action: str, to: str, **more) -> tuple[int, str]:
    fields = {"version": "0", "kind": "new", "to": to, "subject": "INR", "text": "Bonjour", "action": action} | more
    answer = author.post(f"{base}/brouillon/{uuid7()}/", fields)
    return answer.status_code, html.unescape(answer.content.decode())


def test_without_scripts_the_form_shows_the_same_choices_and_takes_them(author, base, annuaire):
    status, page = form(author, base, "save", AT_LILLE)
    assert (status, "2 adresses : choisissez" in page) == (200, True)
    status, page = form(author, base, f"take:{AT_PARIS} {AT_LILLE}", AT_LILLE)
    assert (status, f">{AT_PARIS}</textarea>" in page, "Retenue : vos prochains" in page) == (200, True, True)
    status, page = form(author, base, f"forget:{OWNER}", AT_PARIS)
    assert "plus retenue" in page
    status, page = form(author, base, f"take:{AT_LILLE} renard lille", "renard lille")
    assert (f'"Dr Camille RENARD" <{AT_LILLE}></textarea>' in page, "vous avez cherché" in page) == (True, True)
    assert not Submission.objects.exists()


def test_a_warning_that_was_never_shown_is_shown_once_and_the_letter_leaves(author, base, annuaire):
    gone(AT_PARIS)
    status, page = form(author, base, "send", AT_PARIS)
    assert status == 422 and f"{AT_PARIS} : retirée de l’annuaire le" in page and "Envoyer quand même ?" in page
    assert f'name="warned" value="{AT_PARIS}"' in page
    assert form(author, base, "send", AT_PARIS, warned=[UNLISTED], confirm="subject file")[0] == 422
    assert form(author, base, "send", AT_PARIS, warned=[AT_PARIS])[0] == 302
    assert Submission.objects.count() == 1


def test_writing_to_one_of_several_from_its_page_remembers_it(author, base, annuaire, dupont, suggested):  # noqa: F811
    page = html.unescape(author.get(f"/annuaire/p/{OWNER}/?b={dupont.pk}").content.decode())
    assert page.count(f'name="owner" value="{OWNER}"') == 2
    for owner in (OWNER, "", "x", f"{OWNER}/\x00", lookup.ref_of_person("8")):
        posted = author.post(f"{base}/nouveau/", {"to": AT_PARIS, "owner": owner}).content.decode()
        assert ("Retenue : vos prochains messages" in posted) is (owner == OWNER)
    assert AuditEvent.objects.filter(action="choice.remember", subject_kind="choice").count() == 1
    assert suggested("renard lille") == [AT_PARIS]
    author.post(f"{base}/nouveau/", {"to": UNLISTED, "owner": OWNER})
    assert AddressChoice.objects.count() == 1


@pytest.mark.parametrize("act", ["take", "forget"])
def test_only_who_may_send_chooses(browser, base, annuaire, hugo, stranger, act):
    for who, status in ((hugo, 403), (stranger, 404)):
        asked = {"to": AT_LILLE, "action": f"{act}:{AT_PARIS} {AT_LILLE}"}
        assert browser(who).post(f"{base}/destinataires/", asked).status_code == status
        assert browser(who).post(f"{base}/nouveau/", {"to": AT_PARIS, "owner": OWNER}).status_code == status
    assert not AddressChoice.objects.exists()


@pytest.mark.parametrize("many", [1, 50])
def test_the_list_costs_the_same_for_one_and_for_many(author, base, give, statements, many):  # noqa: F811
    people = [renard(f"a{n}@x.mssante.example", f"b{n}@x.mssante.example", rpps=invent.luhn_closed(f"998{n:07d}"))
              for n in range(many)]  # fmt: skip
    two_places(give, *people)
    to = ", ".join(f"a{n}@x.mssante.example" for n in range(many))
    author.post(f"{base}/destinataires/", {"to": to})
    assert statements(lambda: author.post(f"{base}/destinataires/", {"to": to})) == COST


COST = 6
