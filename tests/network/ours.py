"""Our own operator in the network: smtpd and worker as processes with their own roles, on the tests' database."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from django.db import connection
from django.utils import timezone

from auth_otp.models import User
from mailbox.management.demo.authority import ORGANISATIONS
from mailbox.mime.compose import Outgoing
from mailbox.mime.values import Address
from mailbox.models import Arrival, Mailbox, Message, Peer, Recipient
from mailbox.outbound import submit
from mailbox.outbound.states import DUE
from mailbox.summary import open_summary
from mssweb import embedded
from tests import peers
from tests.network.operator import DOOR, Letter, Operator, Store
from tests.network.place import NAMES, Place

A_MINUTE = timedelta(minutes=1)  # longer than a domain is left alone here
RETRY_SCALE = 0.005  # a minute is 0.3 s, the whole ladder 14 minutes


class Ours:
    def __init__(
        self, place: Place, operator: Operator, space: peers.TrustSpace, mailbox: Mailbox, author: User
    ) -> None:
        self.operator, self._place, self._mailbox, self._author = operator, place, mailbox, author
        self.folder = place.folder / operator.domain
        self.folder.mkdir()
        self._put(space.ours)
        name = str(connection.settings_dict["NAME"])
        self._receivers = peers._nursery(str(space.ca), space.ours.certificate, space.ours.key, name)
        self._workers = _nursery(space, name)
        self._pids: dict[str, int] = {}
        self._at = [place.inode("net"), place.inode("mnt")]

    def start(self) -> None:
        mine = {"TLS_CERTIFICATE": str(self.folder / "mx.pem"), "TLS_KEY": str(self.folder / "mx.key")}
        if "smtpd" not in self._pids:
            at = {"SMTP_HOST": self.operator.behind, "SMTP_LIMITS": "sessions_per_address=200"}
            self._bear("smtpd", self._receivers, {"port": DOOR, "settings": mine | at})
        if "worker" not in self._pids:
            self._bear("worker", self._workers, {"pause": 0.1, "settings": mine})
        self._place.do(self._wait)

    def kill(self) -> None:
        """smtpd, whatever it is reading."""
        self._end("smtpd", signal.SIGKILL)

    def kill_worker(self) -> None:
        """Its leases would hold for a quarter of an hour; whoever held them is dead, so they are over."""
        self._end("worker", signal.SIGKILL)
        now = timezone.now()
        Recipient.objects.filter(state="sending").update(not_before=now)
        Peer.objects.filter(not_before__gt=now + A_MINUTE).update(not_before=now)  # who was the one to try it again

    def show(self, files: peers.Files) -> None:
        """Taken up within three seconds."""
        self._put(files)

    def press(self) -> None:
        """It tries again by itself."""

    def stop(self) -> None:
        for name in list(self._pids):
            self._end(name, signal.SIGTERM)
        self._workers.kill()
        self._workers.wait()

    def hand_in(self, letters: Iterable[Letter]) -> None:
        for letter in letters:
            now = timezone.now()
            written = Outgoing(
                from_=Address("", self._mailbox.address), to=(Address("", letter.to),), subject="Réseau",
                text=letter.text, message_id=letter.id, date=now,
            )  # fmt: skip
            submit.submit(
                mailbox=self._mailbox, author=self._author, letter=written, recipients=[letter.to], not_before=now,
                now=now, thread_id=None,
            )  # fmt: skip

    def waiting(self) -> int:
        return Arrival.objects.count() + Recipient.objects.filter(state__in=DUE).count()

    def why_waiting(self) -> dict[str, list[tuple[object, ...]]]:
        """For whoever reads that it does: what waits, until when, and who is left alone (seconds from now)."""
        statements = {
            "recipients": "SELECT domain, state, attempts, reply_code, round(min(extract(epoch FROM not_before - now()))),"
            " round(max(extract(epoch FROM not_before - now()))), count(*) FROM mailbox_recipient WHERE state = ANY(%s)"
            " GROUP BY 1, 2, 3, 4",
            "arrivals": "SELECT attempts, round(min(extract(epoch FROM due_at - now()))), count(*) FROM mailbox_arrival"
            " WHERE %s::text[] IS NOT NULL GROUP BY 1",
            "peers": "SELECT * FROM mailbox_peer WHERE %s::text[] IS NOT NULL",
        }
        with connection.cursor() as cursor:
            found = {}
            for name, statement in statements.items():
                cursor.execute(statement, [[str(state) for state in DUE]])
                found[name] = cursor.fetchall()
        return found

    def store(self) -> Store:
        """Letters as they were filed; a failure counts once its report lies in the inbox of who sent it."""
        store, keys = Store(), self._mailbox.keys
        told = 0
        for message in Message.objects.filter(mailbox=self._mailbox, folder__role="inbox"):
            summary = open_summary(message, keys)
            told += summary.subject.startswith("Non remis")
            store.letters[summary.message_id] += 1
            store.arrived.setdefault(summary.message_id, message.filed_at.timestamp())
        sent = Recipient.objects.filter(mailbox=self._mailbox, submission__message__isnull=False).select_related(
            "submission__message"
        )
        for row in sent:
            heard = {"failed": store.failed, "delivered": store.confirmed}.get(row.state)
            if heard is not None:
                heard[open_summary(row.submission.message, keys).message_id] += 1
        assert told >= store.failed.total(), "a failure that its sender was not told of"
        return store

    @property
    def log(self) -> str:
        return "".join((self.folder / name).read_text() for name in ("smtpd.log", "worker.log"))

    def _bear(self, name: str, nursery: subprocess.Popen[str], asked: dict) -> None:
        line = {**asked, "log": str(self.folder / f"{name}.log"), "place": self._at}
        print(json.dumps(line), file=nursery.stdin, flush=True)
        self._pids[name] = int(nursery.stdout.readline())

    def _end(self, name: str, number: int) -> None:
        pid = self._pids.pop(name)
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        deadline = time.monotonic() + 15
        while peers.is_alive(pid) and time.monotonic() < deadline:
            time.sleep(0.01)

    def _wait(self) -> None:
        deadline = time.monotonic() + 20
        while True:
            with suppress(OSError), socket.create_connection((self.operator.behind, DOOR), timeout=1) as probe:
                if probe.recv(3) == b"220":
                    return
            assert time.monotonic() < deadline, self.log[-2000:]
            time.sleep(0.02)

    def _put(self, files: peers.Files) -> None:
        shutil.copy(files.certificate, self.folder / "mx.pem")
        shutil.copy(files.key, self.folder / "mx.key")


def _nursery(space: peers.TrustSpace, database: str) -> subprocess.Popen[str]:
    """The worker's environment as in production: its role, its keys."""
    home = Path(os.environ["MSSWEB_HOME"])
    given = {
        **os.environ, "PROCESS": "worker", "DATABASE_ROLE_BY_LOGIN": "1", "PYTHONPATH": str(peers.ROOT),
        "DJANGO_SETTINGS_MODULE": "mssweb.settings", "TRUST_CA": str(space.ca), "TRUST_ISSUER": ORGANISATIONS,
        "TLS_CERTIFICATE": space.ours.certificate, "TLS_KEY": space.ours.key, "RETRY_SCALE": str(RETRY_SCALE),
        "DNS_SERVER": f"{NAMES}:53",  # whose word is taken for addresses inside our network
        "ARRIVAL_LEASE_SECONDS": "2", "DATABASE_URL": embedded.postgres_dsn(home, "mssweb_worker", database),
    }  # fmt: skip
    return subprocess.Popen(
        [sys.executable, "-m", "tests.network.worker"], cwd=peers.ROOT, env=given, text=True, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, preexec_fn=embedded.die_with_parent(signal.SIGTERM),  # noqa: PLW1509  (only libc.prctl)
    )  # fmt: skip
