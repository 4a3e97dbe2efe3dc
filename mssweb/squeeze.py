"""Pages travel compressed: a list of fifty threads is 100 kB of much the same, and 15 kB once it is.

Refuses what is not a page (streams, files, what is compressed already). Sizes then tell a little of what a page holds
(BREACH): Django adds random bytes to each, our cookies are sent with no request of another site, tokens are masked
anew each time, and what is searched is in no address, so that nobody else chooses words of a page and counts.
"""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class Squeeze(GZipMiddleware):
    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        is_page = not response.streaming and response.get("Content-Type", "").startswith("text/html")
        return super().process_response(request, response) if is_page else response
