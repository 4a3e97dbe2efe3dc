"""Programs in the admin: a key is shown once by the answer that made it, and everything is told."""

import re

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from directory.api import door
from directory.models import ApiKey, ApiProgram
from mssweb.audit.models import AuditEvent

LIST = "/admin/directory/apiprogram/"
NEW = {"name": "LGO", "contact": "support@lgo.example", "calls_per_minute": "60", "is_active": "on",
       "may_read_practitioner": "on", "may_search": "on"}  # fmt: skip
_KEY = re.compile(r"[0-9a-f]{12}\.[\w-]{43}")


@pytest.fixture
def desk(client, sign_in, make_user) -> Client:
    sign_in(client, make_user("admin@x.example", "Ada", "Ministre", is_staff=True, is_superuser=True))
    return client


def shown(answer) -> str:
    assert answer.status_code == 200, answer.content
    assert "no-store" in answer["Cache-Control"]
    [key] = set(_KEY.findall(answer.content.decode()))
    return key


def test_a_program_is_made_and_its_key_shown_once(desk, db):
    key = shown(desk.post(f"{LIST}add/", NEW))
    program = ApiProgram.objects.get()
    assert (program.may_read_practitioner, program.may_read_organization) == (True, False)
    assert Client().get("/fhir/Practitioner", headers={"ESANTE-API-KEY": key}).status_code == 200
    assert Client().get("/fhir/Organization", headers={"ESANTE-API-KEY": key}).status_code == 403
    page = desk.get(f"{LIST}{program.pk}/change/").content.decode()
    assert key not in page
    assert f"{key.partition('.')[0]}…" in page
    assert AuditEvent.objects.filter(action="program.create", subject_id=str(program.pk)).count() == 1
    assert key.partition(".")[2] not in str(list(AuditEvent.objects.values()))


def test_a_key_is_replaced_with_a_grace_that_one_chooses(desk, db):
    first = shown(desk.post(f"{LIST}add/", NEW))
    program = ApiProgram.objects.get()
    place = f"{LIST}{program.pk}/cle/"
    assert not _KEY.search(desk.get(place).content.decode())
    assert not _KEY.search(desk.post(place, {"grace_hours": "1000"}).content.decode())
    second = shown(desk.post(place, {"grace_hours": "24"}))
    third = shown(desk.post(place, {"grace_hours": "0"}))
    statuses = [
        Client().get("/fhir/Practitioner", headers={"ESANTE-API-KEY": key}).status_code
        for key in (first, second, third)
    ]
    assert statuses == [401, 401, 200]
    assert [one.facts for one in AuditEvent.objects.filter(action="program.key").order_by("at")] == [
        {"hours": 24},
        {"hours": 0},
    ]


def test_a_program_is_stopped_and_never_removed(desk, db):
    key = shown(desk.post(f"{LIST}add/", NEW))
    program = ApiProgram.objects.get()
    assert desk.post(f"{LIST}{program.pk}/change/", {**NEW, "is_active": ""}).status_code == 302
    assert Client().get("/fhir/Practitioner", headers={"ESANTE-API-KEY": key}).status_code == 401
    assert desk.get(f"{LIST}{program.pk}/delete/").status_code == 403
    assert AuditEvent.objects.get(action="program.change").facts == {"fields": "is_active"}


def test_the_key_of_a_program_is_for_those_who_may_change_it(client, sign_in, make_user):
    program = ApiProgram.objects.create(name="LGO", contact="x")
    door.issue(program, now=timezone.now())
    clerk = make_user("commis@x.example", "Colin", "Commis", is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="view_apiprogram"))
    sign_in(client, clerk)
    assert client.get(f"{LIST}{program.pk}/change/").status_code == 200
    for answer in (
        client.get(f"{LIST}{program.pk}/cle/"),
        client.post(f"{LIST}{program.pk}/cle/", {"grace_hours": "0"}),
    ):
        assert answer.status_code == 403
    assert ApiKey.objects.count() == 1
