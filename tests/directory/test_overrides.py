"""What an administrator corrects holds through every reload, ends when it should, and then the files are right again."""

import os
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from directory import beside, lookup, overrides
from directory.models import Entry, MailboxAddress, Organization, Override, Practitioner, Source
from directory.tasks import fetch_newest
from mssweb import embedded
from mssweb.audit.models import AuditEvent
from tests.directory.conftest import activity_text, folk, mailbox_text

ANNE, NEW = "anne.leveque@hopital.mssante.example", "anne.nouvelle@cabinet.mssante.example"
OFFICE, OTHER = "secretariat@halles.mssante.example", "accueil@halles.mssante.example"
ACTIVITIES = "PS_LibreAcces_Personne_activite_202611240200.txt"


@pytest.fixture
def decide(directory, make_user):
    """An administrator's correction."""
    admin = make_user("admin@x.example", "Ada", "Ministre", is_staff=True, is_superuser=True)

    def impose(kind: str, address: str, owner=None, *, until=None, now=None) -> Override:
        request = RequestFactory().post("/")
        request.user = admin
        made = overrides.impose(kind=kind, address=address, owner=owner, reason="vérifié au téléphone", until=until,
                                now=now or timezone.now(), request=request)  # fmt: skip
        made.refresh_from_db()
        impose.lift = lambda one: overrides.lift(one, now=timezone.now(), request=request)
        return made

    return impose


def suggested(text: str) -> list[str]:
    return [one.address for one in lookup.suggest(text)]


def anne() -> Practitioner:
    return Practitioner.objects.get(last_name="Lévêque")


def reload(give) -> None:
    """The next day's files, with a difference so that they are read."""
    give(mailbox_text().replace("Marie", "Marion"))
    give(activity_text().replace("Marie", "Marion"), ACTIVITIES)


def made_anew(give) -> None:
    """As a first load does it, beside."""
    with connection.cursor() as cursor:
        for table in beside.TABLES:
            cursor.execute(f"DELETE FROM {table}")
    give(mailbox_text())
    give(activity_text(), ACTIVITIES)


@pytest.mark.parametrize("again", [lambda give: None, reload, made_anew])
def test_a_hidden_address_is_proposed_to_nobody_until_it_is_shown_again(decide, give, again):
    made = decide("hide", ANNE)
    assert made.state == "en vigueur"
    again(give)
    assert suggested("leveque") == suggested(ANNE) == []
    assert lookup.by_address([ANNE]) == {}
    assert [one.address for one in lookup.found("leveque", limit=5, scope=lookup.Scope(reachable_only=False))] == [""]
    assert decide.lift(made)
    assert suggested("leveque") == suggested(ANNE) == [ANNE]
    assert not decide.lift(made)
    made.refresh_from_db()
    assert made.state == "levée"
    assert [event.action for event in AuditEvent.objects.filter(subject_kind="override")] == [
        "override.lift", "override.create",
    ]  # fmt: skip


def test_the_page_of_a_person_says_what_was_hidden_and_what_was_added(decide, client, sign_in, dupont, claire):
    decide("hide", ANNE)
    decide("add", NEW, anne())
    sign_in(client, claire)
    page = client.get(reverse("directory:person", args=[anne().ref]) + f"?b={dupont.pk}").content.decode()
    assert page.count("Masquée par l’administrateur") == 1
    assert "Ajoutée par l’opérateur" in page
    assert f'value="{NEW}"' in page
    assert f'value="{ANNE}"' not in page


@pytest.mark.parametrize("again", [lambda give: None, reload, made_anew])
def test_an_added_address_is_somebodys_through_reloads_and_costs_no_line_of_the_file(decide, give, again):
    made = decide("add", NEW, anne())
    decide("hide", ANNE)
    assert made.state == "en vigueur"
    again(give)
    added = MailboxAddress.objects.get(address=NEW)
    assert (added.source, added.practitioner_id, added.kind, added.vanished_at) == (3, anne().pk, "PER", None)
    assert suggested("leveque") == suggested(NEW) == [NEW]
    load = give(mailbox_text())
    assert (load.vanished, MailboxAddress.objects.get(address=NEW).vanished_at) == (0, None)
    assert decide.lift(made)
    assert suggested("leveque") == suggested(NEW) == []
    assert MailboxAddress.objects.get(address=NEW).vanished_at


def test_an_address_added_to_a_structure_is_found_with_it(decide):
    halles = Organization.objects.get(key="F750000002")
    made = decide("add", OTHER, halles)
    decide("hide", OFFICE)
    assert OTHER in suggested("halles")
    assert OFFICE not in suggested("halles")
    assert made.organization_id == halles.pk
    assert MailboxAddress.objects.get(address=OTHER).kind == "ORG"


def test_what_a_file_publishes_later_is_the_files_and_what_it_takes_back_is_ours_again(decide, give):
    text = mailbox_text()
    mine = next(line for line in text.splitlines() if "jp.martin@" in line)  # without a structure: the very same row
    decide("add", NEW, Practitioner.objects.get(first_name="Jean-Pierre"))
    load = give(text + mine.replace("jp.martin@infirmier.mssante.example", NEW) + "\n")
    assert (load.added, MailboxAddress.objects.get(address=NEW).source) == (0, Source.MAILBOXES)
    load = give(text)
    again = MailboxAddress.objects.get(address=NEW)
    assert (load.vanished, again.source, again.vanished_at) == (1, Source.OPERATOR, None)
    assert give(text).vanished == 0
    assert suggested(NEW) == [NEW]


def test_a_person_whom_no_file_names_any_more_stays_with_what_was_added_and_goes_with_it(decide, give):
    made = decide("add", NEW, anne())
    give(mailbox_text(everyone=folk()[1:]))
    gone = [line for line in activity_text().splitlines() if "Lévêque" not in line]
    give("\n".join(gone) + "\n", ACTIVITIES)
    assert suggested("leveque") == [NEW]
    decide.lift(made)
    assert suggested("leveque") == []
    assert anne().vanished_at
    assert not Entry.objects.filter(owner=anne().pk).exists()


def test_the_preferred_address_comes_first_and_goes_back_to_what_it_was(decide, give):
    text = mailbox_text()
    mine = next(line for line in text.splitlines() if ANNE in line)
    give(text + mine.replace(ANNE, "a.leveque@hopital.mssante.example") + "\n")
    assert suggested("leveque") == ["a.leveque@hopital.mssante.example"]
    MailboxAddress.objects.filter(address="a.leveque@hopital.mssante.example").update(rank=1)  # as the API declares it
    made = decide("prefer", ANNE, anne())
    assert suggested("leveque") == [ANNE]
    reload(give)
    give(text + mine.replace(ANNE, "a.leveque@hopital.mssante.example") + "\n")
    assert suggested("leveque") == [ANNE]
    assert MailboxAddress.objects.filter(rank=1).count() == 1
    decide.lift(made)
    assert not MailboxAddress.objects.filter(rank=1).exists()
    assert suggested("leveque") == ["a.leveque@hopital.mssante.example"]


def test_one_that_ends_by_itself_is_undone_by_the_hourly_sweep_or_the_next_load(decide, give):
    now = timezone.now()
    decide("hide", ANNE, until=now + timedelta(hours=1))
    assert suggested(ANNE) == []
    Override.objects.update(until=now - timedelta(seconds=1))
    assert suggested(ANNE) == []
    fetch_newest()
    assert suggested(ANNE) == [ANNE]
    Override.objects.update(until=None, undone_at=None, applied_at=None)
    fetch_newest()
    assert suggested(ANNE) == []
    Override.objects.update(until=now - timedelta(seconds=1))
    reload(give)
    assert suggested(ANNE) == [ANNE]
    assert Override.objects.get().state == "levée"


def test_two_that_say_the_same_end_one_by_one(decide):
    first, second = decide("hide", ANNE), decide("hide", ANNE)
    decide.lift(first)
    assert suggested(ANNE) == []
    decide.lift(second)
    assert suggested(ANNE) == [ANNE]


@pytest.mark.django_db(transaction=True)
def test_while_a_load_holds_the_tables_a_correction_waits(decide):
    dsn = embedded.postgres_dsn(Path(os.environ["MSSWEB_HOME"]), "", connection.settings_dict["NAME"])
    with psycopg.connect(dsn) as loading:
        loading.execute("SELECT pg_advisory_xact_lock(hashtext('directory.load'))")
        made = decide("hide", ANNE)
        assert (made.state, suggested(ANNE)) == ("en attente", [ANNE])
        assert not overrides.settle(timezone.now())
    assert overrides.settle(timezone.now())
    assert suggested(ANNE) == []


@pytest.mark.parametrize("count", [1, 50])
def test_applying_costs_the_same_statements_whatever_their_number(decide, django_assert_num_queries, count):
    made = decide("hide", ANNE)
    Override.objects.all().delete()
    Override.objects.bulk_create(
        Override(kind="hide", address=f"x{n}@y.example", row=n, reason="r", author_id=made.author_id, created_at=timezone.now())
        for n in range(count)
    )  # fmt: skip
    with django_assert_num_queries(19):
        overrides.settle(timezone.now())
