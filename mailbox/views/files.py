"""Files that join a draft one by one, while its words stay where they are: what static/js/files.js sends, with its progress."""

from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from mailbox import access, draft_files
from mailbox.views import form
from mailbox.views.place import Place, inside
from mssweb.audit.record import record


@sensitive_post_parameters()
@require_POST
@inside(send=True)
def add(request: HttpRequest, place: Place, draft_id: UUID) -> HttpResponse:
    """Join what came, or take out `detach`; the list as it is then, and why something is not in it (422)."""
    files = form.brought(request)
    with transaction.atomic():
        row = access.access_draft(place.membership, draft_id, lock=True)  # two at once would both find room
        if gone := request.POST.get("detach"):
            draft_files.detach(access.access_draft_file(place.membership, row, form.uuid_of(gone)))
            record("draft.detach", request=request, mailbox_id=place.mailbox.pk, subject=("draft", draft_id))
        left = form.attach(place, row, files)
        if left.count < len(request.FILES.getlist("files")):
            record("draft.attach", request=request, mailbox_id=place.mailbox.pk, subject=("draft", draft_id))
    held = draft_files.of(row, place.mailbox)
    why = form.left_out(left.without_room, left.unread).get("files", "")
    seen = {"files": held, "held_bytes": sum(file.size for file in held), "why": why}
    return render(request, "mailbox/compose/_files.html", seen, status=422 if why else 200)
