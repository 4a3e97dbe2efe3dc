"""What is being written: saved sealed, version by version; answers and forwards begin here.

Refuses to overwrite what a later save wrote (`Conflict`), and to send: that is outbound.submit's.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet, Subquery
from django.utils import timezone
from uuid_utils.compat import uuid7

from mailbox import blobs, draft_files, draft_text
from mailbox.draft_text import DraftText as DraftText  # noqa: PLC0414  (what those who write know it by: exported)
from mailbox.draft_text import joined as joined  # noqa: PLC0414
from mailbox.mime import quoting, rich
from mailbox.mime.address import domain_of, in_words, is_patient, mask, normalise, parse_addresses
from mailbox.mime.compose import Outgoing, OutgoingFile, new_message_id
from mailbox.mime.importance import fields as importance_fields
from mailbox.mime.importance import importance
from mailbox.mime.mss import FIN
from mailbox.mime.parse import body_text, decoded, parse, text_of
from mailbox.mime.threads import is_reply, visible_subject
from mailbox.mime.values import Address, ParsedMessage
from mailbox.models import Blob, Draft, DraftFile, Mailbox, Membership, Message
from mailbox.store import id_token
from mailbox.summary import Summary, open_summary
from mssweb import crypto

_QUOTED = 20_000  # characters of the answered text that are quoted


class Conflict(Exception):
    """Somebody (another tab) saved this draft since it was read."""


_BROKEN = DraftText(subject="Brouillon illisible")


def begun(mailbox: Mailbox, text: DraftText) -> DraftText:
    """A letter begins with what its mailbox asks for by default."""
    return replace(text, notify="1" if mailbox.asks_delivery else "", receipt="1" if mailbox.asks_read else "")


def save(membership: Membership, draft_id: UUID, text: DraftText, *, version: int, now: datetime) -> Draft:
    """Write a draft, creating it the first time (version 0). Conflict when `version` is not the one that is there."""
    mailbox = membership.mailbox
    box = draft_text.seal(mailbox, draft_id, text)
    if version == 0:
        with transaction.atomic():
            thread_id = next(iter(_thread(mailbox, text)), None)
            draft, made = Draft.objects.get_or_create(
                pk=draft_id,
                defaults={
                    "mailbox": mailbox, "author_id": membership.user_id, "thread_id": thread_id, "box": box, "updated_at": now,
                },
            )  # fmt: skip
        return draft if made else _save_again(membership, draft_id, text, now)
    rows = Draft.objects.filter(
        pk=draft_id, mailbox=mailbox, author_id=membership.user_id, is_offered=False, version=version
    )
    thread = Subquery(_thread(mailbox, text)[:1]) if text.source else None
    if not rows.update(box=box, version=version + 1, updated_at=now, thread=thread):
        return _save_again(membership, draft_id, text, now)
    return Draft.objects.get(pk=draft_id)


def _thread(mailbox: Mailbox, text: DraftText) -> QuerySet[Message, UUID]:
    """Of what it answers or forwards."""
    found = Message.objects.filter(mailbox=mailbox, pk=UUID(text.source)) if text.source else Message.objects.none()
    return found.values_list("thread_id", flat=True)


def _save_again(membership: Membership, draft_id: UUID, text: DraftText, now: datetime) -> Draft:
    """The tab that asks saved last itself, as it left its page, and never heard the answer: that is no conflict.

    Words older than those that are there are passed over: they come late. What was handed over is no more this person's.
    """
    with transaction.atomic():
        rows = Draft.objects.select_for_update().filter(mailbox=membership.mailbox, author_id=membership.user_id)
        draft = rows.filter(pk=draft_id, is_offered=False).first()
        if draft is None:
            raise Conflict
        tab, number = _tab(text)
        last, reached = _tab(open_text(draft, membership.mailbox))
        if not tab or tab != last:
            raise Conflict
        if number > reached:
            draft.box, draft.version, draft.updated_at = (
                draft_text.seal(membership.mailbox, draft_id, text),
                draft.version + 1,
                now,
            )
            draft.save(update_fields=["box", "version", "updated_at"])
    return draft


def _tab(text: DraftText) -> tuple[str, int]:
    tab, _, number = text.tab.partition(" ")
    return tab, int(number) if number.isascii() and number.isdecimal() and len(number) < 18 else 0


def open_text(draft: Draft, mailbox: Mailbox) -> DraftText:
    return draft_text.opened(bytes(draft.box), mailbox, draft.pk)


def subject_of(box: bytes, mailbox: Mailbox, draft_id: UUID) -> str:
    """What colleagues see of a draft that is not theirs."""
    try:
        return draft_text.opened(box, mailbox, draft_id).subject
    except crypto.Unreadable:
        return _BROKEN.subject


def of(membership: Membership) -> list[tuple[Draft, DraftText]]:
    """The drafts that this person holds or may take in this mailbox, last written first.

    One that does not open any more hides no other.
    """
    theirs = Q(author_id=membership.user_id) | Q(is_offered=True)
    rows = Draft.objects.filter(theirs, mailbox_id=membership.mailbox_id).select_related("author", "handed_by")
    return [(draft, _listed(draft, membership.mailbox)) for draft in rows.order_by("-updated_at")[:200]]


def _listed(draft: Draft, mailbox: Mailbox) -> DraftText:
    try:
        return open_text(draft, mailbox)
    except crypto.Unreadable:
        return _BROKEN


def delete(draft: Draft) -> None:
    """A draft, its files and their bytes."""
    with transaction.atomic():
        blob_ids = list(DraftFile.objects.filter(draft=draft).values_list("blob_id", flat=True))
        draft.delete()
        blobs.remove(Blob.objects.filter(pk__in=blob_ids))


def begin(mailbox: Mailbox, kind: str, source: Message) -> DraftText:
    """The text of an answer or a forward, before anybody has written: recipients, subject, the quoted words."""
    told = open_summary(source, mailbox.keys)
    to, cc = _recipients(mailbox, kind, told)
    quoted = _quoted(mailbox, source, told, is_forward=kind == "forward")
    subject = visible_subject(told.subject)
    if kind == "forward":
        subject = f"Tr : {subject}"
    elif not is_reply(subject):
        subject = f"Re : {subject}"
    text = DraftText(to=joined(to), cc=joined(cc), subject=subject, text=quoted, kind=kind, source=str(source.pk))
    return begun(mailbox, text)


def written_again(
    mailbox: Mailbox,
    sent: Message,
    *,
    kind: str = "",
    source: Message | None = None,
    signatures: Mapping[str, str] | None = None,
) -> tuple[DraftText, list[OutgoingFile]]:
    """A copy in Sent as a draft, when its sending was undone: recipients, all of its words, files, what it answered.

    `kind` and `source` as one who remembers them gives them; else what the letter itself says it answers.
    """
    told, raw = open_summary(sent, mailbox.keys), blobs.read(sent.blob, mailbox)
    parsed = parse(raw)
    source = source or _answered(mailbox, parsed)
    words = text_of(raw, parsed.text_part).rstrip() if parsed.text_part else parsed.text
    own, quote = quoting.split(words)
    own, signature = _unsigned(own, signatures or {})
    html = rich.own_of(text_of(raw, parsed.html)) if parsed.html else ""
    html = html if rich.to_text(html).rstrip() == own else ""  # the words are never fewer than they were
    text = DraftText(
        to=joined(told.to),
        cc=joined(told.cc),
        bcc=joined(told.bcc),
        subject=told.subject,
        text=quoting.joined(own, quote),
        html=html,
        importance=importance(parsed.headers),
        reply_to=joined(told.reply_to),
        kind=kind or ("reply" if source else "new"),
        source=str(source.pk) if source else "",
        receipt="1" if "disposition-notification-to" in parsed.headers else "",
        last="1" if parsed.headers.get("x-mss-mes") == FIN else "",
        signature=signature,
    )
    files = (OutgoingFile(part.filename, part.content_type, decoded(raw, part)) for part in parsed.attachments)
    return text, list(files)


def _unsigned(own: str, signatures: Mapping[str, str]) -> tuple[str, str]:
    """The words without the signature that was put below them, and which: one that is not known any more stays with them."""
    for name, words in signatures.items():
        if own.endswith(f"\n-- \n{words}"):
            return own.removesuffix(f"\n-- \n{words}").rstrip(), name
    return own, "none"


def _answered(mailbox: Mailbox, parsed: ParsedMessage) -> Message | None:
    """The message of this mailbox that a letter answers."""
    tokens = [id_token(mailbox.keys.index, name) for name in parsed.in_reply_to[:1]]
    return Message.objects.filter(mailbox=mailbox, message_id_token__in=tokens).order_by("filed_at").first()


def letter(
    membership: Membership, draft: Draft, text: DraftText, *, source: Message | None, now: datetime, signature: str = ""
) -> Outgoing:
    """The draft as it will travel. From is the mailbox's address and name (ECO.2.2.7); the person is in the trace."""
    mailbox = membership.mailbox
    parent = open_summary(source, mailbox.keys) if source and text.kind != "forward" else None
    return Outgoing(
        from_=Address(mailbox.display_name, mailbox.address),
        to=people(text.to),
        cc=people(text.cc),
        subject=" ".join(text.subject.split()),
        text=signed(text.text, signature),
        html=_html(text, signature),
        files=tuple(draft_files.outgoing(draft, mailbox)),
        message_id=new_message_id(domain_of(mailbox.address), str(uuid7())),
        date=now,
        in_reply_to=(parent.message_id,) if parent and parent.message_id else (),
        references=(*parent.references, parent.message_id) if parent and parent.message_id else (),
        receipt_to=(Address("", mailbox.address),) if text.receipt else (),  # ECO.3.1.6: our Return-Path too
        reply_to=parse_addresses(text.reply_to),  # what is no address is refused, not left out
        headers=dict(_fields(text)),
    )


def signed(text: str, signature: str) -> str:
    """With a signature below one's own words, above what is quoted (RFC 3676 §4.3)."""
    own, quote = quoting.split(text)
    return quoting.joined(f"{own.rstrip()}\n\n-- \n{signature}", quote) if signature else text.replace("\r\n", "\n")


def _html(text: DraftText, signature: str) -> str | None:
    """ECO.2.2.4: rich text beside the plain one, when there is any."""
    return rich.document(text.html, signature=signature, quote=quoting.split(text.text)[1]) if text.html else None


def _fields(text: DraftText) -> Iterator[tuple[str, str]]:
    """The X-MSS fields of a letter, and its importance."""
    yield from importance_fields(text.importance)
    if settings.X_MSS_NIL:
        yield "X-MSS-NIL", settings.X_MSS_NIL  # ECO.2.4.3
    if text.last and any(is_patient(address) for address in recipients(text)):
        yield "X-MSS-MES", FIN  # ECO.2.2.8: offered for a patient alone


def recipients(text: DraftText) -> list[str]:
    """Every address that was typed; what is no address is given back as typed, to be refused in its place."""
    return list(dict.fromkeys(one for typed in (text.to, text.cc, text.bcc) for one in typed_addresses(typed)))


def people(typed: str) -> tuple[Address, ...]:
    """Those who have an address."""
    return tuple(address for address in parse_addresses(typed) if address.addr_spec)


def typed_addresses(typed: str) -> list[str]:
    read = (a.addr_spec or a.display_name for a in parse_addresses(typed))
    return [one for one in read if one] or ([typed.strip()] if typed.strip() else [])


def _recipients(mailbox: Mailbox, kind: str, told: Summary) -> tuple[Sequence[Address], Sequence[Address]]:
    if kind == "forward":
        return (), ()
    ours = mailbox.address
    if normalise(told.author.addr_spec) == ours:  # we wrote it: answer to whom we wrote
        people = told.to
    else:
        people = told.reply_to or (told.author,)  # ECO.2.2.5
    if kind == "reply":
        return people, ()
    named = {normalise(a.addr_spec) for a in people} | {ours}
    others = [a for a in (*told.to, *told.cc) if normalise(a.addr_spec) not in named]
    return people, list({normalise(a.addr_spec): a for a in others}.values())


def _quoted(mailbox: Mailbox, source: Message, told: Summary, *, is_forward: bool) -> str:
    body = ""
    if part := told.text or told.html:
        body = body_text(blobs.read_range(source.blob, mailbox, part.offset, part.length), part)[0]
        if part is told.html:
            from mailbox.mime.plain import of_html

            body = of_html(body)
    who = in_words(told.author.display_name) or mask(told.author.addr_spec)
    at = timezone.localtime(source.filed_at)
    stamp = f"{at:%d/%m/%Y} à {at.hour}:{at:%M}"
    if is_forward:
        head = f"---------- Message transféré ----------\nDe : {who}\nDate : {stamp}\nObjet : {visible_subject(told.subject)}\n"
        return f"\n\n{head}\n{body[:_QUOTED].strip()}\n"
    lines = "\n".join(f"> {line}" for line in body[:_QUOTED].strip().split("\n"))
    return f"\n\nLe {stamp}, {who} a écrit :\n{lines}\n"
