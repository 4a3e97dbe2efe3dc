"""Drafts as letters that were never sent (RFC 5322), for an export: recipients, words and files, whatever state they are in.

Refuses to lose what was typed: recipients that are no addresses yet stand above the words. Nothing here leaves by SMTP.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db import close_old_connections

from mailbox import draft_files, drafts
from mailbox.mime.address import domain_of
from mailbox.mime.compose import Outgoing, OutgoingFile, Uncomposable, address_list, compose, new_message_id
from mailbox.mime.values import Address
from mailbox.models import Draft, Mailbox
from mssweb import crypto

_PAGE = 100  # of rows, a megabyte each at most
_UNFIT = re.compile(r"[^\w -]")


@dataclass(frozen=True, slots=True, repr=False)
class Unsent:
    """`raw` is None when the draft does not open any more; `lost_files` are those of its files that do not."""

    name: str  # of a file
    raw: bytes | None
    lost_files: int = 0


def letters(mailbox: Mailbox) -> Iterator[Unsent]:
    """The drafts of everybody in that mailbox, one at a time. Temporary from blobs."""
    return (_letter(mailbox, draft, number) for number, draft in enumerate(_rows(mailbox), 1))


def count(mailbox: Mailbox) -> int:
    return Draft.objects.filter(mailbox=mailbox).count()


def _rows(mailbox: Mailbox) -> Iterator[Draft]:
    """By pages of a key: a long download holds no cursor open."""
    last: UUID | None = None
    while True:
        rows = Draft.objects.filter(mailbox=mailbox).select_related("author").order_by("pk")
        page = list((rows.filter(pk__gt=last) if last else rows)[:_PAGE])
        yield from page
        if len(page) < _PAGE:
            return
        last = page[-1].pk
        close_old_connections()


def _letter(mailbox: Mailbox, draft: Draft, number: int) -> Unsent:
    author = draft.author.get_full_name()
    name = f"{number:04} {draft.updated_at:%Y-%m-%d} {_UNFIT.sub('', author)[:60]}.eml"
    try:
        text = drafts.open_text(draft, mailbox)
    except crypto.Unreadable:
        return Unsent(name, None)
    files, lost = draft_files.readable(draft, mailbox)
    given = {"À": text.to, "Cc": text.cc, "Cci": text.bcc}
    fields = {label: tuple(filter(_travels, drafts.people(typed))) for label, typed in given.items()}
    odd = [
        f"{label} : {typed}"
        for label, typed in given.items()
        if len(fields[label]) < len(drafts.typed_addresses(typed))
    ]
    words = "\n".join([*odd, "", text.text]) if odd else text.text
    raw = compose(
        Outgoing(
            from_=Address(mailbox.display_name, mailbox.address),
            to=fields["À"],
            cc=fields["Cc"],
            subject=_clean(text.subject),
            text=words.encode("utf-8", "replace").decode(),
            files=tuple(OutgoingFile(_clean(one.name), one.content_type, one.data) for one in files),
            message_id=new_message_id(domain_of(mailbox.address), str(draft.pk)),
            date=draft.updated_at,
            headers={"Comments": _clean(f"Brouillon de {author}")},
        )
    )
    hidden = f"Bcc: {address_list(fields['Cci'])}\r\n".encode() if fields["Cci"] else b""  # RFC 5322 §3.6.3
    return Unsent(name, hidden + raw, lost)


def _travels(person: Address) -> bool:
    try:
        address_list((person,))
    except Uncomposable:
        return False
    return True


def _clean(text: str) -> str:
    """On one line, printable."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
