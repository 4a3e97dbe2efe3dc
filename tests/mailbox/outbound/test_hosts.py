"""Where mail of a domain goes, asked of a real resolver on a socket."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import dns.message
import dns.rcode
import dns.rrset
import pytest
from django.utils import timezone

from mailbox.outbound import hosts, worker
from mailbox.outbound.hosts import hosts_of
from mailbox.reply import Permanent, Temporary
from tests import peers
from tests.mailbox.outbound.conftest import DR, states

ZONE = {
    "deux.mssante.example.": ["20 mx2.deux.mssante.example.", "10 mx1.deux.mssante.example."],
    "sans.mssante.example.": [],
    "nul.mssante.example.": ["0 ."],
    f"{peers.HOSPITAL}.": ["10 localhost.localdomain.invalid.", "20 localhost."],
}


@pytest.fixture
def resolver(settings) -> Iterator[list[str]]:
    """Answers of ZONE; what is not there does not exist, and «panne» fails. Keeps what was asked."""
    asked: list[str] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(0.2)
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
    name = query.question[0].name.to_text()
    asked.append(name)
    response = dns.message.make_response(query)
    if name.startswith("panne"):
        response.set_rcode(dns.rcode.SERVFAIL)
    elif name not in ZONE:
        response.set_rcode(dns.rcode.NXDOMAIN)
    elif records := ZONE[name]:
        response.answer.append(dns.rrset.from_text(name, 300, "IN", "MX", *records))
    return response


def test_hosts_come_by_preference_and_are_asked_for_once(resolver):
    for _ in range(2):
        assert hosts_of("deux.mssante.example") == [("mx1.deux.mssante.example", 25), ("mx2.deux.mssante.example", 25)]
    assert len(resolver) == 1


def test_a_domain_without_mx_is_its_own_host(resolver):
    assert hosts_of("sans.mssante.example") == [("sans.mssante.example", 25)]


def test_a_route_comes_before_dns(resolver, settings):
    settings.ROUTES = "deux.mssante.example=127.0.0.1:2525 *=relais.example:25"
    assert hosts_of("deux.mssante.example") == [("127.0.0.1", 2525)]
    assert hosts_of("autre.mssante.example") == [("relais.example", 25)]
    assert resolver == []


@pytest.mark.parametrize(
    ("domain", "error", "reply"),
    [
        ("nul.mssante.example", Permanent, hosts.NO_MAIL),
        ("absent.mssante.example", Permanent, hosts.NO_DOMAIN),
        ("panne.mssante.example", Temporary, hosts.NO_DNS),
    ],
)
def test_what_is_certain_is_permanent_and_what_is_not_is_temporary(resolver, domain, error, reply):
    with pytest.raises(error) as told:
        hosts_of(domain)
    assert told.value.reply == reply


@pytest.mark.wire
@pytest.mark.django_db(transaction=True)
def test_mail_goes_to_the_next_host_when_the_first_is_not_there(hospital, send, settings, monkeypatch, request):
    monkeypatch.setattr(hosts, "PORT", int(settings.ROUTES.split()[0].rpartition(":")[2]))
    request.getfixturevalue("resolver")
    submission = send(DR)
    worker.send_due(timezone.now())
    assert states(submission) == {DR: "relayed"}
