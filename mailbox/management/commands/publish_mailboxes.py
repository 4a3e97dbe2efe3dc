"""Bring the national directory up to date with our mailboxes, or say how it differs.

Without an option: compare, then send what is due. --dry-run sends and changes nothing, and prints what would be sent.
--report prints the reconciliation as CSV. --resume forgets a refused key.
"""

import json
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from mailbox.models import Listing, Mailbox
from mailbox.publication import desk, halt, report, resync, worker
from mailbox.publication.publisher import DryRun


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="print what would be sent, as JSON; change nothing")
        parser.add_argument("--resync", action="store_true", help="first doubt all that the extraction shows otherwise")
        parser.add_argument(
            "--mailbox", action="append", default=[], metavar="ADDRESS", help="these, even if believed published"
        )
        parser.add_argument(
            "--report", action="store_true", help="print the reconciliation with the extraction; send nothing"
        )
        parser.add_argument(
            "--resume", action="store_true", help="the key was replaced: do not wait for the next trial"
        )

    def handle(self, *args: object, **options: Any) -> None:
        chosen = self._known([address.lower() for address in options["mailbox"]])
        if options["report"]:
            self.stdout.write(report.as_csv(report.reconcile()), ending="")
        elif options["dry_run"]:
            self._rehearse(chosen)
        else:
            self._publish(chosen, is_resync=options["resync"], is_resumed=options["resume"])

    def _known(self, addresses: list[str]) -> list[str]:
        ours = set(Mailbox.objects.filter(address__in=addresses).values_list("address", flat=True))
        if unknown := sorted(set(addresses) - ours):
            raise CommandError(f"no mailbox of ours: {', '.join(unknown)}")
        return addresses

    def _rehearse(self, chosen: list[str]) -> None:
        dry = DryRun()
        for change in desk.supposed(chosen):
            dry.publish(change)
        for one in dry.sent:
            self.stdout.write(json.dumps(asdict(one), ensure_ascii=False))
        self.stderr.write(f"{len(dry.sent)} mailboxes would be sent")

    def _publish(self, chosen: list[str], *, is_resync: bool, is_resumed: bool) -> None:
        if not settings.PUBLISH_URL:
            raise CommandError("publication is off: PUBLISH_URL is not set")
        if is_resumed:
            halt.lift()
        now = timezone.now()
        desk.look_over(now)
        for listing in Listing.objects.filter(mailbox__address__in=chosen):
            desk.republish(listing, now=now)
        if is_resync and resync.resync(now) is None:
            raise CommandError("no extraction of the directory is loaded: nothing to compare with")
        tried = worker.publish_due(timezone.now())
        waiting = Listing.objects.filter(state=Listing.State.PENDING).count()
        self.stdout.write(f"{tried} tried, {waiting} waiting")
        if until := worker.paused_until(timezone.now()):
            self.stderr.write(f"the directory is away: next trial at {until.astimezone():%H:%M:%S}")
        if stopped := halt.current():
            raise CommandError(f"stopped: {stopped.reason}")
