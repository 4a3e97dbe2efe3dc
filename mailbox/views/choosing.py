"""Taking another address of somebody, or one of those who bear a name: while one writes, with scripts or without.

What was taken is remembered for the mailbox, and said so. A letter is never kept from leaving: only a warning that no
page has shown yet is shown first.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from django.db import transaction
from django.http import HttpRequest, JsonResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from directory import lookup
from directory.lookup import Choice
from mailbox import choices, drafts, habits, veil
from mailbox.drafts import DraftText
from mailbox.mime import pasted
from mailbox.mime.address import normalise, parse_addresses
from mailbox.mime.values import Address
from mailbox.outbound.submit import MAX_RECIPIENTS, check_recipients
from mailbox.views import recipients, room
from mailbox.views.place import Place, inside
from mailbox.views.recipients import FIELDS, Recipients
from mssweb.audit.record import record

TAKE, FORGET, DROP = "take:", "forget:", "drop:"
_TYPED = 100_000  # characters of one field that are read while one writes


@dataclass(frozen=True, slots=True, repr=False)
class Taken:
    """The letter after an act, what to tell of it, and the addresses that were taken for the place that was typed."""

    text: DraftText
    told: str = ""
    placed: frozenset[str] = field(default_factory=frozenset)


def act(request: HttpRequest, place: Place, text: DraftText) -> Taken:
    """The button says which: `take:<address> <instead of>` or `forget:<owner>`; any other one is not for here."""
    action = request.POST.get("action", "")
    known = Taken(text, placed=frozenset(request.POST.getlist("placed")[:MAX_RECIPIENTS]))
    if action.startswith(DROP):
        return replace(known, text=_dropped(place, text, action.removeprefix(DROP)))
    if action.startswith(FORGET):
        return replace(known, told=_forget(request, place, action.removeprefix(FORGET)))
    if not action.startswith(TAKE):
        return known
    address, _, instead_of = action.removeprefix(TAKE).partition(" ")
    if "@" in instead_of:
        return _take(request, place, known, address, instead_of)
    return _name(place, known, address, instead_of)


def remember(request: HttpRequest, place: Place, owner: str, address: str) -> str:
    """The address of somebody that was clicked in the directory; what to tell of it, '' when there was nothing to choose."""
    found = lookup.preferred([owner], facts=habits.of(place.mailbox)).get(owner)
    return _remember(request, place, found, address) if found else ""


def unseen(request: HttpRequest, found: Recipients) -> str:
    """The warnings that no page has shown yet, as a sentence."""
    seen = set(request.POST.getlist("warned"))
    return " ".join(f"{one.address} : {', '.join(one.flags)}." for one in found.flagged if one.address not in seen)


@sensitive_post_parameters()
@require_POST
@inside(send=True)
def check(request: HttpRequest, place: Place) -> JsonResponse:
    """In place, while one writes: who the recipients are, which cannot be written to; and the fields an act changed."""
    if "pasted" in request.POST:
        return JsonResponse({"pasted": drafts.joined(pasted.read(request.POST["pasted"]))})
    over = veil.over(place.mailbox, place.user.pk)
    typed = DraftText(**{name: request.POST.get(name, "")[:_TYPED] for name in FIELDS})
    box = request.POST.get("veiled", "")
    typed = over.meant(typed, box)
    taken = act(request, place, typed)
    found = recipients.recipients(place.mailbox, taken.text, taken.placed)
    wanted = drafts.recipients(taken.text)
    reasons = check_recipients(wanted[:MAX_RECIPIENTS])
    html = render_to_string("mailbox/compose/_recipients.html", {"recipients": found}, request)
    others = recipients.others(taken.text, found, reasons, over.shown)
    chips = render_to_string("mailbox/compose/_others.html", {"others": others}, request)
    refused = {over.shown(address): why for address, why in reasons.items()}
    if len(wanted) > MAX_RECIPIENTS:  # none is left out unseen: the others are looked at once these are
        refused[f"{len(wanted)} destinataires"] = (
            f"pas plus de {MAX_RECIPIENTS} par message : retirez-en, ou envoyez en plusieurs fois."
        )
    changed = {
        name: over.again(now, box) for name in FIELDS if (now := getattr(taken.text, name)) != getattr(typed, name)
    }
    left = room.room(place.mailbox, wanted, twice=bool(request.POST.get("doc")))
    told = {"refused": refused, "html": html, "chips": chips, "changed": changed, "told": taken.told}
    return JsonResponse({**told, "room": {"files": left.files, "whose": left.whose}})


def _take(request: HttpRequest, place: Place, known: Taken, address: str, instead_of: str) -> Taken:
    """Another address of the same person; anything else is nobody's choice."""
    typed = (one for name in FIELDS for one in parse_addresses(getattr(known.text, name)))
    named = {normalise(one.addr_spec): one.display_name for one in typed}
    found = lookup.preferred((), addresses=[instead_of], facts=habits.of(place.mailbox))
    owners = lookup.owners_of(found.values(), instead_of, named.get(instead_of, ""))
    owners = [owner for owner in owners if owner.candidate(address)]
    if not owners:
        return known
    pattern = re.compile(rf"(?<![^\s<>,;:\"()]){re.escape(instead_of)}(?![^\s<>,;:\"()])", re.IGNORECASE)
    text = _each(known.text, lambda typed: pattern.sub(lambda _: address, typed))
    told = _remember(request, place, owners[0], address) if len(owners) == 1 else ""
    return replace(known, text=text, told=told or ("Adresse changée pour ce message." if text != known.text else ""))


def _name(place: Place, known: Taken, address: str, typed: str) -> Taken:
    """One of those who bear the name that was typed."""
    bearers = recipients.bearers(place.mailbox, typed).people
    taken = next((one for one in bearers if one.address == address), None)
    if taken is None:
        return known
    written = drafts.joined([Address(taken.name, taken.address)])
    text = _each(known.text, lambda field: ", ".join(written if one == typed else one for one in _split(field)))
    return replace(known, text=text, placed=known.placed | ({address} if taken.is_placed else set()))


@transaction.atomic
def _remember(request: HttpRequest, place: Place, choice: Choice, address: str) -> str:
    row_id = choices.remember(place.mailbox, choice, address, now=timezone.now())
    if row_id is None:
        return ""
    record("choice.remember", request=request, mailbox_id=place.mailbox.pk, subject=("choice", row_id))
    return f"Retenue : vos prochains messages à {choice.name} iront à {address}."


@transaction.atomic
def _forget(request: HttpRequest, place: Place, owner: str) -> str:
    row_id = choices.forget(place.mailbox, owner)
    if row_id is None:
        return ""
    record("choice.forget", request=request, mailbox_id=place.mailbox.pk, subject=("choice", row_id))
    return "Cette adresse n’est plus retenue : elle reste dans ce message."


def _dropped(place: Place, text: DraftText, shown: str) -> DraftText:
    """Without that recipient, in whatever field, as a screen shows it; what is no address goes by what was typed."""
    over = veil.over(place.mailbox, place.user.pk)

    def kept(typed: str) -> str:
        people = parse_addresses(typed)
        left = [one for one in people if shown not in {one.addr_spec or one.display_name, over.shown(one.addr_spec)}]
        return typed if len(left) == len(people) else drafts.joined(left)

    return _each(text, kept)


def _each(text: DraftText, change: Callable[[str], str]) -> DraftText:
    return replace(text, **{name: change(getattr(text, name)) for name in FIELDS})


def _split(typed: str) -> list[str]:
    """Recipients as typed; a name that holds a comma is in quotes, and none that was typed bare does."""
    return [one.strip() for one in typed.split(",")]
