"""All of a mailbox leaves as one file, with a manager who has just shown who they are. Audited before the first byte.

A download leaves the page that asked for it where it is: the button is pressed first, then a page without a form has the
browser fetch the file, once, by a grant of the session that ends within minutes.
"""

from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from auth_otp import proof
from auth_otp.proof import Worth
from mailbox import access, archive, unsent
from mailbox.views.place import Place, inside
from mssweb import streaming
from mssweb.audit.record import record

_GRANT, _LASTS = "export", timedelta(minutes=2)  # in the session: id of the mailbox, until when (seconds)


@require_http_methods(["GET", "HEAD", "POST"])
@inside()
def export(request: HttpRequest, place: Place) -> HttpResponseBase:
    """The page that says what will leave; a POST makes it leave. Both with a fresh proof (ASVS 7.5.3)."""
    access.check_export(place.membership)
    now = timezone.now()
    is_leaving = request.method != "POST" and _is_granted(request, place, now)
    if not is_leaving and not proof.is_fresh(request, now=now, worth=Worth.STRONGEST):
        return proof.ask(request, Worth.STRONGEST)
    if request.method == "POST":
        request.session[_GRANT] = [str(place.mailbox.pk), (now + _LASTS).timestamp()]
        return redirect("mailbox:export", place.mailbox.pk)
    count, size = archive.size_of(place.mailbox)
    seen = {
        "shell": place.at("export"), "count": count, "size": size, "drafts": unsent.count(place.mailbox),
        "is_leaving": is_leaving,
    }  # fmt: skip
    return render(request, "mailbox/life/export.html", seen)


@require_GET
@inside()
def file(request: HttpRequest, place: Place) -> HttpResponseBase:
    """The file, once for each press of the button; who comes again, or too late, presses it again."""
    access.check_export(place.membership)
    if not _is_granted(request, place, timezone.now()):
        return redirect("mailbox:export", place.mailbox.pk)
    del request.session[_GRANT]
    return _archive(request, place)


def _is_granted(request: HttpRequest, place: Place, now: datetime) -> bool:
    mailbox_id, until = request.session.get(_GRANT, ("", 0))
    return bool(mailbox_id == str(place.mailbox.pk) and now.timestamp() < until)


def _archive(request: HttpRequest, place: Place) -> StreamingHttpResponse:
    """Always saved, kept by no cache."""
    count, _ = archive.size_of(place.mailbox)
    begun = unsent.count(place.mailbox)
    record("mailbox.export", request=request, mailbox_id=place.mailbox.pk, count=count, drafts=begun)
    _ = place.mailbox.keys  # opened here: what does not open is a page, not a file that is cut
    pieces = archive.stream(place.mailbox, timezone.now(), reader=place.membership)
    name = f"{place.mailbox.address.partition('@')[0]}-{timezone.localdate():%Y-%m-%d}.zip"
    return streaming.attachment(request, pieces, name=name, content_type="application/zip")
