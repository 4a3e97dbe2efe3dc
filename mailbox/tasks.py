"""Celery: an alarm clock only. Each task asks the database what is due: losing one loses nothing (design §4.2)."""

import logging
import os
import socket

from celery import Task
from celery.signals import task_postrun
from django.conf import settings
from django.utils import timezone
from kombu.exceptions import OperationalError

from mailbox import leases
from mailbox.watching import tallies
from mssweb.celery import app

log = logging.getLogger(__name__)


def ring(task: "Task[[], object]", countdown: float = 0.0) -> None:
    """Wake a worker, soon or in `countdown` seconds; never waits for Redis, never fails."""
    try:
        task.apply_async(countdown=countdown, expires=60 + countdown, retry=False)
    except OperationalError as error:  # the row is the queue: the sweep finds it
        log.warning("wake-up not sent: %s", type(error).__name__)


@app.task(ignore_result=True)
def ingest() -> int:
    from mailbox.inbound.drain import drain  # above this module on the ladder: tasks are called from below it

    settled: int = drain(timezone.now())
    if settled:
        ring(examine)
        ring(sort)
    return settled


@app.task(ignore_result=True)
def examine() -> int:
    """Documents of messages, once these are filed: a turn, and another one as long as there were any."""
    from mailbox.documents.worker import examine_due

    if count := examine_due(timezone.now()):
        ring(examine)
        ring(sort)
    return count


@app.task(ignore_result=True)
def sort() -> int:
    """Rules of mailboxes and their absences, on what was filed."""
    from mailbox.rules.worker import sort_due

    if count := sort_due(timezone.now()):
        ring(send)
    return count


@app.task(ignore_result=True)
def send() -> int:
    from mailbox.outbound.worker import send_due

    return send_due(timezone.now())


@app.task(ignore_result=True)
def sweep() -> None:
    """Every few seconds, from beat: what a lost wake-up left behind."""
    leases.beat("worker", f"{socket.gethostname()}:{os.getpid()}", now=timezone.now())
    ring(ingest)
    ring(send)
    ring(examine)
    ring(sort)
    if settings.PUBLISH_URL:
        ring(publish)


@app.task(ignore_result=True)
def publish() -> int:
    from mailbox.publication.worker import publish_due

    return publish_due(timezone.now())


@app.task(ignore_result=True)
def look_over_listings() -> int:
    """Every few minutes, from beat: which mailboxes are not published as they are."""
    from mailbox.publication.desk import look_over

    return look_over(timezone.now())


@app.task(ignore_result=True)
def come_into_force() -> int:
    """Every minute, from beat: rules of structures whose day has come, and letters about them."""
    from mailbox.staff import letters, rules

    return rules.look_over(timezone.now()) + letters.look_over(timezone.now())


@app.task(ignore_result=True)
def look_over_lives() -> int:
    """Every minute, from beat: closures, ends of suspensions, warnings."""
    from mailbox.life.sweep import look_over

    return look_over(timezone.now())


@app.task(ignore_result=True)
def bring_in() -> bool:
    """Every few seconds, from beat, and when something was brought: a turn of an import that is due."""
    from mailbox.imports.worker import import_due

    if more := import_due(timezone.now()):
        ring(bring_in)
    return more


@app.task(ignore_result=True)
def keep() -> bool:
    """Every minute, from beat, and when a bin is emptied: what is due to go goes, in small lots."""
    from mailbox.keeping.sweep import look_over

    if more := look_over(timezone.now()):
        ring(keep)
    return more


@app.task(ignore_result=True)
def refresh_white_list() -> None:
    """Every minute, from beat: the file that is given, or the publisher once an hour."""
    from mailbox import whitelist, whitelist_source

    whitelist_source.refresh(now=timezone.now()) if settings.WHITE_LIST_URL else whitelist.load_file(now=timezone.now())


@app.task(ignore_result=True)
def probe() -> None:
    """Every few seconds, from beat: look for the probes that are on their way, send others when it is time."""
    from mailbox.watching.probe import look

    look(timezone.now())


@app.task(ignore_result=True)
def watch() -> None:
    """Every minute, from beat: our certificate, the age of the white list; what was counted is folded."""
    from mailbox.watching.watch import look

    look(timezone.now())
    tallies.fold()


@task_postrun.connect
def _write_counts(**_: object) -> None:
    """What this process counted in the task that ends, if anything."""
    tallies.flush()


@app.task(ignore_result=True)
def refresh_revocation_lists() -> int:
    """Every few seconds, from beat: most often nothing is due."""
    from mailbox.crl import refresh

    return refresh(now=timezone.now())


@app.task(ignore_result=True)
def tell_ordinary() -> int:
    """Every minute, from beat, and when a code is asked for: mails to ordinary addresses."""
    from mailbox.ordinary.queue import look_over

    return look_over(timezone.now())


@app.task(ignore_result=True)
def look_over_room() -> int:
    """Every minute, from beat: which mailboxes are filling up."""
    from mailbox.room import look_over

    return look_over(timezone.now())


@app.task(ignore_result=True)
def wake_reminders() -> int:
    """Every few seconds, from beat: threads that members set aside until now; what nobody can undo any more is forgotten."""
    from mailbox import snoozing, undoing
    from mailbox.rules.once import forget_old

    undoing.forget_old(timezone.now())
    forget_old(timezone.now())
    return snoozing.wake(timezone.now())


@app.task(ignore_result=True)
def purge_traces() -> int:
    """Every hour, from beat: SMTP transactions whose days are over go; two days are counted again."""
    from mailbox.traces import flows
    from mailbox.traces.purge import purge

    flows.count(timezone.now(), flows.AGAIN)
    flows.forget(timezone.now(), days=settings.TRACE_DAYS)
    return purge(timezone.now(), days=settings.TRACE_DAYS)


@app.task(ignore_result=True)
def count_flows() -> None:
    """Every minute, from beat: the hours of now, for the operator's page."""
    from mailbox.traces import flows

    flows.count(timezone.now())


@app.task(ignore_result=True)
def indicators() -> None:
    """Every hour, from beat: figures of the days that are over, and of the month that is."""
    from mailbox.indicators.keep import look

    look(timezone.now())


@app.task(ignore_result=True)
def write_summaries() -> int:
    """Every few minutes, from beat: the day before, to managers who asked for it."""
    from mailbox.daily import look_over

    return look_over(timezone.now())


@app.task(ignore_result=True)
def tell_of_accounts() -> int:
    """From beat: what happened to accounts, to their people."""
    from mailbox.account_notices import look_over

    return look_over(timezone.now())


@app.task(ignore_result=True)
def let_in() -> int:
    """Every few seconds, from beat, and when something was asked: accounts that come in, ways back, their codes."""
    from mailbox.enrolment.sweep import look_over

    return look_over(timezone.now())
