"""Versions are known by what the headers of an answer say of them."""

from datetime import UTC, datetime

import pytest

from directory.versions import version

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
URL = "https://service.example/V300/services/extraction/PS_LibreAcces"


@pytest.mark.parametrize(
    "disposition",
    [
        "attachment; filename=PS_LibreAcces_202309111008.zip", 'attachment; filename="PS_LibreAcces_202309111008.zip"',
        "filename=PS_LibreAcces_202309111008.zip;size=3", "attachment;FileName = PS_LibreAcces_202309111008.zip",
        "attachment; filename*=UTF-8''PS%5FLibreAcces_202309111008.zip",
        "attachment; filename=\"vieux_200001010000.zip\"; filename*=utf-8'fr'PS_LibreAcces_202309111008.zip",
    ],
)  # fmt: skip
def test_the_date_of_the_name_tells_however_it_is_written(disposition):
    found = version(URL, {"content-disposition": disposition, "content-length": "12", "etag": "x"}, now=NOW)
    assert (found.stem, found.mark, found.known_by, found.length) == ("PS_LibreAcces", "202309111008", "date", 12)
    assert found.dated == datetime(2023, 9, 11, 10, 8, tzinfo=UTC)
    assert found.file_name == "PS_LibreAcces_202309111008.zip"


@pytest.mark.parametrize(
    ("headers", "mark", "known_by"),
    [
        ({"etag": '"abc"', "last-modified": "x", "content-length": "5"}, 'etag "abc"', "son ETag"),
        ({"last-modified": "Thu, 26 Nov 2026", "content-length": "5"}, "last-modified Thu, 26 Nov 2026",
         "sa date sur le serveur"),
        ({"content-length": "5"}, "content-length 5", "sa taille"),
        ({}, "", ""),
        ({"content-disposition": "attachment; filename=PS_LibreAcces_299912310000.zip", "etag": "e"}, "etag e", "son ETag"),
        ({"content-disposition": "attachment; filename=PS_LibreAcces_202613010000.zip", "etag": "e"}, "etag e", "son ETag"),
    ],
)  # fmt: skip
def test_without_a_date_or_with_an_impossible_one_something_else_tells(headers, mark, known_by):
    found = version(URL, headers, now=NOW)
    assert (found.dated, found.mark, found.known_by) == (None, mark, known_by)
    assert found.file_name == "PS_LibreAcces.zip"


def test_data_gouv_dates_the_folder():
    url = "https://static.data.gouv.fr/resources/annuaire/20261008-023015/ps-libreacces-personne-activite.txt"
    found = version(url, {"content-length": "820000000"}, now=NOW)
    assert found.file_name == "ps-libreacces-personne-activite_202610080230.txt"


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "x" * 5000, "a/b.zip", "\x00.zip", ".zip", "%2e%2e%2fx.zip", 'a"b.zip', "é.zip"]
)
def test_no_name_of_theirs_leaves_the_folder(name):
    for disposition in (f"attachment; filename={name}", f"attachment; filename*=UTF-8''{name}", f'filename="{name}"'):
        found = version(URL, {"content-disposition": disposition}, now=NOW)
        assert "/" not in found.file_name
        assert not found.file_name.startswith(".")
        assert len(found.file_name) < 130
    assert version("https://x.example/", {}, now=NOW).file_name == "extraction.zip"
