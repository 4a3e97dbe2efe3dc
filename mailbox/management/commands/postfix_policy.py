"""Write what a Postfix in front (SMARTHOST) may send to, and whom it must meet there: from the white list in force.

Into FOLDER: `transport` (listed domains by their MX, everything else refused), `tls_policy` (each domain: a certificate of
the one authority, by a name that the list gives), `authority.pem`, `clients` (our certificate, which alone may hand in).
Without a list in its time, everything waits: `transport` defers all, exit 1. Run it after each load, by a timer.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from mailbox import whitelist
from mailbox.certificate import issuers
from mssweb.authorities import DN

_NAME = re.compile(r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
_CLOSED = "*\tretry:4.3.0 Our white list is too old\n"
_ELSEWHERE = "*\terror:5.7.1 Recipient domain is not in the white list\n"


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: object, folder: Path, **options: object) -> None:
        listed = whitelist.current()
        if listed is None or listed.age(timezone.now()) > whitelist.limit():
            _write(folder / "transport", _CLOSED)
            raise CommandError("no white list in its time: everything waits")
        names = {domain: sorted(_names(dns)) for domain, dns in sorted(listed.white_list.domains.items())}
        known = {domain: found for domain, found in names.items() if found and _NAME.fullmatch(domain)}
        _write(folder / "authority.pem", "".join(one.public_bytes(Encoding.PEM).decode() for one in issuers()))
        _write(folder / "clients", _clients())
        _write(folder / "tls_policy", "".join(_policies(known)))  # before a domain may be sent to, whom to meet there
        _write(folder / "transport", "".join(f"{domain}\tsmtp:\n" for domain in known) + _ELSEWHERE)
        left = len(names) - len(known)
        self.stdout.write(f"{len(known)} domains, {left} left out: no name that a certificate could be asked for")


def _policies(known: Mapping[str, Iterable[str]]) -> Iterator[str]:
    """Levels of postconf(5) smtp_tls_policy_maps; `secure` believes names, chain and dates, and no DNS."""
    for domain, names in known.items():
        yield f"{domain}\tsecure match={':'.join(names)} protocols=>=TLSv1.2\n"


def _names(dns: Iterable[DN]) -> set[str]:
    """CN of each listed DN that is a host's name: «nexthop», «hostname» and «.x» mean something else to Postfix."""
    return {value for dn in dns for key, value in dn if key == "CN" and _NAME.fullmatch(value)}


def _clients() -> str:
    certificate = x509.load_pem_x509_certificate(Path(settings.TLS_CERTIFICATE).read_bytes())
    return f"{certificate.fingerprint(SHA256()).hex(':').upper()}\tmssweb\n"


def _write(path: Path, text: str) -> None:
    """Whole or not at all."""
    new = path.with_name(f"{path.name}.new")
    new.write_text(text)
    os.replace(new, path)
