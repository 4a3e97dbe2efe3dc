"""Over real HTTPS with the draft's own answers: look first, so that nothing stands twice whatever was lost on the way."""

import gzip

import pytest

from directory.fhir import systems
from mailbox.publication import gateway
from mailbox.publication.entry import Carrier, Entry
from mailbox.publication.fhir import Fhir
from mailbox.publication.gateway import BUSY, NO_KEY, REFUSED_KEY, SILENT, UNREADABLE
from mailbox.publication.publisher import KeyRefused, Permanent, Temporary, Unavailable
from mailbox.publication.states import Publish, Withdraw
from tests.mailbox.publication.conftest import FINESS, RPPS
from tests.mailbox.publication.national import KEY, metadata, outcome, type_of

pytestmark = [pytest.mark.wire]

ANNE = Carrier("Practitioner", systems.RPPS, RPPS)
PLACE = Carrier("Organization", systems.FINESS, FINESS)
HERS = Entry(ANNE, "anne.dupont@officine.mssante.fr", "PER", rank=1)
OURS = Entry(PLACE, "l'accueil@officine.mssante.fr", "ORG", "Accueil", "Comptoir", "Dr A")
SOFTWARE = Entry(PLACE, "lgo@officine.mssante.fr", "APP")


@pytest.fixture
def fhir() -> Fhir:
    return Fhir()


def publish(entry: Entry, *, is_known: bool = False) -> Publish:
    return Publish(entry, is_known)


def withdraw(entry: Entry) -> Withdraw:
    return Withdraw(entry.carrier, entry.address, entry.kind)


def test_a_mailbox_is_created_updated_and_deleted(national, fhir):
    anne, place = national.resources
    for entry, bearer in ((HERS, anne), (OURS, place), (SOFTWARE, place)):
        before = len(bearer.get("telecom", []))
        assert fhir.publish(publish(entry)).act == "insert"
        assert fhir.publish(publish(entry)).act == "replace"
        assert len(bearer["telecom"]) == before + 1
    assert metadata(place["telecom"][1])["responsible"] == "Dr A"
    assert fhir.publish(withdraw(OURS)).act == "delete"
    assert fhir.publish(withdraw(OURS)).act == "none"
    assert national.addresses(place) == [SOFTWARE.address]
    assert national.sent == ["insert", "replace"] * 3 + ["delete"]


def test_ordinary_addresses_beside_it_are_left_as_they_are(national, fhir):
    place = national.resources[1]
    place["telecom"] = [{"system": "phone", "value": "0100000000"}, {"system": "email", "value": "x@orange.example"}]
    fhir.publish(publish(OURS))
    fhir.publish(withdraw(OURS))
    assert national.addresses(place) == ["0100000000", "x@orange.example"]


@pytest.mark.parametrize("fault", ["lost", "late"])
@pytest.mark.parametrize("newer", [False, True])
def test_an_insert_whose_answer_was_lost_does_not_stand_twice(national, fhir, monkeypatch, fault, newer):
    monkeypatch.setattr(gateway, "_SECONDS", 0.5)
    national.newer, national.faults = newer, [("PATCH", fault)]
    with pytest.raises(Unavailable) as lost:
        fhir.publish(publish(HERS))
    assert lost.value.reason == SILENT
    assert fhir.publish(publish(HERS)).act == "replace"
    assert national.addresses(national.resources[0]) == [HERS.address]
    assert national.sent == ["insert", "replace"]


def test_a_delete_whose_answer_was_lost_is_a_success_the_next_time(national, fhir):
    fhir.publish(publish(HERS))
    national.faults = [("PATCH", "lost")]
    with pytest.raises(Unavailable):
        fhir.publish(withdraw(HERS))
    assert fhir.publish(withdraw(HERS)).act == "none"


def test_an_applicative_mailbox_that_readers_are_not_shown_does_not_stand_twice(national, fhir):
    national.hides_applications = national.newer = True
    place = national.resources[1]
    assert fhir.publish(publish(SOFTWARE)).act == "insert"
    assert fhir.publish(publish(SOFTWARE)).act == "replace"  # not known any more: the newer draft says 422
    national.newer = False
    assert fhir.publish(publish(SOFTWARE, is_known=True)).act == "replace"
    assert national.addresses(place) == [SOFTWARE.address]
    assert fhir.publish(withdraw(SOFTWARE)).act == "delete"
    assert fhir.publish(withdraw(SOFTWARE)).act == "delete"  # what is not there is no error
    assert national.addresses(place) == []


def test_a_success_without_the_resource_is_looked_at(national, fhir):
    national.says_nothing = True
    assert fhir.publish(publish(HERS)).act == "insert"
    assert [method for method, _, _ in national.calls] == ["GET", "PATCH", "GET"]
    assert fhir.publish(withdraw(HERS)).act == "delete"


def test_a_success_that_shows_nothing_is_not_believed(national, fhir):
    national.faults = [("PATCH", (200, {"resourceType": "Practitioner", "id": "x"}))]
    with pytest.raises(Temporary, match="Temporary") as found:
        fhir.publish(publish(HERS))
    assert "ne montre pas encore" in found.value.reason


def test_an_address_that_stands_twice_is_told_to_a_person(national, fhir):
    fhir.publish(publish(HERS))
    anne = national.resources[0]
    anne["telecom"] *= 2
    for change in (publish(HERS), withdraw(HERS)):
        with pytest.raises(Permanent) as found:
            fhir.publish(change)
        assert "plusieurs fois" in found.value.reason
        assert RPPS in found.value.reason
    assert national.sent == ["insert"]


def test_who_is_unknown_closed_or_several_is_told_with_what_to_do(national, fhir):
    anne = national.resources[0]
    for change, words in (
        (lambda: national.resources.append({**anne}), "Plusieurs fiches"),
        (lambda: national.resources.__delitem__(-1), None),
        (lambda: anne.update(active=False), "est fermée"),
        (national.resources.clear, "ne connaît pas ce numéro RPPS"),
    ):
        change()
        if words:
            with pytest.raises(Permanent) as found:
                fhir.publish(publish(HERS))
            assert words in found.value.reason
            assert "Republier" in found.value.reason
    assert fhir.publish(withdraw(HERS)).act == "none"  # nobody bears it


@pytest.mark.parametrize(
    ("status", "words"),
    [(400, "refuse (code 400)"), (404, "ne connaît pas"), (412, "Plusieurs fiches"), (422, "refuse (code 422)")],
)
def test_what_the_directory_refuses_is_permanent_and_its_words_are_short_and_hold_no_key(national, fhir, status, words):
    fhir.publish(publish(HERS))
    told = outcome(f"clé {KEY}\x00\n" + "é" * 5000)
    national.faults = [("PATCH", (status, told))]
    with pytest.raises(Permanent) as found:
        fhir.publish(publish(HERS))
    assert words in found.value.reason
    assert KEY not in found.value.reason
    assert len(found.value.reason) < 400
    assert found.value.reason.isprintable()


def test_address_and_type_are_not_changed(national, fhir):
    fhir.publish(publish(OURS))
    other = Entry(PLACE, OURS.address, "APP")
    with pytest.raises(Permanent) as found:
        fhir.publish(publish(other))
    assert "ne sont pas modifiables" in found.value.reason
    assert type_of(national.resources[1]["telecom"][0]) == "ORG"


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_said_as_such_whatever_the_body(national, fhir, status):
    national.faults = [("GET", (status, b"<html>no</html>"))]
    with pytest.raises(KeyRefused) as found:
        fhir.publish(publish(HERS))
    assert found.value.reason == REFUSED_KEY


def test_a_wrong_key_and_no_key_send_nothing(national, fhir, settings):
    settings.PUBLISH_KEY = "autre"
    with pytest.raises(KeyRefused):
        fhir.publish(publish(HERS))
    national.calls.clear()
    settings.PUBLISH_KEY = ""
    with pytest.raises(KeyRefused) as found:
        fhir.publish(publish(HERS))
    assert (found.value.reason, national.calls) == (NO_KEY, [])


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        (429, Unavailable, BUSY),
        (503, Unavailable, BUSY),
        (500, Temporary, "en difficulté (code 500)"),
        ((302, b""), Unavailable, "PUBLISH_URL"),
        ((404, b"<html>Apache</html>"), Unavailable, "PUBLISH_URL"),
        ((200, b"<html>"), Temporary, UNREADABLE),
        ((200, {"resourceType": "Bundle", "entry": "odd"}), Temporary, UNREADABLE),
        ((200, b"[" * 100_000), Temporary, UNREADABLE),
        ((200, gzip.compress(b"{}"), {"Content-Encoding": "gzip"}), Temporary, UNREADABLE),
        ((200, b'"' + b"x" * 2_000_000 + b'"'), Temporary, UNREADABLE),
    ],
)
def test_what_is_not_the_directory_s_refusal_is_temporary(national, fhir, fault, kind, words):
    national.faults = [("GET", fault)]
    with pytest.raises(kind) as found:
        fhir.publish(publish(HERS))
    assert type(found.value) is kind
    assert words in found.value.reason
    assert national.sent == []


def test_the_wait_that_the_directory_asks_for_is_kept(national, fhir):
    national.faults = [("GET", 429)]
    with pytest.raises(Unavailable) as found:
        fhir.publish(publish(HERS))
    assert found.value.wait is not None
    assert found.value.wait.total_seconds() == 120


def test_a_directory_whose_certificate_comes_from_another_authority_gets_neither_key_nor_body(
    national, fhir, settings, space
):
    settings.PUBLISH_CA = space.foreign.certificate
    with pytest.raises(Unavailable):
        fhir.publish(publish(HERS))
    settings.PUBLISH_CA = ""
    with pytest.raises(Unavailable):
        fhir.publish(publish(HERS))
    assert national.calls == []


def test_calls_keep_the_pace(national, fhir, settings, monkeypatch):
    slept: list[float] = []
    monkeypatch.setattr(gateway.time, "sleep", slept.append)
    settings.PUBLISH_PER_SECOND = 0.01
    fhir.publish(publish(HERS))
    fhir.publish(publish(HERS))
    assert len(slept) >= 3
    assert all(90 < wait <= 100 for wait in slept)
