"""Sealed bytes: in the database, or in an object store that holds nothing readable."""

import os
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.storage import FileSystemStorage
from django.db import transaction
from django.utils import timezone

from mailbox import blobs, draft_files, drafts, store
from mailbox.models import Blob
from mailbox.reply import Temporary
from mssweb import crypto
from tests.mailbox.test_store import filing, letter


def keep_objects(settings, folder: Path) -> Path:
    settings.BLOB_STORE = "s3"
    settings.STORAGES = {
        **settings.STORAGES,
        "blobs": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": folder}},
    }
    return folder


@pytest.fixture
def object_store(settings, tmp_path) -> Path:
    return keep_objects(settings, tmp_path)


def test_bytes_come_back_from_the_database(dupont):
    data = os.urandom(200_000)
    blob = blobs.put(dupont, data)
    kept = Blob.objects.get(pk=blob.pk)
    assert blobs.read(kept, dupont) == data
    assert blobs.read_range(kept, dupont, 65_530, 20) == data[65_530:65_550]
    assert data[:64] not in bytes(kept.box)


def test_bytes_come_back_from_an_object_store(dupont, object_store):
    data = b"ordonnance " * 20_000
    kept = Blob.objects.get(pk=blobs.put(dupont, data).pk)
    (stored,) = [path for path in object_store.rglob("*") if path.is_file()]
    assert kept.box is None
    assert b"ordonnance" not in stored.read_bytes()
    assert blobs.read(kept, dupont) == data


@pytest.mark.django_db(transaction=True)
def test_what_is_destroyed_leaves_the_object_store_too_once_that_is_committed(
    dupont, claire, object_store, monkeypatch, caplog
):
    def objects() -> int:
        return sum(path.is_file() for path in object_store.rglob("*"))

    membership = dupont.memberships.get(user=claire)
    draft = drafts.save(membership, uuid4(), drafts.DraftText(), version=0, now=timezone.now())
    for name in ("un", "deux"):
        draft_files.attach(dupont, draft, name=name, content_type="text/plain", data=b"x")
    messages = store.file(dupont, [filing(letter(message_id=f"{n}@x")) for n in range(3)])
    assert objects() == 5
    with suppress(RuntimeError), transaction.atomic():
        store.remove(dupont, [messages[0].pk])
        raise RuntimeError
    assert objects() == 5, "rolled back"
    store.remove(dupont, [messages[0].pk])
    draft_files.detach(draft.files.first())
    assert objects() == 3
    drafts.delete(draft)
    assert objects() == 2
    assert blobs.read(messages[1].blob, dupont)

    def away(*_: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(FileSystemStorage, "delete", away)
    store.remove(dupont, [messages[1].pk])
    assert Blob.objects.count() == 1
    assert "not deleted" in caplog.text


class _Refusal(Exception):
    """What the client of an S3 store raises, with the store's answer."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.response = {"Error": {"Code": code}}


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        (ConnectionError(), Temporary),
        (PermissionError(), Temporary),
        (_Refusal("SlowDown"), Temporary),
        (_Refusal("NoSuchBucket"), Temporary),
        (_Refusal("NoSuchKey"), crypto.Unreadable),
        (FileNotFoundError(), crypto.Unreadable),
    ],
    ids=repr,
)
def test_a_store_that_is_away_is_temporary_and_one_that_has_no_such_object_is_not(
    dupont, object_store, monkeypatch, fault, seen
):
    kept = Blob.objects.get(pk=blobs.put(dupont, b"x").pk)

    def refuse(*_: object) -> None:
        raise fault

    monkeypatch.setattr(blobs, "_away", lambda: (OSError, _Refusal))
    monkeypatch.setattr(FileSystemStorage, "_open", refuse)
    with pytest.raises(seen):
        blobs.read(kept, dupont)
    monkeypatch.setattr(FileSystemStorage, "_save", refuse)
    with pytest.raises(Temporary):
        blobs.put(dupont, b"y")


def test_an_object_that_is_lost_does_not_open(dupont, object_store):
    kept = Blob.objects.get(pk=blobs.put(dupont, b"x").pk)
    [stored] = [path for path in object_store.rglob("*") if path.is_file()]
    stored.unlink()
    with pytest.raises(crypto.Unreadable):
        blobs.read(kept, dupont)


def test_a_box_moved_to_another_row_does_not_open(dupont):
    one, other = blobs.put(dupont, b"un"), blobs.put(dupont, b"deux")
    Blob.objects.filter(pk=other.pk).update(box=one.box)
    with pytest.raises(crypto.Unreadable):
        blobs.read(Blob.objects.get(pk=other.pk), dupont)
