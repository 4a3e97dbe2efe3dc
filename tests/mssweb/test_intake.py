"""A request that is too large: refused before it is read, in French, and nothing of it is written."""

import asyncio
from tempfile import SpooledTemporaryFile
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from mailbox.models import Draft
from mssweb.asgi import application

LIMIT = 100_000


@pytest.fixture
def written(monkeypatch, settings) -> list[object]:
    """What became a temporary file on a disk."""
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = LIMIT
    files: list[object] = []
    monkeypatch.setattr(SpooledTemporaryFile, "rollover", files.append)
    return files


async def post(headers: dict[str, str], chunks: list[bytes]) -> tuple[int, str, int]:
    """Status, page, and how many chunks were read."""
    told, left = [], list(chunks)

    async def receive():
        if not left:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    async def send(message):
        told.append(message)

    lines = [(name.encode(), value.encode()) for name, value in {"host": "localhost", **headers}.items()]
    scope = {"type": "http", "method": "POST", "path": "/static/none", "headers": lines, "query_string": b""}
    await application(scope, receive, send)
    page = b"".join(message.get("body", b"") for message in told).decode()
    return (told[0]["status"] if told else 0), page, len(chunks) - len(left)


@pytest.mark.parametrize(
    ("headers", "read"),
    [
        ({"content-length": str(LIMIT + 1)}, 3),  # a browser listens once it has sent all
        ({"content-length": str(LIMIT * 6)}, 0),
        ({"content-length": "9" * 30}, 0),
        ({"content-length": "-1"}, 0),
        ({"transfer-encoding": "chunked"}, 0),
    ],
)
async def test_a_body_too_large_or_of_unknown_length_is_refused_and_never_written(written, headers, read):
    status, page, chunks = await post(headers, [b"x" * LIMIT] * 3)
    assert (status, chunks, written) == (413, read, [])
    assert "Envoi trop volumineux" in page
    assert 'href="/"' in page


@pytest.mark.django_db(transaction=True)
async def test_a_body_of_the_allowed_size_is_read_and_stays_in_memory(written):
    status, _, chunks = await post({"content-length": str(LIMIT)}, [b"x" * (LIMIT // 2)] * 2)
    assert (status, chunks, written) == (404, 2, [])


def test_a_file_that_is_too_large_is_refused_and_not_dropped(client, sign_in, claire, dupont, settings):
    """Under WSGI too, where nobody counted before."""
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = LIMIT
    sign_in(client, claire)
    file = SimpleUploadedFile("gros.pdf", b"x" * LIMIT)
    answer = client.post(f"/b/{dupont.pk}/brouillon/{uuid4()}/", {"version": "0", "kind": "new", "files": [file]})
    assert answer.status_code == 413
    assert "Envoi trop volumineux" in answer.content.decode()
    assert not Draft.objects.exists()
