"""Passkeys: the two ceremonies, and what attacks them. Keys sign for real (authenticator.py); the browser is the test client."""

import json
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone

from auth_otp import allowances, ceremonies, credentials, passkeys
from auth_otp.means import Means
from auth_otp.models import Allowance, Notice, Passkey, RecoveryCode, SectorLink, Session, User
from mssweb.audit.models import AuditEvent
from tests.auth_otp.authenticator import PRESENT, Key, b64
from tests.auth_otp.conftest import give_password
from tests.conftest import PASSWORD

ENTER, FOLLOW, UNLOCK, PROVE = "/connexion/cle/", "/connexion/code/cle/", "/verrou/cle/", "/confirmer/cle/"
ADD, CODE = "/moi/securite/cles/", "/connexion/code/"


def ask(client: Client, door: str) -> dict[str, object]:
    return client.post(door).json()


def give(client: Client, door: str, credential: str, **more: str):
    return client.post(door, {"credential": credential, **more})


def enrol(client: Client, key: Key | None = None) -> Key:
    key = key or Key()
    answer = give(client, ADD, key.registers(ask(client, ADD)))
    assert answer.json() == {"there": "/moi/securite/"}, answer.text
    return key


@pytest.fixture
def inside(client, anne, sign_in) -> Client:
    """Anne's own browser."""
    sign_in(client, anne)
    return client


@pytest.fixture
def key(inside) -> Key:
    return enrol(inside)


def refused(why: str) -> AuditEvent:
    return AuditEvent.objects.get(action="session.passkey_failed", result="refused", facts__why=why)


def test_one_is_added_opens_by_itself_and_the_session_knows_it(inside, key, anne):
    row = Passkey.objects.get()
    assert (row.name, row.user_id, row.is_synced, row.transports) == ("Windows Hello", anne.pk, False, ["internal"])
    first = Session.objects.get()
    assert first.means == Means.PASSKEY, "the session by SMS counts as one by the key from now on"
    browser = Client()
    asked = ask(browser, ENTER)
    assert asked["allowCredentials"] == [] and asked["userVerification"] == "required" and asked["rpId"] == "localhost"
    assert give(browser, ENTER, key.signs(asked), next="/moi/").json() == {"there": "/moi/"}
    assert browser.get("/moi/").status_code == 200
    session = Session.objects.exclude(pk=first.pk).get(passkey=row, means=Means.PASSKEY, proof=Means.PASSKEY, user=anne)
    assert AuditEvent.objects.filter(action="session.sign_in", actor_id=anne.pk, facts={"means": "passkey"}).exists()
    assert Passkey.objects.get().sign_count == 1 and session.expire_date > timezone.now() + timedelta(hours=11)
    row.delete()
    assert browser.get("/moi/").status_code == 302, "what it opened ends with it"


def test_a_new_one_is_told_to_the_journal_and_to_its_person(key, anne):
    assert AuditEvent.objects.get(action="passkey.add").actor_id == anne.pk
    assert Notice.objects.get(kind="factor_added").user_id == anne.pk


def test_synced_keys_count_nothing_and_enter_again_and_again(inside):
    key = enrol(inside, Key(counts=False, flags=0x1D, aaguid=bytes(16)))
    assert Passkey.objects.get(is_synced=True).name == "Navigateur", "named for the browser when it does not say"
    for _ in range(2):
        browser = Client()
        assert "there" in give(browser, ENTER, key.signs(ask(browser, ENTER))).json()


def test_replay_of_an_assertion_is_refused(inside):
    """Attack: what a key answered once is posted again, by the same browser and by another."""
    key, browser = enrol(inside, Key(counts=False)), Client()
    seen = key.signs(ask(browser, ENTER))
    assert "there" in give(browser, ENTER, seen).json()
    thief = Client()
    for again in (browser, thief):
        again.cookies.pop(django_settings.SESSION_COOKIE_NAME, None)
        ask(again, ENTER)
        assert give(again, ENTER, seen).status_code == 422
    assert AuditEvent.objects.filter(action="session.passkey_failed", facts__why="forged").count() == 2


def test_of_two_answers_to_one_challenge_at_once_one_gets_it(anne, rf):
    """Attack: the race, before either has written the session."""
    request, twin = rf.post("/"), rf.post("/")
    request.session, twin.session = Client().session, Client().session
    now = timezone.now()
    ceremonies.ask(request, act=ceremonies.Act.ENTER, user=None, now=now)
    twin.session.update(dict(request.session.items()))
    taken = [ceremonies.take(one, act=ceremonies.Act.ENTER, user=None, now=now) for one in (request, twin)]
    assert taken[0] is not None and taken[1] is None


def test_a_challenge_serves_once_even_when_the_answer_was_wrong(key):
    """Attack: many answers to one question."""
    browser = Client()
    asked = ask(browser, ENTER)
    assert give(browser, ENTER, "{}").status_code == 422
    assert give(browser, ENTER, key.signs(asked)).json() == {"words": "Le délai est passé. Réessayez."}


def test_the_challenge_of_another_session_is_refused(key):
    """Attack: who sees a challenge of ours has somebody sign it, and answers from elsewhere."""
    thief, victim = Client(), Client()
    asked = ask(victim, ENTER)
    ask(thief, ENTER)
    assert give(thief, ENTER, key.signs(asked)).status_code == 422
    assert refused("forged") and not Session.objects.filter(passkey__isnull=False).exclude(means=Means.PASSKEY).exists()


@pytest.mark.parametrize(
    ("lie", "changed"),
    [
        ({"origin": "http://localhost.evil.example"}, {}),  # phishing: the page that asked is another's
        ({"origin": "https://localhost:8000"}, {}),
        ({"host": "evil.example"}, {}),  # signed for another RP id
        ({"flags": PRESENT}, {}),  # nobody was verified
        ({"flags": 0x04}, {}),  # nobody was there
        ({}, {"crossOrigin": True}),  # asked for in a frame of another site
        ({}, {"type": "webauthn.create"}),
        ({}, {"challenge": b64(bytes(32))}),
        ({"private": Key().private}, {}),  # the id is known, the signature another's
    ],
)  # fmt: skip
def test_phishing_another_host_nobody_verified_or_a_forged_signature_open_nothing(key, lie, changed):
    """Attacks: each lies in one thing and is right in all the others."""
    browser = Client()
    answer = give(browser, ENTER, key.but(**lie).signs(ask(browser, ENTER), **changed))
    assert answer.status_code == 422 and "n’a pas été acceptée" in answer.json()["words"]
    assert browser.get("/moi/").status_code == 302 and refused("forged")
    assert "there" in give(browser, ENTER, key.signs(ask(browser, ENTER))).json(), "and the true one enters"


def test_a_cloned_key_is_refused_and_told_to_the_journal_and_to_its_person(key, anne):
    """Attack: a copy of the key has signed since; its count goes backwards."""
    clone, browser = key.but(), Client()
    key.signs(ask(browser, ENTER))
    assert "there" in give(browser, ENTER, key.signs(ask(browser, ENTER))).json()
    thief = Client()
    for _ in range(2):  # the counts 1 and 2
        answer = give(thief, ENTER, clone.signs(ask(thief, ENTER)))
        assert answer.status_code == 422 and "copiée" in answer.json()["words"]
    assert (
        AuditEvent.objects.filter(action="session.passkey_failed", facts__why="cloned", subject_id=anne.pk).count() == 2
    )
    assert Notice.objects.filter(kind="passkey_copied", user=anne).count() == 2
    assert Passkey.objects.get().sign_count == 2


def test_nothing_is_learned_of_who_exists(key, anne):
    """Attack: enumeration. A key that is nobody's, somebody's who left, forged: one answer, and no list of keys."""
    answers = []
    for one in (
        Key(handle=anne.pk.bytes),
        key.but(handle=b"x" * 16),
        key.but(handle=b""),
        key.but(private=Key().private),
        key,
    ):
        User.objects.filter(pk=anne.pk).update(is_active=one is not key)
        browser = Client()
        asked = ask(browser, ENTER)
        assert asked["allowCredentials"] == []
        answers.append(give(browser, ENTER, one.signs(asked)))
    assert {(answer.status_code, answer.text) for answer in answers} == {(422, answers[0].text)}
    told = AuditEvent.objects.filter(action="session.passkey_failed").values_list("facts__why", flat=True)
    assert sorted(told) == ["foreign", "foreign", "forged", "inactive", "unknown"]


def test_csrf_no_door_of_a_passkey_answers_without_the_token_of_its_page(inside, key):
    """Attack: a page elsewhere signs its reader in as somebody else."""
    forged, victim = Client(enforce_csrf_checks=True), Client(enforce_csrf_checks=True)
    victim.cookies[django_settings.SESSION_COOKIE_NAME] = inside.cookies[django_settings.SESSION_COOKIE_NAME].value
    for client, doors in ((forged, (ENTER, FOLLOW)), (victim, (UNLOCK, PROVE, ADD))):
        assert [client.post(door).status_code for door in doors] == [403] * len(doors)


def test_registration_of_a_credential_that_is_another_s_is_refused(key, anne, claire, sign_in):
    """Attack: whoever registers the id of somebody's key would sign in as them, or they as him."""
    hers = Client()
    sign_in(hers, claire)
    answer = give(hers, ADD, key.but(private=Key().private).registers(ask(hers, ADD)))
    assert answer.status_code == 422 and "déjà enregistrée" in answer.json()["words"]
    assert Passkey.objects.get().user_id == anne.pk


@pytest.mark.parametrize(
    ("lie", "changed"),
    [
        ({"origin": "http://evil.example"}, {}),
        ({"host": "evil.example"}, {}),
        ({"flags": PRESENT}, {}),
        ({}, {"challenge": b64(bytes(32))}),
        ({}, {"crossOrigin": True}),
        ({}, {"said": {"fmt": "fido-u2f", "attStmt": {"x5c": [b"x"], "sig": b"x"}}}),
        ({}, {"said": {"authData": b"x"}}),
        ({"id": b""}, {}),
        ({"id": b"x" * 1024}, {}),
    ],
)  # fmt: skip
def test_what_is_no_new_key_for_this_page_is_not_added(inside, lie, changed):
    answer = give(inside, ADD, Key(**lie).registers(ask(inside, ADD), **changed))
    assert answer.status_code == 422 and not Passkey.objects.exists()


def test_an_attestation_that_nobody_asked_for_is_refused_unread(inside, monkeypatch):
    """Attack: parsers of certificates, fed by whoever adds a key."""
    key = Key(aaguid=bytes(16))
    asked = ask(inside, ADD)
    assert give(inside, ADD, key.registers(asked, said=key.vouched(asked))).status_code == 422
    monkeypatch.setattr(passkeys, "_is_bare", lambda _: True)
    asked = ask(inside, ADD)
    assert give(inside, ADD, key.registers(asked, said=key.vouched(asked))).status_code == 200, "right in all else"


def test_algorithms_that_we_do_not_ask_for_are_refused(inside, monkeypatch):
    """Attack: a key by which signatures are weak, or none."""
    asked = ask(inside, ADD)
    assert [one["alg"] for one in asked["pubKeyCredParams"]] == [-7, -8, -257]
    monkeypatch.setattr(ceremonies, "ALGORITHMS", (-8,))
    assert give(inside, ADD, Key().registers(asked)).status_code == 422


@pytest.mark.parametrize(
    "text", ["", "[]", "x", "[" * 16_000, "{}", '{"type": "public-key", "rawId": "é", "response": {}}']
)
def test_what_is_no_answer_of_a_key_is_refused_however_deep_or_long(text):
    for read in (credentials.assertion, credentials.attestation):
        for hostile in (text, text.ljust(credentials.MOST + 1)):
            with pytest.raises(credentials.Malformed):
                read(hostile)


def test_those_that_one_has_are_not_made_twice_and_twenty_are_enough(inside, key, anne, monkeypatch):
    asked = ask(inside, ADD)
    assert [one["id"] for one in asked["excludeCredentials"]] == [b64(key.id)]
    assert asked["user"]["id"] == b64(anne.pk.bytes) and asked["authenticatorSelection"]["residentKey"] == "required"
    assert asked["attestation"] == "none" and len(asked["challenge"]) == 43
    enrol(inside)
    assert sorted(Passkey.objects.values_list("name", flat=True)) == ["Windows Hello", "Windows Hello (2)"]
    monkeypatch.setattr(passkeys, "MOST", 2)
    assert give(inside, ADD, Key().registers(ask(inside, ADD))).status_code == 422


def test_a_challenge_ends_after_five_minutes(key, monkeypatch):
    browser = Client()
    asked = ask(browser, ENTER)
    monkeypatch.setattr(ceremonies, "LIFE", timedelta(0))
    assert give(browser, ENTER, key.signs(asked)).json() == {"words": passkeys.WORDS[passkeys.Why.LATE]}


def test_attack_answers_to_no_question_fill_no_journal(key):
    """Each question is counted by network; an answer alone is not, and anybody can send one."""
    for said in ("{}", key.signs({"challenge": b64(bytes(32))})):
        assert give(Client(), ENTER, said).status_code == 422
    assert not AuditEvent.objects.filter(action="session.passkey_failed").exists()


# The second factor


def test_after_a_password_the_key_is_offered_first_and_no_sms_leaves(
    key, anne, pocket, django_capture_on_commit_callbacks
):
    browser = Client()
    with django_capture_on_commit_callbacks(execute=True):
        assert give_password(browser, anne.login, next="/moi/")["Location"] == CODE
    page = browser.get(CODE).text
    assert 'data-passkey="follow"' in page and 'name="code"' not in page and "Recevoir un code par SMS" in page
    assert pocket.messages == []
    asked = ask(browser, FOLLOW)
    assert [one["id"] for one in asked["allowCredentials"]] == [b64(key.id)]
    assert give(browser, FOLLOW, key.signs(asked)).json() == {"there": "/moi/"}
    assert Session.objects.filter(means=Means.PASSKEY).count() == 2
    other = Client()
    with django_capture_on_commit_callbacks(execute=True):
        give_password(other, anne.login)
        other.post("/connexion/facon/", {"way": "sms"})
    assert other.post(CODE, {"code": pocket.code}).status_code == 302, "when it is asked for"


def test_tries_with_a_key_are_counted_with_those_of_codes(key, anne, pocket):
    browser = Client()
    give_password(browser, anne.login)
    for _ in range(5):
        give(browser, FOLLOW, key.but(private=Key().private).signs(ask(browser, FOLLOW)))
    assert "Recommencez" in give(browser, FOLLOW, key.signs(ask(browser, FOLLOW))).json()["words"]
    assert Client().post(FOLLOW).json() == {"there": "/connexion/"}


def test_the_key_of_somebody_else_is_no_second_factor(key, anne, claire, pocket):
    """Attack: a password that was stolen, and a key of one's own."""
    thief = Client()
    give_password(thief, claire.login)
    answer = give(thief, FOLLOW, key.signs(ask(thief, FOLLOW)))
    assert answer.status_code == 422 and refused("foreign")


# The lock, and the page that asks again


@pytest.fixture
def locked(inside, key) -> Client:
    Session.objects.update(locked_at=timezone.now())
    return inside


def test_the_key_unlocks_under_a_new_session_key(locked, key):
    assert "Rouvrir avec ma clé d’accès" in locked.get("/verrou/").text
    before = Session.objects.get().pk
    assert give(locked, UNLOCK, key.signs(ask(locked, UNLOCK)), next="/moi/").json() == {"there": "/moi/"}
    row = Session.objects.get()
    assert row.locked_at is None and row.proof == Means.PASSKEY and row.pk != before
    assert AuditEvent.objects.get(action="session.unlock").facts == {"means": "passkey"}


def test_a_colleague_s_key_does_not_unlock(locked, claire, sign_in):
    """Attack: at the counter, who has a key of their own reopens the session of somebody else."""
    hers = Client()
    sign_in(hers, claire)
    key = enrol(hers)
    assert give(locked, UNLOCK, key.signs(ask(locked, UNLOCK))).status_code == 422
    assert Session.objects.filter(locked_at=None).count() == 1 and refused("foreign")
    assert "Rouvrir avec ma clé" in locked.get("/verrou/").text


def test_a_challenge_of_the_lock_is_none_of_another_door(locked, key):
    """Attack: what was signed to unlock proves who one is for something else."""
    assert give(locked, UNLOCK, key.signs(ask(locked, UNLOCK))).status_code == 200
    asked = ask(locked, PROVE)
    assert give(locked, ENTER, key.signs(asked)).json() == {"there": "/"}, "who is in is led on"
    Session.objects.update(locked_at=timezone.now())
    assert give(locked, UNLOCK, key.signs(asked)).status_code == 422 and refused("late")


def test_it_proves_who_one_is_before_a_sensitive_act(inside, key):
    Session.objects.update(proven_at=timezone.now() - timedelta(minutes=11))
    there = inside.get(ADD)["Location"]
    assert there.startswith("/confirmer/?fort=1") and "Confirmer avec ma clé d’accès" in inside.get(there).text
    assert give(inside, PROVE, key.signs(ask(inside, PROVE)), next=ADD).json() == {"there": ADD}
    assert inside.get(ADD).status_code == 200 and Session.objects.get().proof == Means.PASSKEY
    stale = inside.post(ADD, headers={"Sec-Fetch-Dest": "empty"})
    assert stale.status_code == 200
    Session.objects.update(proven_at=timezone.now() - timedelta(minutes=11))
    led = inside.post(ADD, headers={"Sec-Fetch-Dest": "empty"})
    assert led.status_code == 401 and led["HX-Redirect"].startswith("/confirmer/"), "the script is told where to go"


# What is left


def test_the_administration_opens_to_a_key_and_its_last_strong_way_stays(make_user, settings, sign_in):
    boss, desk = make_user("admin@mssweb.example", "Ada", "Ministre", is_staff=True, is_superuser=True), Client()
    sign_in(desk, boss)
    settings.ADMIN_STRONG = True
    assert desk.get("/admin/").status_code == 302
    assert desk.get(ADD).status_code == desk.post(ADD).status_code == 403, (
        "the first one: by a code that is handed over"
    )
    settings.ADMIN_STRONG = False
    enrol(desk)
    settings.ADMIN_STRONG = True
    assert desk.get("/admin/").status_code == 200
    there = f"/moi/securite/cles/{Passkey.objects.get().pk}/"
    assert "dernière façon sûre" in desk.post(there, {"action": "remove"}, follow=True).text
    enrol(desk)
    assert desk.post(there, {"action": "remove"})["Location"] == "/connexion/", "the key of this session"
    assert Passkey.objects.count() == 1


def test_an_address_of_the_network_binds_no_key_and_shows_no_door(client, settings):
    assert ceremonies.is_open() and 'data-passkey="enter"' in client.get("/connexion/").text
    for base, there in (
        ("https://10.0.0.1", False),
        ("http://mss.example", False),
        ("https://mss.example:8443/", True),
    ):
        settings.BASE_URL = base
        assert ceremonies.is_open() is there
    assert (ceremonies.rp_id(), ceremonies.origin()) == ("mss.example", "https://mss.example:8443")
    settings.BASE_URL = "https://10.0.0.1"
    assert "data-passkey" not in client.get("/connexion/").text


def test_pages_of_sign_in_that_are_opened_by_thousands_are_bounded_and_passwords_go_on(monkeypatch, anne, pocket):
    """Attack: each leaves a session behind."""
    monkeypatch.setattr(allowances, "_CEREMONIES_OF_A_NETWORK", 2)
    assert [Client().post(ENTER).status_code for _ in range(3)] == [200, 200, 429]
    assert Session.objects.count() == 2 and Session.objects.first().expire_date < timezone.now() + timedelta(minutes=6)
    assert give_password(Client(), anne.login).status_code == 302


def test_the_library_is_loaded_by_who_verifies_alone():
    """`import auth_otp.models` in a process of its own: tests/mssweb counts what each loads; here, that none is asked."""
    import ast
    import inspect

    tops = [
        node for node in ast.parse(inspect.getsource(passkeys)).body if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert not any("webauthn" in ast.unparse(node) for node in tops)


def test_codes_stand_for_a_key_too_and_go_with_the_last_of_it(inside, key, anne, pocket):
    page = inside.get("/moi/securite/").text
    assert "Vous n’avez pas de code de secours" in page
    paper = json.loads(json.dumps(inside.post("/moi/securite/codes/").context["codes"]))
    browser = Client()
    give_password(browser, anne.login)
    browser.post("/connexion/facon/", {"way": "recovery"})
    assert browser.post(CODE, {"code": paper[0]})["Location"] == "/"
    assert Session.objects.filter(means=Means.PASSWORD_RECOVERY).count() == 1
    assert browser.post(f"/moi/securite/cles/{Passkey.objects.get().pk}/", {"action": "remove"}).status_code == 302
    assert not Passkey.objects.exists() and not RecoveryCode.objects.exists()
    assert browser.get("/moi/").status_code == 200 and Session.objects.get(means=Means.PASSWORD_SMS)
    assert PASSWORD and inside.get("/moi/").status_code == 302


def test_a_key_is_suggested_to_who_comes_by_sms_once_a_month_and_to_nobody_who_holds_something_strong(
    anne, pocket, django_capture_on_commit_callbacks
):
    def come() -> str:
        browser = Client()
        with django_capture_on_commit_callbacks(execute=True):
            give_password(browser, anne.login)
        assert browser.post(CODE, {"code": pocket.code}).status_code == 302
        return browser.get("/moi/").text

    words = "Plus rapide et plus sûr que le SMS\u00a0: une clé d’accès"
    assert words in come() and words not in come()
    Allowance.objects.all().delete()
    link = SectorLink.objects.create(user=anne, kind="psc", subject="899900000011", added_at=timezone.now())
    assert words not in come()
    link.delete()
    assert 'href="/moi/securite/">L’ajouter</a>' in come(), "and a month later"
