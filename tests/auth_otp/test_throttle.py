"""Growing delays: an unknown place waits, its network, who is tried there, and the pharmacist at the usual counter does not."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.db.models import F
from django.test import Client, RequestFactory
from django.utils import timezone

from auth_otp import challenges, otp, throttle
from auth_otp.models import Challenge, Throttle, User
from auth_otp.ways import too_soon
from mssweb.audit.models import AuditEvent
from tests.auth_otp.conftest import give_password
from tests.conftest import PASSWORD

NOW = datetime(2026, 11, 23, 9, 41, tzinfo=UTC)
LOGIN = "anne@x.example"


def request_from(address: str):
    request = RequestFactory().get("/", REMOTE_ADDR=address)
    request.user = AnonymousUser()
    return request


def failures() -> set[int]:
    return set(Throttle.objects.values_list("failures", flat=True))


def test_three_tries_are_free_then_the_wait_doubles_up_to_a_quarter_of_an_hour(db):
    request, now, waits = request_from("203.0.113.9"), NOW, []
    for _ in range(16):
        assert not throttle.count(request, LOGIN, now=now)
        held = Throttle.objects.filter(free_at__gt=now).exists()
        wait = throttle.count(request, LOGIN, now=now) if held else timedelta()
        waits.append(wait.total_seconds())
        now += wait
    assert waits == [0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900]


def test_a_day_forgets(db):
    request = request_from("203.0.113.9")
    for _ in range(3):
        throttle.count(request, LOGIN, now=NOW)
    assert throttle.count(request, LOGIN, now=NOW)
    assert not throttle.count(request, LOGIN, now=NOW + timedelta(hours=25))
    assert failures() == {1}


def test_a_refused_try_is_not_counted(db):
    request = request_from("203.0.113.9")
    for _ in range(30):
        throttle.count(request, LOGIN, now=NOW)
    assert failures() == {3}


@pytest.mark.django_db(transaction=True)
def test_tries_made_all_at_once_are_all_counted():
    """Attack: forty passwords in parallel, before the first is found wrong."""

    def attempt(_: int) -> bool:
        try:
            return not throttle.count(request_from("203.0.113.9"), LOGIN, now=NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(40))) == 3


def test_an_attacker_from_afar_delays_himself_and_not_the_pharmacist(anne, pocket):
    """Attack: locking somebody out."""
    attacker, office = Client(REMOTE_ADDR="203.0.113.9"), Client(REMOTE_ADDR="192.0.2.1")
    statuses = [give_password(attacker, anne.login, "essai au hasard").status_code for _ in range(5)]
    assert statuses == [422, 422, 422, 429, 429]
    assert give_password(office, anne.login).status_code == 302


def test_the_wait_is_the_same_for_people_who_do_not_exist(anne):
    for login in (anne.login, "personne@nulle-part.example"):
        browser = Client(REMOTE_ADDR="203.0.113.9")
        answers = [give_password(browser, login, "essai au hasard") for _ in range(4)]
        assert [a.status_code for a in answers] == [422, 422, 422, 429]
        assert answers[-1]["Retry-After"] == "1"
        assert "Réessayez dans" in answers[-1].content.decode()


def test_a_known_browser_is_counted_by_itself_even_in_the_attacker_s_network(
    client, anne, pocket, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        give_password(client, anne.login)
    client.post("/connexion/code/", {"code": pocket.code})
    client.post("/deconnexion/")
    neighbour = Client()
    assert [give_password(neighbour, anne.login, "x").status_code for _ in range(4)][-1] == 429
    assert give_password(client, anne.login).status_code == 302
    assert give_password(Client(), anne.login).status_code == 429


def test_who_waits_is_told_what_is_true_here_and_goes_on_where_they_were(
    client, anne, pocket, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        give_password(client, anne.login)
    client.post("/connexion/code/", {"code": pocket.code})
    client.post("/deconnexion/")
    for browser, is_better_elsewhere in ((client, False), (Client(REMOTE_ADDR="203.0.113.9"), True)):
        page = [give_password(browser, anne.login, "x", next="/annuaire/?q=1") for _ in range(4)][-1].text
        assert "n’est pas bloqué" in page and ("d’habitude" in page) is is_better_elsewhere
        assert 'href="/connexion/?next=%2Fannuaire%2F%3Fq%3D1"' in page
        assert "//evil" not in give_password(browser, anne.login, "x", next="//evil.example/").text


def test_a_browser_known_for_one_person_is_unknown_for_another(
    client, anne, claire, pocket, django_capture_on_commit_callbacks
):
    """Attack: an own account, to have a browser that is «known»."""
    with django_capture_on_commit_callbacks(execute=True):
        give_password(client, claire.login)
    client.post("/connexion/code/", {"code": pocket.code})
    client.post("/deconnexion/")
    for _ in range(3):
        give_password(Client(), anne.login, "x")
    assert give_password(client, anne.login, "x").status_code == 429


def test_an_altered_mark_of_a_browser_counts_for_nothing(client, anne, pocket, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        give_password(client, anne.login)
    client.post("/connexion/code/", {"code": pocket.code})
    thief = Client()
    thief.cookies[settings.BROWSER_COOKIE_NAME] = client.cookies[settings.BROWSER_COOKIE_NAME].value[:-2] + "xx"
    assert [give_password(thief, anne.login, "x").status_code for _ in range(4)][-1] == 429
    assert give_password(Client(), anne.login).status_code == 429


def test_password_spraying_over_500_users_from_one_network_is_slowed(
    client, anne, pocket, django_capture_on_commit_callbacks
):
    """Attack: one likely password, one try a person, every address of a network. After thirty: one try a minute.

    Anne, who is one of them and at work in that very network, enters meanwhile by her own browser.
    """
    with django_capture_on_commit_callbacks(execute=True):
        give_password(client, anne.login)
    client.post("/connexion/code/", {"code": pocket.code})
    client.post("/deconnexion/")
    Throttle.objects.all().delete()
    AuditEvent.objects.all().delete()
    crowd = [
        User(login=f"person{n}@x.example", password=anne.password, first_name="P", last_name=str(n)) for n in range(499)
    ]
    people = [*User.objects.bulk_create(crowd), anne]
    begun = now = timezone.now()
    waited = []
    for number, person in enumerate(people):
        request = request_from(f"127.0.0.{number % 250 + 2}")
        if number > 45:  # nothing but a minute's wait helps
            if number % 50 == 0:
                assert throttle.count(request, person.pk, now=now + timedelta(seconds=59))
            now += timedelta(seconds=60)
            waited.append(60)
        while wait := throttle.count(request, person.pk, now=now):
            now += wait
            waited.append(wait.total_seconds())
    assert waited[:9] == [1, 2, 4, 8, 16, 32, 60, 60, 60] and set(waited[6:]) == {60}
    assert now - begun > timedelta(hours=7)
    told = AuditEvent.objects.get(action="session.slowed")  # once, as it begins
    assert (told.client, told.facts) == ("127.0.0.31", {"place": "network", "count": 30})
    assert give_password(Client(REMOTE_ADDR="127.0.0.1"), anne.login).status_code == 429
    assert give_password(client, anne.login).status_code == 302
    assert not throttle.count(request_from("198.51.100.4"), crowd[7].pk, now=now)  # another network is not kept waiting


def test_password_spraying_from_the_many_networks_of_one_customer_is_slowed(db):
    """Attack: a /48 of IPv6, as any provider gives, has 65,536 networks; each had thirty tries of its own."""
    for number in range(30):
        assert not throttle.count(request_from(f"2001:db8:1:{number:x}::1"), f"person{number}@x.example", now=NOW)
    assert throttle.count(request_from("2001:db8:1:ffff::1"), "person30@x.example", now=NOW)
    assert not throttle.count(request_from("2001:db8:2::1"), "person30@x.example", now=NOW)


def test_a_workstation_that_is_known_waits_for_no_neighbour(client, anne, pocket, django_capture_on_commit_callbacks):
    """Attack: spraying from the pharmacy's own network, or on Anne from everywhere, to keep her out."""
    with django_capture_on_commit_callbacks(execute=True):
        give_password(client, anne.login)
    client.post("/connexion/code/", {"code": pocket.code})
    client.post("/deconnexion/")
    here = request_from("127.0.0.1")
    for number in range(10):
        throttle.count(here, f"person{number}@x.example", now=timezone.now())
    assert give_password(Client(), anne.login).status_code == 429
    assert give_password(client, anne.login).status_code == 302


def test_guesses_at_one_person_from_many_networks_are_slowed(anne):
    """Attack: fifty networks, one guess each. The next waits, and a right password gives back its own try only."""
    for number in range(50):
        assert not throttle.count(request_from(f"10.0.{number}.1"), anne.pk, now=NOW)
    late = request_from("10.1.0.1")
    assert throttle.count(late, anne.pk, now=NOW) == timedelta(seconds=1)
    assert not throttle.count(late, anne.pk, now=NOW + timedelta(seconds=1))
    throttle.passed(late, anne.pk, now=NOW + timedelta(seconds=1))
    assert Throttle.objects.order_by("-failures").first().failures == 50


def test_a_right_password_counts_for_nothing_where_others_are(db):
    """A pharmacy that opens in the morning behind one address: everybody enters, nobody waits."""
    for number in range(12):
        assert not throttle.count(request_from("192.0.2.1"), f"person{number}", now=NOW)
        throttle.passed(request_from("192.0.2.1"), f"person{number}", now=NOW)


def test_wrong_codes_slow_the_next_sign_in(waiting, pocket, anne):
    """Attack: the password is stolen, codes are guessed five at a time."""
    for _ in range(5):
        waiting.post("/connexion/code/", {"code": pocket.wrong})
    assert give_password(waiting, anne.login).status_code == 429


def test_each_wrong_code_counts_even_while_the_pair_has_to_wait(waiting, pocket, anne):
    """Attack: five guesses at once, of which the wait after the second would spare the count."""
    for _ in range(5):
        waiting.post("/connexion/code/", {"code": pocket.wrong})
    assert failures() == {6, 5}  # the password, and five codes; of shared places the right password was given back
    assert give_password(waiting, anne.login)["Retry-After"] in {"7", "8"}


def test_a_person_is_counted_once_under_both_their_names(anne):
    """Attack: three tries by login, three more by RPPS number."""
    attacker = Client(REMOTE_ADDR="203.0.113.9")
    names = (anne.login, anne.rpps, f" {anne.login.upper()}", anne.rpps)
    assert [give_password(attacker, name, "au hasard").status_code for name in names] == [422, 422, 422, 429]


def test_a_name_that_is_nobody_s_is_not_taken_for_an_id(anne):
    for _ in range(3):
        throttle.count(request_from("203.0.113.9"), str(anne.pk), now=NOW)
    assert not throttle.count(request_from("203.0.113.9"), anne.pk, now=NOW)


def test_sms_bombing_passwords_given_again_and_again_without_a_code_send_few(
    anne, pocket, django_capture_on_commit_callbacks
):
    """Attack: SMS bombing with a stolen password, one browser or many of a network."""
    with django_capture_on_commit_callbacks(execute=True):
        statuses = [give_password(Client(), anne.login, PASSWORD).status_code for _ in range(6)]
    assert statuses == [302, 302, 302, 429, 429, 429]
    assert len(pocket.messages) == 3


def test_sms_bombing_a_stolen_password_sends_ten_an_hour_from_everywhere_together(
    client, anne, pocket, django_capture_on_commit_callbacks
):
    """Attack: SMS bombing, and guessing, from twelve networks. Her own workstation is not kept waiting."""
    with django_capture_on_commit_callbacks(execute=True):
        give_password(client, anne.login)
    client.post("/connexion/code/", {"code": pocket.code})
    client.post("/deconnexion/")
    pocket.messages.clear()
    with django_capture_on_commit_callbacks(execute=True):
        answers = [
            give_password(Client(REMOTE_ADDR=f"203.0.{network}.9"), anne.login)
            for network in range(12)
            for _ in range(3)
        ]
    assert [a.status_code for a in answers] == [302] * 10 + [429] * 26
    assert len(pocket.messages) == 10
    late = Client(REMOTE_ADDR="198.51.100.4")
    refused = give_password(late, anne.login)
    assert 3500 < int(refused["Retry-After"]) <= 3600
    assert "Trop de codes demandés de suite. Réessayez dans <b" in refused.content.decode()
    assert late.get("/connexion/code/")["Location"] == "/connexion/"
    assert AuditEvent.objects.filter(action="code.refused", actor_id=anne.pk).exists()
    assert give_password(client, anne.login).status_code == 302
    Challenge.objects.update(expires_at=F("expires_at") - timedelta(hours=1))
    assert give_password(late, anne.login).status_code == 302


def test_guessing_at_an_authenticator_for_days_a_stolen_password_gets_thirty_sign_ins_a_day(anne):
    """Attack: ten an hour, five guesses each at three codes of a million, was a year's work."""

    def ask(now: datetime) -> bool:
        try:
            challenges.issue(user=anne, binding="x", now=now, way=otp.Way.TOTP)
        except challenges.TooMany as told:
            waits.append(told.wait)
            return False
        return True

    waits: list[timedelta] = []
    given = [sum(ask(NOW + timedelta(hours=hour)) for _ in range(11)) for hour in range(0, 26, 2)]
    assert given == [10, 10, 10] + [0] * 9 + [10]
    assert waits[2] == timedelta(hours=20)
    told = too_soon(request_from("203.0.113.9"), waits[2]).content.decode()
    assert ">20 heures</b>" in told
    assert challenges.issue(user=anne, binding="known", now=NOW + timedelta(hours=6), network=None)


def test_codes_that_were_answered_are_not_counted_among_the_ten(anne, pocket, django_capture_on_commit_callbacks):
    for network in range(12):
        browser = Client(REMOTE_ADDR=f"203.0.{network}.9")
        with django_capture_on_commit_callbacks(execute=True):
            assert give_password(browser, anne.login).status_code == 302
        assert browser.post("/connexion/code/", {"code": pocket.code})["Location"] == "/"


@pytest.mark.django_db(transaction=True)
def test_challenges_asked_for_all_at_once_are_all_counted(anne):
    def ask(number: int) -> bool:
        try:
            challenges.issue(user=anne, binding=str(number), now=NOW)
        except challenges.TooMany:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(ask, range(24))) == 10


def test_a_whole_sign_in_forgets_the_count(waiting, pocket, anne):
    waiting.post("/connexion/code/", {"code": pocket.wrong})
    assert failures() == {2, 1}
    waiting.post("/connexion/code/", {"code": pocket.code})
    assert failures() == {1}  # the wrong code, where others are


def test_networks_are_neighbourhoods():
    assert throttle.network("203.0.113.9") == throttle.network("203.0.113.200") == "203.0.113.0/24"
    assert throttle.network("2001:db8:1:2:aaaa::1") == throttle.network("2001:db8:1:2:bbbb::1") == "2001:db8:1:2::/64"
    assert throttle.network("203.0.114.9") != throttle.network("203.0.113.9")
    assert throttle.network(None) == "unknown"


def test_no_name_is_in_the_table(db):
    throttle.count(request_from("203.0.113.9"), LOGIN, now=NOW)
    for key in map(bytes, Throttle.objects.values_list("key", flat=True)):
        assert len(key) == 32
        assert b"anne" not in key and b"203.0" not in key
