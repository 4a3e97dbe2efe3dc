"""A query -> messages, newest first. Answered in its request; its words are left nowhere.

The database gives those whose tokens and clear columns fit; what only an opened summary can tell (who wrote, where in a
letter a word stands) is judged here, so many at a time. Refuses ranking by content, and to look without end: a page
says where the next one goes on.
"""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from uuid import UUID

from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL

from mailbox import finding_sql, vocabulary
from mailbox.documents import facts
from mailbox.documents.facts import Brief
from mailbox.finding_sql import Clear, Hit
from mailbox.mime.address import is_patient
from mailbox.mime.threads import visible_subject
from mailbox.mime.values import Address
from mailbox.mime.xdm import parse_subject
from mailbox.models import Examination, Mailbox, Message
from mailbox.query import Query, Words
from mailbox.summary import Summary, unseal
from mailbox.wording import words
from mssweb import crypto, keys
from mssweb.prepared import prepared

_FIRST, _THEN = 200, 800  # summaries brought to be judged, those of a page opened in 20 ms: mostly the first suffice
NOTHING, NOTHING_EXAMINED = Clear(), Brief()


@dataclass(frozen=True)
class Found:
    """One page of results, newest first. `next` is opaque; `words` are what was searched, for the page only."""

    messages: list[Message]
    next: str
    words: Words


def find(mailbox: Mailbox, query: Query, clear: Clear = NOTHING, *, cursor: str = "", limit: int = 50) -> Found:
    """Messages that fit all of `query`; nothing asked, no result. `clear`: its dates and people, as the caller knows them."""
    if query.is_empty:
        return Found([], "", ())
    groups = vocabulary.tokens_of(mailbox.pk, mailbox.keys.index, query.asked)
    without = crypto.blind_all(mailbox.keys.index, query.without)
    asked = finding_sql.Asked(
        groups, without, clear, mailbox.pk, boxes=query.is_sealed, briefs=bool(query.document or query.patient)
    )
    place = _open_cursor(cursor, mailbox.pk)
    found: list[Hit] = []
    is_over = False
    for size, enough in ((_FIRST, limit + 1), (_THEN, _FIRST)) if query.is_sealed else ((limit + 1, limit + 1),):
        hits, is_over = finding_sql.matches(asked, place, max(size, limit + 1), enough)
        found += islice((hit for hit in hits if _fits(query, hit, mailbox)), limit + 1 - len(found))
        place = hits[-1] if hits else place
        if len(found) > limit or is_over:
            break
    page = _messages(mailbox, found[:limit])
    if len(found) > limit:
        return Found(page, _seal_cursor(found[limit - 1], mailbox.pk), query.asked)
    following = "" if is_over or place is None else _seal_cursor(place, mailbox.pk)
    return Found(page, following, query.asked)


@prepared
def _rows(*, mailbox: UUID, ids: list[UUID]) -> QuerySet[Message]:
    named = RawSQL("mailbox_message.id = ANY(%s)", [ids], output_field=BooleanField())
    return Message.objects.select_related("examination").defer("examination__box").filter(named, mailbox=mailbox)


def _messages(mailbox: Mailbox, hits: Sequence[Hit]) -> list[Message]:
    ids = [hit.message_id for hit in hits]
    known = {m.pk: m for m in _rows(mailbox=mailbox.pk, ids=ids)} if ids else {}
    return [known[i] for i in ids if i in known]


def _fits(query: Query, hit: Hit, mailbox: Mailbox) -> bool:
    return not query.is_sealed or fits(query, _told(hit, mailbox), _brief(hit, mailbox))


def _told(hit: Hit, mailbox: Mailbox) -> Summary:
    try:
        return unseal(hit.summary_box or b"", keys=mailbox.keys, mailbox_id=mailbox.pk, message_id=hit.message_id)
    except crypto.Unreadable:
        return Summary()


def _brief(hit: Hit, mailbox: Mailbox) -> Brief:
    """What its documents are, and of whom; nothing as long as they were not examined."""
    if hit.brief_box is None:
        return NOTHING_EXAMINED
    row = Examination(message_id=hit.message_id, mailbox_id=mailbox.pk, brief_box=hit.brief_box)
    try:
        return facts.open_brief(row, mailbox.keys) or NOTHING_EXAMINED
    except crypto.Unreadable:
        return NOTHING_EXAMINED


def fits(query: Query, told: Summary, brief: Brief = NOTHING_EXAMINED) -> bool:
    """Does an opened summary hold what was asked of each of its places? Words count from their first letters on."""
    types = [word for label, _ in brief.chips for word in words(label)]
    patients = [word for one in brief.patients for word in words(f"{one.family} {one.given}")]
    return all(
        _holds(asked, [*of(told), *more])
        for asked, of, more in (
            (query.sender, _sender, ()), (query.recipient, _recipients, ()), (query.subject, _subject, ()),
            (query.document, _documents, types), (query.file, _files, ()), (query.patient, _patients, patients),
        )
        if asked
    ) and all(_follows(phrase, list(_subject(told))) for phrase in query.phrases)  # fmt: skip


def _holds(asked: Words, place: Sequence[str]) -> bool:
    return all(any(_begins(word, one) for word in place) for one in asked)


def _begins(word: str, asked: str) -> bool:
    return word.startswith(asked) if len(asked) >= vocabulary.LEAST else word == asked


def _follows(phrase: Words, place: Sequence[str]) -> bool:
    spans = (place[start : start + len(phrase)] for start in range(len(place)))
    return any(len(span) == len(phrase) and all(map(_begins, span, phrase)) for span in spans)


def _sender(told: Summary) -> Iterator[str]:
    yield from _people((*told.from_, *([told.sender] if told.sender else [])))
    yield from words(told.mail_from)


def _recipients(told: Summary) -> Iterator[str]:
    yield from _people((*told.to, *told.cc, *told.bcc))


def _people(people: Sequence[Address]) -> Iterator[str]:
    for one in people:
        yield from words(f"{one.display_name} {one.addr_spec}")


def _subject(told: Summary) -> Iterator[str]:
    yield from words(visible_subject(told.subject))


def _documents(told: Summary) -> Iterator[str]:
    """What kind of document: as the subject of structured ones says (ECO.2.1.3), as its files are called."""
    if named := parse_subject(told.subject):
        yield from words(named.label)
    yield from _files(told)


def _patients(told: Summary) -> Iterator[str]:
    """Named in the subject, or a patient who writes or is written to."""
    yield from _subject(told)
    people = (*told.from_, *told.to, *told.cc, *told.bcc)
    yield from _people([one for one in people if is_patient(one.addr_spec)])


def _files(told: Summary) -> Iterator[str]:
    for part in told.files:
        yield from words(f"{part.filename} {part.content_type.partition('/')[2]}")


def _seal_cursor(last: Hit, mailbox_id: UUID) -> str:
    text = f"{last.filed_at.isoformat()} {last.message_id}".encode()
    return base64.urlsafe_b64encode(crypto.seal(keys.purpose_key("cursor"), text, f"search:{mailbox_id}")).decode()


def _open_cursor(cursor: str, mailbox_id: UUID) -> Hit | None:
    """The place a page ended at; a forged or foreign cursor starts again from the newest."""
    if not cursor:
        return None
    try:
        box = base64.urlsafe_b64decode(cursor)
        at, _, message_id = (
            crypto.unseal(keys.purpose_key("cursor"), box, f"search:{mailbox_id}").decode().partition(" ")
        )
    except (crypto.Unreadable, ValueError):
        return None
    return Hit(UUID(message_id), datetime.fromisoformat(at))
