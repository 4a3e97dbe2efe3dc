"""Answers of the FHIR server: JSON, dated by the directory in force, never kept by who stands between."""

import json
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils.http import http_date, parse_http_date_safe

from directory.fhir.capability import VERSION
from directory.fhir.outcome import Refusal, unsupported
from directory.fhir.write import Resource
from directory.models import DirectoryLoad

TYPE = "application/fhir+json"
_JSON = {TYPE, "application/json", "application/json+fhir", "json", "text/json"}
_ANY = {"*/*", "application/*"}


@dataclass(frozen=True, slots=True)
class Edition:
    """The directory in force, and the shapes it is told in: an answer changes with one of them only."""

    load: int | None
    begun: datetime | None  # `changed_at` of what that load wrote

    @property
    def tag(self) -> str:
        return f'W/"{self.load or 0}-{VERSION}"'


def edition() -> Edition:
    done = DirectoryLoad.objects.filter(state=DirectoryLoad.State.DONE).order_by("-pk")
    return Edition(*(done.values_list("pk", "started_at").first() or (None, None)))


def check_format(request: HttpRequest, asked: str | None) -> None:
    """`_format` wins over Accept (FHIR R4 §3.1.0.1.11). 406 for anything but JSON."""
    if asked is not None:
        if asked.replace(" ", "+") not in _JSON:
            raise Refusal(406, "not-supported", "Seul le JSON est servi.", parameter="_format")
        return
    accepted = {part.partition(";")[0].strip() for part in request.headers.get("Accept", "*/*").split(",")}
    if not accepted & (_JSON | _ANY):
        raise Refusal(406, "not-supported", "Seul le JSON est servi : Accept: application/fhir+json.")


def is_known(request: HttpRequest, now_in_force: Edition) -> bool:
    """The client holds this very answer already (RFC 9110 §13.2.2)."""
    if tags := request.headers.get("If-None-Match"):
        return now_in_force.tag in {tag.strip() for tag in tags.split(",")} or tags.strip() == "*"
    since = parse_http_date_safe(request.headers.get("If-Modified-Since", ""))
    return bool(since is not None and now_in_force.begun and int(now_in_force.begun.timestamp()) <= since)


def answer(resource: Resource, status: int = 200) -> HttpResponse:
    text = json.dumps(resource, ensure_ascii=False, separators=(",", ":"))
    return _private(HttpResponse(text, status=status, content_type=f"{TYPE}; charset=utf-8"))


def dated(response: HttpResponse, now_in_force: Edition) -> HttpResponse:
    response["ETag"] = now_in_force.tag
    if now_in_force.begun:
        response["Last-Modified"] = http_date(now_in_force.begun.timestamp())
    return response


def unchanged(now_in_force: Edition) -> HttpResponse:
    return dated(_private(HttpResponse(status=304)), now_in_force)


def refused(error: Refusal) -> HttpResponse:
    response = answer(error.resource(), error.status)
    for name, value in error.headers.items():
        response[name] = value
    return response


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "private, no-cache"
    response["Vary"] = "ESANTE-API-KEY, Authorization, Accept"
    return response


def no_such_parameter(name: str) -> Refusal:
    return unsupported("Aucun paramètre ici, sinon _format et _elements.", name)
