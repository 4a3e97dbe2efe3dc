"""What people do with an import: begin it, send its files in pieces, take it up again, cancel it. The row is the queue.

Names of files and what was refused are sealed. Refuses to begin what does not fit in the room that is left, and two at once.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from uuid_utils.compat import uuid7

from mailbox import blobs
from mailbox.imports import pieces
from mailbox.imports.values import Fault, Place
from mailbox.models import Import, ImportPiece, Mailbox, Membership
from mssweb import crypto

MAX_FILES = 500
MAX_PIECE = 8 * 1024 * 1024  # bytes
_SMALL, _SPARE = 64 * 1024, 2_000  # pieces of an import: one for so many bytes, and some more
MAX_FAULTS = 200  # told one by one
State = Import.State
_NAME = 200  # characters


class Refused(Exception):
    """Words for whoever asked."""


@dataclass(frozen=True, slots=True, repr=False)
class Named:
    """A file that is brought."""

    name: str
    size: int


@dataclass(frozen=True, slots=True, repr=False)
class Told:
    """What was refused: its name in the archive or its number, and why (values.Fault)."""

    name: str
    number: int
    fault: str


def begin(membership: Membership, files: Sequence[Named], *, now: datetime) -> Import:
    """A row that waits for its bytes. Refused when one is under way, or they do not fit."""
    mailbox, size, pk = membership.mailbox, sum(file.size for file in files), uuid7()
    if not files or len(files) > MAX_FILES or any(file.size < 0 for file in files):
        raise Refused(f"Choisissez de un à {MAX_FILES} fichiers.")
    if size > settings.IMPORT_MAX_BYTES:
        raise Refused("C’est trop pour un seul import : partagez l’archive en plusieurs fichiers.")
    if size > mailbox.quota_bytes - mailbox.used_bytes:
        raise Refused("Il n’y a pas assez de place dans la boîte pour ces fichiers : demandez-en à l’administrateur.")
    names = [{"name": file.name[-_NAME:], "size": file.size} for file in files]
    with transaction.atomic():
        Mailbox.objects.select_for_update(no_key=True).values_list("pk").get(pk=mailbox.pk)
        if Import.objects.filter(mailbox=mailbox, ended_at__isnull=True).exists():
            raise Refused("Un import est déjà en cours dans cette boîte : attendez sa fin, ou annulez-le.")
        box = crypto.seal(mailbox.keys.summary, json.dumps(names).encode(), _context(mailbox.pk, pk, "names"))
        return Import.objects.create(id=pk, mailbox=mailbox, author=membership.user, begun_at=now, size=size, box=box)


def take(mailbox: Mailbox, import_id: UUID, number: int, start: int, data: bytes) -> int:
    """Keep a piece that follows what has come of that file; how many bytes of it are there now.

    A piece that has come already, or that leaves a hole, changes nothing: whoever sends goes on from the answer.
    """
    with transaction.atomic():
        row = _held(mailbox, import_id)
        files = names(mailbox, row)
        if row.state != State.SENDING or not 0 <= number < len(files):
            raise Refused("Cet import n’attend plus de fichier.")
        have = pieces.held(row).get(number, 0)
        if start != have or not data:
            return have
        if len(data) > MAX_PIECE or have + len(data) > files[number].size:
            raise Refused("Ce fichier n’est pas celui qui a été annoncé.")
        if ImportPiece.objects.filter(mailbox=mailbox, owner=row).count() >= row.size // _SMALL + _SPARE:
            raise Refused("Ce fichier vient en morceaux trop petits : recommencez l’import.")
        for at in range(0, len(data), MAX_PIECE):
            part = data[at : at + MAX_PIECE]
            ImportPiece.objects.create(
                mailbox=mailbox, owner=row, file=number, start=have + at, size=len(part), blob=blobs.put(mailbox, part)
            )
        return have + len(data)


def start(mailbox: Mailbox, import_id: UUID, *, now: datetime) -> bool:
    """All has come: it is due. False while something is missing, or when it is under way."""
    with transaction.atomic():
        row = _held(mailbox, import_id)
        have = pieces.held(row)
        if row.state != State.SENDING or any(have.get(n, 0) != f.size for n, f in enumerate(names(mailbox, row))):
            return False
        return bool(Import.objects.filter(pk=row.pk).update(state=State.RUNNING, due_at=now))


def cancel(mailbox: Mailbox, import_id: UUID, *, now: datetime) -> bool:
    """What was filed stays; the rest is dropped, by the worker. False when it was over."""
    alive = Import.objects.filter(mailbox=mailbox, pk=import_id, ended_at__isnull=True)
    return bool(alive.update(state=State.CANCELLED, ended_at=now, due_at=now))


def resume(mailbox: Mailbox, import_id: UUID, *, now: datetime) -> bool:
    """Go on with one that waited for room."""
    waiting = Import.objects.filter(mailbox=mailbox, pk=import_id, state=State.FULL)
    return bool(waiting.update(state=State.RUNNING, due_at=now, failure=""))


def names(mailbox: Mailbox, row: Import) -> list[Named]:
    plain = crypto.unseal(mailbox.keys.summary, bytes(row.box), _context(mailbox.pk, row.pk, "names"))
    return [Named(**one) for one in json.loads(plain)]


def faults(mailbox: Mailbox, row: Import) -> list[Told]:
    """What was refused, the first MAX_FAULTS."""
    if row.faults_box is None:
        return []
    plain = crypto.unseal(mailbox.keys.summary, bytes(row.faults_box), _context(mailbox.pk, row.pk, "faults"))
    return [Told(**one) for one in json.loads(plain)]


def sealed_faults(mailbox: Mailbox, row: Import, more: Sequence[Told]) -> bytes | None:
    """The box of those that are told already and `more`."""
    if not more:
        return bytes(row.faults_box) if row.faults_box is not None else None
    all_of = [*faults(mailbox, row), *more][:MAX_FAULTS]
    return crypto.seal(
        mailbox.keys.summary,
        json.dumps([asdict(one) for one in all_of]).encode(),
        _context(mailbox.pk, row.pk, "faults"),
    )


def place(row: Import) -> Place:
    return Place(row.at_file, row.at_entry, row.at_offset)


REASONS: dict[str, str] = {
    Fault.TOO_LARGE: "plus volumineux que ce que la messagerie accepte",
    Fault.NOT_MAIL: "ce n’est pas un message",
    Fault.EMPTY: "vide",
    Fault.NESTED: "une archive dans l’archive : importez-la à part",
    Fault.ENCRYPTED: "protégé par un mot de passe",
    Fault.METHOD: "compressé d’une façon qui n’est pas lue",
    Fault.BOMB: "se déplie démesurément : l’archive est refusée",
    Fault.BROKEN: "abîmé ou incomplet",
    Fault.DRAFT: "un brouillon : vous en avez déjà autant que votre liste en montre",
    Fault.UNFILED: "n’a pas pu être classé",
}


def _held(mailbox: Mailbox, import_id: UUID) -> Import:
    return Import.objects.select_for_update(of=("self",), no_key=True).get(mailbox=mailbox, pk=import_id)


def _context(mailbox_id: UUID, import_id: UUID, what: str) -> str:
    return f"import:{mailbox_id}:{import_id}:{what}"
