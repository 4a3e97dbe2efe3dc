"""What the composer suggests: who this mailbox writes with, then colleagues, then the directory."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from django.utils import timezone

from directory import invent, lookup
from directory.models import MailboxAddress
from mailbox.models import Mailbox, Recipient, Submission, open_mailbox
from mailbox.views import suggest
from tests.directory.conftest import _no_memory, give, mailbox_text  # noqa: F401  (fixtures)
from tests.directory.remembered import remembered
from tests.directory.test_preferred import AT_LILLE, AT_PARIS, two_places

WARM = 4  # statements of a letter typed after another: who asks (2), what is found, whose addresses these are
LEMAIRE = "dr.lemaire@hopital.mssante.example"
STRANGERS = [
    {"title": "Dr", "first_name": first, "last_name": "Lemaire", "profession_code": "10", "profession": "Médecin",
     "organization": "Cabinet Lemaire", "postcode": "59000", "town": "Lille", "address": f"{first.lower()}@l.mssante.example"}
    for first in ("Alice", "Bruno", "Chloe", "Denis", "Emma")
]  # fmt: skip
FLORENCE = {"title": "Dr", "first_name": "Florence", "last_name": "Lemaire", "profession_code": "10", "town": "Paris",
            "profession": "Médecin", "speciality": "Cardiologie", "organization": "Hôpital Saint-Antoine",
            "postcode": "75012", "address": LEMAIRE}  # fmt: skip


@pytest.fixture
def annuaire(give) -> None:  # noqa: F811
    folk = [invent.chosen(entry, number) for number, entry in enumerate([*STRANGERS, FLORENCE])]
    remembered("strangers", lambda: give(mailbox_text(everyone=folk)))


@pytest.fixture
def suggested(base, browser, anne) -> Callable[[str], list[str]]:
    """The addresses proposed to Anne, in their order."""
    here = browser(anne)

    def ask(typed: str) -> list[str]:
        answer = here.post(f"{base}/suggestions/", {"q": typed})
        assert "no-store" in answer["Cache-Control"]
        return re.findall(r'data-address="([^"]+)"', answer.content.decode())

    return ask


@pytest.fixture
def wrote_to(file, dupont, anne) -> Callable[..., Recipient]:
    """A letter that left for that address, its copy long gone from the newest ones."""

    def act(address: str, **fields: object) -> Recipient:
        now = timezone.now()
        message = file(f"À {address}", folder_role="sent", direction="out", minutes=9999)
        sending = Submission.objects.create(
            mailbox=dupont, message=message, author=anne, mail_from=dupont.address, submitted_at=now, size=1
        )
        where = address.rpartition("@")[2]
        return Recipient.objects.create(
            mailbox=dupont, submission=sending, address=address, domain=where, not_before=now,
            **{"state": "relayed"} | fields,
        )  # fmt: skip

    return act


def test_who_the_mailbox_writes_with_comes_before_strangers_of_that_name(suggested, annuaire, file, wrote_to):
    alice = "alice@l.mssante.example"
    assert suggested("lemaire")[0] == LEMAIRE, "of Paris, as the pharmacy is"
    file(sender=f"Alice Lemaire <{alice}>", is_verified=True)
    assert suggested("lemaire")[0] == alice
    assert len(suggested("lemaire")) == len(set(suggested("lemaire"))) == 6
    wrote_to("emma@l.mssante.example")
    assert set(suggested("lemaire")[:2]) == {alice, "emma@l.mssante.example"}


def test_a_hospital_that_wrote_today_is_found_by_the_beginning_of_its_name(suggested, annuaire, file):
    assert suggested("saint-ant") == []
    file("Une", sender='"CH Saint-Antoine, Cardiologie" <cardio@hopital.mssante.example>', is_verified=True)
    file("Deux", sender=f"F. Lemaire <{LEMAIRE}>", is_verified=True)
    for typed in ("saint-ant", "Saint Antoine", "st-antoine"):
        assert set(suggested(typed)) == {"cardio@hopital.mssante.example", LEMAIRE}
    assert suggested("cardiologue paris")[0] == LEMAIRE


def test_a_sender_who_is_not_verified_is_not_suggested(suggested, file):
    """Attack: a letter whose From borrows a known name."""
    file(sender="Dr_Florence_LEMAIRE_Hôpital <florence.lemaire@autre.mssante.example>")
    assert suggested("lemaire") == []


def test_a_stranger_who_takes_a_listed_name_comes_after_the_one_who_bears_it(suggested, annuaire, file, wrote_to):
    """Attack: a verified sender of any listed domain chooses the name of the cardiologist."""
    double = "florence.lemaire@autre.mssante.example"
    file(sender=f"Dr Florence LEMAIRE <{double}>", is_verified=True)
    assert suggested("florence lemaire") == [LEMAIRE, double]
    wrote_to(double)
    assert suggested("florence lemaire")[0] == double, "somebody here answered"


@pytest.mark.parametrize("state", ["failed", "cancelled", "delayed", "relayed", "delivered"])
def test_an_address_that_nothing_ever_reached_is_not_offered_again(suggested, wrote_to, file, state):
    wrote_to("lemiare@hopital.mssante.example", state=state)
    file("Copie", folder_role="sent", direction="out", raw=to("Lemiare <lemiare@hopital.mssante.example>"))
    assert bool(suggested("lemiare")) is (state in {"relayed", "delivered"})


def to(recipient: str) -> bytes:
    """A letter of ours to that one."""
    return b"From: x@y.example\r\nTo: " + recipient.encode() + b"\r\nSubject: INR\r\n\r\nx\r\n"


def test_colleagues_come_next_and_closed_or_hidden_mailboxes_do_not(
    suggested, tenant, domain, annuaire, dupont, stranger
):
    def box(name: str, **fields: object) -> Mailbox:
        address = f"{name.replace('_', '.').lower()}@{domain.name}"
        return open_mailbox(tenant=tenant, domain=domain, address=address,
                            **{"kind": "PER", "display_name": name, "state": "active"} | fields)  # fmt: skip

    shown = [box("Alice_BERNARD"), box("Alice_partage", kind="ORG")]
    for name, how in (("1", {"state": "closed"}), ("2", {"red_list": True}), ("3", {"kind": "APP"})):
        box(f"Alice_{name}", **how)
    assert suggested("alice") == [*(one.address for one in shown), "alice@l.mssante.example"]
    assert suggested("pharmacie dupont") == []  # oneself


def test_a_suggestion_is_an_option_and_names_of_the_annuaire_are_text(base, browser, anne, give):  # noqa: F811
    evil = {"first_name": '"><script>', "last_name": "Malin", "address": "m@l.mssante.example"}
    give(mailbox_text(everyone=[invent.chosen(evil, 1), invent.chosen(FLORENCE, 2)]))
    here = browser(anne)
    told = here.post(f"{base}/suggestions/", {"q": "lemaire"}).content.decode()
    for part in (
        'role="option"',
        f'data-address="{LEMAIRE}"',
        'data-name="Dr Florence LEMAIRE"',
        "Médecin · Cardiologie",
    ):
        assert part in told
    told = here.post(f"{base}/suggestions/", {"q": "malin"}).content.decode()
    assert "m@l.mssante.example" in told
    assert "<script" not in told


def test_patients_are_never_suggested(suggested, file, wrote_to):
    wrote_to("•••@patient.mssante.fr", address_box=b"sealed")
    file(sender="Marguerite VIDAL <248@patient.mssante.fr>", is_verified=True)
    assert suggested("vidal") == suggested("patient") == suggested("•••") == []


def test_suggestions_are_for_who_may_send_and_cost_ten_statements(
    suggested, browser, base, annuaire, file, hugo, anne, statements
):
    assert browser(hugo).post(f"{base}/suggestions/", {"q": "lemaire"}).status_code == 403
    for number in range(12):
        file(f"L{number}", sender=f"Dr Lemaire <d{number}@l.mssante.example>", is_verified=True)
    suggested("lemaire")
    assert statements(lambda: suggested("lemaire")) <= 10
    here = browser(anne)
    assert here.get(f"{base}/suggestions/").status_code == 405
    assert "mailbox" not in here.post(f"{base}/suggestions/", {"q": "l"}).content.decode()
    assert f'data-suggest="{base}/suggestions/"' in here.get(f"{base}/nouveau/").content.decode()


def test_who_one_writes_with_is_read_once_while_one_types_and_again_when_a_letter_comes(
    suggested, annuaire, file, dupont, statements, monkeypatch
):
    file(sender="Dr Lemaire <d1@l.mssante.example>", is_verified=True)
    suggested("personne")  # the vocabulary of trades is read by then
    suggest._kept.clear()
    first = statements(lambda: suggested("lem"))
    assert statements(lambda: suggested("lemaire")) <= first - 5
    file("Autre", sender="Dr Lemaire <d2@l.mssante.example>", is_verified=True)
    assert {"d1@l.mssante.example", "d2@l.mssante.example"} <= set(suggested("lemaire"))
    monkeypatch.setattr(suggest, "_kept", kept := dict(suggest._kept))
    kept[dupont.pk] = replace(kept[dupont.pk], until=0.0)
    assert statements(lambda: suggested("lemair")) == first, "ten seconds later all is read again"


@pytest.mark.parametrize(
    ("typed", "told", "is_so"),
    [
        ("saint-ant", "HOPITAL SAINT-ANTOINE", True), ("st ant", "Hôpital Saint-Antoine", True),
        ("saint antoine", "C.H. St-Antoine", True), ("lemaire flo", "Dr Florence LEMAIRE", True),
        ("aire", "LEMAIRE", False), ("", "LEMAIRE", False), ("l", "LEMAIRE", False), ("lemaire zoe", "F. LEMAIRE", False),
    ],
)  # fmt: skip
def test_each_word_typed_begins_a_word_of_the_name(typed, told, is_so):
    assert lookup.caller(typed)(lookup.spelled([told])) is is_so


def test_whoever_is_known_by_an_address_that_vanished_is_proposed_at_the_one_in_force(suggested, give, wrote_to):  # noqa: F811
    two_places(give)
    wrote_to(AT_PARIS, settled_at=timezone.now())
    assert suggested("renard") == [AT_PARIS], "used before: once, and no question"
    MailboxAddress.objects.filter(address=AT_PARIS).update(vanished_at=timezone.now())
    assert suggested("renard") == [AT_LILLE]


def test_of_equal_addresses_the_one_they_write_from_is_proposed(suggested, browser, base, anne, give, file):  # noqa: F811
    two_places(give)
    file(sender=f"Camille Renard <{AT_PARIS}>", is_verified=True)
    assert suggested("renard") == [AT_PARIS]
    shown = browser(anne).post(f"{base}/suggestions/", {"q": "renard"}).content.decode()
    assert "plusieurs possibles : choisissez" in shown


def test_what_a_mended_typing_error_found_is_named_and_cannot_be_chosen(base, browser, anne, annuaire, file):
    shown = browser(anne).post(f"{base}/suggestions/", {"q": "lemiare"}).content.decode()
    assert 'role="group"' in shown and "Résultats pour « <b>lemaire</b> »" in shown
    assert len(re.findall('role="option"', shown)) == len(re.findall("data-address", shown)) == 6
    assert 'role="group"' not in browser(anne).post(f"{base}/suggestions/", {"q": "lemaire"}).content.decode()
    assert "Résultats" not in browser(anne).post(f"{base}/suggestions/", {"q": "zzzzzz"}).content.decode()


def test_the_preferred_addresses_cost_one_statement_for_the_whole_list(suggested, annuaire, file, statements):
    suggested("florence lemaire")
    once = statements(lambda: suggested("florence lemaire"))
    assert statements(lambda: suggested("lemaire")) == once == WARM
