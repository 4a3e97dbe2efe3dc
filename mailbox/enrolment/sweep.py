"""A turn of what comes in: what was asked is looked up, codes and links leave, what is over goes. From beat, and when asked."""

from datetime import datetime

from auth_otp import activation, enrolment, missives
from mailbox.enrolment import approvers, posting


def look_over(now: datetime) -> int:
    """How many missives left."""
    enrolment.decide_due(now, tell=lambda row: approvers.tell(row, now))
    left = posting.send_due(now)
    activation.sweep(now)
    enrolment.sweep(now)
    missives.sweep(now)
    return left
