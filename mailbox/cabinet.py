"""Folders and labels that a team makes, and the views that a person keeps: made, renamed, emptied; all names sealed.

Refuses two of one name (whatever the case and accents), a name that is empty or too long, and more than there is room for.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.db import transaction
from uuid_utils.compat import uuid7

from directory.fold import fold
from mailbox import contacts, store
from mailbox.models import Folder, Label, Mailbox, MailboxKeys, Membership, Message, SavedView
from mssweb import crypto, notify

MAX_FOLDERS, MAX_LABELS, MAX_VIEWS, MAX_NAME = 100, 60, 30, 60
COLOURS = {"info": "bleu", "good": "vert", "warn": "orange", "danger": "rouge", "patient": "violet", "plain": "gris"}
_LOT = 500  # messages that leave a folder in one transaction
ILLEGIBLE = "Nom illisible"


class Refused(Exception):
    """Says why, in French."""


@dataclass(frozen=True, slots=True, repr=False)
class Saved:
    """What a view asks: a name, and the parts of a list's address (views/asked.py)."""

    name: str
    folder: str
    kind: str = ""
    label: str = ""
    sort: str = ""

    @property
    def suffix(self) -> str:
        """Of the address of its list."""
        told = {"f": self.kind, "e": self.label, "tri": self.sort}
        return "?" + urlencode({name: value for name, value in told.items() if value})


def seal_name(mailbox: Mailbox, kind: str, row_id: UUID, name: str) -> bytes:
    return crypto.seal(mailbox.keys.summary, name.encode(), _context(mailbox.pk, kind, row_id))


def read_name(keys: MailboxKeys, mailbox_id: UUID, kind: str, row_id: UUID, box: bytes) -> str:
    """What a box of a folder, label or view holds. crypto.Unreadable when it was altered, moved, or is of another mailbox."""
    return crypto.unseal(keys.summary, box, _context(mailbox_id, kind, row_id)).decode()


def open_name(key: crypto.Key, mailbox_id: UUID, kind: str, row_id: UUID, box: bytes) -> str:
    """A name that does not open any more hides no other."""
    try:
        return unsealed(key, mailbox_id, kind, row_id, box)
    except crypto.Unreadable:
        return ILLEGIBLE


def unsealed(key: crypto.Key, mailbox_id: UUID, kind: str, row_id: UUID, box: bytes) -> str:
    """Of a folder, a label, a view. crypto.Unreadable when it was altered, moved, or is of another mailbox."""
    return crypto.unseal(key, box, _context(mailbox_id, kind, row_id)).decode()


def make_folder(mailbox: Mailbox, name: str) -> Folder:
    with transaction.atomic():
        name = _free(mailbox, Folder.objects.filter(mailbox=mailbox, role=""), "folder", name, MAX_FOLDERS)
        folder = Folder(pk=uuid7(), mailbox=mailbox)
        folder.name, folder.name_box = name, seal_name(mailbox, "folder", folder.pk, name)
        folder.save(force_insert=True)
        notify.changed(mailbox.pk)
    return folder


def rename_folder(mailbox: Mailbox, folder: Folder, name: str) -> None:
    with transaction.atomic():
        others = Folder.objects.filter(mailbox=mailbox, role="").exclude(pk=folder.pk)
        name = _free(mailbox, others, "folder", name, MAX_FOLDERS)
        box = seal_name(mailbox, "folder", folder.pk, name)
        Folder.objects.filter(mailbox=mailbox, pk=folder.pk, role="").update(name_box=box)
        notify.changed(mailbox.pk)


def delete_folder(mailbox: Mailbox, folder: Folder, tell: Callable[[], None]) -> int:
    """What it holds goes to the archive first, in bounded lots. How many messages went. `tell`: in the last transaction."""
    archive = Folder.objects.get(mailbox=mailbox, role=Folder.Role.ARCHIVE)
    rows, moved = Message.objects.filter(mailbox=mailbox, folder=folder), 0
    while ids := list(rows.values_list("pk", flat=True)[:_LOT]):
        moved += store.move_messages(mailbox, ids, archive)
    with transaction.atomic():
        store.lock(mailbox.pk)
        if rows.exists():  # somebody filed there just now
            raise Refused("Un message vient d’être classé dans ce dossier. Recommencez.")
        Folder.objects.filter(mailbox=mailbox, pk=folder.pk, role="").delete()
        tell()
        notify.changed(mailbox.pk)
    return moved


def make_label(mailbox: Mailbox, name: str, colour: str) -> Label:
    with transaction.atomic():
        name = _free(mailbox, Label.objects.filter(mailbox=mailbox), "label", name, MAX_LABELS)
        label = Label(pk=uuid7(), mailbox=mailbox, colour=colour if colour in COLOURS else "info")
        label.name_box = seal_name(mailbox, "label", label.pk, name)
        label.save(force_insert=True)
        notify.changed(mailbox.pk)
    return label


def change_label(mailbox: Mailbox, label: Label, name: str, colour: str) -> None:
    with transaction.atomic():
        others = Label.objects.filter(mailbox=mailbox).exclude(pk=label.pk)
        name = _free(mailbox, others, "label", name, MAX_LABELS)
        told = {"name_box": seal_name(mailbox, "label", label.pk, name)}
        Label.objects.filter(mailbox=mailbox, pk=label.pk).update(
            **told, colour=colour if colour in COLOURS else label.colour
        )
        notify.changed(mailbox.pk)


def delete_label(mailbox: Mailbox, label: Label) -> None:
    """Threads lose it; nothing else of them changes. Who puts it on one meanwhile meets it, or not."""
    with transaction.atomic():
        store.lock(mailbox.pk)
        Label.objects.filter(mailbox=mailbox, pk=label.pk).delete()
        notify.changed(mailbox.pk)


def save_view(membership: Membership, saved: Saved) -> UUID:
    """A view of one's own; one of that name is replaced."""
    mailbox, pk = membership.mailbox, uuid7()
    name = _clean(saved.name)
    told = json.dumps(asdict(saved) | {"name": name}).encode()
    with transaction.atomic():
        contacts.lock(mailbox)
        own = SavedView.objects.filter(mailbox=mailbox, membership=membership)
        same = [
            v.pk
            for v in own
            if fold(open_view(mailbox.keys.summary, mailbox.pk, v.pk, bytes(v.box)).name) == fold(name)
        ]
        own.filter(pk__in=same).delete()
        if own.count() >= MAX_VIEWS:
            raise Refused(f"Vous avez déjà {MAX_VIEWS} vues : supprimez-en une d’abord.")
        box = crypto.seal(mailbox.keys.summary, told, _context(mailbox.pk, "view", pk))
        SavedView.objects.create(pk=pk, mailbox=mailbox, membership=membership, box=box)
    return pk


def open_view(key: crypto.Key, mailbox_id: UUID, view_id: UUID, box: bytes) -> Saved:
    try:
        return Saved(**json.loads(unsealed(key, mailbox_id, "view", view_id, box)))
    except crypto.Unreadable:
        return Saved(ILLEGIBLE, "inbox")


def _free(mailbox: Mailbox, others: Iterable[Folder] | Iterable[Label], kind: str, name: str, most: int) -> str:
    """The name as it is kept. Locks the mailbox: two browsers never make the same twice."""
    name = _clean(name)
    contacts.lock(mailbox)
    key: Callable[[UUID, bytes], str] = lambda pk, box: open_name(mailbox.keys.summary, mailbox.pk, kind, pk, box)  # noqa: E731
    taken = {fold(key(one.pk, bytes(one.name_box or b""))) for one in others}
    if fold(name) in taken or (kind == "folder" and fold(name) in {fold(str(r.label)) for r in Folder.Role if r}):
        raise Refused(f"«\u00a0{name}\u00a0» existe déjà.")
    if len(taken) >= most:
        raise Refused(f"Il y en a déjà {most}\u00a0: supprimez-en avant d’en ajouter.")
    return name


def _clean(name: str) -> str:
    name = " ".join("".join(c if c.isprintable() else " " for c in name).split())
    if not name:
        raise Refused("Donnez un nom.")
    if len(name) > MAX_NAME:
        raise Refused(f"Ce nom est trop long : {MAX_NAME} caractères au plus.")
    return name


def _context(mailbox_id: UUID, kind: str, row_id: UUID) -> str:
    return f"{kind}:{mailbox_id}:{row_id}:name"
