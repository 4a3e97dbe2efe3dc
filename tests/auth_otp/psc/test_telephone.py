"""The e-CPS on one's telephone: a page that waits, a program that asks, and who would make telephones ring."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from auth_otp.models import Followed, Session, TelephoneQuestion
from auth_otp.psc.errors import Away
from mssweb.audit.models import AuditEvent

ASK = "/connexion/psc/telephone/"
JSON = {"HTTP_ACCEPT": "application/json"}
NUMBER = "99900000011"


def later() -> None:
    """The provider may be asked again."""
    TelephoneQuestion.objects.update(poll_at=timezone.now() - timedelta(seconds=1))


def answer_on_the_telephone(wallet, answer: str) -> str:
    [(_, question)] = wallet.questions.items()
    question.state, question.asked_at = answer, 0
    return question.words


def test_one_confirms_on_the_telephone_and_the_page_goes_in(wallet, client, anne):
    there = client.post(ASK, {"rpps": "999 0000 0011", "next": "/moi/"})["Location"]
    page = client.get(there).content.decode()
    assert "Confirmez sur votre téléphone" in page
    later()
    assert "Pas encore confirmé" in client.post(there).content.decode()
    assert answer_on_the_telephone(wallet, "confirmed") in page, "the same words on both screens"
    later()
    answer = client.post(there)
    assert (answer.status_code, answer["Location"]) == (302, "/moi/")
    assert Session.objects.get().user == anne and Followed.objects.exists()
    told = set(AuditEvent.objects.values_list("action", flat=True))
    assert {"session.psc_asked", "session.sign_in"} <= told
    assert client.post(there).status_code in {400, 408}, "it serves once"


def test_a_program_asks_waits_and_holds_the_session(wallet, anne):
    program = Client(enforce_csrf_checks=True)
    assert program.post(ASK, {"rpps": NUMBER}, **JSON).status_code == 403
    assert program.get(ASK, **JSON).json() == {"state": "ready"}
    token = {"HTTP_X_CSRFTOKEN": next(m.value for name, m in program.cookies.items() if "csrf" in name)}
    begun = program.post(ASK, {"rpps": NUMBER, "channel": "CARD"}, **JSON, **token)
    assert [one.channel for one in wallet.questions.values()] == ["CARD"]
    told = begun.json()
    assert begun.status_code == 202 and told["again"] == 5 and told["words"].startswith("mssweb ")
    assert program.post(told["poll"], **JSON, **token).json() == {"state": "pending", "again": 5}
    answer_on_the_telephone(wallet, "confirmed")
    later()
    answer = program.post(told["poll"], **JSON, **token)
    assert answer.json() == {"state": "in", "next": "/"}
    assert program.get("/verrou/etat/").status_code == 204


def test_the_provider_is_asked_no_oftener_than_it_allows(wallet, client, anne):
    there = client.post(ASK, {"rpps": NUMBER})["Location"]
    for _ in range(5):
        client.post(there)
    assert not [path for path, _ in wallet.asked if path.endswith("/token")]
    later()
    for _ in range(5):
        client.post(there)
    assert len([path for path, _ in wallet.asked if path.endswith("/token")]) == 1
    TelephoneQuestion.objects.update(poll_at=timezone.now() - timedelta(seconds=1))
    client.post(there)
    assert TelephoneQuestion.objects.get().interval == 10, "slow_down"


@pytest.mark.parametrize(
    ("answer", "words"), [("denied", "Demande refusée sur le téléphone"), ("expired", "Personne n’a répondu")]
)
def test_refused_or_left_there_nothing_opens(wallet, client, anne, answer, words):
    there = client.post(ASK, {"rpps": NUMBER})["Location"]
    answer_on_the_telephone(wallet, answer)
    later()
    if answer == "expired":
        TelephoneQuestion.objects.update(expires_at=timezone.now())
    assert words in client.post(there).content.decode()
    assert not Session.objects.exists()


def test_an_answer_that_the_provider_did_not_finish_is_told_as_its_own_fault(wallet, client, anne, monkeypatch):
    there = client.post(ASK, {"rpps": NUMBER})["Location"]
    answer_on_the_telephone(wallet, "confirmed")
    later()
    monkeypatch.setattr("auth_otp.psc.provider.Provider.person", lambda *_: (_ for _ in ()).throw(Away("timeout")))
    answer = client.post(there)
    assert answer.status_code == 503 and "ne répond pas" in answer.content.decode()


def test_enumeration_a_number_that_nobody_has_waits_as_one_that_somebody_has(wallet, client, anne):
    """Attack: learning who holds an e-CPS, or an account here."""
    answers = []
    for number in (NUMBER, "12345678901"):
        there = Client().post(ASK, {"rpps": number}, **JSON)
        answers.append((there.status_code, sorted(there.json()), sorted(there.headers)))
    assert answers[0] == answers[1]
    assert TelephoneQuestion.objects.filter(box=None).count() == 1


def test_push_bombing_a_telephone_rings_four_times_an_hour_from_everywhere_together(wallet, client, anne, sign_in):
    """Attack: ringing until somebody presses «Confirmer»; RPPS numbers are public."""
    codes = [Client(REMOTE_ADDR=f"203.0.{i}.7").post(ASK, {"rpps": NUMBER}).status_code for i in range(6)]
    assert codes == [302] * 4 + [429] * 2
    assert len(wallet.questions) == 4
    unknown = [Client(REMOTE_ADDR=f"198.51.{i}.7").post(ASK, {"rpps": "12345678901"}).status_code for i in range(6)]
    assert unknown == codes, "nobody learns by it who exists"
    told = AuditEvent.objects.filter(action="session.psc_refused", facts__why="too_many")
    assert told.count() == 1, "and who goes on asking fills no journal"


def test_the_question_of_another_browser_opens_nothing(wallet, client, anne):
    """Attack: whoever reads the address of the page that waits."""
    there = client.post(ASK, {"rpps": NUMBER})["Location"]
    answer_on_the_telephone(wallet, "confirmed")
    later()
    assert Client().post(there).status_code == 400
    thief = Client()
    thief.post(ASK, {"rpps": "12345678901"})
    assert thief.post(there).status_code == 400
    assert not Session.objects.exists()


def test_another_s_confirmation_does_not_open_for_the_number_that_was_typed(wallet, client, anne):
    there = client.post(ASK, {"rpps": NUMBER})["Location"]
    TelephoneQuestion.objects.update(rpps=b"x" * 32)
    answer_on_the_telephone(wallet, "confirmed")
    later()
    assert client.post(there).status_code == 403
    assert not Session.objects.exists()


def test_what_is_no_number_is_told_beside_its_field_and_asks_nobody(wallet, client, db):
    answer = client.post(ASK, {"rpps": "12"})
    assert answer.status_code == 422 and "onze chiffres" in answer.content.decode()
    assert not wallet.questions and "12" not in json.dumps([e.facts for e in AuditEvent.objects.all()])
