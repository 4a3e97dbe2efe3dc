"""A lost access that ripens is told to its person on every channel, each with a link that cancels it: mailbox and SMS.

The row is the queue: told and settled in one transaction, the SMS as a missive. Never in a mailbox that others read.
"""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from auth_otp import missives, reset
from auth_otp.models import Missive, Reset
from mailbox.daily import letter_box
from mailbox.outbound import house
from mssweb.audit.record import record

_BATCH = 50


def look_over(now: datetime) -> int:
    """How many were told."""
    ids = Reset.objects.exclude(to_tell="").order_by("asked_at").values_list("pk", flat=True)[:_BATCH]
    return sum(_tell(pk, now) for pk in list(ids))


def _tell(pk: UUID, now: datetime) -> bool:
    with transaction.atomic():
        rows = Reset.objects.select_for_update(skip_locked=True, of=("self",)).select_related("user")
        row = rows.filter(pk=pk, state=Reset.State.COOLING).exclude(to_tell="").first()
        if row is None or row.user is None or row.opens_at is None:
            return False
        link = f"{settings.BASE_URL}{reverse('mailbox:reset_cancel', args=[reset.cancel_token(row)])}"
        if row.user.phone:
            text = f"mssweb : {_what(row)} pour votre compte. Si ce n'est pas vous, annulez tout de suite : {link}"
            missives.draw(Missive.Kind.WARNING, row.pk, now=now, to=[row.user.phone], secret=text)
        if (box := letter_box(row.user)) is not None:
            house.write(box, *_words(row, row.opens_at, link), now=now)
        Reset.objects.filter(pk=pk).update(to_tell="")
        record("reset.tell", subject=("reset", pk), mailbox_told=box is not None)
    return True


def _what(row: Reset) -> str:
    is_password = row.kind == Reset.Kind.PASSWORD
    return "un nouveau mot de passe est demandé" if is_password else "un nouveau mobile est demandé"


def _words(row: Reset, opens_at: datetime, link: str) -> tuple[str, ...]:
    at = date_format(timezone.localtime(opens_at), "j F Y à H:i")
    place = f" (adresse {row.client})" if row.client else ""
    return (
        "Quelqu’un retrouve l’accès à votre compte",
        f"Les preuves demandées ont été données sur {row.device}{place}\xa0: {_what(row)} pour votre compte, et possible à "
        f"partir du {at}.",
        "Si c’est vous, il n’y a rien à faire. Sinon, annulez tout de suite par ce lien, ou en vous connectant, et prévenez le "
        "titulaire de votre officine\xa0:",
        link,
    )
