"""Words of the webmail's templates: times as people say them, sizes, searched words in light."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import escape
from django.utils.safestring import SafeString

from mailbox.models import Folder
from mailbox.search import fold
from mailbox.views.rows import Row

register = template.Library()

_TONES = {"failed": "danger", "delayed": "warn", "delivered": "good", "relayed": "good"}
_WORD = re.compile(r"[^\W_]+")


@register.filter
def briefly(at: datetime) -> str:
    """For lists: 9:41, hier, 12 nov., 12/11/2025."""
    here, today = timezone.localtime(at), timezone.localdate()
    if here.date() == today:
        return date_format(here, "G:i")
    if here.date() == today - timedelta(days=1):
        return "hier"
    return date_format(here, "j N" if here.year == today.year else "d/m/Y")


@register.filter
def moment(at: datetime) -> str:
    """Within a sentence: à 9:41, hier à 9:41, le 12 nov. à 9:41."""
    here, said = timezone.localtime(at), briefly(at)
    if here.date() == timezone.localdate():
        return f"à {said}"
    return f"{said if said == 'hier' else f'le {said}'} à {date_format(here, 'G:i')}"


@register.filter
def daily(at: datetime) -> str:
    """For messages: 9:41, hier 9:41, 12 nov. 9:41."""
    here, said = timezone.localtime(at), briefly(at)
    return said if here.date() == timezone.localdate() else f"{said} {date_format(here, 'G:i')}"


@register.filter
def fully(at: datetime) -> str:
    """Without doubt: lundi 23 novembre 2026 à 9:41."""
    return date_format(timezone.localtime(at), "l j F Y à G:i")


@register.filter
def bytes(size: int) -> str:
    """84 ko, 1,2 Mo."""
    if size < 1000:
        return f"{size} octets"
    if size < 1_000_000:
        return f"{round(size / 1000)} ko"
    return f"{size / 1_000_000:.1f} Mo".replace(".", ",")


@register.filter
def key(folder: Folder | str) -> str:
    """What names a folder in an address: its role, else its id."""
    return str(folder.role or folder.pk) if isinstance(folder, Folder) else folder


@register.filter
def shelf(role: str) -> str:
    return str(Folder.Role(role).label)


@register.filter
def state_tone(state: str) -> str:
    """The class of the tag of a recipient's state."""
    return _TONES.get(state, "")


@register.filter
def lit(text: str, words: Sequence[str] | None) -> str:
    """The words that were searched, in light; the rest as text."""
    if not words:
        return text
    pieces, end = [], 0
    for match in _WORD.finditer(text):
        if fold(match[0]) in words:
            pieces += [escape(text[end : match.start()]), "<mark>", escape(match[0]), "</mark>"]
            end = match.end()
    return SafeString("".join((*pieces, escape(text[end:]))))


@register.filter
def unfolding(row: Row) -> str:
    """What was sent, or found, is unfolded in its thread even when it is not the newest there."""
    return SafeString(f"&amp;ouvrir={row.message_id}") if row.is_outgoing or row.folder else ""
