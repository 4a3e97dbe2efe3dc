"""Words -> blind-index tokens -> messages. A search is answered in its request and leaves its words nowhere.

Tokens are HMACs under the mailbox's index key: the database sees which messages share a word and how often, not which
word (SECURITY says what that leaks). Refuses ranking by content: results are newest first.
"""

import base64
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from mailbox.mime.threads import visible_subject
from mailbox.models import Mailbox, Message
from mailbox.stop_words import STOP_WORDS
from mailbox.summary import Summary
from mssweb import crypto, keys

MAX_TOKENS = 512  # a message
_MAX_TEXT = 400_000  # characters of body read for words
_MAX_WORD = 40
_MAX_QUERY_WORDS = 12
_RECENT = 1500  # entries walked by date before the index is asked: a common word is found there
_WORD = re.compile(r"[^\W_]{2,}")
_MARKS = re.compile("[\u0300-\u036f]+")  # combining accents


@dataclass(frozen=True)
class Found:
    """One page of results, newest first. `next` is opaque; `words` are what was searched, for the page only."""

    messages: list[Message]
    next: str
    words: tuple[str, ...]


def fold(text: str) -> str:
    """Lower case, without accents; œ and æ become two letters."""
    if text.isascii():
        return text.lower()
    return _MARKS.sub("", unicodedata.normalize("NFKD", text.lower().replace("œ", "oe").replace("æ", "ae")))


def words(text: str) -> list[str]:
    """Folded words of two characters and more, stop words out, in their order."""
    return [w[:_MAX_WORD] for w in _spelled(text) if len(w) > 1 and w not in STOP_WORDS]


def _spelled(text: str) -> list[str]:
    """Folded words; single characters may be among them. French needs a table of 256 and no search: a tenth of the time."""
    for character, plain in _BEYOND:
        text = text.replace(character, plain)
    try:
        octets = text.encode("latin-1")
    except UnicodeEncodeError:
        return _WORD.findall(fold(text))
    if octets.translate(None, _PLAIN):
        return _WORD.findall(fold(text))
    return octets.translate(_TABLE).decode("ascii").split()


def _table() -> tuple[bytes, bytes]:
    """What `fold` makes of each character of Latin-1 that it makes one letter, one digit or no word of; and which those are."""
    made, plain = bytearray(b" " * 256), bytearray()
    for code in range(256):
        folded = fold(chr(code))
        if folded.isascii() and folded.isalnum() and len(folded) == 1:
            made[code] = ord(folded)
        elif any(character.isalnum() for character in folded):
            continue
        plain.append(code)
    return bytes(made), bytes(plain)


_TABLE, _PLAIN = _table()
_BEYOND = (*((c, "oe") for c in "œŒ"), *((c, "ae") for c in "æÆ"), *((c, " ") for c in "’‘“”–—…•€\u202f\u2009\u2011"))


def tokens_for(key: crypto.Key, told: Summary, text: str) -> list[int]:
    """At most 512 tokens: who, subject and files first, then the body's words, rare and long ones first."""
    people = (*told.from_, *told.to, *told.cc, *told.bcc)
    head = [
        visible_subject(told.subject),
        *(f"{a.display_name} {a.addr_spec}" for a in people),
        *(part.filename for part in told.files),
    ]
    chosen = dict.fromkeys(words(" ".join(head))[:MAX_TOKENS])
    counts = Counter(words(text[:_MAX_TEXT]))
    if len(chosen) + len(counts) <= MAX_TOKENS:
        chosen.update(dict.fromkeys(counts))
    else:
        for word in sorted(counts, key=lambda w: (counts[w], -len(w))):
            if len(chosen) >= MAX_TOKENS:
                break
            chosen[word] = None
    return crypto.blind_all(key, chosen)


def search(mailbox: Mailbox, query: str, *, cursor: str = "", limit: int = 50) -> Found:
    """Messages that hold every word of `query`, newest first; no word, no result."""
    asked = tuple(dict.fromkeys(words(query)))[:_MAX_QUERY_WORDS]
    if not asked:
        return Found([], "", ())
    tokens = crypto.blind_all(mailbox.keys.index, asked)
    before = _open_cursor(cursor, mailbox.pk)
    ids = _matches(mailbox.pk, tokens, before, limit + 1)
    page = ids[:limit]
    messages = {m.pk: m for m in Message.objects.filter(mailbox=mailbox, pk__in=[i for i, _ in page])}
    following = _seal_cursor(page[-1], mailbox.pk) if len(ids) > limit else ""
    return Found([messages[i] for i, _ in page if i in messages], following, asked)


_PLACE = "AND (filed_at, message_id) < (%(at)s, %(id)s)"
_WALK = """
SELECT message_id, filed_at FROM (
  SELECT message_id, filed_at, tokens FROM mailbox_searchentry WHERE mailbox_id = %(box)s {place}
   ORDER BY filed_at DESC, message_id DESC LIMIT %(recent)s) newest
 WHERE tokens @> %(tokens)s::bigint[] LIMIT %(limit)s
"""
_INDEX = """
WITH hits AS MATERIALIZED (
  SELECT message_id, filed_at FROM mailbox_searchentry
   WHERE tokens @> %(tokens)s::bigint[] AND mailbox_id = %(box)s {place})
SELECT message_id, filed_at FROM hits ORDER BY filed_at DESC, message_id DESC LIMIT %(limit)s
"""


def _matches(
    mailbox_id: UUID, tokens: list[int], before: tuple[datetime, UUID] | None, limit: int
) -> list[tuple[UUID, datetime]]:
    """Two bounded ways: a common word fills the page from the newest entries; a rarer one has few postings to fetch."""
    place = _PLACE if before else ""
    at, message_id = before or (None, None)
    given: dict[str, Any] = {
        "box": mailbox_id,
        "tokens": tokens,
        "limit": limit,
        "recent": _RECENT,
        "at": at,
        "id": message_id,
    }
    with connection.cursor() as cursor:
        cursor.execute(_WALK.format(place=place), given)
        hits: list[tuple[UUID, datetime]] = cursor.fetchall()
        if len(hits) < limit:
            cursor.execute(_INDEX.format(place=place), given)
            hits = cursor.fetchall()
    return hits


def _seal_cursor(last: tuple[UUID, datetime], mailbox_id: UUID) -> str:
    text = f"{last[1].isoformat()} {last[0]}".encode()
    return base64.urlsafe_b64encode(crypto.seal(keys.purpose_key("cursor"), text, f"search:{mailbox_id}")).decode()


def _open_cursor(cursor: str, mailbox_id: UUID) -> tuple[datetime, UUID] | None:
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
    return datetime.fromisoformat(at), UUID(message_id)
