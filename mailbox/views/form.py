"""The form of a draft: read from a request, shown with what was refused; files that came with it."""

import base64
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from mailbox import access, draft_files, drafts, phrases, veil
from mailbox.documents import photos
from mailbox.draft_files import Offer
from mailbox.drafts import DraftText
from mailbox.handing import why
from mailbox.mime import quoting, rich
from mailbox.mime.importance import HIGH, LOW
from mailbox.models import Draft, Message, Phrase
from mailbox.outbound.submit import MAX_RECIPIENTS, REPLY_TO, check_recipients
from mailbox.views import handing, later, recipients, room, structured
from mailbox.views.place import Place
from mssweb import crypto

KINDS = {"repondre": "reply", "repondre-a-tous": "reply_all", "transferer": "forward"}
_VERSION = re.compile(r"[0-9]{1,9}")  # what the column holds
_FIELDS = ("to", "cc", "bcc", "subject", "text", "kind", "source", "importance", "reply_to", "signature", "tab")
_PLACES = ("", "files", "confirm", "later", REPLY_TO)  # of reasons that are of no recipient
_OPTIONS = ("notify", "receipt", "last", "expects")  # boxes that are ticked


def read(request: HttpRequest, place: Place) -> tuple[DraftText, int]:
    given = {name: request.POST.get(name, "")[:1_000_000] for name in _FIELDS}
    given |= {name: _one_line(given[name]) for name in ("to", "cc", "bcc")}
    given |= _words(request, given["text"])
    given |= {name: given[name][:80] for name in ("importance", "signature", "tab")}
    if given["importance"] not in {HIGH, LOW}:
        given["importance"] = ""
    given["reply_to"] = _one_line(given["reply_to"][:600])
    given |= {name: "1" if request.POST.get(name) else "" for name in _OPTIONS}
    if given["kind"] not in {"new", *KINDS.values()}:
        given["kind"] = "new"
    if given["source"] and access.find_message(place.membership, given["source"]) is None:
        given |= {
            "source": "",
            "kind": "new",
        }  # destroyed meanwhile: the words stay, and leave as a letter of their own
    given |= structured.read(request, given["subject"])
    version = request.POST.get("version", "0")
    meant = veil.over(place.mailbox, place.user.pk).meant(DraftText(**given), request.POST.get("veiled", ""))
    return meant, int(version) if _VERSION.fullmatch(version) else 0


def _words(request: HttpRequest, typed: str) -> dict[str, str]:
    """One's own words, rich when the editor sent them, above the quotation: never as the browser cleaned them."""
    html = rich.clean(request.POST["html"]) if "html" in request.POST and "plain" not in request.POST else ""
    own = rich.to_text(html) if html else typed
    return {"html": html, "text": quoting.joined(own, request.POST.get("quote", "")[:1_000_000])}


def _one_line(recipients: str) -> str:
    """One under the other, as a list is pasted, they are as if commas stood between."""
    return ", ".join(line for typed in recipients.splitlines() if (line := typed.strip().rstrip(",;").strip()))


def is_floating(request: HttpRequest) -> bool:
    """Asked by static/js/float.js: the form alone, over whatever page one is on."""
    return bool(request.headers.get("X-Floating"))


def closed(request: HttpRequest, place: Place) -> HttpResponse | None:
    """What a floating composer becomes once its letter is sent or deleted: nothing, and what is told of it."""
    if not is_floating(request):
        return None
    answer = render(request, "mailbox/_toasts.html", {"shell": place})
    answer["X-Composer"] = "closed"
    return answer


def back(request: HttpRequest, place: Place, source: Message | None) -> HttpResponse:
    """Where one wrote from: the thread that was answered or forwarded, else the inbox."""
    if gone := closed(request, place):
        return gone
    if source:
        return redirect("mailbox:thread", place.mailbox.pk, source.thread_id)
    return redirect("mailbox:folder", place.mailbox.pk, "inbox")


def uuid_of(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None


@dataclass(frozen=True, slots=True, repr=False)
class Brought:
    """Name, type and bytes of each file as it will join; the names of photos that nothing could read."""

    ready: list[tuple[str, str, bytes]]
    unread: list[str]


@dataclass(frozen=True, slots=True)
class Left:
    """Names of files that did not join: for want of room, or because nothing could take its place out of a photo."""

    without_room: list[str]
    unread: list[str]

    @property
    def count(self) -> int:
        return len(self.without_room) + len(self.unread)


def brought(request: HttpRequest) -> Brought:
    """The files that came with the form, ready to leave. Before any lock: the quarantine takes its time over a photo."""
    files = Brought([], [])
    for file in request.FILES.getlist("files"):
        name, kind = file.name or "piece", file.content_type or "application/octet-stream"
        try:
            files.ready.append(photos.ready(name, kind, file.read()))
        except photos.Unread:
            files.unread.append(name)
    return files


def attach(place: Place, row: Draft, files: Brought) -> Left:
    """Join them."""
    left = Left([], files.unread)
    for name, kind, data in files.ready:
        try:
            draft_files.attach(place.mailbox, row, name=name, content_type=kind, data=data)
        except draft_files.TooLarge:
            left.without_room.append(name)
    return left


def carry(request: HttpRequest, place: Place, row: Draft, text: DraftText) -> list[str]:
    """Hold the files of the forwarded message that are ticked, when the page offers them; the names without room."""
    source = access.find_message(place.membership, text.source) if text.kind == "forward" else None
    if source is None or "offered" not in request.POST:
        return []
    return draft_files.carry(place.mailbox, row, source, set(request.POST.getlist("carry")))


_UNREAD = "photo illisible ici, qui garderait le lieu de sa prise. Réessayez, ou enregistrez-la en JPEG"


def left_out(without_room: list[str], unread: Sequence[str] = ()) -> dict[str, str]:
    """Why these files are not joined, as a reason of the form."""
    limit = f"pas plus de {draft_files.MAX_BYTES // 1_000_000} Mo et {draft_files.MAX_FILES} pièces par message"
    told = [f"{_named(names)} : {why}." for names, why in ((without_room, limit), (unread, _UNREAD)) if names]
    return {"files": " ".join(told)} if told else {}


def _named(names: Sequence[str]) -> str:
    many = len(names) > 1
    told = ", ".join(f"«\xa0{name}\xa0»" for name in names)
    return f"{told} n’{'ont' if many else 'a'} pas été joint{'s' if many else ''}"


def show(
    request: HttpRequest, place: Place, draft_id: UUID, text: DraftText, *, version: int, row: Draft | None = None,
    reasons: dict[str, str] | None = None, is_saved: bool = False, asked: str = "", placed: Collection[str] = (),
    thread_id: UUID | None = None,
) -> HttpResponse:  # fmt: skip
    reasons = reasons or {}
    verdicts = reasons or _verdicts(row, text)
    document = structured.panel(request, place, text, reasons, row.thread_id if row else thread_id)
    files = draft_files.of(row, place.mailbox) if row else []
    over = veil.over(place.mailbox, place.user.pk)
    shown, veiled = over.page(text)
    found = recipients.recipients(place.mailbox, text, placed)
    own, quote = quoting.split(shown.text)
    kept = phrases.of(place.membership)
    chosen = phrases.choice(place.membership)
    signatures = {str(one.id): one.words for one in kept if one.kind == Phrase.Kind.SIGNATURE and one.words.is_readable}
    seen = {
        "shell": place.at("drafts"),
        "draft_id": draft_id,
        "receivers": handing.receivers(place) if place.mailbox.is_shared else [],
        "why": why(row, place.mailbox) if row else "",
        "row": row,
        "thread_id": row.thread_id if row else thread_id,
        "text": shown,
        "own": own,
        "quote": quote,
        "is_plain": chosen.is_plain or bool(row and own.strip() and not text.html),
        "replies": [one for one in kept if one.kind == Phrase.Kind.REPLY and one.words.is_readable],
        "signatures": signatures,
        "signature": phrases.signature_of(signatures, text.signature, chosen.signature),
        "presets": later.presets(timezone.localtime()),
        "room": room.room(place.mailbox, drafts.recipients(text), twice=bool(text.document)),
        "document": document,
        "veiled": veiled,
        "version": version,
        "files": files,
        "held_bytes": sum(file.size for file in files),
        "offers": [] if row else _offers(place, text),
        "notes": {name: reasons.get(name, "") for name in _PLACES},
        "refused": _refused(verdicts, over),
        "recipients": found,
        "others": recipients.others(text, found, verdicts, over.shown) if row else [],
        "asked": asked,
        "unsaved_key": _unsaved_key(place),
        "is_saved": is_saved,
        "max_bytes": draft_files.MAX_BYTES,
    }
    status = 422 if reasons else 200
    answer = render(request, f"mailbox/compose/{'float' if is_floating(request) else 'page'}.html", seen, status=status)
    answer["X-Composer"] = "open"
    return answer


def _verdicts(row: Draft | None, text: DraftText) -> dict[str, str]:
    """Of a letter that is opened again: what was refused while it was written still is."""
    return check_recipients(drafts.recipients(text)[:MAX_RECIPIENTS]) if row else {}


def _refused(reasons: dict[str, str], over: veil.Veil) -> dict[str, str]:
    """Of addresses alone: the other reasons stand in places of their own."""
    of_addresses = {name: why for name, why in reasons.items() if name not in _PLACES and not structured.is_of(name)}
    return {over.shown(address): why for address, why in of_addresses.items()}


def signature(place: Place, text: DraftText) -> str:
    """The words that stand below this letter, '' for none."""
    known = phrases.signatures(place.membership)
    name = phrases.signature_of(known, text.signature, phrases.choice(place.membership).signature)
    return known[name].text if name in known else ""


def _unsaved_key(place: Place) -> str:
    """What seals, in the browser of this person, what the form holds and could not save (static/js/compose.js)."""
    key = crypto.subkey(place.mailbox.keys.summary, f"unsaved {place.user.pk}")
    return base64.b64encode(key.secret).decode()


def _offers(place: Place, text: DraftText) -> list[Offer]:
    """A forward that was never saved holds no file yet: it shows those that it will take."""
    source = access.find_message(place.membership, text.source) if text.kind == "forward" else None
    return draft_files.offered(place.mailbox, source) if source else []
