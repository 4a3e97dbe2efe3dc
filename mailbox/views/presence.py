"""A browser says which threads it shows; it is told who else is where. Ids only, and no gesture: it keeps no session alive."""

import re
from uuid import UUID

from django.http import Http404, HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from mailbox import access, presence
from mailbox.presence import Doing
from mailbox.views.place import person

_TAB = re.compile(r"[0-9a-f]{8,16}")
_SAID = "presence"


@require_POST
@never_cache
def say(request: HttpRequest, mailbox_id: UUID) -> JsonResponse:
    """`lit` and `ecrit` are the threads shown and answered; neither: this browser only looks, or leaves.

    The threads are not looked up: members alone hear of them, by ids that mean nothing elsewhere.
    """
    membership = access.access_mailbox(person(request), mailbox_id, bare=True)
    reads, writes = _threads(request, "lit"), _threads(request, "ecrit")
    if writes or request.POST.get("action") != _SAID:  # anybody who reads may say that they read
        access.check_right(membership, write=True)
    tab = request.POST.get("tab", "")
    if request.POST.get("action") != _SAID or not _TAB.fullmatch(tab):
        raise Http404
    found = presence.say(mailbox_id, membership.user_id, tab, Doing(reads, writes))
    return JsonResponse({"here": found})


def _threads(request: HttpRequest, name: str) -> tuple[UUID, ...]:
    try:
        return tuple(UUID(one) for one in request.POST.getlist(name)[: presence.MOST_THREADS])
    except ValueError:
        raise Http404 from None
