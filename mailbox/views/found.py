"""The address of a search: its words, sealed for one session and mailbox; and the way back to it from what it found.

Refuses what is forged, of another mailbox or of a session that has ended: that is no search.
"""

import base64

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

from mailbox.views.place import Place
from mssweb import crypto, keys

_MOST = 1_500  # characters of a token


def token(request: HttpRequest, place: Place, words: str) -> str:
    box = crypto.seal(keys.purpose_key("search"), words.encode(), _bound(request, place))
    return base64.urlsafe_b64encode(box).decode()


def words(request: HttpRequest, place: Place, token: str) -> str:
    """What was typed, '' when it is none of ours."""
    try:
        box = base64.urlsafe_b64decode(token[:_MOST])
        return crypto.unseal(keys.purpose_key("search"), box, _bound(request, place)).decode()
    except (crypto.Unreadable, ValueError):
        return ""


def address(place: Place, token: str, cursor: str = "") -> str:
    here = reverse("mailbox:search", args=[place.mailbox.pk])
    told = ({"r": token} if token else {}) | ({"apres": cursor} if cursor else {})
    return f"{here}?{urlencode(told)}" if token else here


def way_back(request: HttpRequest, place: Place) -> str:
    """The search from which a thread was opened, or that its form names; '' when it was none."""
    given = request.POST.get("r", "") or request.GET.get("r", "")
    return address(place, given) if given and words(request, place, given) else ""


def _bound(request: HttpRequest, place: Place) -> str:
    return f"search:{place.mailbox.pk}:{request.session.session_key}"
