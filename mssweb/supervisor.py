"""Start processes, prefix what they say, restart those that die, stop them all in order. Knows nothing of mail.

Children get the signal of the kernel when the supervisor ends (Linux), so that even `kill -9` leaves no process.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from mssweb.embedded import EngineError, die_with_parent

_STOP_SECONDS = 15
_ENGINE_SECONDS = 1.0  # between two tries to start an engine again
_BACK_OFF = (0.5, 1, 2, 5, 10)  # seconds before each restart in a row


@dataclass
class Child:
    """One process by name; `environment` is all that it gets."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    process: subprocess.Popen[str] | None = None
    started_at: float = 0.0
    deaths: int = 0
    due_at: float = field(default=0.0)


class Supervisor:
    def __init__(self, root: Path, log_folder: Path) -> None:
        self._root, self._logs = root, log_folder
        self._children: list[Child] = []
        self._engines: dict[str, tuple[subprocess.Popen[bytes], Callable[[], subprocess.Popen[bytes]]]] = {}
        self._engine_due: dict[str, float] = {}
        self._stopping = threading.Event()
        self._print = threading.Lock()

    def add(self, child: Child) -> None:
        self._children.append(child)
        self._start(child)

    def watch(self) -> None:
        """Until a signal to stop; a dead child is started again, later each time."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        while not self._stopping.wait(0.2):
            self._look_at_engines()
            for child in self._children:
                self._look_at(child)

    def stop(self) -> None:
        """In reverse order of start; those that do not end in time are killed."""
        self._stopping.set()
        for child in reversed(self._children):
            if child.process and child.process.poll() is None:
                child.process.terminate()
        deadline = time.monotonic() + _STOP_SECONDS
        for child in reversed(self._children):
            if child.process:
                try:
                    child.process.wait(max(0.1, deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    os.killpg(child.process.pid, signal.SIGKILL)
                    child.process.wait()

    def keep(self, name: str, server: subprocess.Popen[bytes], again: Callable[[], subprocess.Popen[bytes]]) -> None:
        """Watch an engine that was started elsewhere; `again` starts it anew when it died."""
        self._engines[name] = (server, again)
        self._tell_pids()

    def engines(self) -> list[subprocess.Popen[bytes]]:
        """As they are now, in the order of start."""
        return [server for server, _ in self._engines.values()]

    def _look_at_engines(self) -> None:
        for name, (server, again) in self._engines.items():
            if server.poll() is not None and time.monotonic() >= self._engine_due.get(name, 0.0):
                self.say("run", f"{name} ended ({server.returncode}), starts again")
                try:
                    self._engines[name] = (again(), again)
                except EngineError as error:  # what it left behind may need a moment to go: its memory, its socket
                    self.say("run", f"{error}; tries again in {_ENGINE_SECONDS:g} s")
                    self._engine_due[name] = time.monotonic() + _ENGINE_SECONDS
                self._tell_pids()

    def _tell_pids(self) -> None:
        """pids.json: for those who watch, or kill on purpose."""
        pids = {child.name: child.process.pid for child in self._children if child.process}
        pids |= {name: server.pid for name, (server, _) in self._engines.items()}
        (self._logs.parent / "pids.json").write_text(json.dumps(pids))

    def say(self, name: str, line: str) -> None:
        with self._print:
            sys.stdout.write(f"{name:8}| {line}\n")
            sys.stdout.flush()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._stopping.set()

    def _look_at(self, child: Child) -> None:
        process, now = child.process, time.monotonic()
        if process is None:
            if now >= child.due_at:
                self._start(child)
        elif process.poll() is not None:
            child.deaths = child.deaths + 1 if now - child.started_at < 60 else 1
            wait = _BACK_OFF[min(child.deaths, len(_BACK_OFF)) - 1]
            self.say("run", f"{child.name} ended ({process.returncode}), starts again in {wait:g} s")
            child.process, child.due_at = None, now + wait

    def _start(self, child: Child) -> None:
        child.started_at = time.monotonic()
        child.process = subprocess.Popen(  # noqa: S603
            child.command, cwd=self._root, env=dict(child.environment), text=True, errors="replace",
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509  (only libc.prctl runs between fork and exec)
        )  # fmt: skip
        self._tell_pids()
        threading.Thread(target=self._relay, args=(child, child.process), daemon=True).start()

    def _relay(self, child: Child, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None  # noqa: S101  (it is a pipe: see _start)
        with (self._logs / f"{child.name}.log").open("a", encoding="utf-8") as log:
            for line in process.stdout:
                log.write(line)
                log.flush()
                self.say(child.name, line.rstrip())
