"""The answer that no person wrote: of a rule (a saved reply), of an absence. RFC 3834; in the caller's transaction.

To the reverse-path alone (§4), from the mailbox's own address, `Auto-Submitted: auto-replied` (§3.1.7), In-Reply-To and
References (§3.1.5), under a null reverse-path (§3.3) so that nothing answers it. Mail of the house: the transport judges
its recipient as any other, and nothing leaves the trust space. Never to a patient who was not chosen, nor to ordinary mail.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone
from django.utils.formats import date_format
from uuid_utils.compat import uuid7

from directory import lookup
from directory.fold import folded
from mailbox import blobs, phrases
from mailbox.mime import headers
from mailbox.mime.address import domain_of, in_words, is_patient, normalise
from mailbox.mime.compose import Outgoing, Uncomposable, compose, new_message_id
from mailbox.mime.threads import visible_subject
from mailbox.mime.values import Address
from mailbox.models import Absence, Mailbox, Message, Phrase
from mailbox.outbound import house
from mailbox.placeholders import fill, left_in
from mailbox.rules import absences, guards, once
from mailbox.senders import is_ordinary
from mailbox.summary import Summary

_HEADER = 64 * 1024  # bytes of the message that hold its header
_LATE = timedelta(days=2)  # what was filed so long ago is answered by people only
ALONE = frozenset({"destinataire", "date", "pharmacie", "boite", "objet"})  # placeholders that need nobody
ABSENCE = "absence"
_REPLY = "reply"


@dataclass(frozen=True, slots=True, repr=False)
class Asked:
    """A message that may be answered; `to` its reverse-path."""

    message: Message
    told: Summary
    to: str
    is_ours: bool  # of a mailbox of the same structure


def asked(message: Message, mailbox: Mailbox, told: Summary, *, now: datetime) -> Asked | None:
    """None when nobody may be answered by no person. Reads the header of the message; reply.Temporary when it is away."""
    if not mailbox.accepts_mail or now - message.filed_at > _LATE or message.is_transferred:
        return None
    named = [one.addr_spec for one in (*told.to, *told.cc)]
    if not told.mail_from or normalise(mailbox.address) not in {normalise(one) for one in named}:
        return None
    raw = blobs.read_range(message.blob, mailbox, 0, min(message.size, _HEADER))
    fields = headers.read(raw, 0, limit=_HEADER).values
    if not guards.may_answer(mail_from=told.mail_from, fields=fields, named=named, own=mailbox.address):
        return None
    to = normalise(told.mail_from)
    if is_ordinary(to):
        return None
    ours = Mailbox.objects.filter(address=to, tenant=mailbox.tenant_id, state=Mailbox.State.ACTIVE)
    return Asked(message, told, to, ours.exists())


def reply(mailbox: Mailbox, asked: Asked, phrase: Phrase, *, to_patients: bool, now: datetime) -> bool:
    """The saved reply, once a correspondent and day; false when nobody is told, ValueError when it needs a person."""
    words = phrases.read(phrase, mailbox)
    if not may_go_alone(words.text):
        raise ValueError("a placeholder that only a person fills")
    if is_patient(asked.to) and not to_patients:
        return False
    filled = fill(words.text, _values(mailbox, asked, now)).text
    return _send(mailbox, asked, "Réponse automatique", filled, what=_REPLY, every=once.DAY, now=now)


def may_go_alone(text: str) -> bool:
    """Does every placeholder of it find its value without a person?"""
    return all(folded(one) in ALONE for one in left_in(text))


def tell_absence(mailbox: Mailbox, asked: Asked, row: Absence, *, now: datetime) -> bool:
    """Once a correspondent and week, while it is in force at the time the message came; false when nobody is told."""
    if not absences.is_in_force(row, asked.message.filed_at) or not _concerns(row, asked):
        return False
    text = absences.read(row, mailbox)
    return _send(mailbox, asked, "Absence", text, what=row.period, every=once.WEEK, now=now)


def _concerns(row: Absence, asked: Asked) -> bool:
    if is_patient(asked.to):
        return row.to_patients
    return row.whom == Absence.Whom.EVERYBODY or asked.is_ours is (row.whom == Absence.Whom.INSIDE)


def _send(
    mailbox: Mailbox, asked: Asked, kind: str, text: str, *, what: str | UUID, every: timedelta, now: datetime
) -> bool:
    if not once.take(mailbox, asked.to, what=what, every=every, now=now):
        return False
    try:
        raw = compose(_letter(mailbox, asked, kind, text, now))
    except Uncomposable:  # an address that only an envelope can hold
        return False
    house.send(mailbox, raw, [asked.to], now=now)
    return True


def _letter(mailbox: Mailbox, asked: Asked, kind: str, text: str, now: datetime) -> Outgoing:
    told, about = asked.told, " ".join(visible_subject(asked.told.subject).split())[:200]
    ids = (told.message_id,) if told.message_id else ()
    name = in_words(mailbox.display_name)
    return Outgoing(
        from_=Address(mailbox.display_name, mailbox.address), to=(Address("", asked.to),),
        subject=f"{kind} : {about}" if about else kind,
        text=f"{text.rstrip()}\n\n{name}\n\n{house.END}\n",
        message_id=new_message_id(domain_of(mailbox.address), str(uuid7())), date=now,
        in_reply_to=ids, references=(*told.references, *ids),
        headers={"Auto-Submitted": "auto-replied"},  # RFC 3834 §5
    )  # fmt: skip


def _values(mailbox: Mailbox, asked: Asked, now: datetime) -> dict[str, str]:
    author = asked.told.author
    face = lookup.by_address([normalise(author.addr_spec)]).get(normalise(author.addr_spec))
    name = face.name if face else in_words(author.display_name)
    return {
        "destinataire": name or "Madame, Monsieur", "date": date_format(timezone.localdate(now), "j F Y"),
        "pharmacie": mailbox.tenant.name, "boite": mailbox.address, "objet": visible_subject(asked.told.subject),
    }  # fmt: skip
