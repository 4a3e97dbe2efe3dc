"""Static files under ASGI: answered whole, for Django reads a streamed file at once there, with a warning each time.

The files are our own and small; which ones exist, their types and their caching are WhiteNoise's. The address of each is
made once a process: a page names forty.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile
from whitenoise.storage import CompressedManifestStaticFilesStorage


class Statics(WhiteNoiseMiddleware):  # type: ignore[misc]  # untyped package
    @staticmethod
    def serve(static_file: StaticFile, request: HttpRequest) -> HttpResponse:
        answer = static_file.get_response(request.method, request.META)
        content = b""
        if answer.file is not None:
            with answer.file:
                content = answer.file.read()
        return HttpResponse(content, status=int(answer.status), headers=dict(answer.headers))


class Files(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # untyped package
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._addresses: dict[str, str] = {}

    def url(self, name: str, force: bool = False) -> str:
        if name not in self._addresses:
            self._addresses[name] = super().url(name, force)
        return self._addresses[name]
