"""A file made as it is sent, under ASGI and under WSGI alike: neither it nor what it is made of is ever whole in memory.

Refuses to be kept: nginx writes nothing of it to a disk. An attachment is always saved by the browser, never shown.
"""

from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.http import content_disposition_header


def attachment(request: HttpRequest, pieces: Iterator[bytes], *, name: str, content_type: str) -> StreamingHttpResponse:
    """`pieces` under `name`. Under ASGI Django would read an ordinary iterator whole before it sends a byte."""
    answer = shown(request, pieces, content_type=content_type)
    answer["Content-Disposition"] = str(content_disposition_header(True, name))
    return answer


def shown(request: HttpRequest, pieces: Iterator[bytes], *, content_type: str) -> StreamingHttpResponse:
    """The same on a page: whoever asks for that says which policy keeps it inert."""
    body = beside(pieces) if isinstance(request, ASGIRequest) else pieces
    answer = StreamingHttpResponse(body, content_type=content_type)
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    answer["X-Accel-Buffering"] = "no"
    return answer


async def beside(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Each piece made in the request's own thread, when the one before it has left."""
    step = sync_to_async(lambda: next(pieces, None))
    while (piece := await step()) is not None:
        if piece:
            yield piece
