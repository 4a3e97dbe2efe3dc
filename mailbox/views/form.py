"""The form of a draft: read from a request, shown with what was refused; files that came with it."""

import re
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from mailbox import access, drafts
from mailbox.drafts import DraftText
from mailbox.models import Draft
from mailbox.views.place import Place

KINDS = {"repondre": "reply", "repondre-a-tous": "reply_all", "transferer": "forward"}
_VERSION = re.compile(r"[0-9]{1,9}")  # what the column holds
_FIELDS = ("to", "cc", "bcc", "subject", "text", "kind", "source")


def read(request: HttpRequest, place: Place) -> tuple[DraftText, int]:
    given = {name: request.POST.get(name, "")[:1_000_000] for name in _FIELDS}
    if given["kind"] not in {"new", *KINDS.values()}:
        given["kind"] = "new"
    if given["source"]:
        access.access_message(place.membership, uuid_of(given["source"]))  # 404 for what is not of this mailbox
    version = request.POST.get("version", "0")
    return DraftText(**given), int(version) if _VERSION.fullmatch(version) else 0


def uuid_of(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None


def attach(request: HttpRequest, place: Place, row: Draft) -> dict[str, str]:
    for file in request.FILES.getlist("files"):
        try:
            kind = file.content_type or "application/octet-stream"
            drafts.attach(place.mailbox, row, name=file.name or "piece", content_type=kind, data=file.read())
        except drafts.TooLarge:
            limit = drafts.MAX_BYTES // 1_000_000
            return {
                "files": f"« {file.name} » n’a pas été joint : pas plus de {limit} Mo et {drafts.MAX_FILES} pièces par message."
            }
    return {}


def show(
    request: HttpRequest, place: Place, draft_id: UUID, text: DraftText, *, version: int, row: Draft | None = None,
    reasons: dict[str, str] | None = None, is_saved: bool = False,
) -> HttpResponse:  # fmt: skip
    reasons = reasons or {}
    by_field = {"": reasons.get("", ""), "files": reasons.get("files", ""), "confirm": reasons.get("confirm", "")}
    seen = {
        "shell": place.at("drafts"),
        "draft_id": draft_id,
        "text": text,
        "version": version,
        "files": drafts.files(row, place.mailbox) if row else [],
        "notes": by_field,
        "refused": {address: why for address, why in reasons.items() if address not in by_field},
        "is_saved": is_saved,
        "max_bytes": drafts.MAX_BYTES,
    }
    status = 422 if reasons else 200
    return render(request, "mailbox/compose/page.html", seen, status=status)
