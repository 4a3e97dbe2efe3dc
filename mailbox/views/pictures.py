"""Remote images of a message: shown when the reader says so, once or always for a verified sender, and fetched by us.

The browser is given URLs of ours alone; each holds the remote address sealed for this message and this session, made by the
page that showed it, so that nobody asks us for another. Kept by no cache, sealed nowhere: nothing of them stays.
"""

import base64
from dataclasses import dataclass
from hmac import compare_digest
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db import connection, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_GET, require_http_methods

from mailbox import access, remote, senders
from mailbox.mime.links import Door
from mailbox.models import Membership, Message
from mailbox.summary import open_summary
from mailbox.views import bodies, documents
from mailbox.views.bodies import Body
from mailbox.views.place import Place, inside, person
from mssweb import crypto, keys
from mssweb.audit.record import record
from mssweb.exchange import NoAnswer

_INERT: dict[str, list[str] | str] = {"default-src": ["'none'"], "sandbox": "", "frame-ancestors": ["'none'"]}
_MOST = 100  # images of one message


@dataclass(frozen=True, slots=True, repr=False)
class Images:
    """What the frame says of them: the way to show them once, and the page of «always»; or that they are shown."""

    once: str = ""
    always: str = ""
    are_shown: bool = False


def with_images(
    request: HttpRequest, membership: Membership, message: Message, body: Body, mailto: Door
) -> tuple[Body, Images]:
    """The body again with its remote images, when this reader lets them in; and what is said of them."""
    if not body.blocked or not settings.REMOTE_IMAGES:
        return body, Images()
    once, may_trust = _consent(request, membership, message), _may_trust(message)
    is_let_in = compare_digest(request.GET.get("images", "").encode(), once.encode())
    if not is_let_in and not (may_trust and senders.shows_images(membership, body.author)):
        trust = reverse("mailbox:images", args=[message.mailbox_id, message.pk]) if may_trust else ""
        return body, Images("?" + urlencode({"images": once}), trust)
    record("message.images", request=request, mailbox_id=message.mailbox_id, subject=("message", message.pk))
    door = _Door(request, message)
    shown = bodies.body_of(membership.mailbox, message, mailto=mailto, remote=door)
    return shown, Images(are_shown=True)


def _may_trust(message: Message) -> bool:
    """A name that anybody may write is no sender to be trusted for ever (design §4.9)."""
    return message.is_verified and message.direction == Message.Direction.IN


def _consent(request: HttpRequest, membership: Membership, message: Message) -> str:
    """What only the page of this message, in this session, can give: no link of a stranger shows images."""
    return str(crypto.blind(membership.mailbox.keys.index, f"images:{_bound(request, message.pk)}"))


def _bound(request: HttpRequest, message_id: UUID) -> str:
    return f"{message_id}:{request.session.session_key}"


class _Door:
    """Remote address -> our URL of it (links.Door)."""

    def __init__(self, request: HttpRequest, message: Message) -> None:
        self.bound, self.count = _bound(request, message.pk), 0
        self.url = reverse("mailbox:remote", args=[message.mailbox_id, message.pk])

    def __call__(self, address: str) -> str | None:
        self.count += 1
        if self.count > _MOST:
            return None
        box = crypto.seal(keys.purpose_key("remote"), address.encode(), self.bound)
        return f"{self.url}?{urlencode({'r': base64.urlsafe_b64encode(box).decode()})}"


@require_GET
@never_cache
@csp_override(_INERT)
def image(request: HttpRequest, mailbox_id: UUID, message_id: UUID) -> HttpResponse:
    """One remote image, drawn again, or the notice of none; 404 for what this session was not shown."""
    access.access_mailbox(person(request), mailbox_id, bare=True)
    if not settings.REMOTE_IMAGES:
        raise Http404
    try:
        box = base64.urlsafe_b64decode(request.GET.get("r", ""))
        url = crypto.unseal(keys.purpose_key("remote"), box, _bound(request, message_id)).decode()
    except (crypto.Unreadable, ValueError):
        raise Http404 from None
    if not connection.in_atomic_block:  # a slow host holds a thread, and no connection of the database
        connection.close()
    try:
        data = remote.fetch(url)
    except NoAnswer:
        data = b""
    return documents.drawn_again(data, status=502)


@require_http_methods(["GET", "POST"])
@inside()
def always(request: HttpRequest, place: Place, message_id: UUID) -> HttpResponse:
    """«Toujours pour cet expéditeur», and no more: the choice of one member, who may change something here."""
    if request.method == "POST":
        access.check_right(place.membership, write=True)
    message = access.access_message(place.membership, message_id)
    if not _may_trust(message) or not settings.REMOTE_IMAGES:
        raise Http404
    address = open_summary(message, place.mailbox.keys).author.addr_spec
    if request.method == "POST":
        return _choose(request, place, message, address)
    seen = {
        "shell": place.at("images"), "message": message, "address": address,
        "is_shown": senders.shows_images(place.membership, address),
    }  # fmt: skip
    return render(request, "mailbox/reading/images.html", seen)


@transaction.atomic
def _choose(request: HttpRequest, place: Place, message: Message, address: str) -> HttpResponse:
    told = {"request": request, "mailbox_id": place.mailbox.pk, "subject": ("message", message.pk)}
    if request.POST.get("action") == "never":
        senders.hide_images(place.membership, address)
        record("images.never", **told)  # type: ignore[arg-type]  # as record takes them
        messages.success(request, "Les images de cet expéditeur ne s’affichent plus d’elles-mêmes.")
    else:
        try:
            senders.show_images(place.membership, address, now=timezone.now())
            record("images.always", **told)  # type: ignore[arg-type]  # as above
            messages.success(request, "Les images de cet expéditeur s’afficheront désormais pour vous.")
        except senders.Full:
            messages.error(request, "Trop d’expéditeurs sont retenus déjà : rien n’a changé.")
    thread = reverse("mailbox:thread", args=[place.mailbox.pk, message.thread_id])
    return redirect(f"{thread}?ouvrir={message.pk}#m-{message.pk}")
