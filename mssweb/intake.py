"""How much a request may bring: refused with 413 before Django reads it: its ASGI handler would write what is larger
than FILE_UPLOAD_MAX_MEMORY_SIZE to a temporary file, in clear, whoever sends it; and its parser would drop such files.
"""

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.csp import CSP, build_policy
from django.utils.datastructures import MultiValueDict
from django.views.defaults import bad_request

type Scope = dict[str, Any]
type Message = Mapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type Application = Callable[[Scope, Receive, Send], Coroutine[Any, Any, None]]

_PAGE = "413.html"
_READ_IN_VAIN = 5  # times the limit: a browser shows no answer before it has sent all, up to there it is listened to


def bounded(application: Application) -> Application:
    """The same application, for bodies of a known and bearable length."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or (length := _length(scope)) <= settings.FILE_UPLOAD_MAX_MEMORY_SIZE:
            await application(scope, receive, send)
            return
        if length <= _READ_IN_VAIN * settings.FILE_UPLOAD_MAX_MEMORY_SIZE:
            await _forget(receive)
        await _refuse(send)

    return guarded


def _length(scope: Scope) -> float:
    """What the headers announce; infinite when they do not say it (RFC 9112 §6.3)."""
    headers = dict(scope["headers"])
    if b"transfer-encoding" in headers:
        return float("inf")
    told = headers.get(b"content-length", b"0")
    return int(told) if told.isdigit() and len(told) < 20 else float("inf")


async def _forget(receive: Receive) -> None:
    while (await receive()).get("more_body"):
        pass


async def _refuse(send: Send) -> None:
    page = render_to_string(_PAGE).encode()
    policy = build_policy(settings.SECURE_CSP)  # type: ignore[arg-type]  # the stubs call its values objects
    headers = {
        "content-type": "text/html; charset=utf-8", "content-length": str(len(page)), "cache-control": "no-store",
        "connection": "close", "x-content-type-options": "nosniff", str(CSP.HEADER_ENFORCE): policy,
    }  # fmt: skip
    lines = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": 413, "headers": lines})
    await send({"type": "http.response.body", "body": page})


class InMemory(MemoryFileUploadHandler):
    """Django's, which ignores the files of a body that is too large for it: this one refuses them."""

    def handle_raw_input(
        self, input_data: IO[bytes], META: dict[str, str], content_length: int, boundary: str, encoding: str | None = None
    ) -> tuple[QueryDict, MultiValueDict[str, Any]] | None:  # fmt: skip
        super().handle_raw_input(input_data, META, content_length, boundary, encoding)
        if not self.activated:
            raise RequestDataTooBig
        return None


def refused(request: HttpRequest, exception: Exception) -> HttpResponse:
    """`handler400`: what is too large says so."""
    if isinstance(exception, RequestDataTooBig):
        return render(request, _PAGE, status=413)
    return bad_request(request, exception)
