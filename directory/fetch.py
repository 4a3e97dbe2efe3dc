"""Asks each address of the publisher whether there is a newer extraction, brings it and loads it: every hour, one at a time.

A version that was taken or refused is not brought again. What fails for a time is told and asked again at the next hour;
the directory in force stays.
"""

import logging
import shutil
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from django.conf import settings

from directory import download, lookup, progress, sync, versions
from directory.download import FetchError, Permanent, Temporary
from directory.models import DirectoryLoad, Extraction, LoadRun
from directory.progress import Progress, Tick
from directory.versions import Version

log = logging.getLogger(__name__)
Outcome = Extraction.Outcome
_PUBLIC = ".data.gouv.fr"  # of an ordinary authority; the ANS has a private root (annuaire.md §1.1)


@dataclass(slots=True)
class Asked:
    """One address, what it holds and what is made of it."""

    row: Extraction
    version: Version | None = None
    is_wanted: bool = False
    got: download.Got | None = None

    def tell(self, outcome: Extraction.Outcome, told: str = "") -> None:
        self.row.outcome, self.row.told = outcome, told[:300]
        self.row.dated = self.version.dated if self.version else self.row.dated
        if outcome in {Outcome.TAKEN, Outcome.REFUSED} and self.version:
            self.row.settled_mark = self.version.mark

    def fail(self, error: FetchError) -> None:
        self.is_wanted = False
        self.tell(Outcome.LATER if isinstance(error, Temporary) else Outcome.REFUSED, error.reason)
        log.warning("annuaire not fetched from %s: %s", urlsplit(self.row.url).hostname, type(error).__name__)


def look(*, now: datetime, is_forced: bool = False) -> list[Asked]:
    """What each address holds and whether it is wanted, by HEAD; nothing is brought nor written."""
    return [_look_at(url, now, is_forced=is_forced) for url in settings.ANNUAIRE_URLS]


def newest(
    *, clock: Callable[[], datetime], is_forced: bool = False, may_shrink: bool = False, tick: Tick = progress.silent
) -> tuple[list[Extraction], list[DirectoryLoad]]:
    """Bring what is new and put it in force together; what each address answered, and the loads. Busy when others do."""
    with progress.claimed(clock, tick) as told:
        asked = look(now=clock(), is_forced=is_forced)
        loads = _brought([one for one in asked if one.is_wanted], told, clock, lambda got: may_shrink)
        for one in asked:
            one.row.save()
        Extraction.objects.exclude(url__in=settings.ANNUAIRE_URLS).delete()  # asked no more
        return [one.row for one in asked], loads


def again(refused: DirectoryLoad, *, clock: Callable[[], datetime]) -> list[DirectoryLoad]:
    """Bring the file of that load once more and take it although it makes the directory shrink, if it is still the same."""
    with progress.claimed(clock) as told:
        asked = [one for one in look(now=clock(), is_forced=True) if one.version and _is_of(refused, one.version)]
        loads = _brought([one for one in asked if one.is_wanted], told, clock, lambda got: got.sha256 == refused.sha256)
        for one in asked:
            one.row.save()
        return loads


def trust(host: str) -> ssl.SSLContext:
    """The authorities of that host: the private root alone where it is given, those of the system elsewhere."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # names and chains are checked
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not settings.ANNUAIRE_CA_FILE or f".{host}".endswith(_PUBLIC):
        context.load_default_certs()
        return context
    try:
        context.load_verify_locations(settings.ANNUAIRE_CA_FILE)
    except OSError:  # ssl.SSLError is
        raise Permanent("ANNUAIRE_CA_FILE ne se lit pas") from None
    return context


def _look_at(url: str, now: datetime, *, is_forced: bool) -> Asked:
    row = Extraction.objects.filter(url=url).first() or Extraction(url=url)
    row.asked_at = now
    asked = Asked(row)
    try:
        answer = download.head(url, trust)
    except FetchError as error:
        asked.fail(error)
        return asked
    found = asked.version = versions.version(answer.url, answer.headers, now=now)
    if is_forced:
        asked.is_wanted = True
    elif not found.mark:
        asked.fail(Temporary("ni date, ni ETag, ni taille : rien ne dit si ce fichier est nouveau"))
    elif _is_settled(row, found):
        asked.tell(Outcome.CURRENT, _said(found))
    else:
        asked.is_wanted = True
        asked.tell(Outcome.LATER, _said(found))
    return asked


def _is_settled(row: Extraction, found: Version) -> bool:
    """Was this version, or a newer one, taken or refused? What an upgrade emptied is brought again."""
    states = [DirectoryLoad.State.REFUSED]
    if not lookup.is_empty():
        states.append(DirectoryLoad.State.DONE)
        if row.settled_mark == found.mark:
            return True
    if found.dated is None:
        return False
    return DirectoryLoad.objects.filter(
        state__in=states, dated__gte=found.dated, file_name__startswith=found.stem
    ).exists()


def _is_of(load: DirectoryLoad, found: Version) -> bool:
    return load.file_name.startswith(found.stem)


def _said(found: Version) -> str:
    return "" if found.known_by == "date" else f"sans date dans le nom : version reconnue à {found.known_by}"


def _brought(
    wanted: Sequence[Asked], told: Progress, clock: Callable[[], datetime], may_shrink: Callable[[download.Got], bool]
) -> list[DirectoryLoad]:
    """Downloaded into a folder that goes away with all it holds, then loaded together."""
    if not wanted:
        return []
    home = _emptied(settings.MSSWEB_HOME / "annuaire")
    with TemporaryDirectory(dir=home) as name:
        for number, one in enumerate(wanted):
            folder = Path(name) / str(number)  # two addresses may give one name
            folder.mkdir()
            _bring(one, folder, told, clock)
        got = [one.got for one in wanted if one.got]
        is_meant = bool(got) and all(may_shrink(one) for one in got)
        loads = sync.load([one.path for one in got], clock=clock, may_shrink=is_meant, within=told) if got else []
    for one in wanted:
        if one.got:
            _settle(one, [load for load in loads if load.sha256 == one.got.sha256])
    return loads


def _bring(one: Asked, folder: Path, told: Progress, clock: Callable[[], datetime]) -> None:
    """What comes may be newer than what was announced: its own headers count."""

    def name_of(answer: download.Answer) -> str:
        one.version = versions.version(answer.url, answer.headers, now=clock())
        told.enter(LoadRun.Phase.FETCHING, one.version.file_name)
        return one.version.file_name

    try:
        one.got = download.get(one.row.url, trust, folder, name_of, told.measure)
    except Permanent as error:
        one.fail(error)
        if one.version:
            sync.refuse(one.version.file_name, error.reason, run=told.run, now=clock())
    except Temporary as error:
        one.fail(error)


def _settle(one: Asked, loads: Sequence[DirectoryLoad]) -> None:
    states = {load.state for load in loads}
    said = "; ".join(load.error for load in loads if load.error) or (_said(one.version) if one.version else "")
    if DirectoryLoad.State.STOPPED in states:  # nothing is settled: the next hour brings it again
        one.tell(Outcome.LATER, said)
    else:
        one.tell(Outcome.REFUSED if DirectoryLoad.State.REFUSED in states else Outcome.TAKEN, said)


def _emptied(folder: Path) -> Path:
    """Without what a killed process left: we are the only one who fetches."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    return folder
