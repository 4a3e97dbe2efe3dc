"""A document of health that was sent: a draft again when it is undone; a new version in its place («Annule et remplace»)."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET
from uuid_utils.compat import uuid7

from mailbox import access, blobs, drafts
from mailbox.documents import leaving
from mailbox.drafts import DraftText
from mailbox.mime.compose import OutgoingFile
from mailbox.mime.parse import decoded_body
from mailbox.mime.xdm import is_xdm_archive
from mailbox.models import Mailbox, Message
from mailbox.quarantine import runner
from mailbox.quarantine.runner import Given
from mailbox.quarantine.values import Document
from mailbox.structured import choice
from mailbox.summary import open_summary
from mailbox.views import form
from mailbox.views.place import Place, inside


def reopened(text: DraftText, files: Sequence[OutgoingFile]) -> tuple[DraftText, list[OutgoingFile]]:
    """A copy in Sent as the draft that it was: what was chosen, and the PDF or the CDA without the archive."""
    found = leaving.recalled(text.subject, files)
    if found is None:
        return text, list(files)
    chosen, kept = found
    return replace(text, document=choice.kept(chosen), subject=chosen.subject), kept


@require_GET
@inside(send=True)
def replace_document(request: HttpRequest, place: Place, message_id: UUID) -> HttpResponse:
    """A letter to the same people, in the same thread, about the same patient: only the new document is to be joined."""
    sent = access.access_message(place.membership, message_id)
    if sent.direction != Message.Direction.OUT:
        raise Http404
    before = _document(place.mailbox, sent)
    if before is None:
        messages.error(
            request, "Ce message ne porte pas un seul document lisible : il ne peut pas être remplacé d’ici."
        )
        return redirect("mailbox:thread", place.mailbox.pk, sent.thread_id)
    told = open_summary(sent, place.mailbox.keys)
    chosen = leaving.replacing(before)
    text = DraftText(
        to=drafts.joined(told.to), cc=drafts.joined(told.cc), subject=chosen.subject, kind="reply", source=str(sent.pk),
        document=choice.kept(chosen),
    )  # fmt: skip
    return form.show(request, place, uuid7(), drafts.begun(place.mailbox, text), version=0, thread_id=sent.thread_id)


def _document(mailbox: Mailbox, sent: Message) -> Document | None:
    """The one document of its archive."""
    part = next((one for one in open_summary(sent, mailbox.keys).files if is_xdm_archive(one.filename)), None)
    if part is None:
        return None
    data = decoded_body(blobs.read_range(sent.blob, mailbox, part.offset, part.length), part)
    return leaving.replaceable(runner.look(Given(data, part.filename, part.content_type)))
