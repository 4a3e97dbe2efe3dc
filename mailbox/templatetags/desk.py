"""What waits for an administrator, for the home page of the administration. Nothing of it for who may not see it."""

from dataclasses import dataclass
from datetime import datetime

from django import template
from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Min

from auth_otp.models import User
from mailbox.models import MailboxRequest

register = template.Library()


@dataclass(frozen=True, slots=True)
class Waiting:
    """Requests for mailboxes: how many, since when the oldest, how many with the agreement of their *titulaire*."""

    count: int
    since: datetime
    agreed: int


@register.simple_tag
def requests_waiting(user: User | AnonymousUser) -> Waiting | None:
    """One statement. None when nothing waits, or for who may neither see nor decide."""
    if not any(user.has_perm(f"mailbox.{act}_mailboxrequest") for act in ("view", "change")):
        return None
    rows = MailboxRequest.objects.filter(state=MailboxRequest.State.WAITING)
    told = rows.aggregate(count=Count("pk"), since=Min("asked_at"), agreed=Count("agreed_at"))
    return Waiting(**told) if told["count"] else None
