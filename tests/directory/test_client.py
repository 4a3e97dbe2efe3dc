"""The client against a local API: what it asks, what it bears, what it refuses. Time is counted, never slept."""

import ssl
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from directory import client, gate
from directory.client import Permanent, Temporary
from directory.fhir import read
from directory.gate import Gate, Shut
from tests.directory import annuaire_api as api

pytestmark = pytest.mark.wire
RPPS = "99900000011"
NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


@dataclass
class Time:
    """A clock that sleeping moves."""

    at: float = 1_000_000.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def server():
    with api.serve() as annuaire:
        yield annuaire


@pytest.fixture
def annuaire(server, time) -> client.Client:
    gate = Gate(f"test:{uuid4()}", time.now)
    return client.Client(server.base, api.KEY, gate, clock=time.now, sleep=time.sleep, dice=lambda low, high: high)


def person(annuaire) -> list[read.Resource]:
    return [one for page in annuaire.person(RPPS, within=100) for one in page.resources]


def failure(annuaire) -> client.ApiError:
    with pytest.raises(client.ApiError) as caught:
        person(annuaire)
    return caught.value


def test_one_person_comes_with_roles_and_the_key_travels_in_its_header(server, annuaire):
    anne = api.practitioner(RPPS, "LÉVÊQUE", "Anne")
    server.hold(
        anne, api.role(anne, None, api.telecom("r@x.mssante.example")), api.practitioner("99900000029", "A", "B")
    )
    who, role = person(annuaire)
    assert (who.rpps, role.practitioner_id) == (RPPS, who.id)
    assert api.KEY not in server.asked[0]
    assert failure(replace(annuaire, key="wrong")).code == "bad-key"


def test_changes_are_followed_page_by_page_closed_ones_too(server, annuaire, monkeypatch):
    monkeypatch.setattr(client, "PER_PAGE", 2)
    server.hold(*(api.practitioner(f"9990000{n:04}", f"N{n}", "X", active=n != 3) for n in range(5)))
    server.hold(api.practitioner("99900009999", "OLD", "X", updated="2026-11-01T00:00:00.000+01:00"))
    pages = list(annuaire.changed("Practitioner", NOW - timedelta(days=2), now=NOW, within=100))
    assert [len(page.resources) for page in pages] == [2, 2, 1]
    assert [one.is_active for page in pages for one in page.resources] == [True, True, True, False, True]
    assert "_lastUpdated=ge2026-11-24T12%3A00%3A00Z" in server.asked[0]
    assert all(path.startswith("/fhir/v2/_page?id=") for path in server.asked[1:])


def test_roles_come_with_whom_and_where_they_name(server, annuaire):
    anne, halles = api.practitioner(RPPS, "X", "Y"), api.organization("750000002", "HALLES")
    server.hold(anne, halles, api.role(anne, halles))
    [page] = annuaire.changed("PractitionerRole", NOW - timedelta(days=1), now=NOW, within=100)
    assert [type(one).__name__ for one in page.resources] == ["PractitionerRole", "Practitioner", "Organization"]


def test_more_than_thirty_days_of_changes_are_not_asked(server, annuaire):
    with pytest.raises(ValueError, match="thirty days"):
        annuaire.changed("Practitioner", NOW - timedelta(days=31), now=NOW, within=100)
    assert server.asked == []


def test_a_burst_of_bad_gateways_is_waited_out_a_little_longer_each_time(server, annuaire, time):
    server.faults += [api.status(502), api.status(504), api.status(503)]
    assert person(annuaire) == []
    assert time.slept == [1.0, 2.0, 4.0]
    assert len(server.asked) == 4


def test_retry_after_is_obeyed_and_bounded(server, annuaire, time):
    server.faults += [api.status(429, "7"), api.status(429, "nonsense")]
    assert person(annuaire) == []
    assert time.slept == [7.0, 2.0]
    server.faults.append(api.status(429, "3600"))
    error = failure(annuaire)
    assert (type(error), error.code, error.retry_after, len(server.asked)) == (Temporary, "busy", 3600.0, 4)
    server.faults.append(api.status(503, "Fri, 31 Dec 2199 23:59:59 GMT"))
    assert failure(annuaire).retry_after > 3600


def test_what_does_not_come_in_time_is_an_outage(server, annuaire):
    server.faults += [api.never(server.over), api.dripping(server.over)]
    quick = replace(annuaire, clock=lambda: 0.0)
    for _ in range(2):
        with pytest.raises(Temporary) as caught:
            quick.person(RPPS, within=0.3)
        assert caught.value.code == "too-slow"


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (api.body(b'{"resourceType":"Bundle","entry":[{"resource":{"resourceTy'), "unreadable"),
        (api.body(b'{"resourceType":"Bundle"}', promised=5000), "broken"),
        (api.body(b"[" * 100_000), "unreadable"),
        (api.body("{'é'}".encode("latin-1")), "unreadable"),
        (api.body(b"x", headers={"Content-Encoding": "gzip"}), "encoded"),
        (api.body(b"{}", headers={"Content-Length": "nine"}), "unreadable"),
    ],
)
def test_what_cannot_be_read_is_an_outage_tried_again(server, annuaire, fault, code):
    server.faults += [fault] * 5
    assert failure(annuaire).code == code
    assert len(server.asked) == 5


def test_a_body_without_measure_is_dropped_as_it_comes(server, annuaire):
    server.faults.append(api.body(b" " * (client.MAX_BYTES + 4 * 1024 * 1024)))
    error = failure(annuaire)
    assert (type(error), error.code, len(server.asked)) == (Temporary, "too-large", 1)


@pytest.mark.parametrize(
    "elsewhere",
    ["https://ailleurs.example/fhir/v2/_page?id=x", "http://127.0.0.1:1/fhir/v2/_page?id=x", "/fhir/v2/_page?id=x",
     "{origin}/fhir/v3/_page?id=x", "{origin}/fhir/v2", "{origin}/fhir/v2/../admin?x", "{origin}/fhir/v2/%2e%2e/admin",
     "http://127.0.0.1:bad/fhir/v2/_page", "http://key@{netloc}/fhir/v2/_page", "{origin}\\@x/fhir/v2/_page",
     "{origin}/fhir/v2/_page?id=x y"],
)  # fmt: skip
def test_a_next_link_that_leaves_the_service_is_not_followed(server, annuaire, elsewhere):
    origin = server.base.removesuffix("/fhir/v2")
    link = elsewhere.replace("{origin}", origin).replace("{netloc}", origin.removeprefix("http://"))
    server.hold(*(api.practitioner(f"9990000{n:04}", "A", "B") for n in range(150)))
    server.next_of = lambda url: link
    with pytest.raises(Temporary, match="elsewhere"):
        list(annuaire.changed("Practitioner", NOW - timedelta(days=2), now=NOW, within=100))
    assert len(server.asked) == 1


def test_a_loop_of_pages_ends_and_so_does_a_chain_without_end(server, annuaire, monkeypatch):
    server.hold(*(api.practitioner(f"9990000{n:04}", "A", "B") for n in range(150)))
    server.next_of = lambda url: f"{server.base}/Practitioner?_count=3"
    with pytest.raises(Temporary, match="loop"):
        list(annuaire.changed("Practitioner", NOW - timedelta(days=2), now=NOW, within=100))
    assert len(server.asked) == 2
    server.next_of = lambda url: url
    monkeypatch.setattr(client, "PER_PAGE", 1)
    monkeypatch.setattr(client, "MAX_PAGES", 6)
    with pytest.raises(Temporary, match="loop"):
        list(annuaire.changed("Practitioner", NOW - timedelta(days=2), now=NOW, within=100))
    assert len(server.asked) == 8


def test_a_question_that_is_refused_is_not_asked_again_and_quotes_nothing(server, annuaire):
    with pytest.raises(Permanent) as unknown:
        next(annuaire.changed("Patient", NOW, now=NOW, within=9))
    server.faults.append(lambda handler: handler.say(400, api.outcome(f"Parameter {RPPS} not found")))
    refused = failure(annuaire)
    server.faults.append(lambda handler: handler.say(302, {}, {"Location": "https://ailleurs.example/"}))
    moved = failure(annuaire)
    assert (unknown.value.code, refused.code) == ("refused 404 HAPI-0302", "refused 400")
    assert (type(moved), moved.code) == (Temporary, "302")
    assert len(server.asked) == 3
    for error in (unknown.value, refused, moved):
        told = f"{error!r} {error.words}"
        assert RPPS not in told and "127.0.0.1" not in told and "Patient" not in told


def test_nothing_is_logged(server, annuaire, caplog):
    caplog.set_level(0)
    server.faults += [api.status(502), api.status(400)]
    assert isinstance(failure(annuaire), Permanent)
    assert caplog.records == []


def test_five_failures_open_the_breaker_for_all_and_one_probe_closes_it(server, annuaire, time):
    other = replace(annuaire)
    server.faults += [api.status(502)] * 5
    assert failure(annuaire).code == "502"
    assert (failure(other).code, len(server.asked)) == ("open", 5)
    time.at += gate.OPEN_SECONDS
    assert annuaire.gate.wait() == 0.0  # the probe leaves
    assert failure(other).code == "open"  # nobody else does, until it tells
    annuaire.gate.tell(ok=False)
    time.at += gate.OPEN_SECONDS - 1
    assert failure(other).code == "open"
    time.at += 2
    assert person(other) == []
    assert person(annuaire) == []


def test_a_refusal_is_an_answer_and_opens_no_breaker(server, annuaire):
    server.faults += [api.status(404)] * 6
    for _ in range(6):
        assert failure(annuaire).code == "refused 404"
    assert person(annuaire) == []


def test_never_more_than_seventeen_calls_in_any_second_whoever_calls(time):
    key, left = f"test:{uuid4()}", []
    gates = [Gate(key, time.now) for _ in range(4)]
    while len(left) < 120:
        for one in gates:
            wait = one.wait()
            if wait:
                time.sleep(wait + 1e-6)
            else:
                left.append(time.at)
    assert max(sum(start <= at < start + 1 for at in left) for start in left) <= gate.PER_SECOND
    assert left[-1] - left[0] < 11


def test_who_cannot_wait_for_his_turn_is_told_at_once(server, annuaire, time):
    while not annuaire.gate.wait():
        pass
    with pytest.raises(Temporary) as caught:
        annuaire.person(RPPS, within=0.01)
    assert (caught.value.code, server.asked, time.slept) == ("busy", [], [])
    assert annuaire.person(RPPS, within=1)


def test_without_redis_nobody_calls(server, annuaire, settings, monkeypatch):
    gate._redis.cache_clear()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    try:
        assert failure(annuaire).code == "uncounted"
    finally:
        gate._redis.cache_clear()
    assert server.asked == []


def test_the_clock_of_redis_is_the_clock_of_all():
    one = Gate(f"test:{uuid4()}")
    assert [one.wait() for _ in range(5)] == [0.0] * 5
    assert 0 < one.wait() < 0.1
    for _ in range(gate.FAILURES):
        one.tell(ok=False)
    with pytest.raises(Shut) as caught:
        one.wait()
    assert 0 < caught.value.seconds <= gate.OPEN_SECONDS


def test_a_private_authority_is_believed_only_when_it_is_given(space, settings, annuaire):
    issued = space.issue("localhost")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(issued.certificate, issued.key)
    with api.serve(context) as server:
        settings.DIRECTORY_API_URL, settings.DIRECTORY_API_KEY = server.base, api.KEY
        nowhere = failure(replace(annuaire, base=server.base, ca="/nowhere.pem"))
        assert failure(replace(annuaire, base=server.base)).code == "tls"
        settings.DIRECTORY_API_CA = str(space.ca)
        assert client.from_settings().person(RPPS, within=20)
    assert (type(nowhere), nowhere.code, "nowhere" in nowhere.words) == (Permanent, "authorities", False)
