"""«Suivi» and what is done from it: not to follow any more, to remind, to send again, to correct an address.

The list is read as any shelf: opening it opens no message. Every act is the mailbox's, told to the audit.
"""

from dataclasses import replace
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from uuid_utils.compat import uuid7

from directory import lookup
from directory.lookup import Suggestion
from mailbox import access, drafts, following, store
from mailbox.mime.address import in_words, normalise
from mailbox.models import Message, Recipient, preference_of
from mailbox.outbound import submit
from mailbox.outbound.correct import correct as corrected
from mailbox.outbound.submit import Refused
from mailbox.summary import open_summary
from mailbox.views import follow_lines, follow_list, form, people
from mailbox.views.place import Place, inside
from mssweb.audit.record import record

_UNCHANGED = {
    False: "Rien n’a changé : il n’attendait plus.",
    True: "Rien n’a changé : une réponse est arrivée, ou un envoi plus récent de ce fil est suivi à sa place.",
}
_OFFERED = 6  # people of the annuaire that a wrong address may have meant


@require_GET
@inside()
def page(request: HttpRequest, place: Place) -> HttpResponse:
    """The view; the rows that follow when htmx asks for them."""
    now, is_mine = timezone.now(), request.GET.get("qui") == "moi"
    asked = follow_list.wanted(place, request.GET.get("f", ""), is_mine=is_mine, now=now)
    found = follow_list.page(place, asked, cursor=request.GET.get("apres", ""))
    faces = people.faces(place.mailbox, [a for sent in found.sent for a in sent.people[:1]])
    seen = {
        "shell": place.at("following"),
        "lines": follow_lines.lines(place, found.sent, faces, since=asked.since, now=now),
        "next": found.next,
        "kind": asked.kind,
        "is_mine": is_mine,
        "days": preference_of(place.user).answer_days,
        "delays": follow_list.DELAYS,
    }
    if request.headers.get("HX-Target") == "follow-more":
        return render(request, "mailbox/following/_lines.html", seen)
    counts = follow_list.counts(place, asked)
    seen["filters"] = [(k, words, _told(counts.get(k, 0)), k) for k, words in follow_list.FILTERS.items()]
    return render(request, "mailbox/following/page.html", seen)


def _told(count: int) -> str:
    return "" if not count else f"{count}+" if count >= follow_list.MOST else str(count)


@require_POST
@inside(write=True)
def follow(request: HttpRequest, place: Place, submission_id: UUID) -> HttpResponse:
    """«Ne plus suivre», and its undoing."""
    submission = access.access_submission(place.membership, submission_id)
    takes_up = request.POST.get("action") == "take"
    with transaction.atomic():
        store.lock(place.mailbox.pk)  # as what leaves, or is heard, meanwhile
        if takes_up:
            done = following.take_up(place.mailbox.pk, submission.pk)
        else:
            done = following.drop(place.mailbox.pk, submission.pk, now=timezone.now())
        if done:
            verb = "following.take_up" if takes_up else "following.drop"
            record(verb, request=request, mailbox_id=place.mailbox.pk, subject=("submission", submission.pk))
    said = "Cet envoi est suivi de nouveau." if takes_up else "Cet envoi n’attend plus de réponse."
    (messages.success if done else messages.error)(request, said if done else _UNCHANGED[takes_up])
    return redirect(_back(request, place))


def _back(request: HttpRequest, place: Place) -> str:
    """The list it was asked from."""
    here, target = reverse("mailbox:following", args=[place.mailbox.pk]), request.POST.get("next", "")
    return target if target.partition("?")[0] == here else here


@require_GET
@inside(send=True)
def remind(request: HttpRequest, place: Place, message_id: UUID) -> HttpResponse:
    """«Relancer»: an answer to one's own message, to the same people, with a courteous text to change or send."""
    source = access.access_message(place.membership, message_id)
    if source.direction != Message.Direction.OUT:
        raise Http404
    text = drafts.begin(place.mailbox, "reply_all", source)
    when = date_format(timezone.localtime(source.filed_at), "j F")
    words = (
        f"Bonjour,\n\nJe me permets de revenir vers vous au sujet de mon message du {when}, resté sans réponse à ce jour."
        "\nPourriez-vous me dire où en est ma demande ?\n\nAvec mes remerciements,\nBien cordialement"
    )
    return form.show(request, place, uuid7(), replace(text, text=f"{words}{text.text}"), version=0)


@require_POST
@inside(send=True)
def resend(request: HttpRequest, place: Place, submission_id: UUID) -> HttpResponse:
    """The same letter once more to all that refused it."""
    submission = access.access_submission(place.membership, submission_id)
    failed = Recipient.objects.filter(mailbox=place.mailbox, submission=submission, state="failed", replaced_by=None)
    done = sum(submit.try_again(row, request=request) for row in failed)
    if done:
        messages.success(request, f"Nouvel essai vers {done} destinataire{'s' if done > 1 else ''}.")
    else:
        messages.error(request, "L’état de cet envoi a changé entre-temps.")
    return redirect(_thread(place, submission.copy))


@require_http_methods(["GET", "POST"])
@inside(send=True)
def correct(request: HttpRequest, place: Place, recipient_id: UUID) -> HttpResponse:
    """Another address for one refused recipient, with those that the annuaire has for such a name."""
    row = access.access_recipient(place.membership, recipient_id)
    message, typed, reason = row.submission.copy, "", ""
    if request.method == "POST":
        typed = request.POST.get("other", "").strip()[:300] or request.POST.get("address", "")[:300]
        try:
            corrected(row, typed, mailbox=place.mailbox, request=request)
        except Refused as refused:
            reason = " ".join(refused.reasons.values())
        else:
            messages.success(request, "Le message repart vers l’adresse corrigée.")
            return redirect(_thread(place, message))
    elif row.state != Recipient.State.FAILED or row.replaced_by:
        messages.error(request, "Ce destinataire n’est plus refusé : il n’y a rien à corriger.")
        return redirect(_thread(place, message))
    seen = {
        "shell": place.at("following"), "one": row, "typed": typed, "reason": reason, "back": _thread(place, message),
        "offers": _offers(place, row, message),
    }  # fmt: skip
    return render(request, "mailbox/following/correct.html", seen, status=422 if reason else 200)


def _offers(place: Place, row: Recipient, message: Message) -> list[Suggestion]:
    """Whom the annuaire knows by that name: the one the letter calls them by, else what stands before the @."""
    told = open_summary(message, place.mailbox.keys)
    named = (in_words(a.display_name) for a in (*told.to, *told.cc, *told.bcc) if normalise(a.addr_spec) == row.address)
    local = " ".join(word for word in row.address.partition("@")[0].replace("-", ".").split(".") if len(word) > 1)
    tried = (text for text in (*named, local) if text and lookup.is_enough(text))
    found = next((some for text in tried if (some := lookup.suggest(text, limit=_OFFERED + 1))), [])
    return [one for one in found if one.address and one.address != row.address][:_OFFERED]


def _thread(place: Place, message: Message) -> str:
    thread = reverse("mailbox:thread", args=[place.mailbox.pk, message.thread_id])
    return f"{thread}?d=sent&ouvrir={message.pk}#m-{message.pk}"
