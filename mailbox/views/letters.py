"""A thread as it is read: each message with who, to whom, what to beware of, who opened and who answered it.

One statement brings the messages with their openings; bodies stay sealed until their own URL is asked (threads.py).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject

from mailbox import access, meetings
from mailbox.documents import facts, kinds
from mailbox.documents.facts import Facts, FileFacts
from mailbox.mime import warnings
from mailbox.mime.address import domain_of
from mailbox.mime.threads import base_subject, visible_subject
from mailbox.mime.values import Address
from mailbox.mime.xdm import is_xdm_archive
from mailbox.models import Folder, Membership, Message, Recipient, Seen, Submission
from mailbox.summary import Summary
from mailbox.views.chips import FileNote, notes
from mailbox.views.listing import summary_of, worst
from mailbox.views.people import Faces, Person
from mailbox.views.place import Place
from mailbox.views.wishes import Wishes, wishes
from mssweb import crypto
from mssweb.prepared import prepared
from mssweb.shown import Shown

SHOWN = 60  # messages of a thread on a page; the older ones on demand
_OPENED = JSONObject(
    user="membership__user_id", first="membership__user__first_name", last="membership__user__last_name", at="opened_at"
)


@dataclass(frozen=True, slots=True, repr=False)
class Opening(Shown):
    """Who opened a message of a shared mailbox, when first."""

    name: str
    at: datetime


@dataclass(frozen=True, slots=True, repr=False)
class Letter(Shown):
    """One message of a thread, for the screen. `is_open`: unfolded, because it is the newest or unread."""

    id: UUID
    author: Person
    signed_by: str
    to: list[Person]
    cc: list[Person]
    bcc: list[Person]
    subject: str  # '' when it is the thread's
    snippet: str
    at: datetime
    sent_at: datetime | None
    size: int
    folder: Folder
    is_out: bool
    is_automatic: bool  # a report: nobody reads what answers it
    is_open: bool
    is_verified: bool
    is_flagged: bool
    is_imported: bool
    is_transferred: bool
    doubt: str
    cautions: list[str]
    remarks: list[str]  # of its form, among its details
    length: str  # «short», «long», '': how tall its frame is where no script measures it
    files: list[FileNote]
    wishes: Wishes
    has_invitation: bool = False
    may_trust_images: bool = False
    may_report_problem: bool = False
    openings: list[Opening] = field(default_factory=list)
    answered_by: list[Opening] = field(default_factory=list)
    states: list[Recipient] = field(default_factory=list)

    @property
    def recipients(self) -> list[Person]:
        return [*self.to, *self.cc, *self.bcc]

    @property
    def held(self) -> Submission | None:
        """Its sending, as long as nobody was written to: its author may take it back."""
        is_held = self.states and all(one.state == Recipient.State.HELD for one in self.states)
        return self.states[0].submission if is_held else None

    @property
    def expects(self) -> bool:
        """Its author waits for an answer, said so, and has none."""
        told = getattr(self.states[0].submission, "following", None) if self.states else None
        return bool(told and told.waits and told.expected)

    @property
    def has_many(self) -> bool:
        """Answering its author alone leaves somebody out."""
        return len({p.address for p in (self.author, *self.to, *self.cc) if p.mark != "ours"}) > 1

    @property
    def may_replace(self) -> bool:
        """It left with documents of health: a later version may take their place (reference client §3.5)."""
        return self.is_out and any(is_xdm_archive(file.name) for file in self.files)

    @property
    def state(self) -> str:
        """The least advanced of its recipients, for its folded line."""
        told = [one.state for one in self.states if one.replaced_by is None]
        return worst(told) if told else ""

    @property
    def failed(self) -> list[Recipient]:
        """Those that a person may send to again."""
        return [one for one in self.states if one.state == Recipient.State.FAILED and one.replaced_by is None]


@dataclass(frozen=True, slots=True, repr=False)
class Post:
    """A message and its summary, before faces are known."""

    message: Message
    told: Summary

    @property
    def addresses(self) -> tuple[Address, ...]:
        return (self.told.author, *self.told.to, *self.told.cc, *self.told.bcc)


@prepared
def _posts(in_trash: bool, most: int | None, *, mailbox: UUID, member: UUID, thread: UUID) -> QuerySet[Message]:
    """Newest first, each with who opened it and whether this member did not."""
    seen = Seen.objects.filter(mailbox=mailbox, message=OuterRef("pk"))
    opened = seen.filter(opened_at__isnull=False).order_by("opened_at")
    unread = seen.filter(membership=member, seen_at__isnull=True)
    found = access.messages_of(Membership(pk=member, mailbox_id=mailbox), thread).filter(thread__mailbox=mailbox)
    found = found.select_related("folder", "author", "thread", "examination")
    if not in_trash:
        found = found.exclude(folder__role=Folder.Role.TRASH)
    found = found.annotate(opened=ArraySubquery(opened.values(fact=_OPENED)), unread=Subquery(unread.values("pk")[:1]))
    return found.order_by("-filed_at", "-pk")[:most]


def posts(place: Place, thread_id: UUID, *, in_trash: bool, everything: bool) -> tuple[list[Post], int]:
    """The messages of a thread, oldest first, and how many older ones are left out.

    What is in the trash is seen from the trash only.
    """
    most = None if everything else SHOWN + 1
    newest = _posts(in_trash, most, mailbox=place.mailbox.pk, member=place.membership.pk, thread=thread_id)
    left_out = 0
    if not everything and len(newest) > SHOWN:
        newest.pop()
        left_out = max(1, newest[0].thread.message_count - SHOWN)
    return [Post(message, summary_of(place, message)) for message in reversed(newest)], left_out


def unopened(place: Place, thread_posts: Iterable[Post], shown: Iterable[Letter]) -> list[Message]:
    """The messages that this page opens for this person: those already open are not written down again."""
    me = str(place.user.pk)
    pairs = zip(thread_posts, shown, strict=True)
    return [p.message for p, x in pairs if x.is_open and (_is_unread(p) or me not in _readers(p.message))]


def shelf_of(thread_posts: Sequence[Post]) -> Folder:
    """Where a thread is, when the address does not say: the folder of the newest message that was received."""
    received = (p.message for p in reversed(thread_posts) if p.message.direction == Message.Direction.IN)
    return next(received, thread_posts[-1].message).folder


def states(thread_posts: Iterable[Post]) -> dict[UUID, list[Recipient]]:
    """What became of each message sent from here; no statement for a thread that was only received."""
    sent = [post.message for post in thread_posts if post.message.direction == Message.Direction.OUT]
    found: dict[UUID, list[Recipient]] = {}
    if sent:
        box = sent[0].mailbox_id  # on both tables: of what is cut by mailbox one piece is read
        told = Recipient.objects.filter(mailbox=box, submission__mailbox=box, submission__message__in=sent)
        for one in told.select_related("submission__following").order_by("pk"):
            if message_id := one.submission.message_id:
                found.setdefault(message_id, []).append(one)
    return found


def addresses(letters: Iterable[Post]) -> list[Address]:
    return [address for post in letters for address in post.addresses]


def letters(place: Place, thread_posts: Sequence[Post], faces: Faces, *, unfolded: UUID | None = None) -> list[Letter]:
    """Newest and unread ones open; `unfolded` too."""
    topic = base_subject(thread_posts[-1].told.subject) if thread_posts else ""
    answers, sent = _answers(thread_posts), states(thread_posts)
    newest = thread_posts[-1].message.pk if thread_posts else None
    return [
        replace(
            _letter(place, post, faces, topic, is_open=post.message.pk in {newest, unfolded} or _is_unread(post)),
            answered_by=answers.get(post.told.message_id, []) if post.message.direction == Message.Direction.IN else [],
            states=sent.get(post.message.pk, []),
        )
        for post in thread_posts
    ]


def unread_folders(thread_posts: Iterable[Post]) -> set[UUID]:
    """Where this thread counted as unread."""
    return {post.message.folder_id for post in thread_posts if _is_unread(post)}


def _is_unread(post: Post) -> bool:
    return post.message.unread is not None  # type: ignore[attr-defined]  # annotated by posts


def _letter(place: Place, post: Post, faces: Faces, topic: str, *, is_open: bool) -> Letter:
    message, told = post.message, post.told
    is_out = message.direction == Message.Direction.OUT
    author = faces.colleague(message.author) if is_out and message.author else faces.of(told.author)
    return Letter(
        id=message.pk,
        author=author,
        signed_by=message.author.get_full_name() if is_out and message.author else "",
        to=[faces.of(a) for a in told.to],
        cc=[faces.of(a) for a in told.cc],
        bcc=[faces.of(a) for a in told.bcc],
        subject="" if base_subject(told.subject) == topic else visible_subject(told.subject),
        snippet=told.snippet,
        at=message.filed_at,
        sent_at=message.sent_at,
        size=message.size,
        folder=message.folder,
        is_out=is_out,
        is_automatic=not is_out and not told.mail_from,
        is_open=is_open,
        is_verified=message.is_verified and not is_out,
        is_flagged=message.is_flagged,
        is_imported=message.is_imported,
        is_transferred=message.is_transferred,
        doubt=_doubt(message, told),
        length=_length(told),
        cautions=[warnings.sentence(code) for code in message.warnings if code not in warnings.QUIET],
        remarks=[warnings.sentence(code) for code in message.warnings if code in warnings.QUIET],
        files=notes(told.files, _typed(place, message)),
        wishes=wishes(place, message, told),
        has_invitation=meetings.part_of(told) is not None,
        may_trust_images=bool(settings.REMOTE_IMAGES and told.html and message.is_verified and not is_out),
        may_report_problem=bool(settings.SUPPORT_ADDRESS) and place.membership.can_write and place.mailbox.accepts_mail,
        openings=_openings(message, place),
    )


def _typed(place: Place, message: Message) -> dict[str, str]:
    """By number of a file, the types of its documents."""
    found = facts_of(place, message)
    told = {file.number: kinds.unique(_chips(file)) for file in (found.files if found else ())}
    return {number: ", ".join(words for words, _ in typed) for number, typed in told.items() if typed}


def _chips(file: FileFacts) -> Iterator[tuple[str, str]]:
    return (kinds.chip(one.code, one.code_label, one.title) for one in file.documents if one.kind == "cda")


def facts_of(place: Place, message: Message) -> Facts | None:
    """What is known of its documents; None as long as nothing is, or when the box is altered."""
    try:
        return facts.open_facts(getattr(message, "examination", None), place.mailbox.keys)
    except crypto.Unreadable:
        return None


def _length(told: Summary) -> str:
    """From the bytes of its words; of one that was not dissected nothing is known."""
    words = told.html or told.text
    if words is None:
        return ""
    return "short" if words.size < 500 else "long" if words.size > 4000 else ""


def _doubt(message: Message, told: Summary) -> str:
    """Why the sender shown is not certain; '' for a verified one and for our own reports (design §4.9)."""
    if message.direction == Message.Direction.OUT or message.is_verified or message.fingerprint is None:
        return ""
    if message.is_imported:
        return ""
    shown, through = domain_of(told.author.addr_spec), domain_of(told.mail_from)
    if not through:
        return "Message automatique, sans expéditeur qui réponde : l’origine affichée n’est pas vérifiée."
    return (
        f"L’expéditeur affiché ({shown or 'sans adresse'}) n’est pas le domaine qui a transmis ce message ({through}). "
        "Vérifiez par un autre moyen avant d’agir."
    )


def _openings(message: Message, place: Place) -> list[Opening]:
    """The colleagues who opened it; one's own opening tells nothing, nor does its author's."""
    known = {str(place.user.pk), str(message.author_id)}
    others = (fact for fact in _facts(message) if fact["user"] not in known)
    return [Opening(f"{fact['first']} {fact['last'].upper()}", datetime.fromisoformat(fact["at"])) for fact in others]


def _facts(message: Message) -> list[dict[str, str]]:
    """Who opened it, oldest first, as posts has them."""
    return message.opened  # type: ignore[attr-defined, no-any-return]  # annotated by posts


def _readers(message: Message) -> set[str]:
    return {fact["user"] for fact in _facts(message)}


def _answers(thread_posts: Iterable[Post]) -> dict[str, list[Opening]]:
    """Message-ID -> who answered it from here, when."""
    found: dict[str, list[Opening]] = {}
    for post in thread_posts:
        message, told = post.message, post.told
        if message.direction == Message.Direction.OUT and told.references and message.author:
            opening = Opening(message.author.get_full_name(), message.filed_at)
            found.setdefault(told.references[-1], []).append(opening)
    return found
