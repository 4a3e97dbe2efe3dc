"""Static files: whole, cached for ever when their name says what they hold, 304 to who has them."""

import os

import pytest

from mssweb.management.commands import settle
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


def test_static_files_are_collected_again_only_when_one_changed(tmp_path, settings, monkeypatch):
    source, settings.STATIC_ROOT = tmp_path / "source", tmp_path / "collected"
    source.mkdir()
    settings.STATICFILES_DIRS = [source]
    collected: list[str] = []
    real = settle.call_command
    monkeypatch.setattr(settle, "call_command", lambda name, **how: collected.append(name) or real(name, **how))
    for words, times in (("a {}", 1), ("a {}", 1), ("b {}", 2)):
        (source / "page.css").write_text(words)
        os.utime(source / "page.css", (2e9 + ord(words[0]), 2e9 + ord(words[0])))
        settle._collect(settings.STATIC_ROOT)
        assert len(collected) == times
        assert (settings.STATIC_ROOT / "page.css").read_text() == words
