"""An uploaded file, whatever it is, as messages one at a time: `.eml`, mbox, and ZIP or tar of these and of Maildirs. Pure.

What a file is, is read from its bytes; names say only in which folder a message was, and its marks (Maildir's «:2,FRS»). An
archive inside an archive is refused: nothing unfolds twice. Memory holds one message of `most` bytes, whatever the file claims.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BufferedIOBase, BufferedReader

from mailbox.imports import mboxes, shelves, tars, zips
from mailbox.imports.values import Fault, Found, Mark, Place, Unreadable

_FIELD = re.compile(rb"[!-9;-~]{1,100}[ \t]*:")  # RFC 5322 §2.2
_MAILDIR = re.compile(r"(?:^|(?P<path>.*)/)(?P<leaf>cur|new)/(?P<name>[^/]+)$")
_INFO = re.compile(r"[:;!]2,([A-Za-z]*)$")  # ; and ! stand for : on Windows
_EPOCH = re.compile(r"(\d{9,11})\.")
_ASIDE = re.compile(  # what mail programs and our own export keep beside messages
    r"(^|/)(\.[^/]*|[^/]*\.(msf|dat|csv|vcf|ics|html?|json|txt)|LISEZ-MOI\.txt|dovecot[^/]*|maildir(size|folder)|subscriptions|courier[^/]*)$"
    r"|(^|/)(tmp|__MACOSX)/",
    re.IGNORECASE,
)
_LETTERS = {mark.value: mark for mark in Mark if mark is not Mark.SENT}
_PEEKED = 600


def messages(file: BufferedIOBase, size: int, name: str, *, start: Place, most: int) -> Iterator[Found]:
    """What `file` holds from `start` on. Unreadable when it is none of these, or is broken: what came before it stands."""
    file.seek(0)
    head = file.read(_PEEKED)
    file.seek(0)
    if head[:4] in {b"PK\3\4", b"PK\5\6"}:
        yield from _zip(file, size, start, most)
    elif head[:2] == b"\x1f\x8b":
        yield from _tar(BufferedReader(tars.Gunzipped(file)), file, start, most)
    elif head[257:262] == b"ustar":
        yield from _tar(file, file, start, most)
    elif mboxes.is_separator(head.partition(b"\n")[0]):
        file.seek(start.offset)
        yield from _mbox(file, _stem(name), Place(start.file, 0, start.offset), most)
    elif not head:
        yield Found(after=Place(start.file + 1), read=0, fault=Fault.EMPTY, name=name)
    elif _FIELD.match(head):
        yield _single(file.read(most + 1), "", name, Place(start.file + 1), size, most)
    else:
        raise Unreadable(Fault.NOT_MAIL)


def _zip(file: BufferedIOBase, size: int, start: Place, most: int) -> Iterator[Found]:
    read = 0
    for number, entry in zips.entries(file, size):
        read += entry.packed
        if number < start.entry or _is_aside(entry.name):
            continue
        at = Place(start.file, number, start.offset if number == start.entry else 0)
        if entry.fault:
            yield Found(after=Place(start.file, number + 1), read=read, fault=entry.fault, name=entry.name)
            continue
        try:
            yield from _entry(BufferedReader(zips.Content(file, entry)), entry.name, at, most, read)
        except Unreadable as unreadable:
            if unreadable.fault is Fault.BOMB:
                raise
            yield Found(after=Place(start.file, number + 1), read=read, fault=unreadable.fault, name=entry.name)


def _tar(stream: BufferedIOBase, file: BufferedIOBase, start: Place, most: int) -> Iterator[Found]:
    for number, name, _, content in tars.entries(stream):
        if number < start.entry or _is_aside(name):
            continue
        at = Place(start.file, number, start.offset if number == start.entry else 0)
        yield from _entry(content, name, at, most, file.tell())


def _entry(content: BufferedReader, name: str, at: Place, most: int, read: int) -> Iterator[Found]:
    """One file of an archive: a message, or an mbox."""
    following = Place(at.file, at.entry + 1)
    head = content.peek(_PEEKED)[:_PEEKED]
    if found := _MAILDIR.search(name):
        yield _maildir(content.read(most + 1), found, following, read, most)
    elif mboxes.is_separator(head.partition(b"\n")[0]):
        _skip(content, at.offset)
        for one in _mbox(content, name, at, most):
            yield Found(one.after, read, one.raw, one.folder, one.marks, one.at, one.fault, name)
    elif head[:4] == b"PK\3\4" or head[:2] == b"\x1f\x8b" or head[257:262] == b"ustar":
        yield Found(after=following, read=read, fault=Fault.NESTED, name=name)
    elif not head:
        return
    elif _FIELD.match(head):
        yield _single(content.read(most + 1), name.rpartition("/")[0], name, following, read, most)
    else:
        yield Found(after=following, read=read, fault=Fault.NOT_MAIL, name=name)


def _mbox(file: BufferedIOBase, folder: str, at: Place, most: int) -> Iterator[Found]:
    for one in mboxes.entries(file, at=at.offset, most=most):
        after = Place(at.file, at.entry, one.next)
        fault = Fault.TOO_LARGE if one.raw is None else None if one.raw.strip() else Fault.EMPTY
        yield Found(after, one.next, one.raw or b"", folder, one.marks, one.at, fault, folder)


def _maildir(data: bytes, found: re.Match[str], after: Place, read: int, most: int) -> Found:
    folder, name = shelves.from_maildir(found["path"] or ""), found["name"]
    info = _INFO.search(name)
    marks = frozenset(_LETTERS[letter] for letter in (info[1] if info else "") if letter in _LETTERS)
    epoch = _EPOCH.match(name)
    at = datetime.fromtimestamp(int(epoch[1]), UTC) if epoch else None
    one = _single(data, _inside(folder), name, after, read, most)
    return Found(after, read, one.raw, one.folder, marks, at, one.fault, name)


def _inside(folder: str) -> str:
    """Of a Maildir's path: its own root is the inbox; below it, «.Sent» names a folder (Maildir++)."""
    last = folder.rpartition("/")[2]
    return last if last.startswith(".") else "INBOX" if last.casefold() in {"", "maildir", "mail"} else last


def _single(data: bytes, folder: str, name: str, after: Place, read: int, most: int) -> Found:
    raw = data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") if b"\r\n" not in data[:2000] else data
    fault = Fault.TOO_LARGE if len(data) > most else None if data.strip() else Fault.EMPTY
    marks = mboxes.marks_of(raw[: mboxes.HEAD].replace(b"\r\n", b"\n")) if fault is None else frozenset[Mark]()
    return Found(after, read, b"" if fault else raw, folder, marks, None, fault, name)


def _skip(content: BufferedReader, count: int) -> None:
    while count and (data := content.read(min(count, 1 << 20))):
        count -= len(data)


def _stem(name: str) -> str:
    return name.rpartition("/")[2].rpartition("\\")[2]


def _is_aside(name: str) -> bool:
    return not _MAILDIR.search(name) and _ASIDE.search(name) is not None
