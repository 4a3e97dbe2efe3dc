"""All of a mailbox leaves as one file, with a manager who gives the password once more. Audited before the first byte."""

from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from auth_otp import again
from auth_otp.forms import UnlockForm
from auth_otp.ways import too_soon
from mailbox import access, archive, unsent
from mailbox.views.place import Place, inside
from mssweb import streaming
from mssweb.audit.record import record


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@inside()
def export(request: HttpRequest, place: Place) -> HttpResponseBase:
    """The page that says what will leave; a POST with the password makes it leave."""
    access.check_export(place.membership)
    form = UnlockForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        answer = again.confirm(request, place.user, form.cleaned_data["password"], now=timezone.now())
        if answer.wait:
            return too_soon(request, answer.wait)
        if answer.is_right:
            return _archive(request, place)
        form.add_error("password", "Mot de passe incorrect.")
    count, size = archive.size_of(place.mailbox)
    seen = {
        "shell": place.at("export"),
        "form": form,
        "count": count,
        "size": size,
        "drafts": unsent.count(place.mailbox),
    }
    return render(request, "mailbox/life/export.html", seen, status=422 if form.errors else 200)


def _archive(request: HttpRequest, place: Place) -> StreamingHttpResponse:
    """Always saved, kept by no cache."""
    count, _ = archive.size_of(place.mailbox)
    begun = unsent.count(place.mailbox)
    record("mailbox.export", request=request, mailbox_id=place.mailbox.pk, count=count, drafts=begun)
    _ = place.mailbox.keys  # opened here: what does not open is a page, not a file that is cut
    pieces = archive.stream(place.mailbox, timezone.now())
    name = f"{place.mailbox.address.partition('@')[0]}-{timezone.localdate():%Y-%m-%d}.zip"
    return streaming.attachment(request, pieces, name=name, content_type="application/zip")
