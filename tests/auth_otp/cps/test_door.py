"""Who comes in by a card, and who does not: each attack by its name."""

import logging
from datetime import UTC, datetime, timedelta

import pytest
from django.core import signing
from django.test import Client
from django.utils import timezone

from auth_otp import proof
from auth_otp.cps import lists, ticket
from auth_otp.cps.certificate import CardRefused
from auth_otp.means import Means
from auth_otp.models import CardTicket, SectorLink, Session, User
from mailbox.management.demo.cards import SIGNATURE, CardAuthority, of_organisation
from mssweb.audit.models import AuditEvent
from tests.auth_otp.cps.conftest import BACK, CRL_URL, begin, sealed, shows

REFUSED = 403


def is_in(client: Client) -> bool:
    return client.get("/verrou/etat/").status_code == 204


def why() -> str:
    """The journal's last word on a card."""
    return AuditEvent.objects.filter(action="card.refused").latest("at").facts["reason"]


def test_without_an_address_for_cards_there_is_no_door(client, db):
    assert "carte CPS" not in client.get("/connexion/").content.decode()
    for page in ("/connexion/carte/", "/connexion/carte/lecture/", BACK):
        assert client.get(page).status_code == 404


def test_a_card_opens_a_session_by_itself(door, client, anne):
    assert "Carte CPS</a>" in client.get("/connexion/").content.decode()
    answer = shows(client, door.issue("899900000011"), "/moi/securite/")
    assert (answer.status_code, answer["Location"]) == (302, "/moi/securite/")
    session = Session.objects.get()
    assert (session.user, session.means, session.link.subject) == (anne, Means.CPS, "899900000011")
    assert is_in(client) and AuditEvent.objects.get(action="session.sign_in").facts["means"] == "cps"
    assert not any(cookie.value for name, cookie in client.cookies.items() if "card" in name)


def test_no_card_is_told_how_to_insert_it(door, client, anne):
    answer = shows(client, b"")
    assert not AuditEvent.objects.filter(action="card.refused").exists(), "anybody could fill the journal"
    assert answer.status_code == REFUSED and "Insérez votre carte CPS" in answer.content.decode()
    assert answer["Cache-Control"].count("no-store") == 1 and not is_in(client)


def of_another_authority(authority: CardAuthority):
    return CardAuthority().issue()


@pytest.mark.parametrize(
    ("card", "reason"),
    [
        (lambda authority: authority.self_signed(), "foreign"),
        (of_another_authority, "foreign"),
        (lambda authority: authority.issue(ended=True), "ended"),
        (lambda authority: authority.issue(usages=None), "usage"),
        (lambda authority: authority.issue(kind=SIGNATURE), "signature"),
        (lambda authority: authority.issue(of_organisation()), "organisation"),
        (lambda authority: authority.issue("anne.dupont"), "no-number"),
        (lambda authority: authority.issue("899900000999"), "nobody"),
    ],
    ids=[
        "self-signed",
        "other CA of the same name",
        "expired",
        "wrong EKU",
        "signature",
        "organisation",
        "no RPPS",
        "unknown",
    ],
)
def test_attack_a_certificate_that_is_no_card_in_force_of_somebody_known(door, client, anne, card, reason):
    assert shows(client, card(door)).status_code == REFUSED
    assert why() == reason and not is_in(client)
    assert not SectorLink.objects.exists() and User.objects.count() == 1


def test_attack_a_revoked_card(door, client, anne):
    stolen, good = door.issue(), door.issue()
    lists.load(door.crl([stolen], number=2), url=CRL_URL, now=datetime.now(UTC))
    assert shows(client, stolen).status_code == REFUSED and why() == "revoked"
    assert shows(client, good).status_code == 302


def test_without_a_list_in_its_time_no_card_opens(authority, client, anne):
    card = authority.issue()
    assert shows(client, card).status_code == REFUSED and why() == "uncertain"
    ended = authority.crl(at=authority.now - timedelta(days=9), lasts=timedelta(days=2))
    lists.load(ended, url=CRL_URL, now=authority.now - timedelta(days=8))
    assert shows(client, card).status_code == REFUSED and why() == "uncertain"


def test_the_journal_knows_which_card(door, client, anne):
    stolen, good = door.issue(), door.issue()
    lists.load(door.crl([stolen], number=2), url=CRL_URL, now=datetime.now(UTC))
    for card, action in ((stolen, "card.refused"), (good, "card.accepted")):
        shows(client, card)
        assert AuditEvent.objects.get(action=action).facts["serial"] == f"{card.certificate.serial_number:x}"


def test_attack_certificates_without_end_fill_no_journal_and_keep_nobody_out(door, client, anne):
    card = door.self_signed()
    assert {shows(client, card).status_code for _ in range(12)} == {REFUSED}
    assert AuditEvent.objects.filter(action="card.refused").count() < 5
    assert shows(client, door.issue()).status_code == 302, "nor does a colleague wait"


def test_attack_what_tls_did_not_verify(door, client, anne):
    """A certificate is public: whoever shows it without its key is nobody."""
    answer = client.get(BACK, {"billet": sealed(door.issue(), begin(client), is_verified=False)})
    assert answer.status_code == REFUSED and why() == "foreign"


def test_attack_replay_of_a_ticket(door, client, anne):
    number, kept = begin(client), client.cookies.copy()
    used = sealed(door.issue(), number)
    assert client.get(BACK, {"billet": used}).status_code == 302
    thief = Client()  # with everything that the browser held, and the address
    for again in (used, f"!!!!{used}", sealed(door.issue(), number)):  # written otherwise; read twice
        thief.cookies = kept.copy()
        assert thief.get(BACK, {"billet": again}).status_code == REFUSED and why() == "replayed"
    assert not is_in(thief)


def test_attack_a_ticket_of_another_browser(door, client, anne):
    victim = Client()
    begin(victim)
    lure = sealed(door.issue(), begin(client))  # the victim's card, read for the attacker's reading
    assert victim.get(BACK, {"billet": lure}).status_code == REFUSED and why() == "replayed"
    assert not is_in(victim)
    assert Client().get(BACK, {"billet": lure}).status_code == REFUSED


def test_attack_a_planted_reading(door, client, anne):
    """Who cannot sign chooses no number for another's browser."""
    number = "a" * 32
    client.cookies["mssweb_card"] = signing.dumps([number, "/"], salt="auth_otp.card", key="another")
    assert client.get(BACK, {"billet": sealed(door.issue(), number)}).status_code == REFUSED


def test_a_ticket_lives_a_minute_and_is_ours(authority, settings, db):
    now = datetime.now(UTC)
    reading = ticket.Reading(b"x", True, "a" * 32)
    text = ticket.seal(reading, now=now)
    assert ticket.unseal(text, now=now + timedelta(seconds=60)) == reading
    settings.CPS_EDGE_SECRET, known = "t" * 40, settings.CPS_EDGE_SECRET
    with pytest.raises(CardRefused):
        ticket.unseal(text, now=now)
    settings.CPS_EDGE_SECRET = known
    for wrong in (text[:-1] + ("A" if text[-1] != "A" else "B"), text + "A" * 40_000, "", "é", "a"):
        with pytest.raises(CardRefused):
            ticket.unseal(wrong, now=now)
    for late in (61, -6):
        with pytest.raises(CardRefused):
            ticket.unseal(text, now=now + timedelta(seconds=late))
    ticket.spend(reading, now=now)
    with pytest.raises(CardRefused):
        ticket.spend(reading, now=now)
    ticket.forget(now=now + timedelta(minutes=3))
    assert not CardTicket.objects.exists()


def test_a_card_leads_nowhere_but_to_us(door, client, anne):
    assert shows(client, door.issue(), "https://elsewhere.example/")["Location"] == "/"


def test_a_locked_session_is_reopened_by_its_person_s_card_alone(door, client, anne, claire):
    shows(client, door.issue())
    User.objects.filter(pk=claire.pk).update(rpps="99900000029")
    Session.objects.update(locked_at=timezone.now())
    assert client.get("/moi/").status_code == 302
    assert "Rouvrir avec ma carte CPS" in client.get("/verrou/").content.decode()
    assert shows(client, door.issue("899900000029"), "/moi/").status_code == REFUSED and why() == "other"
    assert Session.objects.get().locked_at is not None and not SectorLink.objects.filter(user=claire).exists()
    assert shows(client, door.issue(), "/moi/")["Location"] == "/moi/"
    session = Session.objects.get()
    assert session.locked_at is None and session.user == anne and session.proof == Means.CPS


def test_who_has_no_password_confirms_by_card(door, client, anne):
    anne.set_unusable_password()
    anne.save()
    shows(client, door.issue())
    Session.objects.update(proven_at=timezone.now() - proof.FRESH - timedelta(seconds=1))
    page = client.get("/confirmer/?next=/moi/").content.decode()
    assert "Confirmer avec ma carte CPS" in page and "id_password" not in page
    before = Session.objects.get()
    assert shows(client, door.issue(), "/moi/")["Location"] == "/moi/"
    after = Session.objects.get()
    assert (after.proof, after.ref) == (Means.CPS, before.ref) and timezone.now() - after.proven_at < proof.FRESH
    assert after.pk != before.pk, "a new key"
    assert AuditEvent.objects.filter(action="session.prove", facts__means="cps").exists()


def test_a_door_whose_authority_does_not_read_opens_to_nobody(door, client, anne, settings, caplog):
    caplog.set_level(logging.CRITICAL)
    for file, name in (("/nowhere", settings.CPS_ISSUER), (settings.CPS_CA, "CN=AC ETRANGERE,C=FR")):
        settings.CPS_CA, settings.CPS_ISSUER = file, name
        assert shows(client, door.issue()).status_code == REFUSED and why() == "foreign"


def test_who_left_does_not_come_back_by_card(door, client, anne):
    User.objects.filter(pk=anne.pk).update(is_active=False)
    assert shows(client, door.issue()).status_code == REFUSED and why() == "closed"
