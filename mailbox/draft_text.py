"""What a draft says: its words and options, sealed with their row; recipients as a person would type them.

For those who write drafts (drafts.py) and who bring some from elsewhere (imports/). Refuses to know whose they are.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

from mailbox.mime.address import in_words
from mailbox.mime.values import Address
from mailbox.models import Mailbox
from mssweb import crypto


@dataclass(frozen=True, slots=True)
class DraftText:
    """What the form holds. Recipients as typed; `kind` is new, reply, reply_all or forward, of the message `source`.

    `text` is all of it as plain words, the quotation included; `html` its own words as rich text, cleaned, '' when plain.
    Options are «1» or '': `notify` and `receipt` ask for reports of delivery and of reading, `expects` says that an answer
    is awaited, `last` ends the exchange with a patient. `importance` is high, low or ''; `signature` the id of a phrase,
    «none», or '' (not chosen yet); `tab` the browser tab that saved last, and a number that grows with what was typed there.
    `document` is what was chosen for a document of health (structured.choice), '' for none.
    """

    to: str = ""
    cc: str = ""
    bcc: str = ""
    subject: str = ""
    text: str = ""
    kind: str = "new"
    source: str = ""
    notify: str = ""
    receipt: str = ""
    last: str = ""
    html: str = ""
    importance: str = ""
    reply_to: str = ""
    signature: str = ""
    tab: str = ""
    document: str = ""
    expects: str = ""


def seal(mailbox: Mailbox, draft_id: UUID, text: DraftText) -> bytes:
    return crypto.seal(mailbox.keys.summary, json.dumps(asdict(text)).encode(), _context(mailbox.pk, draft_id))


def opened(box: bytes, mailbox: Mailbox, draft_id: UUID) -> DraftText:
    """crypto.Unreadable when it was altered, or is another row's."""
    return DraftText(**json.loads(crypto.unseal(mailbox.keys.summary, box, _context(mailbox.pk, draft_id))))


def joined(people: Sequence[Address]) -> str:
    """Recipients as a person would type them; what `parse_addresses` reads back."""
    return ", ".join(_typed(in_words(person.display_name), person.addr_spec) for person in people)


def _typed(name: str, addr_spec: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    if not addr_spec:
        return name.replace(",", " ")  # nobody yet: a name as it was typed
    return f'"{escaped}" <{addr_spec}>' if name else addr_spec


def _context(mailbox_id: UUID, draft_id: UUID) -> str:
    return f"draft:{mailbox_id}:{draft_id}:text"
