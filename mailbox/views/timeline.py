"""What the team did in a thread, woven between its messages: notes, events, readings, drafts that colleagues write.

One statement whatever there is. Each gap between two messages has an id of its own, so that news of a thread replaces
what changed there and nothing else. Of a colleague's draft it shows that there is one, and its subject.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from mailbox import drafts, notes
from mailbox.mime.mentions import Called, calls
from mailbox.mime.threads import visible_subject
from mailbox.models import Folder, Thread, ThreadEvent
from mailbox.rules import book
from mailbox.views.letters import Letter
from mailbox.views.place import Place

MOST_EVENTS, MOST_DRAFTS = 300, 20
SHOWN = 2  # lines of one gap that are not folded
_TOLD = f"""
WITH told AS (
  (SELECT 'note' AS kind, n.id::text AS id, n.at, n.author_id AS actor_id, NULL::uuid AS person_id, '' AS word, '' AS role,
          n.edited_at, n.box, NULL::uuid AS rule_id
     FROM mailbox_note n WHERE n.mailbox_id = %(box)s AND n.thread_id = %(thread)s ORDER BY n.at DESC LIMIT {notes.MAX_NOTES})
  UNION ALL
  (SELECT e.verb, e.id::text, e.at, e.actor_id, e.person_id,
          coalesce(nullif(e.word, ''), e.label_id::text, e.folder_id::text, ''), coalesce(f.role, ''), NULL, NULL, e.rule_id
     FROM mailbox_threadevent e LEFT JOIN mailbox_folder f ON f.id = e.folder_id AND f.mailbox_id = e.mailbox_id
    WHERE e.mailbox_id = %(box)s AND e.thread_id = %(thread)s ORDER BY e.at DESC, e.id DESC LIMIT {MOST_EVENTS})
  UNION ALL
  (SELECT CASE WHEN d.is_offered THEN 'offered' ELSE 'draft' END, d.id::text, d.updated_at, d.author_id, NULL, '', '', NULL,
          d.box, NULL
     FROM mailbox_draft d WHERE d.mailbox_id = %(box)s AND d.thread_id = %(thread)s
      AND (d.author_id <> %(me)s OR d.is_offered) ORDER BY d.updated_at DESC LIMIT {MOST_DRAFTS})
  UNION ALL
  SELECT 'member', s.user_id::text, s.created_at, s.user_id, NULL, '', s.role, NULL, NULL, NULL
    FROM mailbox_membership s WHERE s.mailbox_id = %(box)s)
SELECT t.kind, t.id, t.at, t.actor_id, coalesce(a.first_name, ''), coalesce(a.last_name, ''), t.person_id,
       coalesce(p.first_name, ''), coalesce(p.last_name, ''), t.word, t.role, t.edited_at, t.box,
       coalesce(a.login, ''), t.rule_id, u.box
  FROM told t LEFT JOIN auth_otp_user a ON a.id = t.actor_id LEFT JOIN auth_otp_user p ON p.id = t.person_id
  LEFT JOIN mailbox_rule u ON u.mailbox_id = %(box)s AND u.id = t.rule_id
 ORDER BY t.at, t.id
"""  # noqa: S608  (our own words)
_PAST, _BY_RULE = "Ancien membre", "par une règle supprimée depuis"


class Row(NamedTuple):
    """One of the statement. `role` is of a folder, or of a member; `word` a status, or what the label or the folder is called."""

    kind: str
    id: str
    at: datetime
    actor_id: UUID | None
    first: str
    last: str
    person_id: UUID | None
    person_first: str
    person_last: str
    word: str
    role: str
    edited_at: datetime | None
    box: bytes | None
    login: str
    rule: str  # what the rule that did it is called, '' when none did

    @property
    def actor(self) -> str:
        return _name(self.first, self.last)

    @property
    def person(self) -> str:
        return _name(self.person_first, self.person_last)


@dataclass(frozen=True, slots=True)
class Piece:
    """Words of a note; `is_call` when they call somebody."""

    words: str
    is_call: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class Told:
    """A note as it is shown. `before` are earlier versions, for «modifiée»; `calls_me`: one of its calls is the reader's."""

    id: str
    at: datetime
    author: str
    initials: str
    is_mine: bool
    text: str
    pieces: list[Piece]
    edited_at: datetime | None
    before: tuple[notes.Version, ...]
    calls_me: bool
    is_erased: bool = False
    kind: str = "note"


@dataclass(frozen=True, slots=True, repr=False)
class Line:
    """One thing that somebody did, in words."""

    at: datetime
    words: str


@dataclass(frozen=True, slots=True, repr=False)
class Lines:
    """What was done between two notes or messages; folded when it is long."""

    lines: list[Line]
    kind: str = "lines"

    @property
    def is_folded(self) -> bool:
        return len(self.lines) > SHOWN

    @property
    def last(self) -> Line:
        return self.lines[-1]


@dataclass(frozen=True, slots=True, repr=False)
class Beside:
    """A draft of a colleague on this thread, by its subject; one that is offered may be taken."""

    id: str
    at: datetime
    author: str
    subject: str
    is_offered: bool


@dataclass(frozen=True, slots=True, repr=False)
class Gap:
    """What stands before a message, or after the last one («end»)."""

    id: str
    items: list[Told | Lines]
    letter: Letter | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Timeline:
    """All of it, in the order of the page."""

    gaps: list[Gap]
    drafts: list[Beside]
    members: list[Called] = field(default_factory=list)
    calls_me: int = 0  # notes that call the reader


def timeline(place: Place, thread: Thread, letters: Sequence[Letter], *, left_out: int) -> Timeline:
    """One statement. What is older than the first message shown is left out with the older ones."""
    rows = [_named(row, place) for row in _rows(place, thread)]
    members = [Called(UUID(r.id), r.first, r.last, r.login) for r in rows if r.kind == "member"]
    told = [_note(place, r, members) for r in rows if r.kind == "note"]
    done = [Line(r.at, _said(r)) for r in rows if r.kind in _SAID]
    every: list[Told | Line] = [*told, *done, *readings(letters)]
    items = sorted(every, key=lambda item: item.at)
    return Timeline(
        gaps=woven(letters, items, is_cut=left_out > 0),
        drafts=[_beside(place, r) for r in rows if r.kind in {"draft", "offered"}],
        members=members,
        calls_me=sum(one.calls_me for one in told),
    )


def woven(letters: Sequence[Letter], items: Sequence[Told | Line], *, is_cut: bool) -> list[Gap]:
    """`items` in their order between `letters` in theirs; a message comes before what happened at its very instant."""
    gaps, at = [], 0
    for number, letter in enumerate(letters):
        until = at
        while until < len(items) and items[until].at < letter.at:
            until += 1
        gaps.append(Gap(str(letter.id), [] if is_cut and not number else _folded(items[at:until]), letter))
        at = until
    return [*gaps, Gap("end", _folded(items[at:]))]


def readings(letters: Iterable[Letter]) -> list[Line]:
    """Who opened what: one line for what somebody opened at once."""
    opened: dict[tuple[datetime, str], int] = {}
    for letter in letters:
        for one in letter.openings:
            opened[one.at, one.name] = opened.get((one.at, one.name), 0) + 1
    return [
        Line(at, f"Lu par {name}{f' ({count} messages)' if count > 1 else ''}") for (at, name), count in opened.items()
    ]


def _folded(items: Sequence[Told | Line]) -> list[Told | Lines]:
    found: list[Told | Lines] = []
    for item in items:
        if isinstance(item, Told):
            found.append(item)
        elif found and isinstance(found[-1], Lines):
            found[-1].lines.append(item)
        else:
            found.append(Lines([item]))
    return found


def _rows(place: Place, thread: Thread) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(_TOLD, {"box": place.mailbox.pk, "thread": thread.pk, "me": place.user.pk})
        return [Row._make([*row[:-2], _rule(place, *row[-2:])]) for row in cursor.fetchall()]


def _rule(place: Place, rule_id: UUID | None, box: bytes | None) -> str:
    if rule_id is None:
        return ""
    return f"par la règle «\xa0{book.name_of(place.mailbox, rule_id, bytes(box))}\xa0»" if box else _BY_RULE


def _named(row: Row, place: Place) -> Row:
    """What the statement knows by an id, by its name (sealed: known to the rail)."""
    if row.kind not in _NAMED or place.box is None:
        return row
    names = {str(tab.id): tab.name for tab in place.box.labels} | {str(s.id): s.name for s in place.box.folders}
    return row._replace(word=names.get(row.word, ""))


def _note(place: Place, row: Row, members: Sequence[Called]) -> Told:
    is_erased = row.box is None
    words = notes.Words("") if row.box is None else notes.seen(bytes(row.box), place.mailbox, UUID(row.id))
    found = calls(words.text, members)
    return Told(
        id=row.id,
        at=row.at,
        author=row.actor,
        initials=(row.first[:1] + row.last[:1]).upper() or "?",
        is_mine=row.actor_id == place.user.pk,
        text=words.text,
        pieces=list(_pieces(words.text, [(call.start, call.end) for call in found])),
        edited_at=row.edited_at,
        before=words.before,
        calls_me=row.actor_id != place.user.pk and any(place.user.pk in call.people for call in found),
        is_erased=is_erased,
    )


def _pieces(text: str, ranges: Iterable[tuple[int, int]]) -> Iterable[Piece]:
    at = 0
    for start, end in ranges:
        if start > at:
            yield Piece(text[at:start])
        yield Piece(text[start:end], is_call=True)
        at = end
    if at < len(text):
        yield Piece(text[at:])


def _beside(place: Place, row: Row) -> Beside:
    subject = drafts.subject_of(bytes(row.box or b""), place.mailbox, UUID(row.id))
    return Beside(row.id, row.at, row.actor, visible_subject(subject) or "(sans objet)", row.kind == "offered")


def _name(first: str, last: str) -> str:
    return f"{first} {last.upper()}".strip() or _PAST


def _by(row: Row) -> str:
    return f"par {row.actor}" if row.actor_id else row.rule or "automatiquement"


def _assigned(row: Row) -> str:
    if row.person_id is not None and row.person_id == row.actor_id:
        return f"Pris en charge {_by(row)}"
    return f"Attribué à {row.person} {_by(row)}"


def _status(row: Row) -> str:
    return (
        f"Marqué «\xa0{Thread.Status(row.word).label if row.word in Thread.Status.values else row.word}\xa0» {_by(row)}"
    )


def _moved(row: Row) -> str:
    where = str(Folder.Role(row.role).label) if row.role else f"«\xa0{row.word}\xa0»" if row.word else "un dossier"
    return f"Classé dans {where} {_by(row)}"


def _answered(row: Row) -> str:
    return "Réponse d’absence envoyée" if row.word == "absence" else f"Réponse type envoyée {_by(row)}"


def _label(row: Row) -> str:
    return f"Étiquette «\xa0{row.word}\xa0»" if row.word else "Étiquette"  # one that was deleted since


_Verb = ThreadEvent.Verb
_NAMED = {_Verb.MOVED, _Verb.LABELLED, _Verb.UNLABELLED}
_SAID: dict[str, Callable[[Row], str]] = {
    _Verb.ASSIGNED: _assigned,
    _Verb.UNASSIGNED: lambda row: f"Rendu à tous {_by(row)}",
    _Verb.STATUS: _status,
    _Verb.REOPENED: lambda row: f"Rouvert {_by(row)}" if row.actor_id else "Rouvert par une réponse",
    _Verb.MOVED: _moved,
    _Verb.LABELLED: lambda row: f"{_label(row)} posée {_by(row)}",
    _Verb.UNLABELLED: lambda row: f"{_label(row)} retirée {_by(row)}",
    _Verb.HANDED: lambda row: f"Brouillon confié à {row.person if row.person_id else 'l’équipe'} {_by(row)}",
    _Verb.COPIED: lambda row: f"Transféré à une autre boîte {_by(row)}",
    _Verb.ANSWERED: _answered,
}


def _said(row: Row) -> str:
    return _SAID[row.kind](row)
