"""Static files: whole, cached for ever when their name says what they hold, 304 to who has them."""

import pytest

from mssweb.statics import Statics


@pytest.fixture
def statics(tmp_path, settings):
    settings.STATIC_ROOT = tmp_path
    (tmp_path / "page.css").write_text("body { margin: 0 }")
    return Statics(lambda request: None)


def test_a_file_is_answered_whole(statics, rf):
    answer = statics(rf.get("/static/page.css"))
    assert (answer.status_code, answer.streaming, answer.content) == (200, False, b"body { margin: 0 }")
    assert answer["Content-Type"] == 'text/css; charset="utf-8"'


def test_who_has_it_already_gets_no_content(statics, rf):
    etag = statics(rf.get("/static/page.css"))["ETag"]
    again = statics(rf.get("/static/page.css", headers={"If-None-Match": etag}))
    assert (again.status_code, again.content) == (304, b"")


def test_head_tells_the_size_and_no_content(statics, rf):
    answer = statics(rf.head("/static/page.css"))
    assert (answer.status_code, answer.content) == (200, b"")


def test_what_is_no_file_goes_on_to_the_pages(statics, rf):
    assert statics(rf.get("/static/../mssweb/settings.py")) is None
    assert statics(rf.get("/static/absent.css")) is None
