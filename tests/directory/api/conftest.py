"""A small directory, a program with a key, and a client that parses each answer as what FHIR says it is."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from directory.api import door
from directory.models import ApiProgram
from tests.directory.conftest import activity_text, mailbox_text
from tests.directory.fhir.parsed import is_fhir
from tests.directory.remembered import remembered
from tests.directory.test_search import many  # noqa: F401  (a fixture)


@pytest.fixture
def program(db) -> ApiProgram:
    return ApiProgram.objects.create(name="LGO", contact="support@lgo.example", calls_per_minute=1000)


@pytest.fixture
def key(program) -> str:
    return door.issue(program, now=timezone.now())


@pytest.fixture
def annuaire(give) -> None:
    def load() -> None:
        give(activity_text(), "PS_LibreAcces_Personne_activite_202611230200.txt")
        give(mailbox_text())

    remembered("annuaire", load)


class Asking:
    """A program: what it gets back is parsed by fhir.resources (R4B), refusals too; unless thousands are only counted."""

    def __init__(self, client: Client, key: str, *, is_judged: bool = True) -> None:
        self.client, self.headers, self.is_judged = client, {"ESANTE-API-KEY": key}, is_judged

    def __call__(self, path: str, status: int = 200, **asked: Any) -> dict[str, Any]:
        answer = self.client.get(f"/fhir/{path}", asked, headers=self.headers)
        return self.parsed(answer, status, is_judged=self.is_judged)

    def post(self, resource: str, status: int = 200, **asked: Any) -> dict[str, Any]:
        form, sort = urlencode(asked, doseq=True), "application/x-www-form-urlencoded"
        answer = self.client.post(f"/fhir/{resource}/_search", form, content_type=sort, headers=self.headers)
        return self.parsed(answer, status)

    def ids(self, path: str, **asked: Any) -> list[str]:
        return [entry["resource"]["id"] for entry in self(path, **asked).get("entry", [])]

    def all_pages(self, path: str, **asked: Any) -> list[dict[str, Any]]:
        found, page = [], self(path, **asked)
        while True:
            found += page.get("entry", [])
            following = [link["url"] for link in page["link"] if link["relation"] == "next"]
            if not following:
                return found
            answer = self.client.get(following[0], headers=self.headers)
            page = self.parsed(answer, 200, is_judged=self.is_judged)

    @staticmethod
    def parsed(answer: HttpResponse, status: int, *, is_judged: bool = True) -> dict[str, Any]:
        assert answer.status_code == status, answer.content
        assert answer["Content-Type"] == "application/fhir+json; charset=utf-8"
        assert not answer.cookies
        told = json.loads(answer.content)
        if is_judged:
            is_fhir(told)
        assert status == 200 or told["resourceType"] == "OperationOutcome"
        return told


@pytest.fixture
def ask(client, key) -> Callable[..., dict[str, Any]]:
    return Asking(client, key)
