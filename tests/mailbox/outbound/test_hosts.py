"""Where mail of a domain goes, asked of a real resolver on a socket."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from time import monotonic

import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest
from django.utils import timezone

from mailbox.outbound import hosts, worker
from mailbox.outbound.hosts import hosts_of
from mailbox.reply import Permanent, Temporary
from tests import peers
from tests.mailbox.outbound.conftest import DR, states

HERE = [("A", ["127.0.0.1"])]
ZONE: dict[str, list[tuple[str, list[str]]]] = {
    "deux.mssante.example.": [("MX", ["20 mx2.deux.mssante.example.", "10 mx1.deux.mssante.example."])],
    "mx1.deux.mssante.example.": [("A", ["127.0.0.2", "127.0.0.3"]), ("AAAA", ["::1"])],
    "mx2.deux.mssante.example.": [("AAAA", ["::2"])],
    "sans.mssante.example.": HERE,
    "nul.mssante.example.": [("MX", ["0 ."])],
    "vide.mssante.example.": [("MX", ["10 rien.mssante.example."])],
    "rien.mssante.example.": [("TXT", ["x"])],
    "boucle.mssante.example.": [("MX", ["10 MX.officine.mssante.example.", "20 mx1.deux.mssante.example."])],
    "secours.mssante.example.": [("MX", ["10 mx1.deux.mssante.example.", "20 mx.officine.mssante.example.",
                                         "30 mx2.deux.mssante.example."])],
    "alias.mssante.example.": [("CNAME", ["deux.mssante.example."])],
    "moitie.mssante.example.": [("MX", ["10 absent.mssante.example.", "20 panne.mssante.example."])],
    "relais.example.": HERE,
    f"{peers.HOSPITAL}.": [("MX", ["10 localhost.localdomain.invalid.", "20 ici.mssante.example."])],
    "ici.mssante.example.": [("A", ["127.0.0.9", "127.0.0.1"])],
}  # fmt: skip


@pytest.fixture
def resolver(settings) -> Iterator[list[str]]:
    """Answers of ZONE; what is not there does not exist, and «panne» fails. Keeps what was asked."""
    asked: list[str] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(0.02)
        stop = threading.Event()

        def serve() -> None:
            while not stop.is_set():
                with suppress(TimeoutError):
                    data, client = server.recvfrom(4096)
                    server.sendto(answered(dns.message.from_wire(data), asked).to_wire(), client)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        settings.DNS_SERVER, settings.ROUTES = f"127.0.0.1:{server.getsockname()[1]}", ""
        yield asked
        stop.set()
        thread.join()


def answered(query: dns.message.Message, asked: list[str]) -> dns.message.Message:
    name, kind = query.question[0].name.to_text(), dns.rdatatype.to_text(query.question[0].rdtype)
    asked.append(f"{kind} {name}")
    response = dns.message.make_response(query)
    if name.startswith("panne"):
        response.set_rcode(dns.rcode.SERVFAIL)
    elif name not in ZONE:
        response.set_rcode(dns.rcode.NXDOMAIN)
    for _ in range(2):
        for found, records in ZONE.get(name, []):
            if found in {kind, "CNAME"}:
                response.answer.append(dns.rrset.from_text(name, 300, "IN", found, *records))
                name = records[0]
    return response


def places(domain: str) -> list[tuple[str, str]]:
    """The servers shuffle addresses of one host, hosts are in their order."""
    found = hosts_of(domain)
    hosts_found = list(dict.fromkeys(place.host for place in found))
    return sorted(((p.host, p.address) for p in found), key=lambda pair: (hosts_found.index(pair[0]), pair[1]))


MX1 = [("mx1.deux.mssante.example", address) for address in ("127.0.0.2", "127.0.0.3", "::1")]
MX2 = [("mx2.deux.mssante.example", "::2")]


def test_hosts_come_by_preference_with_all_their_addresses_and_are_asked_for_once(resolver):
    for _ in range(2):
        assert places("deux.mssante.example") == MX1 + MX2
    assert len(resolver) == 5, "what a host has not is remembered too"


def test_a_domain_without_mx_is_its_own_host_and_an_alias_is_what_it_stands_for(resolver):
    assert places("sans.mssante.example") == [("sans.mssante.example", "127.0.0.1")]
    assert places("alias.mssante.example") == MX1 + MX2


def test_our_own_host_among_them_ends_the_list_there(resolver, settings):
    settings.SMTP_HOSTNAME = "mx.officine.mssante.example"
    assert places("secours.mssante.example") == MX1, "those behind us would send it back"


def test_a_route_comes_before_dns_and_its_host_is_resolved_too(resolver, settings):
    settings.ROUTES = "deux.mssante.example=127.0.0.1:2525 six.example=[::1]:26 *=relais.example:25"
    assert hosts_of("deux.mssante.example") == [("127.0.0.1", "127.0.0.1", 2525)]
    assert hosts_of("six.example") == [("::1", "::1", 26)]
    assert resolver == []
    assert hosts_of("autre.mssante.example") == [("relais.example", "127.0.0.1", 25)]
    settings.ROUTES = "*=nulle-part.example:25"
    with pytest.raises(Permanent):
        hosts_of("autre.mssante.example")


def test_an_address_inside_our_network_is_reached_by_the_operator_s_word_only(resolver, settings, monkeypatch):
    """Who writes the zone of a listed domain must not have us call on our own machines."""
    given = hosts._resolver(settings.DNS_SERVER)
    monkeypatch.setattr(hosts, "_resolver", lambda server: given)
    settings.DNS_SERVER = ""
    with pytest.raises(Permanent) as told:
        hosts_of("sans.mssante.example")
    assert told.value.reply == hosts.NO_ADDRESS
    for inside in (
        "127.0.0.1",
        "10.1.2.3",
        "169.254.169.254",
        "192.168.1.1",
        "::1",
        "fd00::1",
        "::ffff:10.0.0.1",
        "224.0.0.1",
    ):
        assert not hosts._is_public(inside)
    assert hosts._is_public("8.8.8.8") and hosts._is_public("2001:4860:4860::8888")


def test_a_resolver_that_never_answers_is_given_up_in_time_for_all_its_questions(settings, monkeypatch):
    monkeypatch.setattr(hosts, "_WHOLE_SECONDS", 0.2)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        settings.DNS_SERVER, settings.ROUTES = f"127.0.0.1:{silent.getsockname()[1]}", ""
        started = monotonic()
        with pytest.raises(Temporary):
            hosts_of("deux.mssante.example")
    assert monotonic() - started < 1


def test_an_answer_is_kept_an_hour_at_most(resolver, monkeypatch):
    monkeypatch.setattr(hosts, "_KEPT_SECONDS", -1.0)
    for _ in range(2):
        hosts_of("sans.mssante.example")
    assert len(resolver) == 6


@pytest.mark.parametrize(
    ("domain", "error", "reply"),
    [
        ("nul.mssante.example", Permanent, hosts.NO_MAIL),
        ("absent.mssante.example", Permanent, hosts.NO_DOMAIN),
        ("vide.mssante.example", Permanent, hosts.NO_ADDRESS),
        ("boucle.mssante.example", Permanent, hosts.LOOP),
        ("panne.mssante.example", Temporary, hosts.NO_DNS),
        ("moitie.mssante.example", Temporary, hosts.NO_DNS),
    ],
)
def test_what_is_certain_is_permanent_and_what_is_not_is_temporary(resolver, settings, domain, error, reply):
    settings.SMTP_HOSTNAME = "mx.officine.mssante.example"
    with pytest.raises(error) as told:
        hosts_of(domain)
    assert told.value.reply == reply


@pytest.mark.wire
@pytest.mark.django_db(transaction=True)
def test_mail_goes_to_the_next_host_and_address_when_the_first_is_not_there(
    hospital, send, settings, monkeypatch, request
):
    monkeypatch.setattr(hosts, "PORT", int(settings.ROUTES.split()[0].rpartition(":")[2]))
    request.getfixturevalue("resolver")
    submission = send(DR)
    worker.send_due(timezone.now())
    assert states(submission) == {DR: "relayed"}
