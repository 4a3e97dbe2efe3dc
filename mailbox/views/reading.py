"""What is asked of one message beside its body: a letter to an address that it names."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET
from uuid_utils.compat import uuid7

from mailbox import access, drafts
from mailbox.drafts import DraftText
from mailbox.views import bodies, form
from mailbox.views.place import Place, inside


@require_GET
@inside(send=True)
def write_to(request: HttpRequest, place: Place, message_id: UUID, number: str) -> HttpResponse:
    """A new message to the address of that number in the body (bodies.Letterbox): no address is in a URL."""
    message = access.access_message(place.membership, message_id)
    named = bodies.Letterbox(message)
    bodies.body_of(place.mailbox, message, mailto=named)
    if not number.isascii() or not number.isdigit() or int(number[:4]) >= len(named.addresses):
        raise Http404
    text = drafts.begun(place.mailbox, DraftText(to=named.addresses[int(number[:4])]))
    return form.show(request, place, uuid7(), text, version=0)
