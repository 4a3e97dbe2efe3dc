"""Sending a draft, once; taking it back within seconds; trying a recipient again."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_POST
from uuid_utils.compat import uuid7

from auth_otp.models import User
from mailbox import access, draft_files, drafts, marks, meetings, phrases, presence
from mailbox.documents import leaving
from mailbox.documents.leaving import Prepared
from mailbox.drafts import DraftText
from mailbox.mime.compose import OutgoingFile
from mailbox.models import Draft, Following, Mailbox, Message, Submission, preference_of
from mailbox.outbound import submit
from mailbox.outbound.submit import Refused, check_recipients
from mailbox.views import cautions, choosing, form, later, recipients, structured, structured_again
from mailbox.views.place import Place, inside, zone_of
from mssweb.audit.record import REFUSED, record

_TOO_LATE = "Trop tard : le message est déjà parti."
_HELD = "held"  # in the session: kind, source (ids) and mark of the last sendings
_REMEMBERED = 5


def send(request: HttpRequest, place: Place, row: Draft, text: DraftText) -> HttpResponse:
    """Submit, once: the draft row is locked, and gone in the same transaction. Conflict when it went without being sent."""
    now = timezone.now()
    try:
        at = _leaves_at(request, place, now)
        document = structured.prepared(place, row, text)
    except (later.NoTime, leaving.Unfit) as why:
        reasons = structured.named(why) if isinstance(why, leaving.Unfit) else {"later": str(why)}
        return form.show(request, place, row.pk, text, version=row.version, row=row, reasons=reasons)
    if asked := _asked(request, place, row, text, document):
        return asked
    membership, signature = place.membership, form.signature(place, text)
    try:
        with transaction.atomic():
            held = access.access_draft(membership, row.pk, lock=True)
            source = access.find_message(membership, text.source)
            _look_at_files(place, held, source)
            letter = drafts.letter(membership, held, text, source=source, now=at or now, signature=signature)
            letter = structured.inside(letter, document) if document else letter
            submission = submit.submit(
                mailbox=place.mailbox,
                author=place.user,
                letter=letter,
                recipients=drafts.recipients(text),
                thread_id=source.thread_id if source and text.kind != "forward" else None,
                not_before=at or now + timedelta(seconds=_undo_seconds(place)),
                now=now,
                bcc=drafts.people(text.bcc),
                request=request,
                submission_id=row.pk,
                notify_success=bool(text.notify),
                waits=not text.last,
                expected=bool(text.expects),
            )
            _keep_options(request, place, text)
            structured.tell(request, place, submission, document)
            is_marked = bool(source and _mark(place, source, text.kind, on=True))
            drafts.delete(held)
    except (IntegrityError, Http404):  # the same button twice, at the same time; or it was deleted elsewhere
        if not Submission.objects.filter(pk=row.pk, mailbox=place.mailbox).exists():
            raise drafts.Conflict from None
        return already_sent(request, place)
    except Refused as refused:
        record(
            "message.submit", request=request, mailbox_id=place.mailbox.pk, subject=("draft", row.pk), result=REFUSED,
            reasons=len(refused.reasons),
        )  # fmt: skip
        return form.show(request, place, row.pk, text, version=row.version, row=row, reasons=refused.reasons)
    _remember(request, submission.pk, text, is_marked=is_marked)
    told = f"Envoi programmé {when(at)}." if at else "Message envoyé."
    messages.success(request, told, extra_tags=f"submission:{submission.pk}")
    return form.back(request, place, source)


def _asked(
    request: HttpRequest, place: Place, row: Draft, text: DraftText, document: Prepared | None
) -> HttpResponse | None:
    """The page once more, when something is to be looked at that it has not shown yet."""
    if len(drafts.recipients(text)) > submit.MAX_RECIPIENTS:
        return None  # refused whatever is answered: that comes first
    missing = cautions.cautions(place, row, text, has_files=bool(draft_files.of(row, place.mailbox)))
    missing |= _writing(place, row, text) | (document.cautions if document else {})
    warned = choosing.unseen(request, recipients.recipients(place.mailbox, text))
    if not warned and missing.keys() <= set(request.POST.get("confirm", "").split()):
        return None
    refused = check_recipients(drafts.recipients(text)[: submit.MAX_RECIPIENTS])
    reasons = refused | {"confirm": " ".join([*missing.values(), *filter(None, [warned]), "Envoyer quand même ?"])}
    return form.show(
        request, place, row.pk, text, version=row.version, row=row, reasons=reasons, asked=" ".join(missing)
    )


def _look_at_files(place: Place, held: Draft, source: Message | None) -> None:
    """Refused when the antivirus has recognised something since in what a forward brings."""
    if source and (apart := draft_files.infected(place.mailbox, held, source)):
        raise Refused({"files": f"L’antivirus a reconnu un virus : retirez {', '.join(apart)}."})


def _leaves_at(request: HttpRequest, place: Place, now: datetime) -> datetime | None:
    """When it was asked to leave later. NoTime when that is no time."""
    action = request.POST.get("action", "")
    if not action.startswith(later.LATER):
        return None
    return later.asked(action, request.POST.get("later_at", ""), now=now, zone=zone_of(place.mailbox))


def when(at: datetime) -> str:
    """«le 3 décembre à 8:00», in the zone of the pharmacy."""
    return date_format(timezone.localtime(at), r"\l\e j F à G:i")


def _undo_seconds(place: Place) -> int:
    """How long this person may take a letter back; the house's delay unless they chose."""
    chosen = preference_of(place.user).undo_seconds
    return settings.UNDO_SECONDS if chosen is None else chosen


def _keep_options(request: HttpRequest, place: Place, text: DraftText) -> None:
    """What the next letters of this mailbox begin with, when the person says so."""
    if "keep" not in request.POST:
        return
    delivery, read = bool(text.notify), bool(text.receipt)
    Mailbox.objects.filter(pk=place.mailbox.pk).update(asks_delivery=delivery, asks_read=read)
    record("mailbox.options", request=request, mailbox_id=place.mailbox.pk, delivery=delivery, read=read)


def _mark(place: Place, source: Message, kind: str, *, on: bool) -> int:
    """«Répondu» or «Transféré»; how many messages changed."""
    word = marks.FORWARDED if kind == "forward" else marks.ANSWERED
    return marks.set_keyword(mailbox=place.mailbox, message_ids=[source.pk], keyword=word, on=on)


def _remember(request: HttpRequest, submission_id: UUID, text: DraftText, *, is_marked: bool) -> None:
    """For its undoing, what the letter itself does not tell: the kind, and whether its source was marked by it."""
    known = {**request.session.get(_HELD, {}), str(submission_id): (text.kind, text.source, is_marked)}
    request.session[_HELD] = dict(list(known.items())[-_REMEMBERED:])


def already_sent(request: HttpRequest, place: Place) -> HttpResponse:
    messages.success(request, "Ce message est déjà envoyé.")
    return form.closed(request, place) or redirect("mailbox:folder", place.mailbox.pk, "sent")


def _writing(place: Place, row: Draft, text: DraftText) -> dict[str, str]:
    """Colleagues who are writing an answer to the same thread now; asked of the database only when there are."""
    if row.thread_id is None or text.kind == "forward":
        return {}
    found = User.objects.filter(pk__in=presence.writers(place.mailbox.pk, row.thread_id, but=place.user.pk))
    if not (names := [one.get_full_name() for one in found.order_by("last_name", "first_name")]):
        return {}
    who = f"{', '.join(names[:-1])} et {names[-1]}" if len(names) > 1 else names[0]
    return {"writing": f"{who} {'rédigent' if len(names) > 1 else 'rédige'} aussi une réponse à ce fil en ce moment."}


@require_POST
@inside(send=True)
def cancel(request: HttpRequest, place: Place, submission_id: UUID) -> HttpResponse:
    """Undo a sending that is still held: the words are a draft again."""
    submission = access.access_held(place.membership, submission_id)
    if (is_done := meetings.take_back(submission, request=request)) is not None:
        (messages.success if is_done else messages.error)(request, "Réponse annulée." if is_done else _TOO_LATE)
        return redirect("mailbox:folder", place.mailbox.pk, "inbox")
    kind, source_id, is_marked = request.session.get(_HELD, {}).get(str(submission.pk), ("", "", False))
    source = access.find_message(place.membership, source_id)
    sent = access.access_message(place.membership, submission.copy.pk)
    known = {name: words.text for name, words in phrases.signatures(place.membership).items()}
    text, files = drafts.written_again(place.mailbox, sent, kind=kind, source=source, signatures=known)
    text, files = structured_again.reopened(text, files)
    text = replace(text, **_said(submission))
    with transaction.atomic():
        if not submit.cancel(submission, request=request):
            messages.error(request, _TOO_LATE)
            return redirect("mailbox:folder", place.mailbox.pk, "sent")
        row = drafts.save(place.membership, uuid7(), text, version=0, now=timezone.now())
        left_out = _joined_again(place.mailbox, row, files)
        if kind == "forward" and source and is_marked:
            _mark(place, source, kind, on=False)
        elif text.source and kind != "forward":
            marks.forget_answer(mailbox=place.mailbox, message_id=UUID(text.source))
    messages.success(request, "Envoi annulé : le message est de nouveau un brouillon.")
    if left_out:
        messages.warning(request, f"Trop lourd pour un brouillon, à joindre de nouveau : {', '.join(left_out)}.")
    return redirect("mailbox:draft", place.mailbox.pk, row.pk)


def _joined_again(mailbox: Mailbox, row: Draft, files: Iterable[OutgoingFile]) -> list[str]:
    """The names of those for which a draft has no room: stopping a letter comes before keeping all of it."""
    left_out = []
    for file in files:
        try:
            draft_files.attach(mailbox, row, name=file.name, content_type=file.content_type, data=file.data)
        except draft_files.TooLarge:
            left_out.append(file.name)
    return left_out


def _said(submission: Submission) -> dict[str, str]:
    """What the author ticked, that the letter itself does not tell."""
    is_expected = Following.objects.filter(mailbox=submission.mailbox_id, pk=submission.pk, expected=True).exists()
    return {"notify": "1" if submission.notify_success else "", "expects": "1" if is_expected else ""}


@require_POST
@inside(send=True)
def retry(request: HttpRequest, place: Place, recipient_id: UUID) -> HttpResponse:
    """Try a refused recipient again, or stop trying a delayed one."""
    row = access.access_recipient(place.membership, recipient_id)
    act = submit.cancel_recipient if request.POST.get("action") == "cancel" else submit.try_again
    if not act(row, request=request):
        messages.error(request, "L’état de cet envoi a changé entre-temps.")
    return redirect("mailbox:thread", place.mailbox.pk, row.submission.copy.thread_id)
