"""The drill, large: back up while letters arrive, lose the machine, kill a restoration, begin it again, open every box.

`manage.py backup` and `manage.py restore` as a person types them, in processes of their own, on engines of their own.
"""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks import load, stack
from benchmarks.figures import Figure
from mssweb import embedded

_ROOT = Path(__file__).parents[1]
_SIZE = 20_000  # bytes of a letter
_BATCH = 250


def run(*, quick: bool = False) -> list[Figure]:
    count = 2_000 if quick else 20_000
    _seed(count)
    home = stack.home()
    root, key, there = home / "backups", home / "recovery", home / "elsewhere"
    there.mkdir(mode=0o755)
    _manage(home, "backup", "--new-key", key)
    given = {"BACKUP_PUBLIC_KEY_FILE": f"{key}.pub"}
    arriving = Arriving()
    arriving.start()
    saving, backup_mb, said = _measured(home, "backup", "--to", root, PROCESS="backup", **given)
    arriving.stop()
    print(said, flush=True)
    on_disk = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
    asked = ("restore", "--from", root, "--private-key", key)
    _kill_half_way(there, *asked, after=saving / 2)
    restoring, restore_mb, said = _measured(there, *asked, "--again", DATABASE_URL="")
    print(said, flush=True)
    arriving.all_are_in(there)
    letters, content = f"{count:,} letters of {_SIZE // 1000} kB", count * _SIZE / 1e6
    return [
        Figure("backup", saving, "s", f"{letters}, sealed, letters arriving meanwhile", higher_is_better=False),
        Figure("backup, content", content / saving, "MB/s", "of what the letters weigh"),
        Figure("backup, on disk", on_disk / content / 1e4, "%", "of what the letters weigh", higher_is_better=False),
        Figure("backup, memory", backup_mb, "MB", "of Python, without its tools", higher_is_better=False),
        Figure(
            "restoration",
            restoring,
            "s",
            "begun again after a kill; store and journal verified",
            higher_is_better=False,
        ),
        Figure("restoration, content", content / restoring, "MB/s", "of what the letters weigh"),
        Figure(
            "restoration, memory",
            restore_mb,
            "MB",
            "of Python, without its tools and its engine",
            higher_is_better=False,
        ),
    ]


def _seed(count: int) -> None:
    from django.utils import timezone

    from benchmarks.people import pharmacy
    from mailbox import store
    from mailbox.models import Mailbox
    from mssweb.audit import keeper
    from mssweb.audit.record import record

    pharmacy(("pharmacie", "comptoir", "garde"))
    boxes, now, sender = list(Mailbox.objects.all()), datetime.now(UTC), "dr.a@hopital.mssante.example"
    for start in range(0, count, _BATCH):
        box = random.choice(boxes)
        store.file(box, [
            store.Filing(raw=load.message(n, _SIZE, sender, box.address), folder_role="inbox", direction="in",
                         filed_at=now - timedelta(minutes=count - n), mail_from=sender)
            for n in range(start, start + _BATCH)
        ])  # fmt: skip
        record("message.open", mailbox_id=box.pk)
    keeper.chain_due(timezone.now())


class Arriving(threading.Thread):
    """A receiver that never pauses: each letter is committed, then answered 250; when, is noted."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.answered: dict[str, datetime] = {}
        self._stopping = threading.Event()

    def run(self) -> None:
        from django.db import connection
        from django.utils import timezone

        from mailbox.models import Mailbox
        from tests.mailbox.inbound.test_drain import arrive

        boxes = list(Mailbox.objects.all())
        while not self._stopping.is_set():
            box = random.choice(boxes)
            row = arrive(box, load.message(random.randrange(10**6), _SIZE, "dr.a@hopital.mssante.example", box.address))
            self.answered[str(row.pk)] = timezone.now()
            time.sleep(0.02)
        connection.close()

    def stop(self) -> None:
        self._stopping.set()
        self.join()

    def all_are_in(self, there: Path) -> None:
        """Every letter that was answered before the instant of the backup is in what was restored."""
        import psycopg

        from mssweb.backup import folder

        instant = folder.Made(stack.home() / "backups").manifest.snapshot_at
        server = embedded.start_postgres(there)
        try:
            with psycopg.connect(embedded.postgres_dsn(there)) as now:
                found = {row[0] for row in now.execute("SELECT id::text FROM mailbox_arrival")}
        finally:
            embedded.stop(server)
            embedded.remove(there)
        before = {pk for pk, at in self.answered.items() if at <= instant}
        assert before <= found, "answered 250 before the instant, and not in the backup"
        print(f"{len(before)} answered before the instant, {len(found)} there, {len(self.answered)} in all", flush=True)


def _environment(home: Path, **given: str) -> dict[str, str]:
    return {**os.environ, "MSSWEB_HOME": str(home), **given}


def _manage(home: Path, *args: object, **given: str) -> str:
    command = [sys.executable, "manage.py", *map(str, args)]
    return subprocess.run(
        command, cwd=_ROOT, env=_environment(home, **given), capture_output=True, text=True, check=True
    ).stdout


def _measured(home: Path, *args: object, **given: str) -> tuple[float, float, str]:
    """(seconds, MB of memory at most, what it said)."""
    with (stack.home() / "said").open("w+") as said:
        begun = time.perf_counter()
        command = [sys.executable, "manage.py", *map(str, args)]
        child = subprocess.Popen(command, cwd=_ROOT, env=_environment(home, **given), stdout=said, stderr=said)
        memory = 0.0
        while child.poll() is None:
            memory = max(memory, _most(child.pid))
            time.sleep(0.05)
        took = time.perf_counter() - begun
        said.seek(0)
        text = said.read()
    assert child.returncode == 0, text
    return took, memory, text


def _most(pid: int) -> float:
    """MB of memory that a process has had at most: Python's own, without its tools and its engine."""
    told = Path(f"/proc/{pid}/status").read_text()
    return next((int(line.split()[1]) / 1024 for line in told.splitlines() if line.startswith("VmHWM")), 0.0)


def _kill_half_way(home: Path, *args: object, after: float) -> None:
    """kill -9 of a restoration; then it is neither taken for whole nor begun again without a word."""
    command = [sys.executable, "manage.py", *map(str, args)]
    child = subprocess.Popen(
        command,
        cwd=_ROOT,
        env=_environment(home, DATABASE_URL=""),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert child.stdout
    while "… database" not in child.stdout.readline():
        assert child.poll() is None
    time.sleep(after)
    child.send_signal(signal.SIGKILL)
    child.wait()
    time.sleep(2)  # its engine, which ends with it, writes its last
    refused = subprocess.run(
        command, cwd=_ROOT, env=_environment(home, DATABASE_URL=""), capture_output=True, text=True, check=False
    )
    assert "--again takes it away" in refused.stderr, refused.stderr
    print("killed half-way: said to be unfinished, and not begun again without --again", flush=True)
