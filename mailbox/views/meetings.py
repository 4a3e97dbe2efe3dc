"""An invitation, readable, with its three answers. A page of its own; htmx puts the same card above the message."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_http_methods

from mailbox import access, meetings
from mailbox.meetings import Invitation
from mailbox.mime.address import mask
from mailbox.mime.calendar.answer import WORDS
from mailbox.mime.calendar.meeting import Guest, Meeting
from mailbox.mime.calendar.zones import Moment
from mailbox.mime.sanitize import Inert, plain_to_html
from mailbox.models import Message
from mailbox.outbound.submit import Refused
from mailbox.summary import open_summary
from mailbox.views.place import Place, inside

_STATES = {"ACCEPTED": "a accepté", "DECLINED": "a décliné", "TENTATIVE": "peut-être", "DELEGATED": "a délégué"}
_SHOWN = 12


@dataclass(frozen=True, slots=True, repr=False)
class Coming:
    """A guest on the screen."""

    name: str
    address: str
    state: str
    is_optional: bool
    is_us: bool


@dataclass(frozen=True, slots=True, repr=False)
class Card:
    """An invitation on the screen. `title` says what it is for: asked, changed, cancelled, only told."""

    title: str
    meeting: Meeting
    when: str
    zone: str
    details: Inert
    organizer: str
    elsewhere: str  # an organiser who is not the sender
    coming: list[Coming]
    more: int
    given: str
    is_older: bool
    may_answer: bool


@require_http_methods(["GET", "POST"])
@inside()
def invitation(request: HttpRequest, place: Place, message_id: UUID) -> HttpResponse:
    """The card, or one of its answers."""
    if request.method == "POST":
        access.check_right(place.membership, send=True)
    message = access.access_message(place.membership, message_id)
    found = meetings.read(place.mailbox, message)
    if found is None:
        raise Http404
    if request.method == "POST":
        return _answer(request, place, message, found)
    access.open_message(request, place.membership, message, again=False)
    context = {"shell": place.at("invitation"), "message": message, "card": _card(place, message, found)}
    part = "_invitation" if request.htmx else "invitation"  # type: ignore[attr-defined]  # django_htmx.middleware
    return render(request, f"mailbox/reading/{part}.html", context)


def _answer(request: HttpRequest, place: Place, message: Message, found: Invitation) -> HttpResponse:
    word = request.POST.get("answer", "")
    if word not in WORDS or not _may_answer(place, message, found.meeting):
        raise Http404
    try:
        sent = meetings.answer(place.membership, message, found.meeting, word, now=timezone.now(), request=request)
        messages.success(request, f"Réponse envoyée : {WORDS[word].lower()}.", extra_tags=f"submission:{sent.pk}")
    except Refused as refused:
        messages.error(request, "La réponse n’est pas partie : " + " ".join(refused.reasons.values()))
    thread = reverse("mailbox:thread", args=[place.mailbox.pk, message.thread_id])
    return redirect(f"{thread}?ouvrir={message.pk}#m-{message.pk}")


def _may_answer(place: Place, message: Message, meeting: Meeting) -> bool:
    is_in, organizer = message.direction == Message.Direction.IN, meeting.organizer
    may_send = place.membership.can_send and place.mailbox.accepts_mail
    return bool(
        is_in and may_send and meeting.may_be_answered and organizer and organizer.address != place.mailbox.address
    )


def _card(place: Place, message: Message, found: Invitation) -> Card:
    meeting, given = found.meeting, found.given
    author = open_summary(message, place.mailbox.keys).author.addr_spec.lower()
    organizer = meeting.organizer
    is_other = bool(organizer and message.direction == Message.Direction.IN and organizer.address not in {"", author})
    return Card(
        title=_title(found),
        meeting=meeting,
        when=_when(meeting),
        zone=""
        if meeting.start is None or meeting.start.is_day or meeting.start.has_zone
        else "heure locale de l’organisateur",
        details=plain_to_html(meeting.details),
        organizer=_named(organizer) if organizer else "",
        elsewhere=mask(organizer.address) if organizer and is_other else "",
        coming=[_coming(place, guest) for guest in meeting.guests[:_SHOWN]],
        more=max(0, len(meeting.guests) - _SHOWN) + meeting.more_guests,
        given=_given(found) if given else "",
        is_older=found.is_older,
        may_answer=_may_answer(place, message, meeting),
    )


def _title(found: Invitation) -> str:
    meeting = found.meeting
    if meeting.is_cancelled:
        return "Rendez-vous annulé"
    if meeting.method == "REPLY":
        return "Réponse à une invitation"
    if meeting.method == "COUNTER":
        return "Autre date proposée"
    if meeting.method != "REQUEST":
        return "Rendez-vous"
    return "Invitation mise à jour" if meeting.sequence or found.is_older else "Invitation"


def _given(found: Invitation) -> str:
    given = found.given
    if given is None:
        return ""
    by = f" par {given.author.get_full_name()}" if given.author else ""
    at = date_format(timezone.localtime(given.answered_at), "j F à G:i")
    return f"{WORDS[given.answer]}{by}, le {at}"


def _coming(place: Place, guest: Guest) -> Coming:
    is_us = guest.address == place.mailbox.address
    return Coming(_named(guest), mask(guest.address), _STATES.get(guest.answer, ""), guest.is_optional, is_us)


def _named(guest: Guest) -> str:
    return guest.name or mask(guest.address)


def _when(meeting: Meeting) -> str:
    """On the clock of the pharmacy: « jeudi 3 décembre 2026, de 14:00 à 15:30 »."""
    start, end = meeting.start, meeting.end
    if start is None:
        return "Date non précisée"
    first, last = _local(start), _local(end) if end else None
    day = date_format(first, "l j F Y")
    if start.is_day:
        return f"Du {day} au {date_format(last, 'l j F Y')}" if last else f"{day}, toute la journée".capitalize()
    if last is None:
        return f"{day} à {first:%H:%M}".capitalize()
    if first.date() == last.date():
        return f"{day}, de {first:%H:%M} à {last:%H:%M}".capitalize()
    return f"Du {day} à {first:%H:%M} au {date_format(last, 'l j F Y')} à {last:%H:%M}"


def _local(one: Moment) -> datetime:
    return timezone.localtime(one.at) if one.has_zone and not one.is_day else one.at
