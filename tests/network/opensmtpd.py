"""Debian's OpenSMTPD as an operator of the network: mutual TLS both ways, a Maildir.

Its package and Postfix's exclude each other, and the one of Debian 12 does no TLS with OpenSSL 3: `.ci/peers` unpacks
that of Debian 13, with its libraries, as a small root of its own (PEERS_FOLDER), in which it runs. Its first retry comes
after minutes, and cannot be set: `press` asks for it by smtpctl.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from tests import peers
from tests.network.operator import DESK, DOOR, Letter, Operator, Store, hand_in, wait_for
from tests.network.place import Place, kill

UNPACKED = Path(os.environ.get("PEERS_FOLDER", "/var/cache/mssweb-peers")) / "opensmtpd"
WHY_NOT = "" if (UNPACKED / "usr/sbin/smtpd").exists() else f"OpenSMTPD not unpacked in {UNPACKED}: .ci/peers"
_ETC = {
    "passwd": "root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/tmp:/bin/sh\n"
    "opensmtpd:x:9901:9901::/var/lib/opensmtpd/empty:/bin/sh\nopensmtpq:x:9902:9902::/:/bin/sh\n",
    "group": "root:x:0:\nnogroup:x:65534:\nopensmtpd:x:9901:\nopensmtpq:x:9902:\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
    "hosts": "127.0.0.1 localhost\n",
}
_SHUT = re.compile(r"^(\d+)\. .*\) .D", re.MULTILINE)
_CONFIG = """
pki "mx.{domain}" cert "/etc/pki/mx.pem"
pki "mx.{domain}" key "/etc/pki/mx.key"
ca "authority" cert "/etc/pki/ca.pem"
table people {{ "{person}" = "nobody" }}
queue ttl 10m
listen on {behind} port {door} tls-require verify pki "mx.{domain}" ca "authority" hostname "mx.{domain}"
listen on {behind} port {desk} hostname "mx.{domain}" tag desk
action "keep" maildir "/tmp/mail" virtual <people>
action "send" relay pki "mx.{domain}" tls helo "mx.{domain}"
match from any for domain "{domain}" action "keep"
match tag desk from any for any action "send"
match from local for any action "send"
"""


class OpenSmtpd:
    def __init__(self, place: Place, operator: Operator, space: peers.TrustSpace, files: peers.Files) -> None:
        self.operator, self._place = operator, place
        self.folder = place.folder / operator.domain
        self._root = self.folder / "root"
        for name in ("root", "etc/pki", "etc/ssl/certs", "tmp/mail", "spool", "run"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        shutil.chown(self.folder / "tmp/mail", 65534, 65534)
        etc = self.folder / "etc"
        for name, text in _ETC.items():
            (etc / name).write_text(text)
        shutil.copy(place.folder / "resolv.conf", etc)
        for name in ("pki/ca.pem", "ssl/cert.pem", "ssl/certs/ca-certificates.crt"):
            shutil.copy(space.ca, etc / name)
        self._put(files)
        given = {"domain": operator.domain, "behind": operator.behind, "person": operator.person}
        (etc / "smtpd.conf").write_text(_CONFIG.format(**given, door=DOOR, desk=DESK))
        self._bind()
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        if self._server is None or self._server.poll() is not None:
            self._begin()
        wait_for(self._place, self.operator)

    def _begin(self) -> None:
        (self.folder / "run/smtpd.sock").unlink(missing_ok=True)
        self._server = self._place.start("/usr/sbin/chroot", self._root, "/usr/sbin/smtpd", "-d", env={"TZ": "UTC0"})

    def kill(self) -> None:
        assert self._server
        kill(self._server)

    def stop(self) -> None:
        self.kill()

    def hand_in(self, letters: Iterable[Letter]) -> None:
        hand_in(self._place, self.operator, letters)

    def show(self, files: peers.Files) -> None:
        """It reads its certificate at its start only."""
        self._put(files)
        self.kill()
        self.start()

    def press(self) -> None:
        """A route that failed once is shut for a quarter of a minute, a letter for minutes."""
        for route in _SHUT.findall(self._ctl("show", "routes").stdout):
            self._ctl("resume", "route", route)
        self._ctl("schedule", "all")

    def waiting(self) -> int:
        told = self._ctl("show", "queue")
        return len(told.stdout.splitlines()) + told.returncode

    def store(self) -> Store:
        found = list((self.folder / "tmp/mail/new").glob("*"))
        return Store().add((path.stat().st_mtime, path.read_bytes()) for path in found)

    @property
    def log(self) -> str:
        return (self._place.folder / "chroot.out").read_text(errors="replace")

    def _ctl(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self._place.run("/usr/sbin/chroot", self._root, "/usr/sbin/smtpctl", *words, check=False)

    def _bind(self) -> None:
        """A root of this operator alone: the unpacked packages, with its own folders over theirs."""
        self._place.bind(UNPACKED, str(self._root))
        for here, at in (("etc", "etc"), ("tmp", "tmp"), ("spool", "var/spool"), ("run", "run")):
            self._place.bind(self.folder / here, str(self._root / at))
        self._place.bind(Path("/dev"), str(self._root / "dev"))

    def _put(self, files: peers.Files) -> None:
        for path, name in ((files.certificate, "mx.pem"), (files.key, "mx.key")):
            shutil.copy(path, self.folder / "etc/pki" / name)
            (self.folder / "etc/pki" / name).chmod(0o600)
