"""The form of a draft: read from a request, shown with what was refused; files that came with it."""

import base64
import re
from collections.abc import Collection
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from mailbox import access, draft_files, veil
from mailbox.documents import photos
from mailbox.draft_files import Offer
from mailbox.drafts import DraftText
from mailbox.handing import why
from mailbox.models import Draft, Message
from mailbox.views import handing, recipients
from mailbox.views.place import Place
from mssweb import crypto

KINDS = {"repondre": "reply", "repondre-a-tous": "reply_all", "transferer": "forward"}
_VERSION = re.compile(r"[0-9]{1,9}")  # what the column holds
_FIELDS = ("to", "cc", "bcc", "subject", "text", "kind", "source")
_OPTIONS = ("notify", "receipt", "last")  # boxes that are ticked


def read(request: HttpRequest, place: Place) -> tuple[DraftText, int]:
    given = {name: request.POST.get(name, "")[:1_000_000] for name in _FIELDS}
    given |= {name: _one_line(given[name]) for name in ("to", "cc", "bcc")}
    given |= {name: "1" if request.POST.get(name) else "" for name in _OPTIONS}
    if given["kind"] not in {"new", *KINDS.values()}:
        given["kind"] = "new"
    if given["source"]:
        access.access_message(place.membership, uuid_of(given["source"]))  # 404 for what is not of this mailbox
    version = request.POST.get("version", "0")
    meant = veil.over(place.mailbox, place.user.pk).meant(DraftText(**given), request.POST.get("veiled", ""))
    return meant, int(version) if _VERSION.fullmatch(version) else 0


def _one_line(recipients: str) -> str:
    """One under the other, as a list is pasted, they are as if commas stood between."""
    return ", ".join(line for typed in recipients.splitlines() if (line := typed.strip().rstrip(",;").strip()))


def back(place: Place, source: Message | None) -> HttpResponse:
    """Where one wrote from: the thread that was answered or forwarded, else the inbox."""
    if source:
        return redirect("mailbox:thread", place.mailbox.pk, source.thread_id)
    return redirect("mailbox:folder", place.mailbox.pk, "inbox")


def uuid_of(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None


def attach(request: HttpRequest, place: Place, row: Draft) -> list[str]:
    """Join the files that came with the form; the names of those for which there was no room."""
    without_room = []
    for file in request.FILES.getlist("files"):
        name, kind = file.name or "piece", file.content_type or "application/octet-stream"
        try:
            data = photos.cleaned(file.read())
            draft_files.attach(place.mailbox, row, name=name, content_type=kind, data=data)
        except draft_files.TooLarge:
            without_room.append(name)
    return without_room


def carry(request: HttpRequest, place: Place, row: Draft, text: DraftText) -> list[str]:
    """Hold the files of the forwarded message that are ticked, when the page offers them; the names without room."""
    if text.kind != "forward" or not text.source or "offered" not in request.POST:
        return []
    source = access.access_message(place.membership, UUID(text.source))
    return draft_files.carry(place.mailbox, row, source, set(request.POST.getlist("carry")))


def left_out(names: list[str]) -> dict[str, str]:
    """Why these files are not joined, as a reason of the form."""
    if not names:
        return {}
    told, many = ", ".join(f"«\xa0{name}\xa0»" for name in names), len(names) > 1
    limit = f"pas plus de {draft_files.MAX_BYTES // 1_000_000} Mo et {draft_files.MAX_FILES} pièces par message"
    return {"files": f"{told} n’{'ont' if many else 'a'} pas été joint{'s' if many else ''} : {limit}."}


def show(
    request: HttpRequest, place: Place, draft_id: UUID, text: DraftText, *, version: int, row: Draft | None = None,
    reasons: dict[str, str] | None = None, is_saved: bool = False, asked: str = "", placed: Collection[str] = (),
    thread_id: UUID | None = None,
) -> HttpResponse:  # fmt: skip
    reasons = reasons or {}
    by_field = {"": reasons.get("", ""), "files": reasons.get("files", ""), "confirm": reasons.get("confirm", "")}
    files = draft_files.of(row, place.mailbox) if row else []
    over = veil.over(place.mailbox, place.user.pk)
    shown, veiled = over.page(text)
    seen = {
        "shell": place.at("drafts"),
        "draft_id": draft_id,
        "receivers": handing.receivers(place) if place.mailbox.is_shared else [],
        "why": why(row, place.mailbox) if row else "",
        "row": row,
        "thread_id": row.thread_id if row else thread_id,
        "text": shown,
        "veiled": veiled,
        "version": version,
        "files": files,
        "held_bytes": sum(file.size for file in files),
        "offers": [] if row else _offers(place, text),
        "notes": by_field,
        "refused": {over.shown(address): why for address, why in reasons.items() if address not in by_field},
        "recipients": recipients.recipients(place.mailbox, text, placed),
        "asked": asked,
        "unsaved_key": _unsaved_key(place),
        "is_saved": is_saved,
        "max_bytes": draft_files.MAX_BYTES,
    }
    status = 422 if reasons else 200
    return render(request, "mailbox/compose/page.html", seen, status=status)


def _unsaved_key(place: Place) -> str:
    """What seals, in the browser of this person, what the form holds and could not save (static/js/compose.js)."""
    key = crypto.subkey(place.mailbox.keys.summary, f"unsaved {place.user.pk}")
    return base64.b64encode(key.secret).decode()


def _offers(place: Place, text: DraftText) -> list[Offer]:
    """A forward that was never saved holds no file yet: it shows those that it will take."""
    if text.kind != "forward" or not text.source:
        return []
    return draft_files.offered(place.mailbox, access.access_message(place.membership, UUID(text.source)))
