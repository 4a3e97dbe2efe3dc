"""The addresses of the FHIR server: metadata, read, search, page. Every refusal is an OperationOutcome.

Each call is told to the audit: which program, which resource, how many results; never what was asked.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial, wraps
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import SuspiciousOperation
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.request import RawPostDataException
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from directory.api import answers, cursors, door, pages, searches
from directory.api.meanings import row_ids
from directory.api.roles import pair_of
from directory.api.walks import Position
from directory.fhir import bundle, capability, query
from directory.fhir.outcome import Refusal
from directory.fhir.parameters import ORGANIZATION, PRACTITIONER, RESOURCES, ROLE
from directory.fhir.query import Asked
from directory.fhir.write import Resource
from directory.models import ApiProgram
from mssweb.audit.record import OK, REFUSED, record

log = logging.getLogger(__name__)

type View = Callable[..., HttpResponse]
_FORM = "application/x-www-form-urlencoded"


def for_programs(view: View) -> View:
    """No person is behind the request, whatever cookie came along; what is refused says why."""

    @csrf_exempt  # no cookie is ever believed here
    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        request.user = AnonymousUser()
        try:
            return view(request, *args, **kwargs)
        except Refusal as error:
            return answers.refused(error)
        except (SuspiciousOperation, RawPostDataException):  # too many parameters, a form that is none
            return answers.refused(Refusal(400, "invalid", "Requête illisible."))
        except (OperationalError, InterfaceError) as error:
            log.error("FHIR: the database is away: %s", type(error).__name__)
            return answers.refused(Refusal(503, "transient", "Annuaire indisponible.", headers={"Retry-After": "30"}))
        except DatabaseError as error:  # its words may quote what was asked
            log.error("FHIR: %s %s", type(error).__name__, getattr(error.__cause__, "sqlstate", ""))
            return answers.refused(Refusal(500, "exception", "Erreur de ce serveur."))

    return guarded


@for_programs
def metadata(request: HttpRequest) -> HttpResponse:
    """Without a key: what a developer reads first."""
    _only(request, "GET", "HEAD")
    answers.check_format(request, request.GET.get("_format"))
    return answers.answer(capability.statement(_base()))


@for_programs
def search(request: HttpRequest, resource: str) -> HttpResponse:
    """By GET, or by POST at `_search`: then nothing that is asked stands in an address."""
    is_posted = request.path_info.endswith("/_search")
    _only(request, *(["POST"] if is_posted else ["GET", "HEAD"]))
    program, now = _program(request)

    def work() -> tuple[HttpResponse, int]:
        _check_resource(program, resource)
        answers.check_format(request, _value(request, "_format"))
        asked = query.read(resource, _pairs(request, is_posted=is_posted))
        return _page(request, program, asked, now=now, may_be_known=not is_posted)

    return _told(request, program, "fhir.search", resource, work)


@for_programs
def page(request: HttpRequest) -> HttpResponse:
    """The `next` of a Bundle."""
    _only(request, "GET", "HEAD")
    program, now = _program(request)
    answers.check_format(request, request.GET.get("_format"))
    asked, after = cursors.opened(request.GET.get("id", ""), program=program.pk, now=now)

    def work() -> tuple[HttpResponse, int]:
        _check_resource(program, asked.resource)
        return _page(request, program, asked, after, now=now)

    return _told(request, program, "fhir.search", asked.resource, work)


@for_programs
def read(request: HttpRequest, resource: str, ref: str) -> HttpResponse:
    _only(request, "GET", "HEAD")
    program, _ = _program(request)

    def work() -> tuple[HttpResponse, int]:
        _check_resource(program, resource)
        answers.check_format(request, request.GET.get("_format"))
        if unknown := set(request.GET) - {"_format", "_elements"}:
            raise answers.no_such_parameter(min(unknown))
        in_force = answers.edition()
        found = _one(resource, ref)
        if answers.is_known(request, in_force):
            return answers.unchanged(in_force), 0
        elements = query.read(resource, _elements(request)).elements
        return answers.dated(answers.answer(bundle.subset(found, elements) if elements else found), in_force), 1

    return _told(request, program, "fhir.read", resource, work)


@for_programs
def elsewhere(request: HttpRequest, rest: str = "") -> HttpResponse:
    _program(request)
    raise Refusal(404, "not-found", f"Adresse inconnue. Ressources servies : {', '.join(RESOURCES)}.")


def _one(resource: str, ref: str) -> Resource:
    ids = pair_of(ref) if resource == ROLE else next(((row, 0) for row in row_ids([ref])), None)
    found = pages.one(resource, ids) if ids else None
    if found is None:
        raise Refusal(404, "not-found", "Aucune ressource de cet identifiant.")
    return found


def _page(
    request: HttpRequest, program: ApiProgram, asked: Asked, after: Position | None = None, *, now: datetime,
    may_be_known: bool = True,
) -> tuple[HttpResponse, int]:  # fmt: skip
    """The answer, and how many resources it holds."""
    _check_rights(program, asked)
    in_force = answers.edition()
    if may_be_known and answers.is_known(request, in_force):
        return answers.unchanged(in_force), 0
    found = pages.page(asked, _base(), after)
    matches = [bundle.subset(one, asked.elements) for one in found.matches] if asked.elements else found.matches
    here = (
        f"{_base()}/_page?{urlencode(request.GET)}" if after else f"{_base()}/{asked.resource}?{urlencode(asked.pairs)}"
    )
    links = [("self", here.rstrip("?"))]
    if found.end:
        mark = cursors.sealed(asked, found.end, program=program.pk, now=now)
        links.append(("next", f"{_base()}/_page?id={mark}"))
    told = bundle.searchset(_base(), matches, found.included, as_of=in_force.begun, links=links, total=found.total)
    return answers.dated(answers.answer(told), in_force), len(found.matches) + len(found.included)


def _program(request: HttpRequest) -> tuple[ApiProgram, datetime]:
    now = timezone.now()
    return door.program_of(request, now=now), now


def _told(
    request: HttpRequest, program: ApiProgram, action: str, resource: str, work: Callable[[], tuple[HttpResponse, int]]
) -> HttpResponse:
    """Names of resources that are none of ours are not repeated."""
    tell = partial(
        record, action, request=request, subject=("program", program.pk),
        resource=resource if resource in RESOURCES else "?",
    )  # fmt: skip
    try:
        response, count = work()
    except Refusal as error:
        tell(result=REFUSED, status=error.status)
        raise
    tell(result=OK, results=count)
    return response


def _only(request: HttpRequest, *methods: str) -> None:
    if request.method not in methods:
        offered = ", ".join(methods)
        raise Refusal(405, "not-supported", f"Méthode refusée : {offered} seulement.", headers={"Allow": offered})


def _check_resource(program: ApiProgram, resource: str) -> None:
    if resource not in RESOURCES:
        raise Refusal(404, "not-supported", f"Type de ressource inconnu. Servis : {', '.join(RESOURCES)}.")
    if not program.may_read(resource):
        raise Refusal(403, "forbidden", f"Ce programme n’a pas le droit de lire {resource}.")


def _check_rights(program: ApiProgram, asked: Asked) -> None:
    """Of what comes along, and of how it is asked for."""
    others = {ROLE} if asked.resource != ROLE and asked.includes else set()
    if asked.resource == ROLE:
        named = {"PractitionerRole:practitioner": PRACTITIONER, "PractitionerRole:organization": ORGANIZATION}
        others = {named[one] for one in asked.includes}
    for resource in others:
        _check_resource(program, resource)
    if not program.may_search and not searches.is_by_key(asked):
        raise Refusal(403, "forbidden", "Ce programme n’a droit qu’aux identifiants et aux adresses exactes.")


def _pairs(request: HttpRequest, *, is_posted: bool) -> list[tuple[str, str]]:
    if is_posted and request.content_type not in {_FORM, ""}:
        raise Refusal(415, "not-supported", f"Corps attendu : {_FORM}.")
    sent = [request.GET, request.POST] if is_posted else [request.GET]
    return [(name, value) for one in sent for name, values in one.lists() for value in values]


def _value(request: HttpRequest, name: str) -> str | None:
    return request.GET.get(name, request.POST.get(name))


def _elements(request: HttpRequest) -> list[tuple[str, str]]:
    return [("_elements", request.GET["_elements"])] if "_elements" in request.GET else []


def _base() -> str:
    return f"{settings.BASE_URL.rstrip('/')}/fhir"
