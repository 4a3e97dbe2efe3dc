"""Takes an extraction file into the directory: read as a stream, staged by COPY, put in force in one transaction.

Serves ANN/va1.01.

A file is taken or refused whole. Refused (wrong file, missing column, wrong encoding, swollen archive), the directory in
force stays; the refusal is a row and an audit event. Lines that cannot be read are counted and told, never quoted.
"""

import hashlib
import re
import zipfile
import zlib
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BufferedReader
from pathlib import Path

import psycopg
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper

from directory import beside, entries, extract, merge, overrides, progress, reading, staging, words
from directory.models import DirectoryLoad, LoadRun, RejectedLine, Source
from directory.progress import Progress, Tick
from directory.rows import MAX_TOLD, Block
from mssweb.audit.record import ERROR, OK, record

MAX_MEMBERS = 16
MAX_UNPACKED = 4 * 1024**3  # bytes; the largest published file is 0.9 GB
MAX_RATIO = 60  # the real archives are at 4 to 12
SHRINK_FROM = 1000  # entries in force: below, a directory may lose most of them without a question
SHRINK_SHARE = 0.15  # of the entries in force (annuaire.md §1.5)
_ORDER = ("activities", "skills", "mailboxes")  # the authority on people first
_UNTAKEN = (DatabaseError, psycopg.Error)  # Django does not wrap what COPY raises
_AWAY = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError, OSError)
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError)  # all that zipfile lets through
_DATED = re.compile(r"_(\d{12})\.(?:txt|zip)$")
_BUFFER = 1 << 20  # bytes
_IS_EMPTY = """
SELECT NOT EXISTS (SELECT FROM directory_practitioner) AND NOT EXISTS (SELECT FROM directory_organization)
"""
Phase = LoadRun.Phase


class DirectoryRefused(Exception):
    """The whole file was refused; the directory in force stays. The reason is a French sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class DirectoryShrinks(DirectoryRefused):
    """It would take too much away: cut short, or meant (`may_shrink`)."""


@dataclass
class _File:
    """One extraction among those offered: a text file, or a member of an archive."""

    path: Path
    row: DirectoryLoad
    header: extract.Header
    raw: BufferedReader
    size: int
    rejected: list[tuple[int, str]] = field(default_factory=list)
    error: Exception | None = None  # why it is refused


def load(
    paths: Sequence[Path], *, clock: Callable[[], datetime], may_shrink: bool = False, tick: Tick = progress.silent,
    within: Progress | None = None,
) -> list[DirectoryLoad]:  # fmt: skip
    """Put files (plain or in a ZIP) in force together; a row each, refused ones included, which change nothing.

    A file that would take away more than 15 % of the directory looks cut short: it needs `may_shrink`. `tick` is called
    at each step and every few thousand lines; `within` is the run that brought the files, else they are one of their own.
    """
    now = clock()
    with ExitStack() as opened:
        told = within or opened.enter_context(progress.begun(clock, tick))
        told.enter(Phase.OPENING)
        rows, files = [], []
        for path in paths:
            found = _offered(path, DirectoryLoad(run=told.run, started_at=now), opened)
            rows += [one if isinstance(one, DirectoryLoad) else one.row for one in found]
            files += [one for one in found if isinstance(one, _File)]
        files.sort(key=lambda one: _ORDER.index(one.header.kind))
        if files:
            _put_in_force(files, now, clock=clock, may_shrink=may_shrink, told=told)
    return rows


@dataclass
class _Loading:
    """One transaction, and what its files share."""

    cursor: CursorWrapper
    clock: Callable[[], datetime]
    may_shrink: bool
    told: Progress
    now: datetime
    is_first: bool  # nothing is in force
    is_beside: bool  # all is made beside, for the first time
    taken: int = 0


def _put_in_force(
    files: list[_File], now: datetime, *, clock: Callable[[], datetime], may_shrink: bool, told: Progress
) -> None:
    """All in one transaction: readers see yesterday's directory until the last statement."""
    told.enter(Phase.WAITING)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            hold(cursor)
            cursor.execute(_IS_EMPTY)
            is_first = bool(cursor.fetchone()[0])
            loading = _Loading(cursor, clock, may_shrink, told, now, is_first, is_first and beside.may_build(cursor))
            _all_of(files, loading)
    except _UNTAKEN as error:
        for one in files:
            one.error = one.error or error
    for one in files:  # told outside of the transaction, which may have been rolled back
        if one.error:
            _refuse(one.row, one.error, clock())
    if not all(one.error for one in files):
        told.enter(Phase.INDEXING)
        tidy()
        overrides.settle(clock())  # what was decided meanwhile


def hold(cursor: CursorWrapper) -> None:
    """One load at a time, until the transaction ends."""
    cursor.execute("SELECT pg_advisory_xact_lock(hashtext('directory.load'))")


def is_too_many(vanished: int, before: int) -> bool:
    """Would so much of the directory go that what says so is doubted?"""
    return before >= SHRINK_FROM and vanished > before * SHRINK_SHARE


def _all_of(files: list[_File], loading: _Loading) -> None:
    cursor = loading.cursor
    merge.begin(cursor)
    if loading.is_beside:
        beside.begin(cursor)
        beside.index(cursor, ["directory_qualification", "directory_mailboxaddress"])
    for one in files:
        if _is_taken(one, loading):
            loading.taken += 1
            if loading.is_beside:
                beside.index(cursor, ["directory_practitioner", "directory_organization"])
    if not loading.taken:
        transaction.set_rollback(loading.is_beside)  # nothing was made
        return
    loading.told.enter(Phase.ENTRIES)
    overrides.apply(cursor, loading.now)
    (entries.make if loading.is_first else entries.refresh)(cursor)
    words.refresh(cursor)
    if loading.is_beside:
        loading.told.enter(Phase.INDEXING)
        beside.index(cursor)
        beside.finish(cursor)


def _is_taken(one: _File, loading: _Loading) -> bool:
    row = one.row
    try:
        with transaction.atomic():
            _take(one, loading)
            RejectedLine.objects.bulk_create(RejectedLine(load=row, number=n, reason=why) for n, why in one.rejected)
            row.state, row.finished_at, row.percent = DirectoryLoad.State.DONE, loading.clock(), 100
            row.save()
            tell(row, OK)
    except (DirectoryRefused, UnicodeDecodeError, *_BROKEN, OSError, *_UNTAKEN) as error:
        one.error = error
        return False
    return True


def _take(one: _File, loading: _Loading) -> None:
    row, kind, cursor = one.row, one.header.kind, loading.cursor
    loading.told.enter(Phase.READING, row.file_name)
    gone = _read(one, loading)
    loading.told.enter(Phase.MERGING, row.file_name)
    if row.lines_kept == 0 or row.lines_rejected > row.lines_kept:
        raise DirectoryRefused(f"{row.lines_rejected} lignes illisibles sur {row.lines_read}")
    source = Source.MAILBOXES if kind == "mailboxes" else Source.ACTIVITIES
    how = merge.Merge(source, loading.now, loading.is_first, loading.is_beside and not loading.taken)
    counts = (merge.mailboxes if kind == "mailboxes" else merge.people)(cursor, how, gone)
    row.added, row.vanished = counts.added, counts.vanished
    if is_too_many(counts.vanished, counts.before) and not loading.may_shrink:
        raise DirectoryShrinks(f"{counts.vanished} entrées sur {counts.before} disparaîtraient : fichier tronqué ?")


def _read(one: _File, loading: _Loading) -> set[int]:
    """The lines go to the stage; digests of those in force that the file lacks."""
    row, known = one.row, merge.known_lines(one.header.kind)
    staging.begin(loading.cursor)

    def put(block: Block) -> None:
        staging.send(loading.cursor, block)
        row.lines_kept += block.kept
        row.lines_rejected += block.rejected
        row.lines_read = row.lines_kept + row.lines_rejected
        one.rejected += block.told[: MAX_TOLD - len(one.rejected)]
        row.percent = min(99, one.raw.tell() * 100 // max(one.size, 1))
        loading.told.measure(row.percent, row.lines_read)

    if known:
        return reading.differences(one.raw, one.header, put, known)
    reading.all_new(one.raw, one.header, put, size=one.size)
    return set()


def _offered(path: Path, row: DirectoryLoad, opened: ExitStack) -> list["_File | DirectoryLoad"]:
    """The files that a path holds, open and recognised; or the row of its refusal."""
    row.file_name, row.dated = path.name[:255], _date_of(path.name)
    try:
        row.sha256 = _digest(path)
        if not zipfile.is_zipfile(path):
            return [_open(path, row, opened.enter_context(path.open("rb")), path.stat().st_size)]
        archive = opened.enter_context(zipfile.ZipFile(path))
        return [
            _open(
                path,
                _row_of(row, info),
                opened.enter_context(_buffered(archive, info)),
                info.file_size,
            )
            for info in _members(archive)
        ]
    except (DirectoryRefused, extract.WrongHeader, UnicodeDecodeError, *_BROKEN, OSError) as error:
        _refuse(row, error, row.started_at)
        return [row]


def _buffered(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> BufferedReader:
    """Lines of a member at the speed of C."""
    return BufferedReader(archive.open(info), _BUFFER)  # type: ignore[arg-type]  # it can readinto, its stubs forget it


def _row_of(row: DirectoryLoad, member: zipfile.ZipInfo) -> DirectoryLoad:
    name = Path(member.filename).name
    return DirectoryLoad(
        run=row.run,
        file_name=name[:255],
        started_at=row.started_at,
        dated=_date_of(name) or row.dated,
        sha256=row.sha256,
    )


def _open(path: Path, row: DirectoryLoad, raw: BufferedReader, size: int) -> _File:
    header = extract.read_header(raw.readline(reading.MAX_BYTES).decode("utf-8-sig"))
    row.kind = DirectoryLoad.Kind(header.kind)
    row.save()
    return _File(path, row, header, raw, size)


def _members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Those we know; the official archive holds one that we do not read."""
    members = [info for info in archive.infolist() if not info.is_dir()]
    if len(members) > MAX_MEMBERS:
        raise DirectoryRefused(f"archive de plus de {MAX_MEMBERS} fichiers")
    if any(info.flag_bits & 1 for info in members):
        raise DirectoryRefused("archive chiffrée")
    for info in members:  # zipfile reads no more than the declared size, and checks the CRC
        if info.file_size > MAX_UNPACKED or info.file_size > MAX_RATIO * max(info.compress_size, 1024):
            raise DirectoryRefused("archive démesurée une fois ouverte")
    known = [info for info in members if _is_known(archive, info, alone=len(members) == 1)]
    if not known:
        raise DirectoryRefused("aucun fichier connu dans l’archive")
    return known


def _is_known(archive: zipfile.ZipFile, info: zipfile.ZipInfo, *, alone: bool) -> bool:
    with archive.open(info) as raw:
        try:
            extract.read_header(raw.readline(reading.MAX_BYTES).decode("utf-8-sig"))
        except (extract.WrongHeader, UnicodeDecodeError):
            if alone:
                raise
            return False
    return True


def refuse(file_name: str, reason: str, *, run: LoadRun, now: datetime) -> DirectoryLoad:
    """A file that did not even come here; its row keeps it from being asked for again."""
    row = DirectoryLoad(run=run, file_name=file_name[:255], dated=_date_of(file_name), started_at=now)
    _refuse(row, DirectoryRefused(reason), now)
    return row


def _refuse(row: DirectoryLoad, error: Exception, now: datetime) -> None:
    """What the machine failed is no fault of the file: interrupted, it may be tried again."""
    state = DirectoryLoad.State.STOPPED if isinstance(error, _AWAY) else DirectoryLoad.State.REFUSED
    row.state, row.error, row.finished_at = state, _reason(error)[:300], now
    row.added = row.vanished = row.lines_kept = 0
    row.is_shrinking = isinstance(error, DirectoryShrinks)
    with transaction.atomic():
        row.save()
        tell(row, ERROR)


def tidy() -> None:
    """The map of the entries that all can see: without it a search reads rows beside its indexes, and takes twice as long.

    Autovacuum would wait for a fifth of the table to change. Whoever may not do it (grant_roles) is only warned.
    """
    if not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE) directory_entry")


def _reason(error: Exception) -> str:
    if isinstance(error, _BROKEN):
        return "archive abîmée"
    if isinstance(error, _UNTAKEN):
        return "la base de données n’a pas pris le fichier"  # its own words may quote a line
    match error:
        case DirectoryRefused() | extract.WrongHeader():
            return str(error)
        case UnicodeDecodeError():
            return "le fichier n’est pas en UTF-8"
        case OSError():
            return f"fichier illisible : {error.strerror}"
    return type(error).__name__


def tell(row: DirectoryLoad, result: str) -> None:
    record(
        "directory.load", subject=("load", str(row.pk)), result=result, kind=row.kind, read=row.lines_read,
        kept=row.lines_kept, rejected=row.lines_rejected, added=row.added, vanished=row.vanished,
    )  # fmt: skip


def _digest(path: Path) -> str:
    with path.open("rb") as raw:
        return hashlib.file_digest(raw, "sha256").hexdigest()


def _date_of(name: str) -> datetime | None:
    """The extraction's own date, from the twelve digits of its name."""
    if not (match := _DATED.search(name)):
        return None
    try:
        return datetime.strptime(match[1], "%Y%m%d%H%M").replace(tzinfo=UTC)
    except ValueError:
        return None
