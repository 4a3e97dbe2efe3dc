"""Where the engines keep what `nobody` must reach: root's private clone is the case that has it outside its home."""

import os
import shutil
from pathlib import Path

import pytest

from mssweb import embedded

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="only root hides its home from the engines' user")


@pytest.fixture
def home(tmp_path):
    tmp_path.chmod(0o700)
    home = tmp_path / "home"
    home.mkdir()
    yield home
    embedded.remove(home)


def aside(home: Path) -> Path:
    return embedded._data_folder(home, "nobody")


def test_a_home_made_anew_at_the_same_path_finds_nothing_of_the_one_before(home):
    first = aside(home)
    (first / "PG_VERSION").write_text("18")
    assert not first.is_relative_to(home) and aside(home) == first, "it is found again at each start"
    shutil.rmtree(home)
    home.mkdir()
    try:
        assert list(aside(home).iterdir()) == []
    finally:
        shutil.rmtree(first.parent)


def test_a_folder_that_is_gone_is_said_and_not_replaced(home):
    shutil.rmtree(aside(home))
    with pytest.raises(embedded.EngineError, match=f"the mail with it: remove {home} to start anew"):
        aside(home)


def test_nothing_stays_of_a_home_that_served_once(home):
    folder = aside(home)
    embedded.socket_dir(home).mkdir()
    embedded.remove(home)
    assert not any(path.exists() for path in (home, folder.parent, embedded.socket_dir(home)))
