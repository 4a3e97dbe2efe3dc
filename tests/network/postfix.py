"""Debian's Postfix as an operator of the network: mutual TLS both ways, DSN on; its letters lie in Dovecot, by LMTP."""

import json
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from tests import peers
from tests.journey.postfix import MASTER, WHY_NOT  # noqa: F401  (network.py asks for it)
from tests.network.dovecot import LMTP, Dovecot
from tests.network.operator import DESK, DOOR, Letter, Operator, Store, hand_in, wait_for
from tests.network.place import Place, kill

_DAEMON = "/usr/lib/postfix/sbin/master"
_QUEUES = dict.fromkeys(
    ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved", "trace"),
    0o700,
) | {"maildrop": 0o730, "public": 0o710}
_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.{domain}
mydestination =
alias_maps =
inet_interfaces = {behind}
inet_protocols = ipv4
mynetworks = {behind}
in_flow_delay = 0
smtpd_client_connection_rate_limit = 0
virtual_mailbox_domains = {domain}
virtual_mailbox_maps = inline:{{ {{ {person}@{domain} = {person} }} }}
virtual_transport = lmtp:inet:{behind}:{lmtp}
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
smtpd_tls_security_level = encrypt
smtpd_tls_cert_file = {folder}/pki/mx.pem
smtpd_tls_key_file = {folder}/pki/mx.key
smtpd_tls_CAfile = {folder}/pki/ca.pem
smtpd_tls_req_ccert = yes
smtpd_tls_loglevel = 1
smtp_tls_security_level = verify
smtp_tls_verify_cert_match = hostname
smtp_tls_cert_file = {folder}/pki/mx.pem
smtp_tls_key_file = {folder}/pki/mx.key
smtp_tls_CAfile = {folder}/pki/ca.pem
smtp_tls_loglevel = 1
# a certificate that was swapped is read by the next session; «reload» leaves letters between two queue managers
max_use = 1
# minutes of a real operator are seconds here
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 2s
smtp_connect_timeout = 5s
smtp_helo_timeout = 10s
lmtp_connect_timeout = 5s
initial_destination_concurrency = 4
default_destination_concurrency_limit = 4
destination_concurrency_failed_cohort_limit = 1000
transport_retry_time = 1s
"""


class Postfix:
    def __init__(self, place: Place, operator: Operator, space: peers.TrustSpace, files: peers.Files) -> None:
        self.operator, self._place = operator, place
        self.folder = place.folder / operator.domain
        self.store_of = Dovecot(place, operator)
        self._server: subprocess.Popen[bytes] | None = None
        for name, owner in (
            ("", "root"),
            ("queue", "root"),
            ("queue/pid", "root"),
            ("data", "postfix"),
            ("pki", "root"),
        ):
            (self.folder / name).mkdir(exist_ok=True)
            shutil.chown(self.folder / name, owner)
        for name, mode in _QUEUES.items():
            (self.folder / "queue" / name).mkdir()
            shutil.chown(self.folder / "queue" / name, "postfix", "postdrop" if mode & 0o070 else None)
            (self.folder / "queue" / name).chmod(mode)
        shutil.copy(space.ca, self.folder / "pki/ca.pem")
        self._put(files)
        given = {"folder": self.folder, "domain": operator.domain, "behind": operator.behind, "person": operator.person}
        self.folder.joinpath("main.cf").write_text(_MAIN.format(**given, lmtp=LMTP))
        doors = {"door": f"{operator.behind}:{DOOR}", "desk": f"{operator.behind}:{DESK}"}
        self.folder.joinpath("master.cf").write_text(MASTER.format(**doors) + "showq unix n - n - - showq\n")

    def start(self) -> None:
        """Its master alone: `postfix start` would first look over the folder for three seconds."""
        self.store_of.start()
        if self._server is None or self._server.poll() is not None:
            self._server = self._place.start(_DAEMON, "-c", self.folder, "-d")
        wait_for(self._place, self.operator)

    def kill(self) -> None:
        assert self._server
        kill(self._server)

    def stop(self) -> None:
        self.kill()
        self.store_of.kill()

    def hand_in(self, letters: Iterable[Letter]) -> None:
        hand_in(self._place, self.operator, letters)

    def show(self, files: peers.Files) -> None:
        self._put(files)

    def press(self) -> None:
        self._place.run("/usr/sbin/postqueue", "-c", self.folder, "-f", check=False)

    def waiting(self) -> int:
        told = self._place.run("/usr/sbin/postqueue", "-c", self.folder, "-j", check=False)
        return len([json.loads(line) for line in told.stdout.splitlines()]) if told.returncode == 0 else 1

    def store(self) -> Store:
        return Store().add(self.store_of.letters())

    @property
    def log(self) -> str:
        return Path(self.folder / "log").read_text(errors="replace")

    def _put(self, files: peers.Files) -> None:
        shutil.copy(files.certificate, self.folder / "pki/mx.pem")
        shutil.copy(files.key, self.folder / "pki/mx.key")
