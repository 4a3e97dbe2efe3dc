"""What the pharmacy keeps of those whom pages show: the star of a card, and the star, note and groups of a page.

For templates of the annuaire too, which knows nothing of mailboxes: nothing is drawn for who has no mailbox.
"""

from datetime import datetime
from typing import Any

from django import template
from django.template.context import Context

from directory.lookup import Suggestion
from mailbox.contacts import Card
from mailbox.views.contact_lines import Line, about_of, origin_of
from mailbox.views.place import zone_of

register = template.Library()


@register.inclusion_tag("mailbox/contacts/_star.html", takes_context=True)
def star(context: Context, face: Suggestion) -> dict[str, Any]:
    """Of somebody whom the annuaire found."""
    return _star(context, about_of(face), address=face.address, name=face.name)


@register.inclusion_tag("mailbox/contacts/_star.html", takes_context=True)
def star_of(context: Context, line: Line) -> dict[str, Any]:
    """Of a line of the pharmacy's own directory; one that is kept knows it itself."""
    is_favourite = line.card.is_favourite if line.id else None
    return _star(context, line.card.about, address=line.address, name=line.name, is_favourite=is_favourite)


@register.inclusion_tag("mailbox/contacts/_panel.html", takes_context=True)
def kept(context: Context, kind: str, ref: str, name: object) -> dict[str, Any]:
    """On the page of a person (`p`) or a structure (`s`)."""
    told = _star(context, f"{kind}:{ref}", name=str(name))
    if told:
        place = context["shell"]
        held = place.kept.get(told["about"])
        told["zone"] = zone_of(place.mailbox)
        told["card"], told["contact_id"] = (held[1], held[0]) if held else (None, None)
        told["inside"] = [(pk, one) for pk, one in place.groups.items() if held and held[0] in one.members]
        told["groups"] = [(pk, one) for pk, one in place.groups.items() if not held or held[0] not in one.members]
    return told


@register.filter
def instant(told: str) -> datetime | None:
    """Of a card: written in ISO 8601."""
    return datetime.fromisoformat(told) if told else None


@register.filter
def origin(card: Card) -> str:
    return origin_of(card)


def _star(
    context: Context, about: str, *, name: str, address: str = "", is_favourite: bool | None = None
) -> dict[str, Any]:
    place = context["shell"]
    if not about or place.box is None:
        return {}
    if is_favourite is None:
        held = place.kept.get(about)
        is_favourite = bool(held and held[1].is_favourite)
    return {
        "mailbox_id": place.mailbox.pk,
        "about": about,
        "address": address,
        "told": name,
        "name": name,
        "is_favourite": is_favourite,
        "can_write": place.membership.can_write and place.mailbox.accepts_mail,
        "next": context["request"].get_full_path(),
    }
