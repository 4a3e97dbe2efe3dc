"""Who searches the annuaire from a page (settings.DIRECTORY_ASKER): the pharmacy of the mailbox in sight, whom it wrote to."""

import time
from dataclasses import replace
from uuid import UUID

from django.http import HttpRequest

from directory import lookup
from directory.asker import NOBODY, Asker
from mailbox import correspondents
from mailbox.models import Mailbox
from mailbox.views.place import shelter

_KEPT_SECONDS = 60.0
_kept: dict[UUID, tuple[int, float, tuple[int, ...]]] = {}  # by mailbox: its modseq, until when, row numbers


def asker(request: HttpRequest) -> Asker:
    """Of nobody's mailbox when the person has none."""
    place = shelter(request)
    return of_mailbox(place.mailbox) if place.box else NOBODY


def of_mailbox(mailbox: Mailbox) -> Asker:
    return replace(_there(mailbox), known=_known(mailbox))


def near(mailbox: Mailbox) -> tuple[str, ...]:
    """Departments, the nearest first."""
    return _there(mailbox).near


def _there(mailbox: Mailbox) -> Asker:
    return Asker(mailbox.tenant.town, lookup.department_of(mailbox.tenant.finess))


def _known(mailbox: Mailbox) -> tuple[int, ...]:
    """People and structures that letters of this mailbox reached, read again at most once a minute."""
    now = time.monotonic()
    modseq, until, known = _kept.get(mailbox.pk, (-1, 0.0, ()))
    if modseq != mailbox.modseq or now > until:
        for pk in [pk for pk, (_, end, _) in list(_kept.items()) if now > end]:
            _kept.pop(pk, None)
        faces = lookup.by_address(correspondents.reached(mailbox))
        known = tuple({face.identity for face in faces.values() if face.identity is not None})
        _kept[mailbox.pk] = (mailbox.modseq, now + _KEPT_SECONDS, known)
    return known
