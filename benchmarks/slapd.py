"""OpenLDAP's slapd with the same people, as an index of names: what our searches are compared with.

It holds those who have an address, each value with and without accents, as a directory that must be found either way
does. Its own clock is read (`etime` of its log): neither a client nor a connection is counted, where ours is.
"""

import base64
import re
import shutil
import subprocess
import time
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_CONF = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/slapd.pid
argsfile {folder}/slapd.args
sizelimit 500
threads 4
database mdb
maxsize 8589934592
suffix "dc=bench,dc=test"
directory {folder}/db
dbnosync
index objectClass eq
index sn,givenName,l eq,sub
index uid,mail eq
"""
_TOP = """dn: dc=bench,dc=test
objectClass: dcObject
objectClass: organization
dc: bench
o: bench

"""
_PEOPLE = """
SELECT p.id, p.last_name, p.first_name, COALESCE(array_agg(DISTINCT o.town) FILTER (WHERE o.town <> ''), '{}'),
  array_agg(DISTINCT m.address)
FROM directory_practitioner p JOIN directory_mailboxaddress m ON m.practitioner_id = p.id AND m.vanished_at IS NULL
LEFT JOIN directory_practitionerrole r ON r.practitioner_id = p.id LEFT JOIN directory_organization o ON o.id = r.organization_id
GROUP BY p.id
"""
_TOOK = re.compile(r"SEARCH RESULT tag=101 err=\d+ qtime=\S+ etime=([\d.]+)")


def is_here() -> bool:
    return bool(shutil.which("slapadd", path="/usr/sbin:/usr/bin") and shutil.which("ldapsearch"))


@contextmanager
def loaded(folder: Path) -> Iterator["Slapd"]:
    """Started over everybody of the directory who has an address."""
    folder.mkdir(parents=True)
    (folder / "db").mkdir()
    (folder / "slapd.conf").write_text(_CONF.format(folder=folder))
    _write(folder / "people.ldif")
    subprocess.run(
        ["/usr/sbin/slapadd", "-q", "-f", folder / "slapd.conf", "-l", folder / "people.ldif"],
        check=True,
        capture_output=True,
    )
    socket = f"ldapi://{str(folder / 'ldap').replace('/', '%2F')}"
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            ["/usr/sbin/slapd", "-f", folder / "slapd.conf", "-h", socket, "-d", "stats"], stderr=log, stdout=log
        )
        try:
            yield Slapd(folder, socket)
        finally:
            server.terminate()
            server.wait(30)


class Slapd:
    def __init__(self, folder: Path, socket: str) -> None:
        self._folder, self._socket = folder, socket
        self._wait()

    def searches(self, filters: Sequence[str], *, limit: int = 10) -> list[float]:
        """Seconds that each took, by the server's own clock."""
        before = len(self._took())
        asked = self._folder / "filters"
        asked.write_text("\n".join(filters) + "\n")
        self._ask("-z", str(limit), "-f", str(asked), "(&%s)", "mail")
        return self._took()[before:]

    def _ask(self, *arguments: str) -> int:
        command = ["ldapsearch", "-x", "-LLL", "-c", "-H", self._socket, "-b", "dc=bench,dc=test", *arguments]
        return subprocess.run(command, capture_output=True, check=False).returncode

    def _took(self) -> list[float]:
        return [float(seconds) for seconds in _TOOK.findall((self._folder / "log").read_text(errors="replace"))]

    def _wait(self) -> None:
        deadline = time.monotonic() + 60
        while self._ask("-s", "base", "(objectClass=*)"):
            if time.monotonic() > deadline:
                raise RuntimeError("slapd does not answer")
            time.sleep(0.2)


def any_order(words: Sequence[str]) -> str:
    """Each word begins a name, a first name or a town: what a client must ask when it cannot know which."""
    return "(&" + "".join(f"(|(sn={word}*)(givenName={word}*)(l={word}*))" for word in words) + ")"


def _write(path: Path) -> None:
    from django.db import transaction

    from directory.staging import fetched

    with path.open("w", encoding="ascii") as out, transaction.atomic():
        out.write(_TOP)
        for rows in fetched(_PEOPLE):
            for number, last, first, towns, addresses in rows:
                out.write(f"dn: uid={number & (1 << 64) - 1:016x},dc=bench,dc=test\nobjectClass: inetOrgPerson\n")
                for name, values in (("sn", [last]), ("givenName", [first or "-"]), ("l", towns), ("mail", addresses)):
                    out.write("".join(_attribute(name, spelling) for spelling in _spellings(values)))
                out.write(_attribute("cn", f"{first} {last}") + "\n")


def _spellings(values: Sequence[str]) -> list[str]:
    """With their accents and without, each once whatever the case."""
    both = [spelling for value in values for spelling in (value, _plain(value))]
    return list({spelling.lower(): spelling for spelling in both if spelling}.values())


def _plain(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text)
    return "".join(c for c in apart if not unicodedata.combining(c)).replace("œ", "oe").replace("Œ", "OE")


def _attribute(name: str, value: str) -> str:
    return f"{name}:: {base64.b64encode(value.encode()).decode()}\n"
