"""Words -> blind-index tokens: what a message is found by.

Tokens are HMACs under the mailbox's index key: the database sees which messages share a word and how often, not which
word (SECURITY says what that leaks). Finding is `mailbox.finding`'s.
"""

from collections import Counter
from uuid import UUID

from mailbox.mime.threads import visible_subject
from mailbox.models import Mailbox, SearchEntry
from mailbox.summary import Summary
from mailbox.wording import words
from mssweb import crypto

MAX_TOKENS = 512  # a message
_MAX_TEXT = 400_000  # characters of body read for words


def named(told: Summary) -> list[str]:
    """The words of its subject and of its people: they are found by their first letters too (`mailbox.vocabulary`)."""
    people = (*told.from_, *told.to, *told.cc, *told.bcc)
    return words(" ".join((visible_subject(told.subject), *(f"{a.display_name} {a.addr_spec}" for a in people))))


def tokens_for(
    key: crypto.Key, told: Summary, text: str, *, head: list[str] | None = None, known: dict[str, int] | None = None
) -> list[int]:
    """At most 512 tokens: who and subject (`head`: `named`, where it is known), files, then the body's rare and long words.

    `known`: tokens of other letters of this mailbox, and then of this one too.
    """
    files = words(" ".join(part.filename for part in told.files)) if told.files else []
    chosen = dict.fromkeys([*(named(told) if head is None else head), *files][:MAX_TOKENS])
    counts = Counter(words(text[:_MAX_TEXT]))
    if len(chosen) + len(counts) <= MAX_TOKENS:
        chosen.update(dict.fromkeys(counts))
    else:
        for word in _ranked(counts):
            if len(chosen) >= MAX_TOKENS:
                break
            chosen[word] = None
    known = {} if known is None else known
    fresh = [word for word in chosen if word not in known]
    known.update(zip(fresh, crypto.blind_all(key, fresh), strict=True))
    return [known[word] for word in chosen]


def _ranked(counts: Counter[str]) -> list[str]:
    """Rare ones first, of these the long ones: sorted twice, for each key is then one call into C."""
    ranked = sorted(counts, key=len, reverse=True)
    ranked.sort(key=counts.__getitem__)
    return ranked


def add_words(mailbox: Mailbox, message_id: UUID, text: str) -> None:
    """Words of the documents of a message, beside those of its letter: 512 in all, rare and long ones first."""
    entry = SearchEntry.objects.filter(mailbox=mailbox, message_id=message_id).first()
    counts = Counter(words(text[:_MAX_TEXT]))
    if entry is None or not counts:
        return
    ranked = _ranked(counts)[: 2 * MAX_TOKENS]
    held = set(entry.tokens)
    fresh = [token for token in crypto.blind_all(mailbox.keys.index, ranked) if token not in held]
    if fresh := fresh[: max(0, MAX_TOKENS - len(entry.tokens))]:
        entry.tokens = [*entry.tokens, *fresh]
        entry.save(update_fields=["tokens"])
