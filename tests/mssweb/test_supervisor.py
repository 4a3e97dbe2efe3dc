"""Engines that died are started again, however often it takes."""

import subprocess
import time
from itertools import pairwise

import pytest

from mssweb import supervisor
from mssweb.embedded import EngineError


def test_an_engine_that_does_not_start_at_once_is_tried_again(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(supervisor, "_ENGINE_SECONDS", 0.05)
    (tmp_path / "log").mkdir()
    watched = supervisor.Supervisor(tmp_path, tmp_path / "log")
    dead, living = (subprocess.Popen(["sleep", seconds]) for seconds in ("0", "60"))
    dead.wait()
    tries = []

    def again():
        tries.append(time.monotonic())
        if len(tries) < 3:
            raise EngineError("PostgreSQL did not start: pre-existing shared memory block is still in use")
        return living

    watched.keep("postgres", dead, again)
    deadline = time.monotonic() + 5
    while watched.engines() != [living] and time.monotonic() < deadline:
        watched._look_at_engines()
        time.sleep(0.01)
    living.kill()
    living.wait()
    assert len(tries) == 3
    assert min(later - sooner for sooner, later in pairwise(tries)) >= 0.05
    assert "still in use; tries again" in capsys.readouterr().out


def test_any_other_error_is_not_swallowed(tmp_path):
    (tmp_path / "log").mkdir()
    watched = supervisor.Supervisor(tmp_path, tmp_path / "log")
    dead = subprocess.Popen(["sleep", "0"])
    dead.wait()
    watched.keep("postgres", dead, lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        watched._look_at_engines()
