"""A place of its own for the operators: a network and mounts that nobody else sees (Linux namespaces, as root).

One thread lives in it; whatever that thread starts (servers, sockets, other threads) lives there too. Each operator has an
address and the real port 25, /etc/resolv.conf names our own DNS, and programs find their compiled-in folders bound.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

WHY_NOT = "" if os.geteuid() == 0 and sys.platform == "linux" else "namespaces need root on Linux"
NAMES = "10.99.0.53"


class Place:
    def __init__(self, addresses: Sequence[str]) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="mssweb-network-"))
        self.folder.chmod(0o755)
        self._addresses = addresses
        self._thread = ThreadPoolExecutor(1, "network")
        self._began: list[subprocess.Popen[bytes]] = []
        self.do(self._enter)

    def do[T](self, act: Callable[..., T], *given: object, **named: object) -> T:
        """In the network, whoever asks."""
        return self._thread.submit(act, *given, **named).result()

    def run(self, *command: object, check: bool = True) -> subprocess.CompletedProcess[str]:
        """A command that ends, there; its words."""
        words = [str(word) for word in command]
        return self.do(subprocess.run, words, check=check, capture_output=True, text=True, timeout=30)

    def start(self, *command: object, **how: object) -> subprocess.Popen[bytes]:
        """A server, there, in a process group of its own, so that a kill takes its children along."""
        words = [str(word) for word in command]
        log = (self.folder / f"{Path(words[0]).name}.out").open("ab")
        began = self.do(
            subprocess.Popen, words, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True, **how
        )
        self._began.append(began)
        return began

    def bind(self, here: Path, at: str) -> None:
        """What a program finds at that path of the system is this folder or file, in this place only."""
        self.run("mount", "--bind", here, at)

    def inode(self, kind: str) -> str:
        """Where another process finds this place, to enter it (setns)."""
        return self.do(lambda: f"/proc/{os.getpid()}/task/{_thread_id()}/ns/{kind}")

    def leave(self) -> None:
        for began in self._began:
            kill(began)
        self._thread.shutdown()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _enter(self) -> None:
        os.unshare(os.CLONE_NEWNET | os.CLONE_NEWNS)
        self._resolver()
        for command in (
            "mount --make-rprivate /", "ip link set lo up", f"mount --bind {self.folder}/resolv.conf /etc/resolv.conf",
            *(f"ip addr add {address}/32 dev lo" for address in (NAMES, *self._addresses)),
        ):  # fmt: skip
            subprocess.run(command.split(), check=True, capture_output=True, timeout=10)

    def _resolver(self) -> None:
        (self.folder / "resolv.conf").write_text(f"nameserver {NAMES}\noptions timeout:1 attempts:1\n")


def kill(server: subprocess.Popen[bytes]) -> None:
    """kill -9, children too."""
    with suppress(ProcessLookupError):
        os.killpg(server.pid, 9)
    server.wait(10)


def _thread_id() -> int:
    import threading

    return threading.get_native_id()
