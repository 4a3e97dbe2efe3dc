"""The pharmacy's own directory leaves and comes: printed, exported, imported after one has seen what would be added.

What a file brings is own contacts: nothing of it is believed to be of the annuaire. Between its reading and its adding it is
kept nowhere but in the page, sealed for this person, mailbox and session.
"""

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from directory import listed, lookup
from directory.fold import fold
from mailbox import access, contacts, groups
from mailbox.cards import table, vcard
from mailbox.cards.values import MAX_BYTES, Travelling, Unreadable, decoded
from mailbox.contacts import Card, Origin
from mailbox.mime.address import normalise
from mailbox.models import Mailbox
from mailbox.views.contact_cards import fault_of
from mailbox.views.contact_lines import ORIGINS, Line, by_name, lines, origin_of
from mailbox.views.form import uuid_of
from mailbox.views.place import Place, inside
from mssweb import crypto
from mssweb.audit.record import record

_SHOWN = 200  # lines of the preview, and faults
_MOST = 3_000_000  # bytes that the page carries: a card of ten addresses is ten contacts with its note


@require_GET
@inside()
def printed(request: HttpRequest, place: Place, group_id: UUID | None = None, only: str = "") -> HttpResponse:
    """A list for the wall beside the telephone: names, trades, telephones, addresses, and the date of the data. No note."""
    held, title = contacts.all_of(place.mailbox), "Répertoire"
    if group_id:
        group = groups.read(access.access_group(place.membership, group_id), place.mailbox)
        held, title = {pk: held[pk] for pk in group.members if pk in held}, group.name
    elif only:
        held, title = {pk: card for pk, card in held.items() if card.is_favourite}, "Favoris"
    context = {
        "shell": place.at("book"), "title": title, "lines": lines(by_name(held)), "day": listed.day_of_data(),
        "now": timezone.now(), "group_id": group_id,
    }  # fmt: skip
    return render(request, "mailbox/contacts/list.html", context)


@require_POST
@inside(write=True)
def export(request: HttpRequest, place: Place) -> HttpResponse:
    """A file of all contacts, or of a group; with the private notes only when asked."""
    with_notes, kind = "notes" in request.POST, request.POST.get("format", "")
    if kind not in {"vcf", "csv"}:
        raise Http404
    held, kept = contacts.all_of(place.mailbox), groups.all_of(place.mailbox)
    if chosen := request.POST.get("group", ""):
        group = groups.read(access.access_group(place.membership, uuid_of(chosen)), place.mailbox)
        held = {pk: held[pk] for pk in group.members if pk in held}
    names: dict[UUID, list[str]] = {}
    for one in kept.values():
        for pk in one.members:
            names.setdefault(pk, []).append(one.name)
    leaving = [_leaving(line, names, with_notes=with_notes) for line in lines(by_name(held)) if line.card.is_readable]
    record(
        "contacts.export", request=request, mailbox_id=place.mailbox.pk, count=len(leaving), format=kind, notes=with_notes,
    )  # fmt: skip
    data = vcard.write(leaving) if kind == "vcf" else table.write(leaving, with_notes=with_notes)
    return _file(data, kind)


def _leaving(line: Line, names: Mapping[UUID, list[str]], *, with_notes: bool) -> Travelling:
    card = line.card
    return Travelling(
        name=line.name, detail=line.detail, address=line.address, phone=line.phone, where=line.where,
        note=card.note if with_notes else "", source=card.source or origin_of(card),
        groups=tuple(names.get(line.id, ())) if line.id else (), is_favourite=card.is_favourite,
        is_person=card.is_person, uid=str(line.id),
    )  # fmt: skip


def _file(data: bytes, kind: str) -> HttpResponse:
    """Always saved, never shown in our origin."""
    response = HttpResponse(data, content_type=f"text/{'vcard' if kind == 'vcf' else 'csv'}; charset=utf-8")
    name = f"repertoire-{timezone.localdate():%Y-%m-%d}.{kind}"
    response["Content-Disposition"] = content_disposition_header(True, name)
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


@dataclass(frozen=True, slots=True, repr=False)
class Arriving:
    """What a file would add; `faults` are numbers of lines with the reason why they are left out."""

    cards: tuple[Card, ...]
    faults: tuple[tuple[int, str], ...]
    known: int  # are kept already


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@inside(write=True)
def bring(request: HttpRequest, place: Place) -> HttpResponse:
    """The form; what its file would add; and, once confirmed, its adding."""
    context: dict[str, object] = {"shell": place.at("book"), "max_kb": MAX_BYTES // 1000}
    if sealed := request.POST.get("sealed", ""):
        return _add(request, place, sealed)
    if request.method == "POST":
        try:
            arriving = _read(request, place.mailbox)
            context["sealed"] = _sealed(request, place, arriving.cards)
        except Unreadable as reason:
            return render(request, "mailbox/contacts/import.html", context | {"fault": str(reason)}, status=422)
        context |= _preview(arriving)
    return render(request, "mailbox/contacts/import.html", context)


def _preview(arriving: Arriving) -> dict[str, object]:
    faces = lookup.by_address(card.address for card in arriving.cards if card.address)
    shown = [(card, card.address in faces) for card in arriving.cards[:_SHOWN]]
    return {
        "arriving": arriving, "shown": shown, "faults": arriving.faults[:_SHOWN],
        "more": len(arriving.cards) - len(shown), "more_faults": max(0, len(arriving.faults) - _SHOWN),
    }  # fmt: skip


def _read(request: HttpRequest, mailbox: Mailbox) -> Arriving:
    file = request.FILES.get("file")
    if file is None:
        raise Unreadable("Choisissez un fichier.")
    text = decoded(file.read(MAX_BYTES + 1))
    is_card = "BEGIN:VCARD" in text[:100_000].upper()
    read = vcard.read(text) if is_card else table.read(text)
    return _sorted_out(read, contacts.all_of(mailbox).values(), Origin.VCARD if is_card else Origin.TABLE)


def _sorted_out(read: Iterable[Travelling], held: Iterable[Card], origin: Origin) -> Arriving:
    """Those to add, once each; those that are no contact; those that are kept already."""
    there = {_same(card) for card in held}
    cards: list[Card] = []
    faults: list[tuple[int, str]] = []
    known = 0
    for one in read:
        address = normalise(one.address)
        if fault := fault_of({"name": one.name, "address": address}):
            faults.append((one.line, fault[1]))
            continue
        source = "" if one.source in ORIGINS.values() else one.source
        card = Card(f"a:{address}" if address else "", one.name, one.detail, address, one.phone, one.note,
                    origin=origin, source=source)  # fmt: skip
        if _same(card) in there:
            known += 1
        else:
            there.add(_same(card))
            cards.append(card)
    return Arriving(tuple(cards), tuple(faults), known)


def _same(card: Card) -> str:
    """What two cards of the same contact have in common."""
    return card.address or f"{fold(card.name)} {card.phone}"


def _add(request: HttpRequest, place: Place, sealed: str) -> HttpResponse:
    arriving = _opened(request, place, sealed)
    try:
        with transaction.atomic():
            contacts.lock(place.mailbox)
            there = {_same(card) for card in contacts.all_of(place.mailbox).values()}  # by now: the page was sent twice
            new = [card for card in arriving if _same(card) not in there]
            count = contacts.add_all(place.membership, new, now=timezone.now())
            record("contacts.import", request=request, mailbox_id=place.mailbox.pk, count=count)
    except contacts.Full:
        messages.error(
            request, f"Il n’y a pas de place pour tous : {contacts.MAX} contacts au plus. Rien n’a été ajouté."
        )
        return redirect("mailbox:book_import", place.mailbox.pk)
    messages.success(request, f"{count} contact{'s' if count > 1 else ''} ajouté{'s' if count > 1 else ''}.")
    return redirect("mailbox:book_everyone", place.mailbox.pk)


def _sealed(request: HttpRequest, place: Place, cards: Iterable[Card]) -> str:
    """Unreadable when it is more than a form may carry back."""
    plain = json.dumps([asdict(card) for card in cards], ensure_ascii=False).encode()
    if len(plain) > _MOST:
        raise Unreadable("Ce fichier a trop de texte pour une seule fois : partagez-le en deux fichiers.")
    return base64.b64encode(crypto.seal(place.mailbox.keys.summary, plain, _bound(request, place))).decode()


def _opened(request: HttpRequest, place: Place, sealed: str) -> list[Card]:
    """404 for what is forged, of another person, or of a session that has ended."""
    try:
        plain = crypto.unseal(
            place.mailbox.keys.summary, base64.b64decode(sealed, validate=True), _bound(request, place)
        )
    except (crypto.Unreadable, ValueError):
        raise Http404 from None
    return [Card(**told) for told in json.loads(plain)]


def _bound(request: HttpRequest, place: Place) -> str:
    return f"import:{place.mailbox.pk}:{place.user.pk}:{request.session.session_key}"
