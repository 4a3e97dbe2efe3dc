"""The first letters of words: «apix» finds what was filed under «apixaban», without a token more a message.

A word is learnt once a mailbox, after the letters that brought it are filed. Refuses words of bodies: names and subjects.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from uuid import UUID

from django.db import DatabaseError, connection, transaction

from mailbox.models import MailboxKeys
from mssweb import crypto

log = logging.getLogger(__name__)
LEAST, _MOST = 3, 12  # letters of a beginning
_AT_MOST = 400  # words that one beginning stands for
_REMEMBERED = 400_000  # words known to be learnt, in this process: 40 MB

_known: set[int] = set()

_LEARN = (
    "INSERT INTO mailbox_beginning (mailbox_id, beginning, token)"
    " SELECT %s, * FROM unnest(%s::bigint[], %s::bigint[]) ORDER BY 2, 3 ON CONFLICT DO NOTHING"
)
_READ = (
    "SELECT a.start, b.token FROM unnest(%s::bigint[]) a (start), LATERAL (SELECT token FROM mailbox_beginning"
    " WHERE mailbox_id = %s AND beginning = a.start LIMIT %s) b"
)


def learn_later(words: Mapping[UUID, tuple[MailboxKeys, set[str]]]) -> None:
    """After commit, in a statement of its own: two workers that learn the same word must not hold each other's letters."""
    fresh = {box: (keys, new) for box, (keys, told) in words.items() if (new := _unknown(box, told))}
    if fresh:
        transaction.on_commit(partial(_learn_all, fresh))


def learn(mailbox_id: UUID, key: crypto.Key, words: Iterable[str]) -> None:
    """These words are found by their beginnings from now on."""
    told = list(words)
    pairs = [(word, word[:n]) for word in told for n in range(LEAST, min(len(word), _MOST + 1))]
    tokens = dict(zip(told, crypto.blind_all(key, told), strict=True))
    begun = crypto.blind_all(key, [f"begins:{start}" for _, start in pairs])
    if pairs:
        with connection.cursor() as cursor:
            cursor.execute(_LEARN, [mailbox_id, begun, [tokens[word] for word, _ in pairs]])
    if len(_known) > _REMEMBERED:
        _known.clear()
    _known.update(hash((mailbox_id, word)) for word in told)


def tokens_of(mailbox_id: UUID, key: crypto.Key, words: Sequence[str]) -> list[list[int]]:
    """Of each word, folded: its own token, then those of words that begin with it. One statement at most."""
    groups = [[token] for token in crypto.blind_all(key, words)]
    begun = {n: word for n, word in enumerate(words) if LEAST <= len(word) <= _MOST}
    starts = dict(zip(crypto.blind_all(key, [f"begins:{word}" for word in begun.values()]), begun, strict=True))
    if starts:
        with connection.cursor() as cursor:
            cursor.execute(_READ, [list(starts), mailbox_id, _AT_MOST])
            for start, token in cursor.fetchall():
                groups[starts[start]].append(token)
    return groups


def _unknown(mailbox_id: UUID, words: set[str]) -> set[str]:
    """Numbers are typed whole: they would be most of what is learnt."""
    return {w for w in words if len(w) > LEAST and hash((mailbox_id, w)) not in _known and not w.isdigit()}


def _learn_all(fresh: Mapping[UUID, tuple[MailboxKeys, set[str]]]) -> None:
    """The letters are filed: what fails here costs them their first letters, until `manage.py learn_words`."""
    for mailbox_id, (keys, words) in fresh.items():
        try:
            learn(mailbox_id, keys.index, words)
        except DatabaseError as error:
            log.warning("words of a mailbox not learnt: %s", type(error).__name__)
