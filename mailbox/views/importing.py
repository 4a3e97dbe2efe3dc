"""Mail is brought into a mailbox by those who manage it: files are sent whole (a form) or in pieces (import.js), then filed.

Without a script a form brings what one request may (intake.py). Pieces are no gesture; a lost one is sent again from what the
answer says has come. What was refused is told with its reason, to managers.
"""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from mailbox import access
from mailbox.imports import desk, pieces
from mailbox.imports.desk import Named, Refused
from mailbox.models import Import
from mailbox.tasks import bring_in, ring
from mailbox.views.place import Place, inside
from mssweb.audit.record import record

_SHOWN = 20  # imports of the past
_FAULTS = 50  # shown


@require_http_methods(["GET", "HEAD", "POST"])
@inside(manage=True)
def imports(request: HttpRequest, place: Place) -> HttpResponse:
    """The form, and what was imported. A POST brings files, or announces those that come in pieces."""
    fault = ""
    if request.method == "POST":
        try:
            return _announced(request, place) if "name" in request.POST else _whole(request, place)
        except Refused as words:
            fault = str(words)
            if "name" in request.POST:
                return JsonResponse({"fault": fault}, status=422)
    rows = list(Import.objects.filter(mailbox=place.mailbox).select_related("author").order_by("-pk")[:_SHOWN])
    seen = {
        "shell": place.at("imports"), "rows": rows, "fault": fault, "most_bytes": settings.IMPORT_MAX_BYTES,
        "most": f"{settings.IMPORT_MAX_BYTES / 1e9:.1f} Go".replace(".", ","),
        "form_most": settings.FILE_UPLOAD_MAX_MEMORY_SIZE, "busy": next((row for row in rows if not row.ended_at), None),
        "months": place.mailbox.tenant.keep_months,
    }  # fmt: skip
    return render(request, "mailbox/keeping/imports.html", seen, status=422 if fault else 200)


def _whole(request: HttpRequest, place: Place) -> HttpResponse:
    """Files of a form: kept, and due at once."""
    files = request.FILES.getlist("files")
    row = _begin(request, place, [Named(file.name or "", file.size or 0) for file in files])
    for number, file in enumerate(files):
        start = 0
        for data in file.chunks(desk.MAX_PIECE):
            start = desk.take(place.mailbox, row.pk, number, start, data)
    _start(place, row)
    return redirect("mailbox:import", place.mailbox.pk, row.pk)


def _announced(request: HttpRequest, place: Place) -> HttpResponse:
    """Names and sizes; their bytes follow."""
    names, sizes = request.POST.getlist("name"), request.POST.getlist("size")
    if len(names) != len(sizes) or not all(size.isascii() and size.isdigit() and len(size) < 15 for size in sizes):
        raise Http404
    row = _begin(request, place, [Named(name, int(size)) for name, size in zip(names, sizes, strict=True)])
    return JsonResponse({"page": reverse("mailbox:import", args=[place.mailbox.pk, row.pk])})


@transaction.atomic
def _begin(request: HttpRequest, place: Place, files: list[Named]) -> Import:
    row = desk.begin(place.membership, files, now=timezone.now())
    record(
        "import.begin", request=request, mailbox_id=place.mailbox.pk, subject=("import", row.pk), files=len(files), size=row.size
    )  # fmt: skip
    return row


def _start(place: Place, row: Import) -> None:
    if desk.start(place.mailbox, row.pk, now=timezone.now()):
        ring(bring_in)


@require_POST
@inside(manage=True)
def piece(request: HttpRequest, place: Place, import_id: UUID) -> HttpResponse:
    """A piece of a file; the answer is how many bytes of that file have come."""
    row = access.access_import(place.membership, import_id)
    number, start, sent = request.POST.get("file", ""), request.POST.get("start", ""), request.FILES.get("piece")
    if sent is None or not all(n.isascii() and n.isdigit() and len(n) < 15 for n in (number, start)):
        raise Http404
    try:
        have = desk.take(place.mailbox, row.pk, int(number), int(start), sent.read())
    except Refused as words:
        return JsonResponse({"fault": str(words)}, status=409)
    _start(place, row)
    return JsonResponse({"have": have})


@require_http_methods(["GET", "HEAD", "POST"])
@inside(manage=True)
def one(request: HttpRequest, place: Place, import_id: UUID) -> HttpResponse:
    """How far it is; cancelled or taken up again by a POST."""
    row = access.access_import(place.membership, import_id)
    if request.method == "POST":
        return _acted(request, place, row)
    have = pieces.held(row) if row.state == Import.State.SENDING else {}
    files = desk.names(place.mailbox, row)
    faults = desk.faults(place.mailbox, row)
    seen = {
        "shell": place.at("imports"), "row": row, "files": files, "have": [have.get(n, 0) for n in range(len(files))],
        "come": sum(have.values()), "faults": [(told.name, told.number, desk.REASONS[told.fault]) for told in faults[:_FAULTS]],
        "more": row.refused - min(len(faults), _FAULTS), "failure": desk.REASONS.get(row.failure, ""),
    }  # fmt: skip
    return render(request, "mailbox/keeping/import.html", seen)


def _acted(request: HttpRequest, place: Place, row: Import) -> HttpResponse:
    act, now = request.POST.get("action"), timezone.now()
    verbs = {"cancel": desk.cancel, "resume": desk.resume}
    if act not in verbs:
        raise Http404
    with transaction.atomic():
        if done := verbs[act](place.mailbox, row.pk, now=now):
            record(f"import.{act}", request=request, mailbox_id=place.mailbox.pk, subject=("import", row.pk))
    if done:
        ring(bring_in)
        said = "L’import est annulé : ce qui était déjà classé reste." if act == "cancel" else "L’import reprend."
        messages.success(request, said)
    else:
        messages.error(request, "Ce n’est plus possible : l’état de cet import a changé.")
    return redirect("mailbox:import", place.mailbox.pk, row.pk)


@require_GET
@inside(manage=True)
def progress(request: HttpRequest, place: Place, import_id: UUID) -> HttpResponse:
    """The part of its page that asks for itself again."""
    row = access.access_import(place.membership, import_id)
    return render(request, "mailbox/keeping/_progress.html", {"shell": place, "row": row})
