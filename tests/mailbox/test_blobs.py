"""Sealed bytes: in the database, or in an object store that holds nothing readable."""

import os

import pytest

from mailbox import blobs
from mailbox.models import Blob
from mailbox.reply import Temporary
from mssweb import crypto


@pytest.fixture
def object_store(settings, tmp_path):
    settings.BLOB_STORE = "s3"
    settings.STORAGES = {
        **settings.STORAGES,
        "blobs": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}},
    }
    return tmp_path


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


def test_a_store_that_is_away_is_temporary(dupont, object_store):
    kept = Blob.objects.get(pk=blobs.put(dupont, b"x").pk)
    for path in object_store.rglob("*"):
        if path.is_file():
            path.unlink()
    with pytest.raises(Temporary):
        blobs.read(kept, dupont)


def test_a_box_moved_to_another_row_does_not_open(dupont):
    one, other = blobs.put(dupont, b"un"), blobs.put(dupont, b"deux")
    Blob.objects.filter(pk=other.pk).update(box=one.box)
    with pytest.raises(crypto.Unreadable):
        blobs.read(Blob.objects.get(pk=other.pk), dupont)
