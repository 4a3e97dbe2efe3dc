"""A turn of what comes in: codes and links leave, what is over goes. From beat, and when something was asked."""

from datetime import datetime

from auth_otp import activation, missives
from mailbox.enrolment import posting


def look_over(now: datetime) -> int:
    """How many missives left."""
    left = posting.send_due(now)
    activation.sweep(now)
    missives.sweep(now)
    return left
