"""The white list asked of its publisher: over a chain of its own, conditionally, one asker at a time; what changed is kept."""

import ssl
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core.management import CommandError, call_command

from mailbox import whitelist, whitelist_source
from mailbox.management.demo.authority import Authority, ListedDomain, operator_name, white_list
from mailbox.models import Edition, WhiteListSource
from mailbox.trust import differences
from mssweb.audit.models import AuditEvent
from mssweb.authorities import parse_dn
from tests.mailbox.trust.published import Published

A, B, C = (frozenset({parse_dn(f"CN=mx.{name}.fr,O=X,C=FR")}) for name in "abc")
HERE = "127.0.0.1"


@pytest.fixture(scope="module")
def publisher(tmp_path_factory):
    """espacedeconfiance.mssante.fr, with a certificate of an authority of its own."""
    authority, here = Authority(), Published()
    folder = tmp_path_factory.mktemp("publisher")
    issued = authority.issue(operator_name("localhost"))
    certificate, key = issued.write(folder, "site", chain=authority.chain_pem)
    (folder / "ca.pem").write_bytes(authority.ca_pem)
    asked: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(dict(self.headers))
            here.answer(self)

        def log_message(self, *_: object) -> None:
            return

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with ThreadingHTTPServer((HERE, 0), Handler) as server:
        server.daemon_threads, server.handle_error = True, lambda *_: None
        server.socket = context.wrap_socket(server.socket, server_side=True)
        here.url = f"https://localhost:{server.server_port}/listeblanchemssante.xml"
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        here.asked_with, here.ca = asked, str(folder / "ca.pem")
        yield here
        here.over.set()
        server.shutdown()


@pytest.fixture
def site(publisher, trust, settings):
    settings.WHITE_LIST_URL, settings.WHITE_LIST_CA = publisher.url, publisher.ca
    publisher.asked_with.clear()
    return publisher


def says(site, status: int, body: bytes = b"", **headers: str) -> None:
    from tests.mailbox.trust.published import _send

    site.answer = lambda handler: _send(handler, status, body, **headers)


@pytest.mark.wire
def test_a_newer_list_is_taken_and_then_asked_for_only_if_it_changed(site, trust):
    now = datetime.now(UTC)
    says(site, 200, trust.document(at=now + timedelta(seconds=1), rows=trust.rows()[:2]), ETag='"7"', Last_Modified="D")
    assert whitelist_source.refresh(now=now)
    assert Edition.objects.get(is_current=True).removed == 1
    assert not whitelist_source.refresh(now=now), "not due yet"
    says(site, 304)
    assert whitelist_source.refresh(now=now + timedelta(hours=1))
    sent = site.asked_with
    assert len(sent) == 2 and "If-None-Match" not in sent[0]
    assert (sent[1]["If-None-Match"], sent[1]["If-Modified-Since"]) == ('"7"', "D")
    row = WhiteListSource.objects.get()
    assert (row.outcome, row.failures) == ("same", 0) and row.next_try_at <= now + timedelta(hours=2)
    call_command("load_white_list")
    assert len(sent) == 3, "by hand, at once"


@pytest.mark.wire
def test_whatever_goes_wrong_leaves_the_edition_in_force_and_is_tried_ever_more_seldom(site, trust, settings):
    in_force, now = Edition.objects.get(is_current=True).pk, datetime.now(UTC)
    forged = trust.document().replace(b"hopital.mssante", b"voleur.mssante")
    faults = [
        (lambda: says(site, 403), "status-403"),
        (lambda: says(site, 500), "status-500"),
        (lambda: says(site, 200, forged), "digest"),
        (lambda: says(site, 200, trust.document(at=now - timedelta(days=3))), "older"),
        (lambda: says(site, 200, trust.document(at=now + timedelta(days=3))), "ahead"),
        (lambda: setattr(settings, "WHITE_LIST_CA", str(trust.ca)), "tls"),  # another authority vouches for the site
        (lambda: setattr(settings, "WHITE_LIST_CA", "/nowhere"), "no-anchor"),
    ]
    waits = []
    for number, (breaks, outcome) in enumerate(faults, 1):
        breaks()
        assert not whitelist_source.refresh(now=now)
        row = WhiteListSource.objects.get()
        assert (row.outcome, row.failures) == (outcome, number)
        assert not whitelist_source.refresh(now=now), "another asks, or it is not due"
        waits.append(row.next_try_at - now)
        now = row.next_try_at
    assert timedelta(minutes=12) <= waits[0] <= timedelta(minutes=15), "403: asked too often"
    assert timedelta(minutes=40) <= waits[-1] <= timedelta(hours=1)
    assert Edition.objects.get(is_current=True).pk == in_force
    told = AuditEvent.objects.filter(action="whitelist.fetch", result="error")
    assert told.count() == 1, "the first of several"
    with pytest.raises(CommandError, match="no-anchor"):
        call_command("load_white_list")


def test_without_an_address_nobody_is_asked(db, settings):
    settings.WHITE_LIST_URL = ""
    assert not whitelist_source.refresh(now=datetime.now(UTC))
    assert not WhiteListSource.objects.exists()


def test_a_difference_says_which_domains_came_went_and_changed_their_names():
    found = differences.difference({"a.fr": A, "b.fr": B}, {"b.fr": C, "c.fr": A})
    assert {change.domain: change.kind for change in found.changes} == {
        "a.fr": "went",
        "b.fr": "renamed",
        "c.fr": "came",
    }
    [renamed] = found.of("renamed")
    assert (renamed.gained, renamed.lost) == ({"CN=mx.c.fr,O=x,C=fr"}, {"CN=mx.b.fr,O=x,C=fr"})
    assert differences.read(found.stored()) == found
    assert differences.read({}) == differences.NONE == differences.difference({"a.fr": A}, {"a.fr": A})


def test_differences_that_follow_each_other_add_up_to_that_of_the_ends():
    editions = [{"a.fr": A}, {"a.fr": B, "b.fr": B}, {"b.fr": A | B}, {"a.fr": A, "b.fr": B}, {"a.fr": A}]
    for start in range(5):
        for end in range(start, 5):
            steps = [differences.difference(*editions[n : n + 2]) for n in range(start, end)]
            assert differences.added_up(steps) == differences.difference(editions[start], editions[end])


def test_a_difference_is_bounded_and_says_how_much_it_left_out():
    found = differences.difference({}, {f"d{n}.fr": A for n in range(differences.MOST + 7)})
    assert (len(found.changes), found.left_out) == (differences.MOST, 7)
    assert differences.added_up([found, found]).left_out == 14


def test_old_editions_lose_their_document_and_keep_what_changed(trust, monkeypatch):
    monkeypatch.setattr(whitelist, "_DOCUMENTS_KEPT", 2)
    start, first = datetime.now(UTC), Edition.objects.get()
    for n in (1, 2, 3):
        rows = [
            *trust.rows(),
            *(ListedDomain(f"d{n}.mssante.example", trust.issued["mx.officine.mssante.example"].dn),),
        ]
        at = start + timedelta(seconds=n)
        whitelist.load(white_list(rows, trust.signer, generated_at=at), now=at)
    kept = [bool(edition.document) for edition in Edition.objects.order_by("loaded_at")]
    assert kept == [False, False, True, True]
    last = Edition.objects.get(is_current=True)
    assert [(c.domain, c.kind) for c in whitelist.compared(first, last).changes] == [("d3.mssante.example", "came")]
    assert whitelist.compared(last, last) == differences.NONE
    whitelist._parsed.cache_clear()
    whitelist.forget()
    assert whitelist.current().edition_id == last.pk
