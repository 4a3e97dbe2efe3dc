"""How far a load is, told while its transaction lasts: to the terminal at each step, to the table of runs once a second.

The second telling is a thread with a connection of its own. Its beat is also the sign of life: who is killed falls
silent, and the next one settles what was left. Nothing that fails here ends a load.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import psycopg
from django.db import DatabaseError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from directory.models import DirectoryLoad, LoadRun

log = logging.getLogger(__name__)
Phase = LoadRun.Phase
BEAT_SECONDS = 1.0
_KEPT = timedelta(days=7)
_TELL = """
UPDATE directory_loadrun SET phase = %s, phase_at = %s, file_name = %s, percent = %s, lines_read = %s, beat_at = %s
WHERE id = %s
"""


class Busy(Exception):
    """Another process loads or fetches."""


@dataclass(frozen=True, slots=True)
class Step:
    """What a run does at the moment; `percent` is of the file that is fetched or read."""

    phase: LoadRun.Phase
    phase_at: datetime
    file_name: str = ""
    percent: int = 0
    lines_read: int = 0


type Tick = Callable[[Step], None]


def silent(step: Step) -> None:
    """Nobody looks at a terminal."""


class Progress:
    """Of one run; the loader says where it is, whoever listens is told."""

    def __init__(self, run: LoadRun, clock: Callable[[], datetime], tick: Tick) -> None:
        self.run, self._clock, self._tick = run, clock, tick
        self.step = Step(LoadRun.Phase(run.phase), run.phase_at)

    def enter(self, phase: LoadRun.Phase, file_name: str = "") -> None:
        self._become(Step(phase, self._clock(), file_name))

    def measure(self, percent: int, lines_read: int = 0) -> None:
        self._become(replace(self.step, percent=percent, lines_read=lines_read))

    def _become(self, step: Step) -> None:
        self.step = step  # whole: the other thread reads it at any moment
        self._tick(step)

    def beat_until(self, is_over: threading.Event) -> None:
        """The other thread's work: the first beat comes after a second, so that a short load opens no connection."""
        own: BaseDatabaseWrapper = connection.copy()
        is_told = True
        try:
            while not is_over.wait(BEAT_SECONDS):
                is_told = self._beat(own, was_told=is_told)
        finally:
            own.close()

    def _beat(self, own: BaseDatabaseWrapper, *, was_told: bool) -> bool:
        step = self.step
        told = (
            step.phase,
            step.phase_at,
            step.file_name[:255],
            step.percent,
            step.lines_read,
            self._clock(),
            self.run.pk,
        )
        try:
            with own.cursor() as cursor:
                cursor.execute(_TELL, told)
        except (DatabaseError, psycopg.Error) as error:
            own.close()  # a broken connection is opened anew at the next beat
            if was_told:
                log.warning("progress of a load not told: %s", type(error).__name__)
            return False
        return True


@contextmanager
def begun(clock: Callable[[], datetime], tick: Tick = silent) -> Iterator[Progress]:
    """A run of files that are at hand: it waits for others in the database."""
    settle(clock())
    with _beating(_new(clock(), LoadRun.Phase.OPENING), clock, tick) as progress:
        yield progress


@contextmanager
def claimed(clock: Callable[[], datetime], tick: Tick = silent) -> Iterator[Progress]:
    """A run of who fetches, alone among all processes: Busy when another run is alive."""
    settle(clock())
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('directory.run'))")  # as long as this look
        if LoadRun.objects.alive(clock()).exists():
            raise Busy
        run = _new(clock(), LoadRun.Phase.ASKING)
    with _beating(run, clock, tick) as progress:
        yield progress


def settle(now: datetime) -> int:
    """Loads whose run fell silent, or ended without them, are told as interrupted; their number."""
    alive = LoadRun.objects.alive(now).values("pk")
    left = DirectoryLoad.objects.filter(state=DirectoryLoad.State.RUNNING, run__isnull=False).exclude(run__in=alive)
    LoadRun.objects.filter(finished_at=None).exclude(pk__in=alive).update(finished_at=now)
    LoadRun.objects.filter(finished_at__lt=now - _KEPT, loads=None).delete()  # hours with nothing new
    return left.update(state=DirectoryLoad.State.STOPPED, finished_at=now)


def _new(now: datetime, phase: LoadRun.Phase) -> LoadRun:
    return LoadRun.objects.create(phase=phase, phase_at=now, started_at=now, beat_at=now)


@contextmanager
def _beating(run: LoadRun, clock: Callable[[], datetime], tick: Tick) -> Iterator[Progress]:
    progress, is_over = Progress(run, clock, tick), threading.Event()
    beater = threading.Thread(target=progress.beat_until, args=(is_over,), name="progress", daemon=True)
    beater.start()
    try:
        yield progress
    finally:
        is_over.set()
        beater.join()
        LoadRun.objects.filter(pk=run.pk).update(finished_at=clock())
        settle(clock())
