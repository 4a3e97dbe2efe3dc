"""Writing: a new message, an answer, a forward; saved as one types, sent once, taken back within seconds.

A page asked by GET writes no row: the draft is born at its first save, under an id that the page proposed.
"""

import re
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from uuid_utils.compat import uuid7

from mailbox import access, drafts, marks
from mailbox.drafts import DraftText
from mailbox.models import Draft, Message, Submission
from mailbox.outbound import submit
from mailbox.outbound.submit import Refused, check_recipients
from mailbox.views.place import Place, inside
from mssweb.audit.record import record

_KINDS = {"repondre": "reply", "repondre-a-tous": "reply_all", "transferer": "forward"}
_PROMISED_FILE = re.compile(r"\b(?:ci[- ]joint|pi[èe]ces? jointes?|en pj|veuillez trouver)", re.IGNORECASE)
_VERSION = re.compile(r"[0-9]{1,9}")  # what the column holds
_FIELDS = ("to", "cc", "bcc", "subject", "text", "kind", "source")


@require_http_methods(["GET", "POST"])
@inside(send=True)
def compose(request: HttpRequest, place: Place) -> HttpResponse:
    """An empty message, or one to somebody of the annuaire (posted: an address is no part of a URL)."""
    return _form(request, place, uuid7(), DraftText(to=request.POST.get("to", "")[:300]), version=0)


@require_GET
@inside(send=True)
def answer(request: HttpRequest, place: Place, message_id: UUID, kind: str) -> HttpResponse:
    """An answer or a forward, with its recipients, subject and quoted words."""
    if kind not in _KINDS:
        raise Http404
    source = access.access_message(place.membership, message_id)
    return _form(request, place, uuid7(), drafts.begin(place.mailbox, _KINDS[kind], source), version=0)


@require_GET
@inside(write=True)
def drafts_list(request: HttpRequest, place: Place) -> HttpResponse:
    """The shelf of drafts: one's own."""
    return render(
        request, "mailbox/compose/drafts.html", {"shell": place.at("drafts"), "drafts": drafts.of(place.membership)}
    )


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@inside(send=True)
def draft(request: HttpRequest, place: Place, draft_id: UUID) -> HttpResponse:
    """One draft: shown, saved, given files, sent, deleted. The button says which."""
    if request.method == "GET":
        row = access.access_draft(place.membership, draft_id)
        return _form(request, place, draft_id, drafts.open_text(row, place.mailbox), version=row.version, row=row)
    text, version = _read(request, place)
    if request.POST.get("action") == "delete":
        return _delete(request, place, draft_id, version)
    if Submission.objects.filter(pk=draft_id, mailbox=place.mailbox).exists():
        return _already_sent(request, place)
    try:
        row = drafts.save(place.membership, draft_id, text, version=version, now=timezone.now())
    except drafts.Conflict:
        return _conflict(request, place, draft_id, text)
    return _saved(request, place, row, text)


def _saved(request: HttpRequest, place: Place, row: Draft, text: DraftText) -> HttpResponse:
    """After the words are safe: answer the autosave, take a file out, send, or show the page again."""
    action = request.POST.get("action", "save")
    if request.headers.get("X-Background"):
        return JsonResponse({"version": row.version})
    if action == "send":
        return _send(request, place, row, text)
    if action.startswith("detach:"):
        drafts.detach(access.access_draft_file(place.membership, row, _uuid(action.partition(":")[2])))
    reasons = _attach(request, place, row)
    return _form(request, place, row.pk, text, version=row.version, row=row, reasons=reasons, is_saved=not reasons)


@require_POST
@inside(send=True)
def cancel(request: HttpRequest, place: Place, submission_id: UUID) -> HttpResponse:
    """Undo a sending that is still held: the words are a draft again."""
    submission = access.access_submission(place.membership, submission_id)
    if submission.author_id != place.user.pk:
        raise Http404
    text, files = drafts.written_again(place.mailbox, access.access_message(place.membership, submission.message_id))
    with transaction.atomic():
        if not submit.cancel(submission, request=request):
            messages.error(request, "Trop tard : le message est déjà parti.")
            return redirect("mailbox:folder", place.mailbox.pk, "sent")
        row = drafts.save(place.membership, uuid7(), text, version=0, now=timezone.now())
        for file in files:
            drafts.attach(place.mailbox, row, name=file.name, content_type=file.content_type, data=file.data)
        if text.source:
            marks.forget_answer(mailbox=place.mailbox, message_id=UUID(text.source))
    messages.success(request, "Envoi annulé : le message est de nouveau un brouillon.")
    return redirect("mailbox:draft", place.mailbox.pk, row.pk)


@require_POST
@inside(send=True)
def retry(request: HttpRequest, place: Place, recipient_id: UUID) -> HttpResponse:
    """Try a refused recipient again, or stop trying a delayed one."""
    row = access.access_recipient(place.membership, recipient_id)
    act = submit.cancel_recipient if request.POST.get("action") == "cancel" else submit.try_again
    if not act(row, request=request):
        messages.error(request, "L’état de cet envoi a changé entre-temps.")
    thread_id = Message.objects.values_list("thread_id", flat=True).get(pk=row.submission.message_id)
    return redirect("mailbox:thread", place.mailbox.pk, thread_id)


@sensitive_post_parameters()
@require_POST
@inside(send=True)
def check(request: HttpRequest, place: Place) -> HttpResponse:
    """In place, while one writes: which of these addresses cannot be written to, and why."""
    found = drafts.typed_addresses(request.POST.get("to", "")[:20_000])
    return JsonResponse({"refused": check_recipients(found[: submit.MAX_RECIPIENTS])})


def _read(request: HttpRequest, place: Place) -> tuple[DraftText, int]:
    given = {name: request.POST.get(name, "")[:1_000_000] for name in _FIELDS}
    if given["kind"] not in {"new", *_KINDS.values()}:
        given["kind"] = "new"
    if given["source"]:
        access.access_message(place.membership, _uuid(given["source"]))  # 404 for what is not of this mailbox
    version = request.POST.get("version", "0")
    return DraftText(**given), int(version) if _VERSION.fullmatch(version) else 0


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None


def _attach(request: HttpRequest, place: Place, row: Draft) -> dict[str, str]:
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


def _send(request: HttpRequest, place: Place, row: Draft, text: DraftText) -> HttpResponse:
    """Submit, once: the draft row is locked, and gone in the same transaction."""
    reasons = _attach(request, place, row)
    if not reasons and _must_confirm(request, place, row, text):
        reasons = {"confirm": "Vous annoncez une pièce jointe, mais aucune n’est jointe. Envoyer quand même ?"}
    if reasons:
        return _form(request, place, row.pk, text, version=row.version, row=row, reasons=reasons)
    membership, now = place.membership, timezone.now()
    try:
        with transaction.atomic():
            held = access.access_draft(membership, row.pk, lock=True)
            source = access.access_message(membership, UUID(text.source)) if text.source else None
            letter = drafts.letter(membership, held, text, source=source, now=now)
            submission = submit.submit(
                mailbox=place.mailbox,
                author=place.user,
                letter=letter,
                recipients=drafts.recipients(text),
                thread_id=source.thread_id if source and text.kind != "forward" else None,
                not_before=now + timedelta(seconds=settings.UNDO_SECONDS),
                now=now,
                bcc=drafts.people(text.bcc),
                request=request,
                submission_id=row.pk,
            )
            if source:
                word = marks.FORWARDED if text.kind == "forward" else marks.ANSWERED
                marks.set_keyword(mailbox=place.mailbox, message_ids=[source.pk], keyword=word, on=True)
            drafts.delete(held)
    except (IntegrityError, Http404):  # the same button twice, at the same time
        return _already_sent(request, place)
    except Refused as refused:
        return _form(request, place, row.pk, text, version=row.version, row=row, reasons=refused.reasons)
    messages.success(request, "Message envoyé.", extra_tags=f"submission:{submission.pk}")
    if source and text.kind != "forward":
        return redirect("mailbox:thread", place.mailbox.pk, source.thread_id)
    return redirect("mailbox:folder", place.mailbox.pk, "inbox")


def _already_sent(request: HttpRequest, place: Place) -> HttpResponse:
    if request.headers.get("X-Background"):
        return JsonResponse({"sent": True}, status=409)
    messages.success(request, "Ce message est déjà envoyé.")
    return redirect("mailbox:folder", place.mailbox.pk, "sent")


def _must_confirm(request: HttpRequest, place: Place, row: Draft, text: DraftText) -> bool:
    own_words = text.text.partition("\nLe ")[0].partition("----------")[0]
    promised = _PROMISED_FILE.search(f"{text.subject} {own_words}")
    return bool(promised) and "confirm" not in request.POST and not drafts.files(row, place.mailbox)


def _delete(request: HttpRequest, place: Place, draft_id: UUID, version: int) -> HttpResponse:
    if version:
        drafts.delete(access.access_draft(place.membership, draft_id))
        record("draft.delete", request=request, mailbox_id=place.mailbox.pk, subject=("draft", draft_id))
    messages.success(request, "Brouillon supprimé.")
    return redirect("mailbox:folder", place.mailbox.pk, "inbox")


def _conflict(request: HttpRequest, place: Place, draft_id: UUID, text: DraftText) -> HttpResponse:
    """The later one is told; nothing typed is lost: it becomes a draft of its own."""
    if not Draft.objects.filter(pk=draft_id, mailbox=place.mailbox, author=place.user).exists():
        raise Http404  # sent or deleted meanwhile, or never ours
    if request.headers.get("X-Background"):
        return JsonResponse({"conflict": True}, status=409)
    reasons = {
        "": "Ce brouillon a été modifié ailleurs entre-temps. Votre version est gardée ici, comme un second brouillon."
    }
    return _form(request, place, uuid7(), text, version=0, reasons=reasons)


def _form(
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
