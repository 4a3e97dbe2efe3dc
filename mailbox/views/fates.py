"""What reports and receipts said of a recipient, in the words of the counter; its state is told beside."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from mailbox.mime import mdn
from mailbox.models import Recipient

_TOLD = {Recipient.Reported.RELAYED, Recipient.Reported.EXPANDED, Recipient.Reported.DELAYED}  # the others are states
_ARRIVED = {Recipient.State.RELAYED, Recipient.State.DELIVERED}


@dataclass(frozen=True, slots=True, repr=False)
class Fate:
    tone: str
    icon: str
    words: str
    at: datetime | None = None


def fates_of(one: Recipient) -> Iterator[Fate]:
    if one.reported in _TOLD and one.state == Recipient.State.RELAYED:
        is_late = one.reported == Recipient.Reported.DELAYED
        yield Fate(
            "warn" if is_late else "", "clock" if is_late else "forward", one.get_reported_display(), one.reported_at
        )
    if one.error_code:
        label = mdn.CODES.get(one.error_code)
        words = (
            f"{label.lower() if label[:3] != 'INS' else label} ({one.error_code})" if label else "erreur non précisée"
        )
        yield Fate("danger", "circle-alert", f"non intégré par son logiciel : {words}", one.disposition_at)
    elif one.disposition:
        tone = "good" if one.disposition == Recipient.Disposition.PROCESSED else "warn"
        yield Fate(tone, "check" if tone == "good" else "trash-2", one.get_disposition_display(), one.disposition_at)
    if one.submission.wants_read and not one.read_at and one.state in _ARRIVED:
        yield Fate("", "eye-off", "lecture pas encore confirmée")
