"""The web process: pages, APIs and live events."""

import os

import django
from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mssweb.settings")
os.environ.setdefault("PROCESS", "web")

from mssweb.intake import bounded


class OneThread(ASGIHandler):
    """Django's, with a request's middlewares and its view in one thread, begun once.

    Half of the middlewares can be asynchronous and the other half cannot: Django goes to the loop and back for each.
    Our views are none; what streams is still drawn from by the loop.
    """

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)
        chain = self._middleware_chain  # type: ignore[has-type]  # Django's own, left out of its stubs
        self._middleware_chain = sync_to_async(chain, thread_sensitive=True)


def handler() -> OneThread:
    django.setup(set_prefix=False)
    return OneThread()


application = bounded(handler())
