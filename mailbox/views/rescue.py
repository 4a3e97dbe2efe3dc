"""What cannot be saved where it was typed becomes a draft of its own: nothing typed is lost, nothing is sent unasked."""

from uuid import UUID

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from uuid_utils.compat import uuid7

from mailbox import draft_files, drafts
from mailbox.drafts import DraftText
from mailbox.mime.address import normalise
from mailbox.mime.threads import visible_subject
from mailbox.models import Draft, Submission
from mailbox.views import form, sending
from mailbox.views.place import Place
from mssweb import crypto

_CHANGED = "Ce brouillon a été modifié ailleurs entre-temps."
_GIVEN = "Ce brouillon a été confié entre-temps : vous ne pouvez plus le modifier."
_DELETED = "Ce brouillon a été supprimé ailleurs entre-temps, avec ses pièces jointes."
_SENT = "Ce message est déjà parti : ce que vous y avez changé depuis n’en fait pas partie."


def after_sending(request: HttpRequest, place: Place, submission: Submission, text: DraftText) -> HttpResponse:
    """The same button twice is told so; other words than those that left are kept."""
    if request.headers.get("X-Background"):
        return _refused(_SENT)
    if not request.FILES and _is_as_sent(place, submission, text):
        return sending.already_sent(request, place)
    return _kept(request, place, text, f"{_SENT} Votre version est gardée ici, comme un nouveau brouillon.")


def after_conflict(request: HttpRequest, place: Place, draft_id: UUID, text: DraftText) -> HttpResponse:
    """The later of two tabs is told: the other one changed the draft, sent it or deleted it."""
    if submission := Submission.objects.filter(pk=draft_id, mailbox=place.mailbox).first():
        return after_sending(request, place, submission, text)
    first = Draft.objects.filter(pk=draft_id).first()
    is_ours = first and place.user.pk in {first.author_id, first.handed_by_id}
    if first and not (is_ours and first.mailbox_id == place.mailbox.pk):
        raise Http404  # never ours
    is_given = first and (first.is_offered or first.author_id != place.user.pk)
    why = _GIVEN if is_given else _CHANGED if first else _DELETED
    if request.headers.get("X-Background"):
        return _refused(why)
    if first:
        return _kept(
            request,
            place,
            text,
            f"{why} Votre version est gardée ici, comme un second brouillon.",
            None if is_given else first,
        )
    return _kept(request, place, text, f"{_DELETED} Votre version est gardée ici, comme un nouveau brouillon.")


def _refused(why: str) -> HttpResponse:
    return JsonResponse({"why": why}, status=409)


def _kept(request: HttpRequest, place: Place, text: DraftText, why: str, first: Draft | None = None) -> HttpResponse:
    """A draft of these words, of the files of `first` and of those that came with the form."""
    with transaction.atomic():
        row = drafts.save(place.membership, uuid7(), text, version=0, now=timezone.now())
        without_room = draft_files.copy(place.mailbox, first, row) if first else []
        without_room += form.carry(request, place, row, text)
    left = form.attach(place, row, form.brought(request))
    reasons = {"": why, **form.left_out([*without_room, *left.without_room], left.unread)}
    return form.show(request, place, row.pk, text, version=row.version, row=row, reasons=reasons)


def _is_as_sent(place: Place, submission: Submission, text: DraftText) -> bool:
    """To the space between two words, which a letter need not keep."""
    try:
        sent, _ = drafts.written_again(place.mailbox, submission.copy)
    except crypto.Unreadable:
        return False
    return _essence(sent) == _essence(text)


def _essence(text: DraftText) -> tuple[set[str], list[str], list[str]]:
    subject = visible_subject(text.subject)  # a document of health has a prefix once it has left
    return {normalise(address) for address in drafts.recipients(text)}, subject.split(), text.text.split()
