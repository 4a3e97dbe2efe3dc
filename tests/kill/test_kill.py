"""Processes are killed at the worst moments; what was promised is counted afterwards (design §4.1–4.2).

Every message answered 250 is there exactly once; nothing is sent again after a known success.
"""

import asyncio
import json
import os
import signal
import smtplib
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import redis
import requests
from aiosmtpd.controller import Controller

from mailbox.mime.parse import parse
from mssweb import embedded
from tests import stack
from tests.depth import deep
from tests.mailbox.test_store import letter
from tests.peers import free_port

pytestmark = [pytest.mark.kill, pytest.mark.timeout(170)]
SINK = stack.SINK
ROUNDS = pytest.mark.parametrize("turn", range(deep(1, 10)))
RELAYED = "SELECT address FROM mailbox_recipient WHERE address LIKE %s AND state = 'relayed'"  # ours: probes leave too
LETTERS = deep(30, 60)
LEFT = "SELECT count(*) FROM mailbox_arrival"  # a killed worker's claims come back when their lease is over
IN_HAND = f"{LEFT} WHERE attempts > 0"
PAUSE = 0.02  # seconds between two letters of a sender: what is promised is of letters, not of a full processor


class Sink:
    """A peer that counts what it accepted, by Message-ID; at the sixth it takes its time, until it is let go."""

    def __init__(self) -> None:
        self.accepted: Counter[str] = Counter()
        self.is_held = True
        self.open: set[asyncio.Transport] = set()

    async def handle_DATA(self, server, session, envelope):
        while self.is_held and len(self.accepted) >= 6:
            await asyncio.sleep(0.01)
        self.open.add(server.transport)
        self.accepted[parse(bytes(envelope.content)).message_id] += 1
        return "250 2.0.0 OK"


def anne(product) -> str:
    return next(u["mailboxes"][0] for u in product.demo["users"] if u["login"].startswith("anne"))


class Sender(threading.Thread):
    """Sends letter after letter until told to stop; a letter without a 250 is sent again, as a peer would."""

    def __init__(self, product, to: str, prefix: str) -> None:
        super().__init__(daemon=True)
        self.product, self.to, self.prefix = product, to, prefix
        self.answered: set[str] = set()
        self.is_sending = False
        self.stopping = threading.Event()

    def run(self) -> None:
        number, client = 0, None
        while not self.stopping.wait(PAUSE):
            message_id = f"{self.prefix}-{number}@hopital.mssante.example"
            try:
                client = client or self.product.peer()
                self.is_sending = True
                client.sendmail(
                    "dr.lemaire@hopital.mssante.example", [self.to], letter(message_id=message_id, body="x" * 20_000)
                )
                self.answered.add(message_id)
                number += 1
            except (OSError, smtplib.SMTPException):
                client = None
            finally:
                self.is_sending = False


def answered_of(senders: list[Sender]) -> set[str]:
    return set().union(*(sender.answered.copy() for sender in senders))


def wait_for_more(senders: list[Sender], letters: int) -> None:
    """Until so many more have their 250."""
    before = len(answered_of(senders))
    stack.wait_until(lambda: len(answered_of(senders)) >= before + letters, seconds=60, step=0.05)


def kill_amid(product, name: str, is_under_way: Callable[[], bool]) -> None:
    """kill -9 while that is under way."""
    product.awaited(name)
    stack.wait_until(is_under_way, step=0.001)
    product.kill(name)


def filed(product, address: str) -> Counter[str]:
    """Message-IDs in a mailbox, read through its own key."""
    code = (
        "import json\nfrom mailbox.models import *\nfrom mailbox.summary import open_summary\n"
        f"b=Mailbox.objects.select_related('key').get(address='{address}')\n"
        "print(json.dumps([open_summary(m,b.keys).message_id for m in Message.objects.filter(mailbox=b)]))"
    )
    return Counter(json.loads(product.manage(code).strip().splitlines()[-1]))


@ROUNDS
def test_every_250_is_there_exactly_once_whatever_is_killed(product, turn):
    to = anne(product)
    senders = [Sender(product, to, f"s{turn}-{n}") for n in range(3)]
    for sender in senders:
        sender.start()
    with psycopg.connect(embedded.postgres_dsn(product.home), autocommit=True) as now:
        wait_for_more(senders, 10)
        kill_amid(product, "smtpd", lambda: any(sender.is_sending for sender in senders))
        wait_for_more(senders, 10)
        kill_amid(product, "worker", lambda: now.execute(IN_HAND).fetchone() != (0,))  # ingestion
    wait_for_more(senders, 5)
    redis.Redis.from_url(embedded.valkey_url(product.home)).flushall()
    wait_for_more(senders, 5)
    kill_amid(product, "postgres", lambda: any(sender.is_sending for sender in senders))  # recovers its log
    wait_for_more(senders, 15)
    for sender in senders:
        sender.stopping.set()
    for sender in senders:
        sender.join(20)
    answered = answered_of(senders)
    assert len(answered) > 30
    with psycopg.connect(embedded.postgres_dsn(product.home), autocommit=True) as now:
        stack.wait_until(lambda: now.execute(LEFT).fetchone() == (0,), seconds=150)
    found = filed(product, to)
    assert answered <= set(found)
    assert [i for i, count in found.items() if count != 1] == []


@ROUNDS
def test_nothing_is_sent_twice_after_a_known_success_when_workers_are_killed(product, turn):
    listed = product.demo["peers"][0]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(listed["certificate"], listed["key"])
    sink = Sink()
    controller = Controller(
        sink, hostname="127.0.0.1", port=product.sink_port, tls_context=context, require_starttls=True
    )
    controller.start()
    try:
        code = (
            "from datetime import timedelta\nfrom django.utils import timezone\nfrom auth_otp.models import User\n"
            "from mailbox.models import *\nfrom mailbox.mime.compose import Outgoing\nfrom mailbox.mime.values import Address\n"
            "from mailbox.outbound.submit import submit\nfrom mailbox import whitelist\n"
            f"b=Mailbox.objects.select_related('key','domain').get(address='{anne(product)}')\n"
            "u=b.members.first()\nnow=timezone.now()\n"
            f"for n in range({LETTERS}):\n"
            f"    l=Outgoing(from_=Address('',b.address),to=(Address('','out-{turn}-{{}}@{SINK}'.format(n)),),subject='n',"
            f"text='x',message_id='out-{turn}-{{}}@officine.mssante.example'.format(n),date=now)\n"
            f"    to=['out-{turn}-{{}}@{SINK}'.format(n)]\n"
            "    submit(mailbox=b,author=u,letter=l,recipients=to,thread_id=None,not_before=now,now=now)\n"
        )
        product.manage(code)
        stack.wait_until(lambda: len(sink.accepted) >= 6, seconds=30, step=0.01)
        product.kill("worker")
        with psycopg.connect(embedded.postgres_dsn(product.home)) as now:
            relayed = now.execute(RELAYED, [f"out-{turn}-%"]).fetchall()
        sink.is_held = False
        with psycopg.connect(embedded.postgres_dsn(product.home), autocommit=True) as now:
            now.execute(
                "UPDATE mailbox_recipient SET not_before = now() WHERE state = 'sending'"
            )  # as if leases were over
            left = "SELECT count(*) FROM mailbox_recipient WHERE domain = %s AND state <> 'relayed'"
            stack.wait_until(lambda: now.execute(left, [SINK]).fetchone() == (0,), seconds=60)
        known = {address.replace(SINK, "officine.mssante.example") for (address,) in relayed}
        assert 0 < len(known) < LETTERS
        assert len(sink.accepted) == LETTERS and known <= sink.accepted.keys()
        twice = {message_id for message_id, count in sink.accepted.items() if count > 1}
        assert not twice & known
        assert len(twice) <= 2, "at most the one message that each of two workers held between 250 and commit"
    finally:
        for transport in sink.open:  # a worker keeps its connection, and `stop` would wait for its end
            controller.loop.call_soon_threadsafe(transport.abort)
        controller.stop()


def signed_in(product) -> Callable[[], str]:
    """Anne's browser; a call is her next page."""
    code = (
        "from django.contrib.auth.models import AnonymousUser\nfrom django.test import RequestFactory\n"
        "from django.utils import timezone\nfrom auth_otp import entry\nfrom auth_otp.models import User\n"
        "from auth_otp.sessions import SessionStore\nr=RequestFactory().get('/')\n"
        "r.session,r.user=SessionStore(),AnonymousUser()\n"
        "entry.enter(r,user=User.objects.get(login__startswith='anne'),now=timezone.now())\n"
        "from django.conf import settings\nprint(settings.SESSION_COOKIE_NAME,r.session.session_key)\n"
    )
    name, key = product.manage(code).split()[-2:]
    return lambda: requests.get(f"{product.base_url}/annuaire/", cookies={name: key}, timeout=10).text


@pytest.mark.parametrize(
    "part",
    [
        pytest.param("worker"),
        pytest.param("smtpd", marks=pytest.mark.soak),
        pytest.param("beat", marks=pytest.mark.soak),
    ],
)
def test_a_part_that_hangs_is_told_on_every_page_until_a_probe_comes_through_again(product, part):
    """It hangs, for who is killed is started again at once. Time is short: probes are made old by hand."""
    page = signed_in(product)
    with psycopg.connect(embedded.postgres_dsn(product.home), autocommit=True) as now:
        seen = "SELECT count(DISTINCT way) FROM mailbox_probe WHERE seen_at IS NOT NULL"
        stack.wait_until(lambda: now.execute(seen).fetchone() == (2,), seconds=60)
        stack.wait_until(lambda: 'class="service"' in page() and "retardé" not in page(), seconds=40)
        pid = product.pids()[part]
        os.killpg(pid, signal.SIGSTOP)
        try:
            now.execute("UPDATE mailbox_probe SET started_at = started_at - interval '60 seconds'")
            stack.wait_until(lambda: "retardé" in page(), seconds=60)
            assert "vos envois sont conservés" in page(), "and nobody is signed out"
        finally:
            os.killpg(pid, signal.SIGCONT)
        stack.wait_until(lambda: "retardé" not in page(), seconds=90)
        told = now.execute("SELECT count(*) FROM mailbox_incident WHERE closed_at IS NULL").fetchone()
        assert told == (0,)


def test_ctrl_c_leaves_no_process(product):
    """The last of all that use the product: it stops it."""
    pids = product.pids()
    assert {"web", "smtpd", "worker", "beat", "peer", "postgres", "valkey"} <= pids.keys()
    product.stop()
    for name, pid in pids.items():
        assert not Path(f"/proc/{pid}").exists(), f"{name} is still there"
    assert not embedded.socket_dir(product.home).exists()


@pytest.mark.soak
def test_what_was_stopped_starts_again_and_quickly(product, quiet):
    """Left to the soak: while it is timed no other test runs."""
    took = []
    while not took or (min(took) > 10 and len(took) < 3):  # other tenants may have the processors for a while
        with quiet():
            started = time.monotonic()
            again = stack.start(product.home, DEMO_PEER_PORT=str(free_port()))
            took.append(time.monotonic() - started)
        again.stop()
    assert min(took) < 10
