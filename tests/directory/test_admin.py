"""What an administrator reads of loads, asks for and sets right; and who may not."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone
from kombu.exceptions import OperationalError

from directory import lookup, tasks
from directory.models import DirectoryLoad, Extraction, LoadRun, Override, RejectedLine
from directory.models.run import SILENCE
from mssweb.audit.models import AuditEvent
from tests.directory.conftest import mailbox_text

LOADS, CORRECTIONS = "/admin/directory/directoryload/", "/admin/directory/override/"
ANNE, NEW = "anne.leveque@hopital.mssante.example", "anne.nouvelle@cabinet.mssante.example"


@pytest.fixture
def ada(client, sign_in, make_user):
    """An administrator, signed in."""
    user = make_user("admin@x.example", "Ada", "Ministre", is_staff=True, is_superuser=True)
    sign_in(client, user)
    return user


@pytest.fixture
def clerk(client, sign_in, make_user):
    """Let into the admin with the rights named."""

    def enter(*rights: str):
        user = make_user("commis@x.example", "Colin", "Commis", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=rights))
        sign_in(client, user)
        return user

    return enter


@pytest.fixture
def rung(monkeypatch, settings) -> list[tuple[str, tuple[int, ...]]]:
    """What was asked of the workers."""
    settings.ANNUAIRE_FETCH = True
    asked = []
    for task in (tasks.fetch_newest, tasks.fetch_again):
        monkeypatch.setattr(task, "apply_async", lambda args, name=task.name, **how: asked.append((name, args)))
    return asked


def load(**fields) -> DirectoryLoad:
    now = timezone.now()
    return DirectoryLoad.objects.create(**{"file_name": "x.txt", "started_at": now, "state": "done", **fields})


def run(**fields) -> LoadRun:
    now = timezone.now()
    return LoadRun.objects.create(**{"phase": "reading", "phase_at": now, "started_at": now, "beat_at": now, **fields})


def text(client, page: str) -> str:
    answer = client.get(page)
    assert answer.status_code == 200, page
    return answer.content.decode().replace("\xa0", " ").replace("\u202f", " ")


def test_a_load_says_that_only_the_first_thousand_rejected_lines_are_kept(client, ada):
    for rejected, told in ((0, "aucune"), (12, "12 (<a"), (1000, "voir la liste"), (34567, "les 1 000 premières")):
        row = load(file_name=f"{rejected}.txt", lines_rejected=rejected)
        assert told in text(client, f"{LOADS}{row.pk}/change/"), rejected
    RejectedLine.objects.create(load=row, number=2, reason="nom absent")
    assert f"?load__id__exact={row.pk}" in text(client, f"{LOADS}{row.pk}/change/")
    listed = text(client, f"/admin/directory/rejectedline/?load__id__exact={row.pk}")
    assert "nom absent" in listed
    assert f"{LOADS}{row.pk}/change/" in listed  # and back


def test_a_load_that_runs_shows_how_far_it_is_and_one_that_died_is_interrupted(client, ada):
    begun = timezone.now()
    going = run(file_name="x.txt", percent=40, lines_read=680000, phase_at=begun - timedelta(seconds=40))
    row = load(state="running", run=going)
    shown = text(client, LOADS)
    assert "en cours, 40 %" in shown
    for told in ("Lecture", "x.txt", "680 000 lignes", "encore 1 min 00 s", 'value="40"', "data-running"):
        assert told in text(client, f"{LOADS}avancement/"), told
    LoadRun.objects.update(phase="merging")
    assert "Mise en ordre" in text(client, f"{LOADS}avancement/")
    LoadRun.objects.update(beat_at=begun - SILENCE * 2)
    page = text(client, LOADS)
    assert "interrompu" in page
    assert "<b>Interrompu</b>" in page
    assert "data-running" not in page
    assert "interrompu" in text(client, f"{LOADS}{row.pk}/change/")
    DirectoryLoad.objects.update(finished_at=row.started_at + timedelta(seconds=125), state="done")
    assert "2 min 05 s" in text(client, LOADS)


def test_what_the_publisher_answered_is_shown_and_when_nothing_is_asked_it_is_said(client, ada, settings):
    settings.ANNUAIRE_FETCH = True
    Extraction.objects.create(
        url="https://x.example/PS_LibreAcces", asked_at=timezone.now(), outcome="later", told="réponse 503"
    )
    assert "PS_LibreAcces : nouvel essai dans l’heure (réponse 503)" in text(client, LOADS)
    assert "réponse 503" in text(client, "/admin/directory/extraction/")
    settings.ANNUAIRE_FETCH = False
    page = text(client, LOADS)
    assert "Charger maintenant" not in page
    assert "manage.py sync_directory" in page
    assert client.post(f"{LOADS}charger/").status_code == 403


@pytest.mark.parametrize("rows", [1, 50])
def test_the_list_costs_the_same_statements_whatever_its_length(client, ada, django_assert_max_num_queries, rows):
    for number in range(rows):
        load(state="running", run=run(), file_name=f"{number}.txt", lines_rejected=1)
    with django_assert_max_num_queries(13):
        client.get(LOADS)


def test_a_load_is_asked_for_with_the_right_to_and_told_in_the_journal(client, clerk, rung):
    user = clerk("view_directoryload")
    assert "Charger maintenant" not in text(client, LOADS)
    assert client.post(f"{LOADS}charger/").status_code == 403
    assert (rung, AuditEvent.objects.filter(action="directory.fetch").count()) == ([], 0)
    user.user_permissions.add(Permission.objects.get(codename="change_directoryload"))
    assert "Charger maintenant" in text(client, LOADS)
    assert client.get(f"{LOADS}charger/").status_code == 405
    assert client.post(f"{LOADS}charger/")["Location"] == f"{LOADS}#demande"
    assert rung == [("directory.tasks.fetch_newest", ())]
    assert AuditEvent.objects.get(action="directory.fetch").actor_id == user.pk
    run()
    client.post(f"{LOADS}charger/")
    assert len(rung) == 1  # one runs already
    assert "déjà en cours" in text(client, LOADS)


def test_a_queue_that_does_not_answer_is_told(client, ada, monkeypatch, settings):
    settings.ANNUAIRE_FETCH = True

    def away(**how):
        raise OperationalError

    monkeypatch.setattr(tasks.fetch_newest, "apply_async", away)
    client.post(f"{LOADS}charger/")
    assert "rien n’a été demandé" in text(client, LOADS)


def test_a_load_that_takes_too_much_away_is_forced_after_a_question(client, clerk, rung):
    shrinking = load(state="refused", is_shrinking=True, error="5 entrées sur 7 disparaîtraient", sha256="a" * 64)
    other = load(state="refused", error="archive abîmée")
    user = clerk("view_directoryload")
    page = f"{LOADS}{shrinking.pk}/forcer/"
    assert "Forcer" not in text(client, f"{LOADS}{shrinking.pk}/change/")
    assert {client.get(page).status_code, client.post(page).status_code} == {403}
    user.user_permissions.add(Permission.objects.get(codename="change_directoryload"))
    assert page in text(client, f"{LOADS}{shrinking.pk}/change/")
    assert "5 entrées sur 7" in text(client, page)
    assert rung == []
    assert client.post(page).status_code == 302
    assert rung == [("directory.tasks.fetch_again", (shrinking.pk,))]
    event = AuditEvent.objects.get(action="directory.force")
    assert (event.actor_id, event.subject_id) == (user.pk, str(shrinking.pk))
    assert "Forcer" not in text(client, f"{LOADS}{other.pk}/change/")
    assert client.post(f"{LOADS}{other.pk}/forcer/").status_code == 404


def given(kind: str, address: str, owner: str = "", **more: str) -> dict[str, str]:
    return {"kind": kind, "address": address, "owner": owner, "reason": "vérifié", "until_0": "", "until_1": "", **more}


def test_a_correction_is_decided_and_lifted_with_the_rights_to(client, clerk, directory):
    user = clerk("view_override")
    assert client.post(f"{CORRECTIONS}add/", given("hide", ANNE)).status_code == 403
    user.user_permissions.add(*Permission.objects.filter(codename__in=["add_override", "change_override"]))
    assert client.post(f"{CORRECTIONS}add/", given("hide", f" {ANNE.upper()} ")).status_code == 302
    made = Override.objects.get()
    assert (made.author_id, made.state, lookup.suggest(ANNE)) == (user.pk, "en vigueur", [])
    assert AuditEvent.objects.get(action="override.create").actor_id == user.pk
    assert "en vigueur" in text(client, CORRECTIONS)
    assert "vérifié" in text(client, f"{CORRECTIONS}{made.pk}/change/")
    assert client.post(f"{CORRECTIONS}{made.pk}/change/", given("hide", "x@y.example")).status_code == 403
    assert client.post(f"{CORRECTIONS}{made.pk}/delete/", {"post": "yes"}).status_code == 403
    client.post(CORRECTIONS, {"action": "lift", "_selected_action": [made.pk]})
    assert [one.address for one in lookup.suggest(ANNE)] == [ANNE]
    assert AuditEvent.objects.filter(action="override.lift").count() == 1


def test_a_correction_that_means_nothing_is_refused_in_words(client, ada, give, directory):
    rpps = next(line for line in mailbox_text().splitlines() if ANNE in line).split("|")[3]
    for asked, fault in (
        (given("hide", "personne@x.example"), "ne connaît pas cette adresse"),
        (given("hide", "pas une adresse"), "mal formée"),
        (given("hide", ANNE, rpps), "laissez vide"),
        (given("add", NEW), "Dites à qui"),
        (given("add", NEW, "99999999999"), "ni personne ni structure"),
        (given("add", ANNE, rpps), "la lui donne déjà"),
        (given("prefer", NEW, rpps), "pas une de ses adresses"),
        (given("hide", ANNE, until_0="2020-01-01", until_1="10:00"), "passée"),
    ):
        assert fault in client.post(f"{CORRECTIONS}add/", asked).content.decode(), asked
    assert not Override.objects.exists()
    assert client.post(f"{CORRECTIONS}add/", given("add", NEW, rpps)).status_code == 302
    assert client.post(f"{CORRECTIONS}add/", given("prefer", NEW, rpps)).status_code == 302
    assert "levez d’abord" in client.post(f"{CORRECTIONS}add/", given("prefer", ANNE, rpps)).content.decode()
    assert client.post(
        f"{CORRECTIONS}add/", given("add", "accueil@halles.mssante.example", "75 000 0002")
    ).status_code == 302  # fmt: skip
    for state, told in (("vigueur", True), ("attente", False), ("levee", False)):
        assert ("Pharmacie des Halles" in text(client, f"{CORRECTIONS}?etat={state}")) is told
