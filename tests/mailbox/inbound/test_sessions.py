"""Recorded sessions: ours answer by answer, and (`make soak`) beside aiosmtpd and Debian's Postfix, whose differences are told.

`tests/sessions/differences.txt` holds each one with its reason: a new one, or one that is gone, fails.
"""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from django.core.management import call_command

from mailbox.models import open_mailbox
from tests import peers
from tests.journey import postfix
from tests.sessions import FOLDER, Recorded, classes, corpus, play
from tests.sessions.ours import MAX_SIZE, NAMES, Machine
from tests.sessions.wire import Wire

CORPUS = corpus()
THEIRS = NAMES | {"us": f"dr.lemaire@{peers.HOSPITAL}", "nobody": f"inconnu@{peers.HOSPITAL}"}
LIMITS = "unknown_recipients=1000000 tarpit_seconds=0 sessions_per_address=1000"


def test_each_session_is_answered_as_it_was_recorded():
    assert len(CORPUS) >= 200
    for one in CORPUS.values():
        played = list(play(one, NAMES, Machine(one).say))
        assert played == [step.answered for step in one.steps], one.name


def heard(one: Recorded, port: int, context: ssl.SSLContext, names: dict[str, str]) -> list[str]:
    wire = Wire(one, port, context, names)
    try:
        return [answer for step in play(one, names, wire.say) for answer in step]
    finally:
        wire.close()


def recorded(one: Recorded) -> list[str]:
    return [answer for step in one.steps for answer in step.answered]


def differences(server: str, port: int, context: ssl.SSLContext) -> dict[tuple[str, str], tuple[str, str]]:
    """(server, session) -> our classes, theirs, where they are not the same."""
    found = {}
    for one in CORPUS.values():
        ours, theirs = classes(recorded(one)), classes(heard(one, port, context, THEIRS))
        if ours != theirs:
            found[server, one.name] = (ours, theirs)
    return found


def told(server: str) -> dict[tuple[str, str], tuple[str, str]]:
    lines = (FOLDER / "differences.txt").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.split("|")] for line in lines if line and not line.startswith("#")]
    assert all(len(row) == 5 and row[4] for row in rows), "each difference has its reason"
    return {(whom, session): (ours, theirs) for whom, session, ours, theirs, _ in rows if whom == server}


class Theirs:
    """One recipient; every sender."""

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address not in {THEIRS["us"], "postmaster"}:
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        return "250 OK"


@contextmanager
def aiosmtpd(trust) -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trust.hospital.certificate, trust.hospital.key)

    class Listening(Controller):
        def factory(self):
            return SMTP(self.handler, require_starttls=True, tls_context=context, enable_SMTPUTF8=True,
                        data_size_limit=MAX_SIZE, hostname="mx.test")  # fmt: skip

    controller = Listening(Theirs(), hostname="127.0.0.1", port=peers.free_port())
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


@pytest.mark.soak
@pytest.mark.wire
@pytest.mark.timeout(900)
@pytest.mark.django_db(transaction=True)
def test_beside_aiosmtpd_each_difference_in_class_has_its_reason(trust):
    with aiosmtpd(trust) as port:
        assert differences("aiosmtpd", port, trust.client_context(trust.hospital)) == told("aiosmtpd")


@pytest.mark.soak
@pytest.mark.wire
@pytest.mark.timeout(900)
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(bool(postfix.WHY_NOT), reason=postfix.WHY_NOT)
def test_beside_postfix_each_difference_in_class_has_its_reason(trust):
    more = f"message_size_limit = {MAX_SIZE}\nsmtpd_recipient_limit = 100\nsmtpd_error_sleep_time = 0\n"
    with postfix.running(trust, trust.hospital, more=more) as theirs:
        assert differences("Postfix", theirs.port, trust.client_context(trust.hospital)) == told("Postfix")


@pytest.mark.soak
@pytest.mark.wire
@pytest.mark.timeout(900)
@pytest.mark.django_db(transaction=True)
def test_the_receiver_itself_answers_as_it_was_recorded(trust, dupont, domain):
    """Real TLS, certificate, database; the name of our host in what loops is the only thing played otherwise."""
    open_mailbox(tenant=dupont.tenant, domain=domain, address=NAMES["us"], kind="ORG", display_name="x", state="active")
    call_command("grant_roles")
    settings = {
        "MAX_MESSAGE_BYTES": MAX_SIZE,
        "SMTP_LIMITS": LIMITS,
        "SMTP_HOSTNAME": "mx.test",
        "POSTMASTER": NAMES["us"],
    }
    with peers.smtpd(trust, **settings) as port:
        context = trust.client_context(trust.hospital)
        refused = {one.name: (heard(one, port, context, NAMES), recorded(one)) for one in CORPUS.values()}
    assert {name: pair for name, pair in refused.items() if pair[0] != pair[1]} == {}
