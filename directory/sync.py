"""Takes an extraction file into the directory: read as a stream, staged by COPY, put in force in one transaction.

A file is taken or refused whole. Refused (wrong file, missing column, wrong encoding, swollen archive), the directory in
force stays; the refusal is a row and an audit event. Lines that cannot be read are counted and told, never quoted.
"""

import hashlib
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import psycopg
from django.db import DatabaseError, connection, transaction

from directory import extract, staging
from directory.models import DirectoryLoad, RejectedLine
from mssweb.audit.record import ERROR, OK, record

MAX_MEMBERS = 16
MAX_UNPACKED = 4 * 1024**3  # bytes; the largest published file is 0.9 GB
MAX_RATIO = 60  # the real archives are at 4 to 12
SHRINK_FROM = 1000  # entries in force: below, a directory may lose most of them without a question
SHRINK_SHARE = 0.15  # of the entries in force (annuaire.md §1.5)
MAX_TOLD = 1000  # rejected lines kept, per load
_UNTAKEN = (DatabaseError, psycopg.Error)  # Django does not wrap what COPY raises
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError)  # all that zipfile lets through
_DATED = re.compile(r"_(\d{12})\.(?:txt|zip)$")


class DirectoryRefused(Exception):
    """The whole file was refused; the directory in force stays. The reason is a French sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def load(path: Path, *, clock: Callable[[], datetime], may_shrink: bool = False) -> DirectoryLoad:
    """Put one file (plain or in a ZIP) in force, or raise DirectoryRefused having told why.

    A file that would take away more than 15 % of the directory looks cut short: it needs `may_shrink`.
    """
    row = DirectoryLoad.objects.create(file_name=path.name[:255], started_at=clock(), dated=_date_of(path.name))
    try:
        row.sha256 = _digest(path)
        with transaction.atomic():
            rejected = _take(path, row, may_shrink=may_shrink)
            RejectedLine.objects.bulk_create(RejectedLine(load=row, number=n, reason=why) for n, why in rejected)
            row.state, row.finished_at = DirectoryLoad.State.DONE, clock()
            row.save()
            _tell(row, OK)
    except (DirectoryRefused, extract.WrongHeader, UnicodeDecodeError, *_BROKEN, OSError, *_UNTAKEN) as error:
        reason = _reason(error)
        row.state, row.error, row.finished_at = DirectoryLoad.State.REFUSED, reason[:300], clock()
        row.added = row.vanished = row.lines_kept = 0
        with transaction.atomic():
            row.save()
            _tell(row, ERROR)
        raise DirectoryRefused(reason) from None
    staging.analyze()
    return row


def _take(path: Path, row: DirectoryLoad, *, may_shrink: bool) -> list[tuple[int, str]]:
    with connection.cursor() as cursor, opened(path) as (header, lines):
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('directory.load'))")  # one load at a time
        row.kind = header.kind
        rejected: list[tuple[int, str]] = []
        row.lines_read, row.lines_kept = staging.fill(cursor, _values(header, lines, rejected))
        row.lines_rejected = row.lines_read - row.lines_kept
        if row.lines_kept == 0 or row.lines_rejected > row.lines_kept:
            raise DirectoryRefused(f"{row.lines_rejected} lignes illisibles sur {row.lines_read}")
        before = staging.in_force(cursor, header.kind)
        merge = staging.merge_mailboxes if header.kind == "mailboxes" else staging.merge_activities
        row.added, row.vanished = merge(cursor, row.started_at)
        if before >= SHRINK_FROM and row.vanished > before * SHRINK_SHARE and not may_shrink:
            raise DirectoryRefused(f"{row.vanished} entrées sur {before} disparaîtraient : fichier tronqué ?")
    return rejected


def _values(
    header: extract.Header, lines: Iterator[str], rejected: list[tuple[int, str]]
) -> Iterator[extract.MailboxLine | extract.ActivityLine | None]:
    """The values of each line, None for a rejected one."""
    read = extract.mailbox_line if header.kind == "mailboxes" else extract.activity_line
    for number, line in enumerate(lines, start=2):
        if not line.strip():
            continue
        try:
            yield read(header, line)
        except extract.Rejected as error:
            if len(rejected) < MAX_TOLD:
                rejected.append((number, str(error)))
            yield None


@contextmanager
def opened(path: Path) -> Iterator[tuple[extract.Header, Iterator[str]]]:
    """The header and the lines that follow, from a text file or from the one member of an archive we know."""
    if not zipfile.is_zipfile(path):
        with path.open("rb") as raw:
            yield _read(raw)
        return
    with zipfile.ZipFile(path) as archive, archive.open(_member(archive)) as raw:
        yield _read(raw)


def _member(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    members = [info for info in archive.infolist() if not info.is_dir()]
    if len(members) > MAX_MEMBERS:
        raise DirectoryRefused(f"archive de plus de {MAX_MEMBERS} fichiers")
    if any(info.flag_bits & 1 for info in members):
        raise DirectoryRefused("archive chiffrée")
    for info in members:  # zipfile reads no more than the declared size, and checks the CRC
        if info.file_size > MAX_UNPACKED or info.file_size > MAX_RATIO * max(info.compress_size, 1024):
            raise DirectoryRefused("archive démesurée une fois ouverte")
    for info in members:
        with archive.open(info) as raw:
            try:
                extract.read_header(raw.readline(extract.MAX_LINE).decode("utf-8-sig"))
            except (extract.WrongHeader, UnicodeDecodeError):
                if len(members) == 1:
                    raise
                continue
        return info
    raise DirectoryRefused("aucun fichier connu dans l’archive")


def _read(raw: IO[bytes]) -> tuple[extract.Header, Iterator[str]]:
    text = io.TextIOWrapper(raw, encoding="utf-8-sig", errors="strict", newline="\n")
    return extract.read_header(text.readline(extract.MAX_LINE)), _lines(text)


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    """Each line, of which at most MAX_LINE characters are kept: the reader rejects what is that long."""
    while line := text.readline(extract.MAX_LINE):
        rest = line
        while len(rest) >= extract.MAX_LINE and not rest.endswith("\n"):
            rest = text.readline(extract.MAX_LINE)
        yield line


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


def _tell(row: DirectoryLoad, result: str) -> None:
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
