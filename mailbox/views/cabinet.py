"""Folders and labels of the team, views of one's own: a page that makes, renames and deletes them; and the density of lists."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST

from mailbox import cabinet as verbs
from mailbox.models import Folder, Label, Preference, SavedView
from mailbox.views.asked import read
from mailbox.views.place import Place, inside, person
from mssweb.audit.record import record

_IN_LOTS = "folder.delete"  # what it holds leaves in transactions of its own


@require_http_methods(["GET", "POST"])
@inside(write=True)
def cabinet(request: HttpRequest, place: Place) -> HttpResponse:
    """One page for all that is named; each of its forms says what it does."""
    if request.method == "POST":
        name = request.POST.get("action", "")
        if name not in _ACTS and name != _IN_LOTS:
            raise Http404
        try:
            if name == _IN_LOTS:
                said = _delete_folder(request, place)
            else:
                with transaction.atomic():
                    row_id, said = _ACTS[name](request, place)
                    _tell(request, place, name, row_id)
        except verbs.Refused as why:
            messages.error(request, str(why))
        else:
            messages.success(request, said)
        return redirect(_back(request, reverse("mailbox:cabinet", args=[place.mailbox.pk])))
    context = {"shell": place.at("cabinet"), "colours": verbs.COLOURS, "most": verbs.MAX_NAME}
    return render(request, "mailbox/cabinet.html", context)


@require_POST
def density(request: HttpRequest) -> HttpResponse:
    """How close the rows of lists stand, for this person everywhere."""
    wanted = request.POST.get("density", "")
    if wanted not in Preference.Density.values:
        raise Http404
    Preference.objects.update_or_create(user=person(request), defaults={"density": wanted})
    return redirect(_back(request, "/"))


def _back(request: HttpRequest, otherwise: str) -> str:
    target = request.POST.get("next", "")
    return target if url_has_allowed_host_and_scheme(target, None) and target.startswith("/") else otherwise


def _tell(request: HttpRequest, place: Place, name: str, row_id: UUID) -> None:
    record(name, request=request, mailbox_id=place.mailbox.pk, subject=(name.partition(".")[0], row_id))


def _name(request: HttpRequest) -> str:
    return request.POST.get("name", "")


def _folder(request: HttpRequest, place: Place) -> Folder:
    found = Folder.objects.filter(mailbox=place.mailbox, pk=_id(request), role="").first()
    if found is None:
        raise Http404
    return found


def _label(request: HttpRequest, place: Place) -> Label:
    found = Label.objects.filter(mailbox=place.mailbox, pk=_id(request)).first()
    if found is None:
        raise Http404
    return found


def _id(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("id", ""))
    except ValueError:
        raise Http404 from None


def _make_folder(request: HttpRequest, place: Place) -> tuple[UUID, str]:
    folder = verbs.make_folder(place.mailbox, _name(request))
    return folder.pk, f"Dossier «\u00a0{folder.name}\u00a0» créé, pour toute l’équipe."


def _rename_folder(request: HttpRequest, place: Place) -> tuple[UUID, str]:
    folder = _folder(request, place)
    verbs.rename_folder(place.mailbox, folder, _name(request))
    return folder.pk, "Dossier renommé."


def _delete_folder(request: HttpRequest, place: Place) -> str:
    folder = _folder(request, place)
    moved = verbs.delete_folder(place.mailbox, folder, lambda: _tell(request, place, _IN_LOTS, folder.pk))
    kept = (
        f" Ses {moved} messages sont aux archives." if moved > 1 else " Son message est aux archives." if moved else ""
    )
    return f"Dossier supprimé.{kept}"


def _make_label(request: HttpRequest, place: Place) -> tuple[UUID, str]:
    label = verbs.make_label(place.mailbox, _name(request), request.POST.get("colour", ""))
    return label.pk, "Étiquette créée, pour toute l’équipe."


def _change_label(request: HttpRequest, place: Place) -> tuple[UUID, str]:
    label = _label(request, place)
    verbs.change_label(place.mailbox, label, _name(request), request.POST.get("colour", ""))
    return label.pk, "Étiquette modifiée."


def _delete_label(request: HttpRequest, place: Place) -> tuple[UUID, str]:
    label = _label(request, place)
    verbs.delete_label(place.mailbox, label)
    return label.pk, "Étiquette supprimée. Les messages qui la portaient n’ont pas bougé."


def _save_view(request: HttpRequest, place: Place) -> tuple[UUID, str]:
    """What the list shows now: only what its address could say."""
    want, folder = read(request.POST), request.POST.get("folder", "")
    if place.box is None or place.box.shelf(folder) is None:
        raise Http404
    saved = verbs.Saved(_name(request), folder, want.kind, str(want.label or ""), want.sort)
    return verbs.save_view(
        place.membership, saved
    ), "Vue enregistrée : elle est dans la colonne de gauche, pour vous seul."


def _delete_view(request: HttpRequest, place: Place) -> tuple[UUID, str]:
    view_id = _id(request)
    if not SavedView.objects.filter(mailbox=place.mailbox, membership=place.membership, pk=view_id).delete()[0]:
        raise Http404
    return view_id, "Vue supprimée."


_ACTS: dict[str, Callable[[HttpRequest, Place], tuple[UUID, str]]] = {
    "folder.create": _make_folder,
    "folder.rename": _rename_folder,
    "label.create": _make_label,
    "label.change": _change_label,
    "label.delete": _delete_label,
    "view.create": _save_view,
    "view.delete": _delete_view,
}
