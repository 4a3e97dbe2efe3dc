"""Saved replies and signatures: their page, and putting one into a letter that is being written."""

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from directory import lookup
from mailbox import access, drafts, phrases
from mailbox.drafts import DraftText
from mailbox.mime import quoting, rich
from mailbox.mime.address import in_words, is_patient, mask, normalise
from mailbox.mime.threads import visible_subject
from mailbox.models import Phrase
from mailbox.placeholders import KNOWN, fill
from mailbox.summary import open_summary
from mailbox.views.form import uuid_of
from mailbox.views.place import Place, inside
from mssweb.audit.record import record

INSERT = "insert:"
_GONE = "Un collègue l’a supprimé depuis cette page. Votre texte est gardé ici : copiez-le pour le créer de nouveau."
_LATE = "Un collègue l’a changé depuis cette page. Votre texte est gardé ici : enregistrer remplace le sien, montré dessous."
_EMPTY = "Donnez un nom et un texte."
_FULL = f"Pas plus de {phrases.MAX} réponses types et signatures par boîte : supprimez-en d’abord."


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@inside(send=True)
def page(request: HttpRequest, place: Place) -> HttpResponse:
    """All of them; posted, a new one, or how this person writes here."""
    told = ""
    if request.method == "POST":
        if request.POST.get("action") == "choose":
            return _choose(request, place)
        kind = request.POST.get("kind", "")
        if kind not in Phrase.Kind.values:
            raise Http404
        told = _create(request, place, kind)
        if not told:
            return redirect("mailbox:phrases", place.mailbox.pk)
    kept = phrases.of(place.membership)
    seen = {
        "shell": place.at("phrases"),
        "replies": [one for one in kept if one.kind == Phrase.Kind.REPLY],
        "signatures": [one for one in kept if one.kind == Phrase.Kind.SIGNATURE],
        "chosen": phrases.choice(place.membership),
        "known": KNOWN,
        "told": told,
        "typed": request.POST if told else {},
    }
    return render(request, "mailbox/phrases/page.html", seen, status=422 if told else 200)


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@inside(send=True)
@transaction.atomic
def phrase(request: HttpRequest, place: Place, phrase_id: UUID) -> HttpResponse:
    """One of them: changed or deleted."""
    row = access.access_phrase(place.membership, phrase_id)
    words, told, status = phrases.seen(row, place.mailbox), "", 200
    if request.method == "POST":
        if request.POST.get("action") == "delete":
            row.delete()
            _tell(request, place, "phrase.delete", phrase_id)
            messages.success(request, "Supprimé.")
            return redirect("mailbox:phrases", place.mailbox.pk)
        words = _typed(request)
        told, status = _EMPTY, 422
        if words.name and words.text:
            if phrases.change(row, place.mailbox, words, over=request.POST.get("version", ""), now=timezone.now()):
                _tell(request, place, "phrase.change", phrase_id)
                messages.success(request, "Enregistré.")
                return redirect("mailbox:phrases", place.mailbox.pk)
            found = Phrase.objects.filter(mailbox=place.mailbox, pk=row.pk).first()
            told, status, row = (_LATE if found else _GONE), 409, found or row
    seen = {"shell": place.at("phrases"), "row": row, "words": words, "told": told, "known": KNOWN}
    seen |= {"version": phrases.version(row), "others": phrases.seen(row, place.mailbox).text if status == 409 else ""}
    return render(request, "mailbox/phrases/phrase.html", seen, status=status)


@sensitive_post_parameters()
@require_POST
@inside(send=True)
def filled(request: HttpRequest, place: Place) -> JsonResponse:
    """A saved reply with its placeholders filled, for the letter on the screen: by its id, or by the word typed after «;»."""
    if given := request.POST.get("phrase", ""):
        row = access.access_phrase(place.membership, uuid_of(given))
        words = phrases.read(row, place.mailbox)
    else:
        kept = phrases.by_word(place.membership, request.POST.get("word", "")[: phrases.MAX_WORD + 1])
        if kept is None:
            return JsonResponse({"why": "Aucune réponse type ne porte ce mot."}, status=404)
        words = kept.words
    text = DraftText(to=request.POST.get("to", "")[:100_000], source=request.POST.get("source", "")[:40])
    done = fill(words.text, values(place, text))
    return JsonResponse({"text": done.text, "html": rich.of_text(done.text), "left": list(done.left)})


def act(request: HttpRequest, place: Place, text: DraftText) -> DraftText:
    """Without scripts: the button `insert:` puts the chosen reply below the words."""
    action = request.POST.get("action", "")
    if not action.startswith(INSERT):
        return text
    row = access.access_phrase(place.membership, uuid_of(action.removeprefix(INSERT)))
    put = fill(phrases.read(row, place.mailbox).text, values(place, text)).text
    own, quote = quoting.split(text.text)
    html = f"{text.html}{rich.of_text(put)}" if text.html else ""
    own = rich.to_text(html) if html else f"{own.rstrip()}\n\n{put}".lstrip("\n")
    return replace(text, text=quoting.joined(own, quote), html=html)


def values(place: Place, text: DraftText) -> Mapping[str, str]:
    """What placeholders stand for in this letter; '' for what it does not know."""
    first = next(iter(drafts.people(text.to)), None)
    known = lookup.by_address([normalise(first.addr_spec)]) if first else {}
    name = next((face.name for face in known.values()), in_words(first.display_name)) if first else ""
    source = access.find_message(place.membership, text.source)
    told = open_summary(source, place.mailbox.keys) if source else None
    patients = [told.author] if told else []
    patients += [first] if first else []
    patient = next((in_words(one.display_name) for one in patients if is_patient(one.addr_spec)), "")
    return {
        "destinataire": name or (mask(first.addr_spec) if first else ""),
        "patient": patient,
        "date": date_format(timezone.localdate(), "j F Y"),
        "pharmacie": place.mailbox.tenant.name,
        "moi": place.user.get_full_name(),
        "boite": place.mailbox.address,
        "objet": visible_subject(told.subject) if told else "",
    }


@transaction.atomic
def _create(request: HttpRequest, place: Place, kind: str) -> str:
    """Why not, in French; '' when it is kept."""
    words = _typed(request)
    if not (words.name and words.text):
        return _EMPTY
    try:
        pk = phrases.create(
            place.membership, kind, words, is_own=request.POST.get("whose") == "mine", now=timezone.now()
        )
    except phrases.Full:
        return _FULL
    _tell(request, place, "phrase.create", pk)
    messages.success(request, "Enregistré.")
    return ""


@transaction.atomic
def _choose(request: HttpRequest, place: Place) -> HttpResponse:
    name = request.POST.get("signature", "")
    if name and name != phrases.NONE:
        row = access.access_phrase(place.membership, uuid_of(name))
        if row.kind != Phrase.Kind.SIGNATURE:
            raise PermissionDenied
    phrases.choose(place.membership, signature=name, is_plain="plain" in request.POST)
    record("writing.choose", request=request, mailbox_id=place.mailbox.pk)
    messages.success(request, "Vos choix sont retenus.")
    return redirect("mailbox:phrases", place.mailbox.pk)


def _typed(request: HttpRequest) -> phrases.Words:
    return phrases.trimmed(*(request.POST.get(name, "") for name in ("name", "text", "word")))


def _tell(request: HttpRequest, place: Place, action: str, phrase_id: UUID) -> None:
    record(action, request=request, mailbox_id=place.mailbox.pk, subject=("phrase", phrase_id))
