"""What a query means in one mailbox: whose name is asked for, when a day begins there; and what may be typed next."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from mailbox.finding_sql import Clear
from mailbox.models import Membership
from mailbox.query import Query
from mailbox.views import suggest
from mailbox.views.place import Place, inside
from mailbox.wording import fold, words

_ME, _NOBODY = {"moi", "me"}, {"personne", "nobody", "aucun"}
_MOST = 8


@dataclass(frozen=True, slots=True, repr=False)
class Option:
    """One line of the list under the search box: what it writes in the stead of the last piece, and what that does."""

    writes: str
    told: str
    detail: str = ""


OPERATORS = (
    Option("de:", "de:", "l’expéditeur : nom, ville de l’adresse"),
    Option("à:", "à:", "un destinataire"),
    Option("objet:", "objet:", "les mots de l’objet, \"entre guillemets\" s’ils se suivent"),
    Option("patient:", "patient:", "le patient concerné"),
    Option("doc:", "doc:", "le type de document : ordonnance, biologie, pdf…"),
    Option("après:", "après:", "à partir de ce jour : 01/11, lundi, novembre, 7j"),
    Option("avant:", "avant:", "jusqu’à la veille de ce jour"),
    Option("non-lu", "non-lu", "ce que vous n’avez pas lu"),
    Option("pj:", "pj:", "avec une pièce jointe, ou son nom"),
    Option("attribué:", "attribué:", "moi, personne, ou un nom"),
)  # fmt: skip
_VALUES = {
    "après:": ("aujourd’hui", "hier", "lundi", "7j", "1mois"),
    "avant:": ("hier", "7j", "1mois", "1an"),
    "doc:": ("ordonnance", "biologie", "lettre", "vaccination", "pdf", "image"),
}
_PEOPLE = {"de:": "de", "from:": "de", "à:": "à", "a:": "à", "to:": "à"}
_TAKEN = {"attribué:", "attribue:", "assigned:"}


def meant(place: Place, query: Query) -> tuple[Query, Clear]:
    """The query, what it does not find anybody for told as misread; and what of it stands in clear."""
    clear = Clear(
        since=_begins(query.since), until=_begins(query.until), has_file=query.has_file,
        unread_of=place.membership.pk if query.is_unread else None,
    )  # fmt: skip
    if not query.assigned:
        return query, clear
    if set(query.assigned) <= _NOBODY:
        return query, replace(clear, nobody=True)
    people = [place.user.pk] if set(query.assigned) <= _ME else _members(place, query.assigned)
    if not people:
        typed = f"attribué:{' '.join(query.assigned)}"
        return replace(query, assigned=(), misread=(*query.misread, typed)), clear
    return query, replace(clear, assigned_to=people)


def _begins(day: date | None) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, time.min)) if day else None


def _members(place: Place, asked: tuple[str, ...]) -> list[UUID]:
    found = Membership.objects.filter(mailbox=place.mailbox).select_related("user")
    named = ((one.user_id, words(one.user.get_full_name())) for one in found)
    return [pk for pk, told in named if all(any(word.startswith(one) for word in told) for one in asked)]


@sensitive_post_parameters("q")
@require_POST
@inside()
def options(request: HttpRequest, place: Place) -> HttpResponse:
    """What may be typed next, for the end of what is typed."""
    found = list(_options(place, request.POST.get("q", "")[-80:]))[:_MOST]
    return render(request, "mailbox/_find_options.html", {"options": found})


def _options(place: Place, typed: str) -> Iterator[Option]:
    last = typed.rpartition(" ")[2]
    operator, colon, value = last.partition(":")
    operator += colon
    if not colon:
        yield from (one for one in OPERATORS if fold(one.writes).startswith(fold(last)))
    elif operator.lower() in _PEOPLE and len(value) >= 2:
        yield from _people(place, operator, value)
    elif operator.lower() in _TAKEN:
        names = ["moi", "personne", *_colleagues(place)]
        yield from (Option(f"{operator}{_quoted(n)}", n) for n in names if fold(n).startswith(fold(value)))
    else:
        told = _VALUES.get(operator.lower(), ())
        yield from (Option(f"{operator}{one}", one) for one in told if fold(one).startswith(fold(value)))


def _people(place: Place, operator: str, typed: str) -> Iterator[Option]:
    """Those this mailbox writes with."""
    for one in suggest.met(place.mailbox, typed)[:_MOST]:
        yield Option(f"{operator}{_quoted(one.name)}", one.name, one.detail)


def _colleagues(place: Place) -> list[str]:
    found = Membership.objects.filter(mailbox=place.mailbox).exclude(user=place.user).select_related("user")
    return sorted(one.user.get_full_name() for one in found)


def _quoted(text: str) -> str:
    plain = text.replace('"', "")
    return f'"{plain}"' if " " in plain else plain
