"""Debian's Postfix and Dovecot, each in a folder of its own: what our rates of mail are compared with.

Durable as they come (fsync on). Postfix asks for and shows certificates of the same authority; Dovecot seals each folder
with a key of its own (mail_crypt), as we do each mailbox. Nothing is throttled (`in_flow_delay`): Postfix at its best.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks import ports
from tests.journey.postfix import MASTER, POSTFIX

DOVECOT = shutil.which("dovecot", path="/usr/sbin:/usr/bin")
_LMTPD = shutil.which("lmtp", path="/usr/lib/dovecot")
_LMTP = ports.of("lmtp")

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
local_recipient_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
relay_domains = {domain}
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_client_connection_rate_limit = 0
smtpd_client_connection_count_limit = 0
smtpd_tls_security_level = encrypt
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
smtpd_tls_CAfile = {ca}
smtpd_tls_ask_ccert = yes
smtpd_tls_req_ccert = yes
smtp_tls_security_level = encrypt
smtp_tls_cert_file = {certificate}
smtp_tls_key_file = {key}
smtp_tls_CAfile = {ca}
message_size_limit = 52428800
in_flow_delay = 0
"""
TO_DOVECOT = f"""
relay_transport = lmtp:inet:127.0.0.1:{_LMTP}
lmtp_destination_concurrency_limit = 20
lmtp_destination_recipient_limit = 1
"""
HELD = """
smtpd_recipient_restrictions = check_recipient_access static:HOLD
relay_transport = smtp:[127.0.0.1]:{port}
"""  # until it is let go, then over mutual TLS to that port

_DOVECOT = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = lmtp
listen = 127.0.0.1
ssl = no
first_valid_uid = 1
mail_location = mdbox:~/mail
mdbox_rotate_size = 10M
mail_fsync = optimized
mail_plugins = mail_crypt
mail_attribute_dict = file:%h/dovecot-attributes
plugin {{
  mail_crypt_curve = prime256v1
  mail_crypt_save_version = 2
}}
passdb {{
  driver = static
  args = nopassword=y
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={folder}/mail/%n allow_all_users=yes
}}
namespace inbox {{
  inbox = yes
}}
protocol lmtp {{
  postmaster_address = postmaster@officine.mssante.example
  mail_plugins = mail_crypt
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {port}
  }}
  process_min_avail = 4
  service_count = 0
}}
service stats {{
  client_limit = 200
}}
service anvil {{
  client_limit = 2000
}}
service auth {{
  client_limit = 2000
}}
"""


def missing() -> str:
    """Why there is nothing to compare with; empty when there is."""
    if os.geteuid() != 0:
        return "Postfix and Dovecot start as root only"
    return "" if POSTFIX and DOVECOT and _LMTPD else "apt-get install postfix dovecot-core dovecot-lmtpd"


class Postfix:
    def __init__(self, folder: Path, domain: str, port: int, more: str) -> None:
        """With the certificate that our own receiver shows (`benchmarks.trust`)."""
        self.port, self._folder, self._queue = port, folder, folder / "queue"
        for name, owner in (("", "root"), ("queue", "root"), ("data", "postfix")):
            (folder / name).mkdir(parents=True)
            shutil.chown(folder / name, owner)
        told = {"certificate": "TLS_CERTIFICATE", "key": "TLS_KEY", "ca": "TRUST_CA"}
        main = _MAIN.format(folder=folder, domain=domain, **{name: os.environ[known] for name, known in told.items()})
        (folder / "main.cf").write_text(main + more)
        master = MASTER.format(door=f"127.0.0.1:{port}", desk=f"127.0.0.1:{ports.of('desk')}")
        (folder / "master.cf").write_text(master + "pickup unix n - n 60 1 pickup\n")  # postqueue asks for it

    @contextmanager
    def running(self) -> Iterator[None]:
        self._run("postfix", "start")
        try:
            yield
        finally:
            self._run("postfix", "stop")

    def release(self) -> None:
        """What was held is ready to leave, and does at `send`."""
        self._run("postsuper", "-H", "ALL")

    def send(self) -> None:
        self._run("postqueue", "-f")

    def depth(self, *queues: str) -> int:
        folders = [self._queue / name for name in queues or ("incoming", "active", "deferred")]
        return sum(len(files) for folder in folders for _, _, files in os.walk(folder))

    def wait_empty(self, seconds: float = 300) -> None:
        deadline = time.monotonic() + seconds
        while self.depth():
            if time.monotonic() > deadline:
                raise RuntimeError(f"Postfix still holds {self.depth()} messages")
            time.sleep(0.02)

    def _run(self, command: str, *arguments: str) -> None:
        subprocess.run([f"/usr/sbin/{command}", "-c", self._folder, *arguments], check=True, capture_output=True)


class Dovecot:
    def __init__(self, folder: Path, people: Sequence[str]) -> None:
        self._folder, self._people, self._config = folder, people, folder / "dovecot.conf"
        for name, owner in (("", "root"), ("mail", "nobody"), ("state", "root"), ("run", "root")):
            (folder / name).mkdir(parents=True, exist_ok=True)
            shutil.chown(folder / name, owner)
        self._config.write_text(_DOVECOT.format(folder=folder, port=_LMTP))
        (folder / "people").write_text("".join(f"{person}\n" for person in people))

    @contextmanager
    def running(self) -> Iterator[None]:
        assert DOVECOT
        with (self._folder / "out").open("wb") as out:
            server = subprocess.Popen([DOVECOT, "-F", "-c", self._config], stdout=out, stderr=out)
        try:
            self._make_keys()
            yield
        finally:
            server.terminate()
            server.wait(20)

    def _make_keys(self) -> None:
        deadline = time.monotonic() + 20
        while not (self._folder / "run" / "auth-userdb").exists():
            if time.monotonic() > deadline:
                raise RuntimeError((self._folder / "log").read_text())
            time.sleep(0.05)
        self._adm("-f", "tab", "mailbox", "cryptokey", "generate", "-F", str(self._folder / "people"), "-U")

    def count(self) -> int:
        """Messages in the store, by doveadm."""
        told = self._adm("-f", "tab", "mailbox", "status", "-F", str(self._folder / "people"), "messages", "INBOX")
        return sum(int(line.split("\t")[-1]) for line in told.splitlines() if line.split("\t")[-1].isdigit())

    def is_sealed(self, clear: bytes) -> bool:
        """That text, which every message holds, stands in no file of the store."""
        files = [path for path in (self._folder / "mail").rglob("m.*") if path.is_file()]
        return bool(files) and not any(clear in path.read_bytes() for path in files)

    def _adm(self, *arguments: str) -> str:
        command = ["/usr/bin/doveadm", "-c", str(self._config), *arguments]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stderr or done.stdout)
        return done.stdout
