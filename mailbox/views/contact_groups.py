"""A group of the pharmacy's own directory: its members, its name, and a message to all of them."""

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST
from uuid_utils.compat import uuid7

from mailbox import access, contacts, drafts, groups
from mailbox.contacts import Origin
from mailbox.drafts import DraftText
from mailbox.mime.address import normalise
from mailbox.models import ContactGroup
from mailbox.outbound.submit import MAX_RECIPIENTS
from mailbox.views import form
from mailbox.views.contact_cards import FULL, NO_ROOM
from mailbox.views.contact_lines import Line, by_name, lines
from mailbox.views.place import Place, inside
from mssweb.audit.record import record

_OFFERED = 200  # contacts to tick


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@inside()
def group(request: HttpRequest, place: Place, group_id: UUID) -> HttpResponse:
    """A group: read by all, changed by those who may write."""
    if request.method == "POST":
        access.check_right(place.membership, write=True)
    row = access.access_group(place.membership, group_id)
    if request.method == "POST":
        return _act(request, place, row)
    found = groups.seen(row, place.mailbox)
    held = contacts.all_of(place.mailbox)
    members = lines({pk: held[pk] for pk in found.members if pk in held})
    others = by_name({pk: card for pk, card in held.items() if pk not in found.members})
    context = {
        "shell": place.at("book"),
        "group_id": row.pk, "group": found, "lines": members, "others": list(others.items())[:_OFFERED],
        "more_others": max(0, len(others) - _OFFERED),
        "reached": len(_typed(members)), "limit": MAX_RECIPIENTS,
        "unreached": [line for line in members if line.flaw],
    }  # fmt: skip
    return render(request, "mailbox/contacts/group.html", context)


@transaction.atomic
def _act(request: HttpRequest, place: Place, row: ContactGroup) -> HttpResponse:
    """What the pressed button says."""
    action = request.POST.get("action", "")
    if action == "delete":
        record("group.delete", request=request, mailbox_id=place.mailbox.pk, subject=("group", row.pk))
        row.delete()
        messages.success(request, "Groupe supprimé. Ses contacts restent dans le répertoire.")
        return redirect("mailbox:book_groups", place.mailbox.pk)
    try:
        _change(request, place, row, action)
    except ContactGroup.DoesNotExist:
        raise Http404 from None  # a colleague deleted it meanwhile
    record("group.change", request=request, mailbox_id=place.mailbox.pk, subject=("group", row.pk))
    return redirect("mailbox:group", place.mailbox.pk, row.pk)


def _change(request: HttpRequest, place: Place, row: ContactGroup, action: str) -> None:
    now = timezone.now()
    if action == "rename" and (name := request.POST.get("name", "").strip()):
        groups.rename(place.membership, row, name, now=now)
    elif action == "add":
        _add(request, place, row)
    elif action.startswith("remove:"):
        gone = form.uuid_of(action.removeprefix("remove:"))
        groups.remove(place.membership, row, {gone}, now=now)
        groups.let_go(place.membership, gone)


def _add(request: HttpRequest, place: Place, row: ContactGroup) -> None:
    """Ticked contacts, and addresses typed or pasted, which become contacts."""
    here = contacts.all_of(place.mailbox)
    ticked = [
        pk for text in request.POST.getlist("contact")[: groups.MAX_MEMBERS] if (pk := form.uuid_of(text)) in here
    ]
    pasted = request.POST.get("typed", "")[:20_000].replace("\n", ",")
    typed = {normalise(one.addr_spec): one.display_name for one in drafts.people(pasted)}
    known = {card.address: pk for pk, card in here.items() if card.address}
    cards = contacts.of_addresses({spec: name for spec, name in typed.items() if spec not in known}, Origin.TYPED)
    try:
        with transaction.atomic():
            contacts.add_all(place.membership, cards, now=timezone.now())
            made = contacts.about(place.mailbox, [card.about for card in cards])
            known |= {card.address: pk for pk, card in made.values()}
            chosen = [*ticked, *(known[spec] for spec in typed if spec in known)]
            groups.add(place.membership, row, chosen, now=timezone.now())
    except contacts.Full:
        messages.error(request, FULL)
        return
    except groups.Full:
        messages.error(request, NO_ROOM)
        return
    if refused := [one for one in drafts.typed_addresses(pasted) if normalise(one) not in known]:
        messages.error(request, f"Pas ajouté : {', '.join(refused[:3])}. Ce n’est pas une adresse à garder ici.")
    elif not chosen:
        messages.error(request, "Tapez une adresse, ou cochez un contact.")


@require_POST
@inside(send=True)
def write(request: HttpRequest, place: Place, group_id: UUID) -> HttpResponse:
    """A message to everybody of the group whom one can write to."""
    found = groups.read(access.access_group(place.membership, group_id), place.mailbox)
    held = contacts.all_of(place.mailbox)
    typed = _typed(lines({pk: held[pk] for pk in found.members if pk in held}))
    if not typed or len(typed) > MAX_RECIPIENTS:
        messages.error(request, too_many(len(typed)) if typed else "Personne de ce groupe ne peut recevoir de message.")
        return redirect("mailbox:group", place.mailbox.pk, group_id)
    return form.show(request, place, uuid7(), DraftText(to=", ".join(typed)), version=0)


def too_many(count: int) -> str:
    return f"Ce groupe a {count} destinataires, et un message en porte {MAX_RECIPIENTS} au plus."


def _typed(members: list[Line]) -> list[str]:
    """Each address once."""
    return list({line.address: line.typed for line in members if line.typed}.values())
