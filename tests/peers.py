"""Peers of the trust space for the tests: one authority for the run, our operator, listed and unlisted others."""

import json
import os
import random
import signal
import smtplib
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.db import connection

from mailbox import crl, whitelist
from mailbox.management.demo.authority import ORGANISATIONS, Authority, Issued, ListedDomain, operator_name, white_list
from mssweb import embedded

HOSPITAL, OURS = "hopital.mssante.example", "officine.mssante.example"
CRL_URL = "http://127.0.0.1:9/ACI-EL-ORG.crl"  # where nobody listens
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Files:
    certificate: str
    key: str


class TrustSpace:
    """An authority with its certificates on disk, and the rows of its white list."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.authority = folder, Authority()
        self.signer = self.authority.signer()
        self.ca = folder / "ca.pem"
        folder.mkdir(parents=True, exist_ok=True)
        self.ca.write_bytes(self.authority.ca_pem)
        self.issued: dict[str, Issued] = {}
        self.ours = self.issue("mx." + OURS)
        self.hospital = self.issue("mx." + HOSPITAL)
        self.unlisted = self.issue("mx.inconnu.mssante.example")
        self.expired = self.issue("mx.perime.mssante.example", expired=True)
        self.elsewhere, self.sibling = Authority(foreign=True), self.authority.sibling()  # the latter of the same root
        issued = self.elsewhere.issue(operator_name("mx." + HOSPITAL))
        self.foreign = self._write("foreign", issued, self.elsewhere.chain_pem)

    def issue(self, cn: str, *, expired: bool = False) -> Files:
        issued = self.issued[cn] = self.authority.issue(operator_name(cn), expired=expired)
        return self._write(cn, issued, self.authority.chain_pem)

    def certificate(self, cn: str) -> x509.Certificate:
        return x509.load_pem_x509_certificate(self.issued[cn].certificate)

    def revoke(self, *names: str, number: int = 2) -> None:
        """Put in force a list that names the certificates of these."""
        pems = [self.issued[cn].certificate for cn in names]
        crl.load(self.authority.crl(pems, number=number), url=CRL_URL, now=datetime.now(UTC))

    def _write(self, name: str, issued: Issued, chain: bytes) -> Files:
        certificate, key = issued.write(self.folder, name, chain=chain)
        return Files(str(certificate), str(key))

    def rows(self) -> list[ListedDomain]:
        names = (
            (HOSPITAL, "mx." + HOSPITAL),
            (OURS, "mx." + OURS),
            ("perime.mssante.example", "mx.perime.mssante.example"),
        )
        return [ListedDomain(domain, self.issued[cn].dn) for domain, cn in names]

    def document(self, *, at: datetime | None = None, rows: list[ListedDomain] | None = None) -> bytes:
        return white_list(rows or self.rows(), self.signer, generated_at=at or datetime.now(UTC))

    def settle(self, settings) -> None:
        """Point settings here and put the list in force."""
        settings.TRUST_CA = str(self.ca)
        settings.TLS_CERTIFICATE, settings.TLS_KEY = self.ours.certificate, self.ours.key
        settings.TRUST_ISSUER, settings.CRL_URLS = ORGANISATIONS, [CRL_URL]
        whitelist.forget()
        crl.load(self.authority.crl(), url=CRL_URL, now=datetime.now(UTC))
        whitelist.load(self.document(), now=datetime.now(UTC))

    def client_context(self, files: Files | None) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.ca))
        context.check_hostname = False
        if files:
            context.load_cert_chain(files.certificate, files.key)
        return context


def free_port() -> int:
    """Below those that the kernel gives to outgoing connections: still free when it is used, minutes later."""
    for port in random.sample(range(20_000, 32_000), 100):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("no free port")


@cache
def _nursery(ca: str, certificate: str, key: str, database: str) -> subprocess.Popen[str]:
    """The receiver's environment as in production: own role, no master key; on the tests' database."""
    given = {
        **os.environ, "PROCESS": "smtpd", "DATABASE_ROLE_BY_LOGIN": "1", "PYTHONPATH": str(ROOT),
        "DJANGO_SETTINGS_MODULE": "mssweb.settings", "TRUST_CA": ca, "TLS_CERTIFICATE": certificate, "TLS_KEY": key,
        "TRUST_ISSUER": ORGANISATIONS,
        "DATABASE_URL": embedded.postgres_dsn(Path(os.environ["MSSWEB_HOME"]), "mssweb_smtpd", database),
    }  # fmt: skip
    given.pop("MASTER_KEYS", None)
    return subprocess.Popen(
        [sys.executable, "-m", "tests.nursery"], cwd=ROOT, env=given, text=True, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, preexec_fn=embedded.die_with_parent(signal.SIGTERM),  # noqa: PLW1509  (only libc.prctl)
    )  # fmt: skip


@dataclass(frozen=True)
class Receiver:
    """A running smtpd."""

    port: int
    pid: int
    log: Path


@contextmanager
def smtpd(space: TrustSpace, **settings: object) -> Iterator[int]:
    """The receiver as it runs in production, in a process of its own; yields its port."""
    with receiver(space, **settings) as running:
        yield running.port


@contextmanager
def receiver(space: TrustSpace, **settings: object) -> Iterator[Receiver]:
    ours = space.ours
    nursery = _nursery(str(space.ca), ours.certificate, ours.key, connection.settings_dict["NAME"])
    port = free_port()
    log = space.folder / f"smtpd-{port}.log"
    print(json.dumps({"port": port, "log": str(log), "settings": settings}), file=nursery.stdin, flush=True)
    pid = int(nursery.stdout.readline())
    try:
        wait_for_smtp(port, pid, log)
        yield Receiver(port, pid, log)
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + 10
        while is_alive(pid):
            assert time.monotonic() < deadline, "smtpd does not end"
            time.sleep(0.01)


def is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def wait_for_smtp(port: int, pid: int, log: Path, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while True:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as probe:
            if probe.recv(3) == b"220":
                return
        if not is_alive(pid) or time.monotonic() > deadline:
            raise RuntimeError(f"smtpd did not start:\n{log.read_text()[-2000:] if log.exists() else ''}")
        time.sleep(0.02)


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def connect(
    space: TrustSpace, port: int, files: Files | None, *, context: ssl.SSLContext | None = None
) -> smtplib.SMTP:
    """A peer that has said EHLO inside TLS."""
    client = smtplib.SMTP("127.0.0.1", port, local_hostname="mx.peer.example", timeout=10)
    client.starttls(context=context or space.client_context(files))
    client.ehlo()
    return client
