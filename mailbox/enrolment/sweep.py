"""A turn of what comes in: what was asked is looked up, codes and links leave, what is over goes. From beat, and when asked."""

from datetime import datetime

from auth_otp import activation, enrolment, missives, reset
from mailbox import invitations
from mailbox.enrolment import approvers, posting, telling
from mailbox.models import Domain


def look_over(now: datetime) -> int:
    """How many missives left."""
    enrolment.decide_due(now, tell=lambda row: approvers.tell(row, now))
    ours = set(Domain.objects.values_list("name", flat=True))
    reset.decide_due(now, ours=ours, tell=lambda row: approvers.tell_of_reset(row, now))
    telling.look_over(now)
    left = posting.send_due(now)
    activation.sweep(now)
    enrolment.sweep(now)
    reset.sweep(now)
    missives.sweep(now)
    invitations.sweep(now)
    return left
