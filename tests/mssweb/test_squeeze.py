"""Pages travel compressed to who takes that; nothing else does."""

import gzip

from django.http import HttpResponse, StreamingHttpResponse
from django.test import RequestFactory

from mssweb.squeeze import Squeeze

PAGE = "<p>Ordonnance</p>" * 100


def answered(response, **headers):
    return Squeeze(lambda request: response)(RequestFactory().get("/", headers=headers))


def test_a_page_is_compressed_for_who_takes_that_and_its_size_tells_little():
    sizes = set()
    for _ in range(20):
        answer = answered(HttpResponse(PAGE), accept_encoding="gzip, br")
        assert answer["Content-Encoding"] == "gzip" and "Accept-Encoding" in answer["Vary"]
        assert gzip.decompress(answer.content).decode() == PAGE
        sizes.add(len(answer.content))
    assert len(sizes) > 3
    assert answered(HttpResponse(PAGE)).content.decode() == PAGE


def test_streams_and_files_are_left_as_they_are():
    stream = StreamingHttpResponse([PAGE.encode()], content_type="text/event-stream")
    file = HttpResponse(PAGE, content_type="application/pdf")
    for response in (stream, file):
        assert "Content-Encoding" not in answered(response, accept_encoding="gzip")
