"""On which shelf what stands in a folder of an archive is put, by the folder's name in the languages of mail programs. Pure.

`role_of` is the one place where a name would make a folder of its own; what it does not know goes to the archives.
"""

import base64
import re
import unicodedata

from mailbox.imports.values import Found, Mark

_INBOX, _SENT, _ARCHIVE, _SPAM, _TRASH, DRAFTS = "inbox", "sent", "archive", "spam", "trash", "drafts"
_RECEIVED, _BLANK_LINE, _HEAD = re.compile(rb"^received:", re.I | re.M), re.compile(rb"\r?\n\r?\n"), 1 << 16
_NAMES = {
    _INBOX: "inbox|reception|boite de reception|courrier entrant|messages recus|boite de courrier entrant",
    _SENT: "sent|sent mail|sent messages|sent items|envoyes|messages envoyes|elements envoyes|objets envoyes|courrier envoye",
    _SPAM: "spam|junk|junk mail|junk e mail|bulk mail|indesirables|courrier indesirable|messages indesirables|pourriel",
    DRAFTS: "drafts|draft|brouillon|brouillons",
    _TRASH: "trash|deleted|deleted items|deleted messages|corbeille|elements supprimes|messages supprimes|bin",
}
_ROLES = {name: role for role, names in _NAMES.items() for name in names.split("|")}
_SEPARATORS = re.compile(r"[/.\\]")
_SUFFIX = re.compile(r"\.(sbd|mbox|mbx|eml|zip|tgz|tar|gz)(?=/|$)", re.IGNORECASE)
_SHIFTED = re.compile(r"&([A-Za-z0-9+,]*)-")


def role_of(path: str) -> str:
    """A role of Folder. `path` is as the archive has it: «Mail/Sent», «.INBOX.Sent», «Réception.mbox», '' for its root."""
    parts = [part for part in _SEPARATORS.split(_SUFFIX.sub("", path)) if part.strip()]
    for part in reversed(parts):
        if role := _ROLES.get(_folded(part)):
            if role == _INBOX and part is not parts[-1]:
                break  # a folder inside the inbox is one of its own
            return role
    return _ARCHIVE


def is_draft(found: Found) -> bool:
    """By the mark that programs give it, or by its folder; never one that was sent since.

    A mark may stand in what a stranger wrote (X-Status): no draft ever travelled.
    """
    if Mark.SENT in found.marks:
        return False
    return role_of(found.folder) == DRAFTS or (Mark.DRAFT in found.marks and not _travelled(found.raw[:_HEAD]))


def _travelled(head: bytes) -> bool:
    return bool(_RECEIVED.search(_BLANK_LINE.split(head, 1)[0]))


def from_maildir(name: str) -> str:
    """Maildir++ names are in modified UTF-7 (RFC 3501 §5.1.3); what is none stays as it is."""

    def opened(match: re.Match[str]) -> str:
        if not match[1]:
            return "&"
        coded = match[1].replace(",", "/")
        try:
            return base64.b64decode(coded + "=" * (-len(coded) % 4)).decode("utf-16-be")
        except ValueError:
            return match[0]

    return _SHIFTED.sub(opened, name)


def _folded(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
    return " ".join(re.split(r"[^a-z0-9]+", plain)).strip()
