"""«Règles» of a mailbox: seen by who writes there, made by its managers; put in order, tried on what is there, applied.

Two managers at once: the later one is told, with what they typed kept. Each change leaves an event.
"""

from dataclasses import replace
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from mailbox import access
from mailbox.models import Rule, Thread
from mailbox.rules import book, trying, values
from mailbox.rules.values import Words
from mailbox.views import rule_form, rule_trials, rule_words
from mailbox.views.form import uuid_of
from mailbox.views.place import Place, inside
from mailbox.views.rule_form import Form
from mssweb.audit.record import record

_FULL = f"Il y a déjà {values.MAX_RULES} règles : supprimez-en avant d’en ajouter."


@require_http_methods(["GET", "HEAD", "POST"])
@inside(write=True)
def rules(request: HttpRequest, place: Place) -> HttpResponse:
    """All of them, in their order; posted, one is moved, switched or deleted."""
    if request.method == "POST":
        access.check_right(place.membership, manage=True)
        _act(request, place)
        return redirect("mailbox:rules", place.mailbox.pk)
    known = rule_words.names(place)
    seen = {
        "shell": place.at("rules"), "rules": [rule_words.shown(one, known) for one in book.of(place.mailbox)],
        "most": values.MAX_RULES, "may_manage": place.membership.can_manage,
    }  # fmt: skip
    return render(request, "mailbox/rules/list.html", seen)


@transaction.atomic
def _act(request: HttpRequest, place: Place) -> None:
    """«up», «down», «on», «off», «delete», of one of this mailbox."""
    row = access.access_rule(place.membership, uuid_of(request.POST.get("rule", "")))
    action, now = request.POST.get("action", ""), timezone.now()
    if action in {"up", "down"}:
        if book.move(place.mailbox, row.pk, up=action == "up"):
            _tell(request, place, "rule.move", row.pk)
    elif action in {"on", "off"}:
        if book.switch(place.membership, row.pk, on=action == "on", now=now):
            _tell(request, place, f"rule.{action}", row.pk)
            messages.success(request, "Règle en marche." if action == "on" else "Règle arrêtée.")
    elif action == "delete":
        if book.delete(place.mailbox, row.pk):
            _tell(request, place, "rule.delete", row.pk)
            messages.success(request, "Règle supprimée. Ce qu’elle a fait reste fait.")
    else:
        raise Http404


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@inside(manage=True)
@transaction.atomic
def new(request: HttpRequest, place: Place) -> HttpResponse:
    known = rule_words.names(place)
    if request.method != "POST":
        return _page(request, place, known, rule_form.of(Words("")))
    form = rule_form.read(request, known)
    if request.POST.get("action") == "more":
        return _page(request, place, known, replace(form, faults={}))
    if form.is_valid:
        try:
            row = book.make(place.membership, form.words, now=timezone.now())
        except book.Full:
            form.faults["name"] = _FULL
        else:
            _tell(request, place, "rule.create", row.pk)
            messages.success(request, "Règle enregistrée : elle vaut pour les messages qui arrivent.")
            return redirect("mailbox:rule_try", place.mailbox.pk, row.pk)
    return _page(request, place, known, form, status=422)


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@inside(manage=True)
@transaction.atomic
def rule(request: HttpRequest, place: Place, rule_id: UUID) -> HttpResponse:
    row, known = access.access_rule(place.membership, rule_id), rule_words.names(place)
    if request.method != "POST":
        words = book.seen(row, place.mailbox)
        return _page(request, place, known, rule_form.of(words or Words("")), row=row, is_broken=words is None)
    form = rule_form.read(request, known)
    if request.POST.get("action") == "more":
        return _page(request, place, known, replace(form, faults={}), row=row, version=_version(request))
    if not form.is_valid:
        return _page(request, place, known, form, row=row, version=_version(request), status=422)
    try:
        book.change(place.membership, row.pk, form.words, version=_version(request), now=timezone.now())
    except book.Changed as changed:
        if changed.row is None:
            raise Http404 from None
        late = rule_words.shown(book.Kept(changed.row, book.seen(changed.row, place.mailbox)), known)
        return _page(request, place, known, form, row=changed.row, late=late, status=409)
    _tell(request, place, "rule.change", row.pk)
    messages.success(request, "Règle enregistrée.")
    return redirect("mailbox:rules", place.mailbox.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@inside(manage=True)
@transaction.atomic
def attempt(request: HttpRequest, place: Place, rule_id: UUID) -> HttpResponse:
    """«Essayer sur les messages présents»: a lot of the inbox; posted, done to those that were shown and are met still."""
    row = access.access_rule(place.membership, rule_id)
    words = book.seen(row, place.mailbox)
    if words is None:
        raise Http404
    given = request.POST if request.method == "POST" else request.GET
    if request.method == "POST" and _version(request) != row.version:  # it would do what its page did not say
        messages.error(
            request, "La règle a changé depuis cette page : rien n’a été fait. Voici ce qu’elle fait maintenant."
        )
        return redirect("mailbox:rule_try", place.mailbox.pk, row.pk)
    trial = trying.attempt(place.mailbox, words, after=uuid_of(given["apres"]) if given.get("apres") else None)
    if request.method == "POST":
        asked = set(request.POST.getlist("message"))
        chosen = [one for one in trial.found if str(one.pk) in asked]
        note = trying.apply(place.membership, words, chosen, now=timezone.now())
        if note:
            _tell(request, place, "rule.apply", row.pk)
        told = f"Règle appliquée à {len(chosen)} message{'s' if len(chosen) > 1 else ''}."
        messages.info(request, told if note else "Rien n’a changé.", extra_tags=str(note) if note else "")
        return redirect("mailbox:rules", place.mailbox.pk)
    seen = {
        "shell": place.at("rules"), "row": row, "words": words, "trial": trial,
        "shown": rule_words.shown(book.Kept(row, words), rule_words.names(place)),
        "found": rule_trials.found(place, trial.found), "is_next": bool(given.get("apres")),
    }  # fmt: skip
    return render(request, "mailbox/rules/try.html", seen)


def _page(
    request: HttpRequest, place: Place, known: rule_words.Names, form: Form, *, row: Rule | None = None,
    version: int | None = None, late: rule_words.Shown | None = None, is_broken: bool = False, status: int = 200,
) -> HttpResponse:  # fmt: skip
    seen = {
        "shell": place.at("rules"), "form": form, "words": form.words, "known": known, "row": row, "late": late,
        "version": row.version if row and version is None else version, "options": rule_form.options(),
        "statuses": Thread.Status.choices, "is_broken": is_broken, "most": values.MAX_NAME, "longest": values.MAX_VALUE,
        "is_full_of_lines": len(form.lines) >= values.MAX_CONDITIONS,
    }  # fmt: skip
    return render(request, "mailbox/rules/form.html", seen, status=status)


def _version(request: HttpRequest) -> int:
    told = request.POST.get("version", "")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 9 else 0


def _tell(request: HttpRequest, place: Place, action: str, rule_id: UUID) -> None:
    record(action, request=request, mailbox_id=place.mailbox.pk, subject=("rule", rule_id))
