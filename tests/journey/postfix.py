"""Debian's Postfix as another operator: its own folder and ports, mutual TLS both ways, mail delivered to Maildirs.

Two doors: `port`, where operators come (STARTTLS and a certificate of the authority required), and `desk`, where the
people of the hospital hand in their mail without either.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests import peers

POSTFIX = shutil.which("postfix", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
WHY_NOT = "" if POSTFIX and os.geteuid() == 0 else "Postfix missing or not root: apt-get install postfix, run as root"

MASTER = """
{door} inet n - n - - smtpd
{desk} inet n - n - - smtpd -o smtpd_tls_security_level=none -o smtpd_tls_req_ccert=no
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""

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
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
in_flow_delay = 0
virtual_mailbox_domains = {domain}
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = inline:{{ {{ dr.lemaire@{domain} = lemaire/ }} }}
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
transport_maps = inline:{{ {{ {ours} = smtp:[127.0.0.1]:{their_port} }} }}
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_tls_security_level = encrypt
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
smtpd_tls_CAfile = {ca}
smtpd_tls_req_ccert = yes
smtpd_tls_loglevel = 1
smtp_tls_security_level = secure
smtp_tls_secure_cert_match = mx.{ours}
smtp_tls_cert_file = {certificate}
smtp_tls_key_file = {key}
smtp_tls_CAfile = {ca}
smtp_tls_loglevel = 1
"""


@dataclass(frozen=True)
class Postfix:
    folder: Path
    port: int
    desk: int

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def letters(self) -> list[bytes]:
        """What Dr Lemaire has received, oldest first, with Postfix's own header lines before it."""
        found = (self.folder / "mail/lemaire/new").glob("*")
        return [path.read_bytes() for path in sorted(found, key=lambda path: path.stat().st_mtime_ns)]


@contextmanager
def running(space: peers.TrustSpace, files: peers.Files, *, their_port: int = 1, more: str = "") -> Iterator[Postfix]:
    """`files` is its certificate; `their_port` is where our own domain's mail goes; `more` of main.cf."""
    folder = Path(tempfile.mkdtemp(prefix="mssweb-postfix-"))  # Postfix reads it as another user: pytest's are 0700
    postfix = Postfix(folder, peers.free_port(), peers.free_port())
    _configure(postfix, space, files, their_port)
    with (folder / "main.cf").open("a") as configuration:
        configuration.write(more)
    assert POSTFIX is not None
    command = [POSTFIX, "-c", str(folder)]
    subprocess.run([*command, "start"], check=True, capture_output=True, timeout=20)
    try:
        yield postfix
    finally:
        subprocess.run([*command, "stop"], check=False, capture_output=True, timeout=20)
        shutil.rmtree(folder, ignore_errors=True)


def _configure(postfix: Postfix, space: peers.TrustSpace, files: peers.Files, their_port: int) -> None:
    folder, user = postfix.folder, pwd.getpwnam("nobody")
    folder.chmod(0o755)
    for name, owner in (("queue", "root"), ("data", "postfix"), ("mail", "nobody"), ("pki", "root")):
        (folder / name).mkdir()
        shutil.chown(folder / name, owner)
    kept = {"certificate": files.certificate, "key": files.key, "ca": str(space.ca)}
    held = {name: shutil.copy(path, folder / "pki" / name) for name, path in kept.items()}
    (folder / "master.cf").write_text(MASTER.format(door=f"127.0.0.1:{postfix.port}", desk=f"127.0.0.1:{postfix.desk}"))
    (folder / "main.cf").write_text(
        _MAIN.format(
            folder=folder,
            domain=peers.HOSPITAL,
            ours=peers.OURS,
            their_port=their_port,
            uid=user.pw_uid,
            gid=user.pw_gid,
            **held,
        )
    )
