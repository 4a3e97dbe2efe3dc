"""Invitations of a message, and what a mailbox answers to them: one REPLY to who organises, by the way of every letter.

The last answer of a mailbox to a meeting is kept: who gave it, to which version. Refuses to answer what asks nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from uuid_utils.compat import uuid7

from mailbox import blobs
from mailbox.mime.address import domain_of, in_words
from mailbox.mime.calendar import answer as itip
from mailbox.mime.calendar.meeting import Meeting, parse
from mailbox.mime.compose import Outgoing, new_message_id
from mailbox.mime.parse import body_text
from mailbox.mime.values import Address, Part
from mailbox.models import Mailbox, MeetingAnswer, Membership, Message, Submission
from mailbox.outbound import submit
from mailbox.summary import Summary, open_summary
from mssweb import crypto
from mssweb.audit.record import record

_TYPES = frozenset({"text/calendar", "application/ics"})
_MOST_BYTES = 2_000_000


@dataclass(frozen=True, slots=True, repr=False)
class Invitation:
    """`given` is what this mailbox answered last; `is_older`: to an earlier version of the meeting."""

    meeting: Meeting
    given: MeetingAnswer | None

    @property
    def is_older(self) -> bool:
        return self.given is not None and self.given.sequence < self.meeting.sequence


def part_of(told: Summary) -> Part | None:
    """The part of a message that is an invitation."""
    return next((part for part in told.files if part.content_type in _TYPES and part.length <= _MOST_BYTES), None)


def read(mailbox: Mailbox, message: Message) -> Invitation | None:
    """None when it has none, or one that holds no event; `message` with its blob."""
    part = part_of(open_summary(message, mailbox.keys))
    if part is None:
        return None
    source, _ = body_text(blobs.read_range(message.blob, mailbox, part.offset, part.length), part)
    meeting = parse(source)
    if meeting is None:
        return None
    rows = MeetingAnswer.objects.filter(mailbox=mailbox, token=_token(mailbox, meeting)).select_related("author")
    return Invitation(meeting, rows.first())


def answer(
    membership: Membership, message: Message, meeting: Meeting, word: str, *, now: datetime, request: HttpRequest
) -> Submission:
    """Send the answer to who organises, held as every letter is. submit.Refused; ValueError when nothing is asked."""
    mailbox, organizer = membership.mailbox, meeting.organizer
    us = Address(mailbox.display_name, mailbox.address)
    text = itip.reply(meeting, us, word, now=now)
    told = open_summary(message, mailbox.keys)
    topic = meeting.what or "(sans objet)"
    letter = Outgoing(
        from_=us, to=(Address("", organizer.address if organizer else ""),), subject=f"{itip.WORDS[word]} : {topic}",
        text=f"{itip.WORDS[word]} : {topic}\n\n{in_words(mailbox.display_name)}\n", calendar=text,
        message_id=new_message_id(domain_of(mailbox.address), str(uuid7())), date=timezone.localtime(now),
        in_reply_to=(told.message_id,) if told.message_id else (),
        references=(*told.references, told.message_id) if told.message_id else told.references,
    )  # fmt: skip
    with transaction.atomic():
        sent = submit.submit(
            mailbox=mailbox, author=membership.user, letter=letter, recipients=[letter.to[0].addr_spec],
            thread_id=message.thread_id, not_before=now + timedelta(seconds=settings.UNDO_SECONDS), now=now, request=request,
        )  # fmt: skip
        MeetingAnswer.objects.update_or_create(
            mailbox=mailbox, token=_token(mailbox, meeting),
            defaults={
                "answer": word, "sequence": meeting.sequence, "author": membership.user, "answered_at": now, "submission": sent,
            },
        )  # fmt: skip
        record("meeting.answer", request=request, mailbox_id=mailbox.pk, subject=("message", message.pk), answer=word)
    return sent


def take_back(submission: Submission, *, request: HttpRequest) -> bool | None:
    """Undo an answer that is still held: it is no draft, and the mailbox has not answered. None when it is no answer."""
    given = MeetingAnswer.objects.filter(mailbox=submission.mailbox_id, submission=submission).first()
    if given is None:
        return None
    with transaction.atomic():
        if not submit.cancel(submission, request=request):
            return False
        MeetingAnswer.objects.filter(pk=given.pk, mailbox=submission.mailbox_id).delete()
    return True


def _token(mailbox: Mailbox, meeting: Meeting) -> int:
    """Of the meeting, or of the one of its series that is meant."""
    which = f"{meeting.of_series.at:%Y%m%dT%H%M}" if meeting.of_series else ""
    return crypto.blind(mailbox.keys.index, f"meeting:{meeting.uid}:{which}")
