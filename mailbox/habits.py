"""What this mailbox's own letters say of addresses: which they reached, and which refused them for good.

Letters that people sent: a report or a receipt (outbound/house.py) answers whoever asked, and says nothing of habits.

A refusal counts when it is the address's: one of the letter (too large), of a policy or of a system that is down says
nothing of where to write.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from directory.lookup import AskFacts, Facts, Use
from mailbox import choices
from mailbox.choices import Memory
from mailbox.models import Mailbox

_EACH = 40  # newest letters to one address that are looked at
# Rows that are read to find them, mail of the house among them: 30 ms at most, 460 without a limit at 100,000 of it
_SEEN = 5_000
_NEWEST = 1_000  # and of all, while somebody types: who was written to before them only counts once chosen

type _Row = tuple[str, datetime | None, int, datetime | None]  # address, last arrival, arrivals, last refusal

# RFC 3463: 5.2.3 and 5.3.4 are of the size, X.3 of a system, X.4 of the way there, X.6 of the content, X.7 of a policy
_SUMMED = """
SELECT address, max(settled_at) FILTER (WHERE state IN ('relayed', 'delivered')),
  count(*) FILTER (WHERE state IN ('relayed', 'delivered')),
  max(settled_at) FILTER (WHERE state = 'failed' AND reply_code >= 500 AND reply_enhanced !~ '^5[.]([3467][.]|2[.]3$)')
FROM ({letters}) l GROUP BY address
"""
_COLUMNS = "address, state, settled_at, reply_code, reply_enhanced"
_READ = f"SELECT {_COLUMNS}, address_box, submission_id, id FROM mailbox_recipient WHERE"  # noqa: S608  (ours, here and below)
# A subselect, which no plan makes a reading of all submissions
_PEOPLES = """r.address_box IS NULL
   AND (SELECT s.message_id FROM mailbox_submission s WHERE s.id = r.submission_id) IS NOT NULL"""
_TO = f"""
SELECT l.* FROM unnest(%s::text[]) AS asked (address) CROSS JOIN LATERAL (
  SELECT {_COLUMNS} FROM ({_READ} mailbox_id = %s AND address = asked.address ORDER BY id DESC LIMIT %s) r
  WHERE {_PEOPLES} ORDER BY r.id DESC LIMIT {_EACH}) l
"""  # noqa: S608
_LAST = f"""
SELECT {_COLUMNS} FROM ({_READ} mailbox_id = %s ORDER BY id DESC LIMIT %s) r
 WHERE {_PEOPLES} ORDER BY r.id DESC LIMIT {_NEWEST}
"""  # noqa: S608


def of(mailbox: Mailbox) -> AskFacts:
    """Two statements for all that are asked at once."""
    return lambda owners, addresses: _facts(
        _letters(_TO, [sorted(addresses), mailbox.pk, _SEEN]), choices.of(mailbox, owners)
    )


def newest(mailbox: Mailbox) -> AskFacts:
    """Of whoever was written to lately: two statements now and none when asked, for what is kept while one types."""
    known = {row[0]: row for row in _letters(_LAST, [mailbox.pk, _SEEN])}
    remembered = choices.newest(mailbox)
    return lambda owners, addresses: _facts([known[one] for one in addresses if one in known], remembered)


def _letters(which: str, values: Sequence[Any]) -> list[_Row]:
    with connection.cursor() as cursor:
        cursor.execute(_SUMMED.format(letters=which), values)
        return list(cursor.fetchall())


def _facts(rows: Iterable[_Row], remembered: Memory) -> Facts:
    used: dict[str, Use] = {}
    refused: dict[str, datetime] = {}
    for address, last_at, count, refused_at in rows:
        if last_at:
            used[address] = Use(timezone.localtime(last_at), count)
        if refused_at:
            refused[address] = timezone.localtime(refused_at)
    return Facts(used, refused, remembered)
