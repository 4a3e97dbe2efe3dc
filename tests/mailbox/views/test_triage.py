"""Triage on the screen: each act for who may, its words, its undo, two people at once; lists that are filtered and ordered."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from mailbox import cabinet, snoozing, store, triage
from mailbox.models import FolderThread, Mailbox, Message, Snooze, Thread, ThreadEvent, ThreadLabel, UndoNote
from mailbox.views import listing
from mssweb.audit.models import AuditEvent
from tests.depth import variant
from tests.mailbox.test_store import filing, letter
from tests.mailbox.views.conftest import HTMX
from tests.mailbox.views.test_list import subjects
from tests.mailbox.views.test_marks import press, shelf_of, three  # noqa: F401


def undo(client, base, answer):
    note = re.search(r'name="note" value="([^"]+)"', answer.content.decode())[1]
    return client.post(f"{base}/annuler/", {"note": note}, headers=HTMX)


@pytest.fixture
def label(dupont):
    return cabinet.make_label(dupont, "Stupéfiants", "danger")


@pytest.fixture
def folder(dupont):
    return cabinet.make_folder(dupont, "EHPAD Les Lilas")


def state(message) -> tuple:
    thread = Thread.objects.get(pk=message.thread_id)
    row = FolderThread.objects.filter(thread=thread).first()
    assert (row.rank, row.assigned_to_id) == (
        {"open": 0, "waiting": 1, "done": 2}[thread.status],
        thread.assigned_to_id,
    )
    return thread.status, thread.assigned_to_id, ThreadLabel.objects.filter(thread=thread).count(), shelf_of(message)


@pytest.mark.parametrize(
    "act",
    [
        "status:done",
        "label:{label}",
        "move:{folder}",
        "snooze:demain",
        *map(variant, ("assign:{claire}", "delete", "flag", "seen")),
    ],
)
def test_every_act_is_undone_exactly_and_told(browser, claire, base, dupont, three, label, folder, act):  # noqa: F811
    client, before = browser(claire), [state(m) for m in three]
    answer = press(
        client, base, act.format(claire=claire.pk, label=label.pk, folder=folder.pk), three[:2], headers=HTMX
    )
    name = act.partition(":")[0]
    assert AuditEvent.objects.filter(action=f"thread.{name}", actor=claire).count() == 2
    if name in {"status", "assign", "label", "move", "delete"}:
        assert [state(m) for m in three[:2]] != before[:2]
        assert ThreadEvent.objects.filter(actor=claire).count() == 2
    assert undo(client, base, answer).status_code == 200
    assert [state(m) for m in three] == before
    assert not Snooze.objects.exists()
    assert not Message.objects.filter(keywords__contains=["$flagged"]).exists()
    assert client.get(f"{base}/inbox/?f=non-lus").content.decode().count('class="row unread') == 3


def test_history_says_which_label_and_which_folder(browser, claire, base, three, label, folder):  # noqa: F811
    client = browser(claire)
    for act in (f"label:{label.pk}", f"move:{folder.pk}"):
        press(client, base, act, three[:1], headers=HTMX)
    page = client.get(f"{base}/fil/{three[0].thread_id}/?d={folder.pk}").content.decode()
    assert "Étiquette «\xa0Stupéfiants\xa0» posée par" in page
    assert "Classé dans «\xa0EHPAD Les Lilas\xa0» par" in page


def test_nobody_undoes_the_act_of_another_nor_twice(browser, claire, anne, base, three):  # noqa: F811
    answer = press(browser(claire), base, "status:done", three, headers=HTMX)
    assert undo(browser(anne), base, answer).status_code == 404
    assert undo(browser(claire), base, answer).status_code == 200
    assert undo(browser(claire), base, answer).status_code == 404


def test_an_undo_leaves_what_a_colleague_changed_since(browser, claire, anne, base, three):  # noqa: F811
    answer = press(browser(claire), base, "status:done", three[:2], headers=HTMX)
    press(browser(anne), base, "status:waiting", three[:1])
    undo(browser(claire), base, answer)
    assert [state(m)[0] for m in three[:2]] == ["waiting", "open"]


def test_the_later_of_two_people_is_told_and_may_do_it_all_the_same(browser, claire, anne, dupont, base, three):  # noqa: F811
    page = browser(anne).get(f"{base}/inbox/").content.decode()
    seen = re.search(r'name="vu" value="(\d+)"', page)[1]
    press(browser(claire), base, "assign:me", three[:1])
    data = {"action": "assign:me", "thread": [str(m.thread_id) for m in three[:2]], "vu": seen}
    answer = browser(anne).post(f"{base}/inbox/action/", data, headers=HTMX)
    text = answer.content.decode()
    assert re.search(r"Claire l’a pris il y a \d+ seconde", text)
    assert [state(m)[1] for m in three[:2]] == [claire.pk, anne.pk], "the other one is hers"
    token = re.search(r'name="again" value="([^"]+)"', text)[1]
    assert browser(claire).post(f"{base}/inbox/action/", {"again": token}).status_code == 404, "nobody else's"
    browser(anne).post(f"{base}/inbox/action/", {"again": token}, headers=HTMX)
    assert state(three[0])[1] == anne.pk
    mine = browser(anne).post(f"{base}/inbox/action/", data | {"action": "status:done"}, headers=HTMX)
    assert 'name="again"' not in mine.content.decode(), "one's own act surprises nobody"


@pytest.mark.parametrize(
    "act", ["assign:me", *map(variant, ("status:done", "label:{label}", "move:archive", "unlabel:{label}"))]
)
def test_a_reader_triages_for_nobody_but_reminds_oneself(browser, hugo, stranger, base, three, label, act):  # noqa: F811
    assert press(browser(hugo), base, act.format(label=label.pk), three).status_code == 403
    assert press(browser(stranger), base, "snooze:demain", three).status_code == 404
    assert press(browser(hugo), base, "snooze:demain", three[:1]).status_code == 302
    assert Snooze.objects.get().membership.user == hugo


def test_a_thread_is_given_to_members_who_may_write_only(browser, claire, hugo, stranger, base, three):  # noqa: F811
    for person in (hugo, stranger):
        answer = press(browser(claire), base, f"assign:{person.pk}", three, headers=HTMX)
        assert "rien ne lui est attribué" in answer.content.decode()
    assert not Thread.objects.filter(assigned_to__isnull=False).exists()
    assert press(browser(claire), base, "assign:x", three).status_code == 404
    assert press(browser(claire), base, "status:never", three).status_code == 404
    assert "n’existe plus" in press(browser(claire), base, f"label:{uuid4()}", three, headers=HTMX).content.decode()
    assert press(browser(claire), base, f"move:{uuid4()}", three).status_code == 404
    assert "se remplit de lui-même" in press(browser(claire), base, "move:sent", three, headers=HTMX).content.decode()


def test_who_is_given_a_thread_is_judged_once_the_mailbox_is_held(anne, claire, dupont, three, monkeypatch):  # noqa: F811
    """A manager who takes the right away holds it: their act is met, whenever ours began to wait."""
    locked = triage._locked

    def waits(*given, **how):
        rows = locked(*given, **how)
        dupont.memberships.filter(user=claire).update(role="reader")
        return rows

    monkeypatch.setattr(triage, "_locked", waits)
    with pytest.raises(triage.NoMember):
        triage.assign(dupont, [three[0].thread_id], claire.pk, by=anne.pk, now=timezone.now())
    assert not Thread.objects.filter(assigned_to=claire).exists() and not ThreadEvent.objects.exists()


def test_what_is_set_aside_is_gone_for_oneself_and_back_on_top_unread(browser, claire, anne, dupont, base, three):  # noqa: F811
    mine, hers = browser(claire), browser(anne)
    press(mine, base, "snooze:demain", three[2:])
    assert subjects(mine.get(f"{base}/inbox/")) == ["Fil 0", "Fil 1"]
    assert subjects(hers.get(f"{base}/inbox/")) == ["Fil 0", "Fil 1", "Fil 2"]
    page = mine.get(f"{base}/inbox/?f=rappels")
    assert subjects(page) == ["Fil 2"]
    assert "Rappel demain à 8:00" in page.content.decode()
    assert snoozing.wake(timezone.now()) == 0
    later = timezone.now() + timedelta(days=2)
    assert (snoozing.wake(later), snoozing.wake(later)) == (1, 0)
    page = mine.get(f"{base}/inbox/")
    assert subjects(page) == ["Fil 2", "Fil 0", "Fil 1"]
    assert 'class="row unread"' in page.content.decode().partition("Fil 2")[0]
    assert subjects(hers.get(f"{base}/inbox/")) == ["Fil 0", "Fil 1", "Fil 2"]


def test_reminders_take_the_mailbox_first_and_one_mailbox_at_a_time(claire, dupont, annes_box, three, file):  # noqa: F811
    """As filing and destroying do: the other way round they made rings, and what was destroyed meanwhile was a 500."""
    now, own = timezone.now(), dupont.memberships.get(user=claire)
    hers, due = file("À elle", box=annes_box), now + timedelta(hours=1)
    for acts in (
        lambda: snoozing.snooze(own, [three[0].thread_id], due, now=now),
        lambda: snoozing.snooze(annes_box.memberships.get(), [hers.thread_id], due, now=now),
        lambda: snoozing.forget(own, [three[1].thread_id]),
        lambda: snoozing.wake(due),
    ):
        with CaptureQueriesContext(connection) as said:
            acts()
        steps = [q["sql"] for q in said if not q["sql"].startswith(("SAVEPOINT", "RELEASE"))]
        writes = [n for n, sql in enumerate(steps) if "mailbox_snooze" in sql and not sql.startswith("SELECT")]
        locks = [n for n, sql in enumerate(steps) if "FROM mailbox_mailbox m" in sql and "FOR NO KEY UPDATE" in sql]
        assert locks[0] < writes[0]
    assert len(locks) == 2 and not any(" FOR UPDATE" in sql for sql in steps)


def test_what_was_destroyed_or_has_no_room_any_more_is_said_in_place(browser, claire, base, dupont, three, monkeypatch):  # noqa: F811
    client, gone = browser(claire), three[0]
    press(client, base, "snooze:demain", three[1:2], headers=HTMX)
    back = press(client, base, "unsnooze", three[1:2], headers=HTMX)
    press(client, base, "snooze:demain", three[2:], headers=HTMX)
    monkeypatch.setattr(snoozing, "MAX", 1)
    assert "annulez-en avant" in undo(client, base, back).content.decode()
    assert Snooze.objects.get().thread_id == three[2].thread_id, "nothing was undone"
    monkeypatch.undo()
    assert "revenu à sa place" in undo(client, base, back).content.decode(), "and it still can be"
    assert Snooze.objects.filter(thread=three[1].thread_id, due_at__gt=timezone.now()).exists()
    store.remove(dupont, [gone.pk])
    pane = HTMX | {"HX-Current-URL": f"http://testserver{base}/fil/{gone.thread_id}/?d=inbox"}
    answer = press(client, base, "snooze:demain", [gone], headers=pane)
    assert "vient d’être détruit" in answer.content.decode() and "Choisissez un message" in answer.content.decode()
    monkeypatch.setattr(snoozing, "snooze", lambda *given, **how: raise_it(IntegrityError()))
    assert "vient d’être détruit" in press(client, base, "snooze:demain", [gone], headers=HTMX).content.decode()


def raise_it(error: Exception) -> None:
    raise error


def test_an_answer_shows_at_once_what_was_set_aside(browser, claire, base, dupont, file):
    first = file("INR", minutes=5, message_id="1@x")
    press(browser(claire), base, "snooze:lundi", [first])
    assert subjects(browser(claire).get(f"{base}/inbox/")) == []
    store.file(dupont, [filing(letter("Re: INR", message_id="2@x", refs=["1@x"]), 60 * 24 * 365)])
    assert subjects(browser(claire).get(f"{base}/inbox/")) == ["Re: INR"]


@pytest.mark.parametrize(
    ("due", "said"), [("", "Choisissez le jour"), ("2020-01-01T08:00", "date à venir"), variant("2199-13-01", "jour")]
)
def test_a_reminder_is_asked_for_a_time_to_come(browser, claire, base, three, due, said):  # noqa: F811
    data = {"action": "snooze:date", "thread": str(three[0].thread_id), "due": due}
    assert said in browser(claire).post(f"{base}/inbox/action/", data, headers=HTMX).content.decode()
    assert not Snooze.objects.exists()


@pytest.fixture
def sorted_out(browser, claire, anne, base, dupont, file, label):
    """Five threads, each of another kind."""
    found = {
        "Neuf": file("Neuf", minutes=1),
        "Claire": file("Claire", minutes=2, body="x" * 4000),
        "Fait": file("Fait", minutes=3),
        "Patient": file("Patient", minutes=4, sender="Jean <279035121518989@patient.mssante.fr>"),
        "Vieux": file("Vieux", minutes=60 * 50),
    }
    client = browser(claire)
    press(client, base, "assign:me", [found["Claire"]])
    press(client, base, "status:done", [found["Fait"]])
    press(client, base, "status:waiting", [found["Patient"]])
    press(client, base, f"label:{label.pk}", [found["Vieux"], found["Neuf"]])
    return found


def test_reminders_follow_each_other_in_pages_the_next_to_come_first(browser, claire, base, dupont, monkeypatch):
    monkeypatch.setattr(listing, "PAGE", 2)
    letters = store.file(dupont, [filing(letter(f"Fil {n}", message_id=f"{n}@x"), n) for n in range(5)])
    now = timezone.now()
    for hours, one in zip((1, 2, 30, 4, 5), letters, strict=True):
        snoozing.snooze(dupont.memberships.get(user=claire), [one.thread_id], now + timedelta(hours=hours), now=now)
    store.move_messages(dupont, [letters[4].pk], dupont.folders.get(role="archive"))
    for hours in (1, 2):
        snoozing.wake(now + timedelta(hours=hours, minutes=1))
    client, seen, url = browser(claire), [], f"{base}/inbox/?f=rappels"
    while url:
        page = client.get(url, headers=HTMX | {"HX-Target": "more"} if seen else {})
        seen += subjects(page)
        found = re.search(r'href="(\?[^"]*apres=[^"]+)"', page.text)
        url = f"{base}/inbox/{found[1].replace('&amp;', '&')}" if found else ""
    assert seen == ["Fil 3", "Fil 4", "Fil 2", "Fil 1", "Fil 0"]


def test_each_view_keeps_what_it_says_in_the_order_that_is_asked(browser, claire, base, dupont, sorted_out, label):
    client = browser(claire)
    for query, wanted in {
        "f=a-moi": ["Claire"],
        "f=non-attribues": ["Neuf", "Vieux"],
        "f=patients": ["Patient"],
        "f=attente": ["Patient"],
        "f=faits": ["Fait"],
        "f=a-traiter": ["Neuf", "Claire", "Vieux"],
        "f=retard": ["Vieux"],
        f"e={label.pk}": ["Neuf", "Vieux"],
        f"e={label.pk}&f=retard": ["Vieux"],
        "tri=ancien": ["Vieux", "Patient", "Fait", "Claire", "Neuf"],
        "tri=etat": ["Neuf", "Claire", "Vieux", "Patient", "Fait"],
        "f=x&e=x&tri=x": ["Neuf", "Claire", "Fait", "Patient", "Vieux"],
    }.items():
        assert subjects(client.get(f"{base}/inbox/?{query}")) == wanted, query
    assert subjects(client.get(f"{base}/inbox/?tri=taille"))[0] == "Claire"
    Mailbox.objects.update(answer_hours=0)
    page = client.get(f"{base}/inbox/")
    assert "sans réponse</b>" not in page.content.decode()


def test_a_label_and_what_is_late_are_seen_in_every_folder_and_acted_on_where_they_stand(
    browser, claire, base, dupont, sorted_out, label, folder
):
    client, old, new = browser(claire), sorted_out["Vieux"], sorted_out["Neuf"]
    sent = {"direction": "out", "folder_role": "sent"}
    store.file(dupont, [filing(letter("Re: Neuf", message_id="re@x"), 1, **sent, thread_id=new.thread_id)])
    press(client, base, f"move:{folder.pk}", [old])
    late, labelled = f"{base}/inbox/?f=retard", f"{base}/inbox/?e={label.pk}"
    page = client.get(late)
    assert (
        subjects(page) == ["Vieux"]
        and "EHPAD Les Lilas</span>" in page.text
        and "1</span> sans réponse" not in page.text
    )
    assert '<h2 id="list-title">En retard</h2>' in page.text
    assert "1</span> sans réponse" in client.get(f"{base}/{folder.pk}/").text
    assert subjects(client.get(labelled)) == ["Neuf", "Vieux"], "one row a thread, the copy of what was sent aside"
    data = {"action": "archive", "thread": [str(old.thread_id), str(new.thread_id)]}
    answer = client.post(f"{base}/inbox/action/?e={label.pk}", data, headers=HTMX)
    assert "2 fils archivés" in answer.text and answer.text.count("Archives</span>") == 2, "drawn again, not gone"
    assert (shelf_of(old), shelf_of(new)) == ("archive", "archive")
    assert FolderThread.objects.filter(thread=new.thread_id, folder__role="sent").exists()
    assert subjects(client.get(late)) == [] and subjects(client.get(labelled)) == ["Neuf", "Vieux"]
    undo(client, base, answer)
    assert FolderThread.objects.get(thread=old.thread_id).folder_id == folder.pk and shelf_of(new) == "inbox"


def test_rows_and_counters_tell_where_threads_stand(browser, claire, base, sorted_out):
    text = browser(claire).get(f"{base}/inbox/").content.decode()
    for words in (
        "attribué à vous",
        "Fait</span>",
        "En attente</span>",
        "2 j",
        "en retard",
        "Stupéfiants",
        "1</span> sans réponse",
    ):
        assert words in text, words
    inbox = re.search(r'data-inbox="([^"]+)"', text)[1]
    counts = dict(pair.split(":") for pair in re.search(r'id="counts" hidden value="([^"]+)"', text)[1].split())
    assert [counts[f"{inbox}-{name}"] for name in ("todo", "mine", "free", "late")] == ["3", "1", "2", "1"]


@pytest.mark.parametrize("sort", ["etat", *map(variant, ("", "ancien", "taille"))])
def test_pages_follow_each_other_in_every_order(browser, claire, base, dupont, sort):
    store.file(dupont, [filing(letter(f"Fil {n}", message_id=f"{n}@x"), n // 3) for n in range(60)])
    Thread.objects.all().update(status="waiting")
    FolderThread.objects.filter(newest__uid__lt=20).update(rank=1)
    client, seen, url = browser(claire), [], f"{base}/inbox/?tri={sort}"
    while url:
        page = client.get(url, headers=HTMX | {"HX-Target": "more"} if seen else {})
        seen += subjects(page)
        found = re.search(r'href="(\?[^"]*apres=[^"]+)"', page.content.decode())
        url = f"{base}/inbox/{found[1].replace('&amp;', '&')}" if found else ""
    assert len(seen) == len(set(seen)) == 60


def test_an_act_on_all_reaches_what_the_page_does_not_show_and_only_what_it_asks(
    browser, claire, base, dupont, sorted_out
):
    store.file(dupont, [filing(letter(f"Fil {n}", message_id=f"{n}@x"), n) for n in range(55)])
    client = browser(claire)
    data = {"action": "archive", "all": "1", "thread": str(sorted_out["Fait"].thread_id)}
    answer = client.post(f"{base}/inbox/action/?f=a-traiter", data, headers=HTMX)
    assert "58 fils archivés" in answer.content.decode()
    assert sorted(subjects(client.get(f"{base}/inbox/"))) == ["Fait", "Patient"]
    undo(client, base, answer)
    assert FolderThread.objects.filter(folder__role="inbox").count() == 60


def test_an_undo_is_forgotten_after_an_hour(browser, claire, base, three):  # noqa: F811
    answer = press(browser(claire), base, "status:done", three, headers=HTMX)
    UndoNote.objects.update(at=timezone.now() - timedelta(minutes=61))
    assert undo(browser(claire), base, answer).status_code == 404


def test_folders_labels_and_views_are_made_renamed_and_deleted(browser, claire, hugo, base, dupont, three):  # noqa: F811
    client = browser(claire)

    def does(action, **given) -> str:
        client.post(f"{base}/dossiers/", {"action": action, **given})
        return client.get(f"{base}/inbox/").content.decode()

    assert "EHPAD" in does("folder.create", name="EHPAD")
    assert "existe déjà" in does("folder.create", name="ehpad")
    assert "existe déjà" in does("folder.create", name="Reception")
    assert "Donnez un nom" in does("folder.create", name=" ")
    folder = dupont.folders.get(role="")
    assert "Les Lilas" in does("folder.rename", id=folder.pk, name="Les Lilas")
    press(client, base, f"move:{folder.pk}", three[:1])
    assert subjects(client.get(f"{base}/{folder.pk}/")) == ["Fil 0"]
    assert client.get(f"{base}/fil/{three[0].thread_id}/?d={folder.pk}").status_code == 200
    assert "Son message est aux archives" in does("folder.delete", id=folder.pk)
    assert shelf_of(three[0]) == "archive"
    does("label.create", name="Urgent", colour="warn")
    tab = dupont.labels.get()
    assert "Très urgent" in does("label.change", id=tab.pk, name="Très urgent", colour="danger")
    view = {"folder": "inbox", "f": "retard", "tri": "ancien", "e": str(tab.pk)}
    assert "?f=retard&amp;e=" in does("view.create", name="Mes retards", **view)
    assert "Mes retards" not in browser(hugo).get(f"{base}/inbox/").content.decode()
    does("label.delete", id=tab.pk)
    assert not dupont.labels.exists()
    assert (
        client.post(
            f"{base}/dossiers/", {"action": "folder.delete", "id": dupont.folders.get(role="inbox").pk}
        ).status_code
        == 404
    )
    assert browser(hugo).post(f"{base}/dossiers/", {"action": "folder.create", "name": "x"}).status_code == 403


def test_what_is_named_is_sealed(dupont, claire, folder, label):
    member = dupont.memberships.get(user=claire)
    cabinet.save_view(member, cabinet.Saved("vue secrète", "inbox"))
    boxes = [bytes(folder.name_box), bytes(label.name_box), bytes(member.views.get().box)]
    assert not any(word in box for box in boxes for word in (b"EHPAD", b"Stup", b"vue"))
    key = dupont.keys.summary
    assert cabinet.open_name(key, dupont.pk, "folder", folder.pk, boxes[0]) == "EHPAD Les Lilas"
    assert cabinet.open_name(key, dupont.pk, "label", folder.pk, boxes[0]) == cabinet.ILLEGIBLE
    assert cabinet.open_name(key, dupont.pk, "folder", uuid4(), boxes[0]) == cabinet.ILLEGIBLE


def test_managers_say_how_long_a_correspondent_may_wait(browser, anne, claire, base, dupont):
    assert browser(claire).post(f"{base}/reglages/", {"answer_hours": "1"}).status_code == 403
    client = browser(anne)
    assert client.post(f"{base}/reglages/", {"answer_hours": "-1"}).status_code == 422
    assert client.post(f"{base}/reglages/", {"answer_hours": "48"}).status_code == 302
    dupont.refresh_from_db()
    assert dupont.answer_hours == 48
    assert AuditEvent.objects.get(action="mailbox.patience").facts == {"hours": 48}


def test_how_close_rows_stand_is_of_the_person(browser, claire, anne, base, dupont):
    assert (
        browser(claire).post("/preferences/densite/", {"density": "compact", "next": f"{base}/inbox/"})["Location"]
        == f"{base}/inbox/"
    )
    assert 'class="list compact"' in browser(claire).get(f"{base}/inbox/").content.decode()
    assert 'class="list compact"' not in browser(anne).get(f"{base}/inbox/").content.decode()
    assert browser(claire).post("/preferences/densite/", {"density": "x"}).status_code == 404
    assert (
        browser(claire).post("/preferences/densite/", {"density": "cosy", "next": "//evil.example"})["Location"] == "/"
    )


@pytest.mark.parametrize("count", [1, 50])
def test_lists_and_acts_cost_the_same_with_one_row_and_with_fifty(
    browser, claire, base, dupont, label, count, statements
):
    letters = store.file(dupont, [filing(letter(f"Fil {n}", message_id=f"{n}@x"), n) for n in range(count)])
    client = browser(claire)
    press(client, base, "snooze:demain", letters[:1])
    snoozing.wake(timezone.now() + timedelta(days=2))
    for query in ("", "?f=a-traiter&tri=etat", f"?e={label.pk}&tri=taille", "?f=rappels", "?f=retard"):
        client.get(f"{base}/inbox/{query}")
        assert statements(lambda query=query: client.get(f"{base}/inbox/{query}")) <= 8, query
