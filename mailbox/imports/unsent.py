"""Drafts that were brought from elsewhere: each is a draft of who brought it, once, with its recipients, words and files.

Known by an id that its bytes give, blinded; one of our own exports by the id it bears: what stands there, or was sent since, does
not come again. Refuses what has no room in a draft, and to write over one. The twin of mailbox/unsent.py.
"""

from datetime import datetime
from hashlib import sha256
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from mailbox import draft_files, draft_text
from mailbox.documents import photos
from mailbox.draft_text import DraftText
from mailbox.imports.values import Fault, Found
from mailbox.mime import headers, importance, rich, words
from mailbox.mime.address import domain_of, parse_addresses
from mailbox.mime.compose import OutgoingFile
from mailbox.mime.parse import decoded, text_of
from mailbox.mime.values import ParsedMessage
from mailbox.models import Draft, Mailbox, Submission
from mssweb import crypto

MOST = 200  # drafts of one person in a mailbox: as many as their list shows
_WORDS = 1_000_000  # characters


def files(one: Found, parsed: ParsedMessage) -> list[OutgoingFile] | Fault:
    """What it will carry, photos without their place as in every draft (documents/photos): work that needs no lock."""
    if len(parsed.attachments) > draft_files.MAX_FILES:
        return Fault.TOO_LARGE
    try:
        named = ((part.filename or "piece", part.content_type, decoded(one.raw, part)) for part in parsed.attachments)
        return [OutgoingFile(*photos.ready(*given)) for given in named]
    except photos.Unread:
        return Fault.UNFILED


def take(
    mailbox: Mailbox, author_id: UUID | None, one: Found, parsed: ParsedMessage, carried: list[OutgoingFile] | Fault, *,
    at: datetime,
) -> Fault | bool:  # fmt: skip
    """True when it is a draft now, False when it was known; or why it is none. `carried`: its `files`. In the caller's
    transaction."""
    if author_id is None:
        return Fault.DRAFT
    pk = _id(mailbox, one.raw, parsed)
    if any(rows.filter(mailbox=mailbox).exists() for rows in _rows(pk)):
        return False
    if Draft.objects.filter(mailbox=mailbox, author=author_id).count() >= MOST:
        return Fault.DRAFT
    if isinstance(carried, Fault):
        return carried
    try:
        with transaction.atomic():
            box = draft_text.seal(mailbox, pk, _text(one.raw, parsed))
            draft = Draft.objects.create(pk=pk, mailbox=mailbox, author_id=author_id, box=box, updated_at=at)
            for file in carried:
                draft_files.attach(mailbox, draft, name=file.name, content_type=file.content_type, data=file.data)
    except draft_files.TooLarge:
        return Fault.TOO_LARGE
    return True


def _id(mailbox: Mailbox, raw: bytes, parsed: ParsedMessage) -> UUID:
    unique, _, domain = parsed.message_id.partition("@")
    if domain == domain_of(mailbox.address) and (pk := _ours(mailbox, unique)):
        return pk
    told = sha256(raw).hexdigest()
    high, low = crypto.blind_all(mailbox.keys.index, (f"draft high {told}", f"draft low {told}"))
    return UUID(int=high << 64 | low)


def _ours(mailbox: Mailbox, unique: str) -> UUID | None:
    """The id that mailbox/unsent.py gave, unless a draft of another mailbox has it, or had: an id is of one row everywhere."""
    try:
        pk = UUID(unique)
    except ValueError:
        return None
    return None if any(rows.exclude(mailbox=mailbox).exists() for rows in _rows(pk)) else pk


def _rows(pk: UUID) -> tuple[QuerySet[Draft], QuerySet[Submission]]:
    return Draft.objects.filter(pk=pk), Submission.objects.filter(pk=pk)


def _text(raw: bytes, parsed: ParsedMessage) -> DraftText:
    html = rich.clean(text_of(raw, parsed.html)) if parsed.html else ""
    plain = text_of(raw, parsed.text_part) if parsed.text_part else parsed.text
    return DraftText(
        to=draft_text.joined(parsed.to),
        cc=draft_text.joined(parsed.cc),
        bcc=draft_text.joined(
            parse_addresses(words.text(headers.read(raw, 0, limit=headers.MESSAGE_LIMIT).first(b"bcc")))
        ),
        subject=" ".join(parsed.subject.split())[:400],
        text=(rich.to_text(html) if html else plain).strip()[:_WORDS],
        html=html,
        importance=importance.importance(parsed.headers),
        reply_to=draft_text.joined(parsed.reply_to),
    )
