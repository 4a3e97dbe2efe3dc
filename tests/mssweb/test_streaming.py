"""A file leaves piece by piece as it is made, whichever way the product is served."""

from collections.abc import Iterator

import pytest
from django.test import AsyncRequestFactory, RequestFactory

from mssweb import streaming


@pytest.fixture
def made() -> list[int]:
    return []


@pytest.fixture
def pieces(made) -> Iterator[bytes]:
    def making() -> Iterator[bytes]:
        for number, piece in enumerate((b"a", b"", b"b")):
            made.append(number)
            yield piece

    return making()


def sent(request, pieces):
    return streaming.attachment(request, pieces, name="Réception.csv", content_type="text/csv")


async def test_under_asgi_pieces_leave_one_by_one_as_they_are_made(made, pieces):
    answer = sent(AsyncRequestFactory().post("/"), pieces)
    assert answer.is_async and made == []
    assert [(piece, len(made)) async for piece in answer] == [(b"a", 1), (b"b", 3)]


def test_under_wsgi_too_and_it_is_saved_and_kept_nowhere(made, pieces):
    answer = sent(RequestFactory().post("/"), pieces)
    assert not answer.is_async and made == []
    assert [(piece, len(made)) for piece in answer] == [(b"a", 1), (b"", 2), (b"b", 3)]
    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''R%C3%A9ception.csv")
    assert answer["X-Accel-Buffering"] == "no"
