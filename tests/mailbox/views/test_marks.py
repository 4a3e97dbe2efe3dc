"""Acts on threads: what each role may do, with and without htmx, undone exactly, told to the audit."""

import re

import pytest

from mailbox import cabinet, store
from mailbox.models import FolderThread, Message, Preference, Seen, Snooze, Thread, UndoNote
from mailbox.views.acts import ACTS
from mssweb.audit.models import AuditEvent
from tests.mailbox.test_store import filing, letter
from tests.mailbox.views.conftest import HTMX


def shelf_of(message: Message) -> str:
    return Message.objects.select_related("folder").get(pk=message.pk).folder.role


@pytest.fixture
def three(file) -> list[Message]:
    return [file(f"Fil {n}", minutes=n) for n in range(3)]


def press(client, base, action, messages, folder="inbox", **how):
    data = {"action": action, "thread": [str(m.thread_id) for m in messages]}
    return client.post(f"{base}/{folder}/action/", data, **how)


def test_archive_and_delete_move_and_come_back_by_undo_without_scripts(browser, claire, base, three):
    client = browser(claire)
    for action, role, words in (
        ("archive", "archive", "2 fils archivés"),
        ("delete", "trash", "2 fils mis à la corbeille"),
    ):
        answer = press(client, base, action, three[:2])
        assert answer["Location"] == f"{base}/inbox/"
        assert [shelf_of(m) for m in three] == [role, role, "inbox"]
        page = client.get(answer["Location"]).content.decode()
        assert words in page
        note = re.search(r'name="note" value="([^"]+)"', page)[1]
        client.post(f"{base}/annuler/", {"note": note})
        assert {shelf_of(m) for m in three} == {"inbox"}
    assert AuditEvent.objects.filter(action="thread.archive", actor=claire).count() == 2
    assert AuditEvent.objects.filter(action="thread.undo").count() == 4


def test_who_goes_on_has_the_next_thread_without_scripts_too_then_the_one_before(browser, claire, base, three):
    Preference.objects.create(user=claire, after_archive="next")
    client, threads = browser(claire), [f"{base}/fil/{one.thread_id}/?d=inbox" for one in three]
    for at, wanted in ((1, threads[2]), (2, threads[0]), (0, f"{base}/inbox/")):
        data = {"action": "archive", "thread": str(three[at].thread_id), "next": threads[at]}
        assert client.post(f"{base}/inbox/action/", data)["Location"] == wanted
    data = {"action": "status:done", "thread": str(three[0].thread_id), "next": threads[0].replace("inbox", "archive")}
    assert client.post(f"{base}/archive/action/", data)["Location"] == data["next"], "it stays where it is"


def test_undo_leaves_where_they_are_those_that_a_colleague_moved_on(browser, claire, anne, base, three):
    client = browser(claire)
    page = client.get(press(client, base, "archive", three[:2])["Location"]).content.decode()
    press(browser(anne), base, "delete", three[:1], folder="archive")
    client.post(f"{base}/annuler/", {"note": re.search(r'name="note" value="([^"]+)"', page)[1]})
    assert [shelf_of(m) for m in three] == ["trash", "inbox", "inbox"]


def test_htmx_gets_the_rows_that_went_the_counters_and_the_toast(browser, claire, base, three):
    here = {"HX-Current-URL": f"http://testserver{base}/fil/{three[0].thread_id}/?d=inbox"}
    answer = press(browser(claire), base, "archive", three[:1], headers=HTMX | here)
    text = answer.content.decode()
    assert f'id="t-{three[0].thread_id}" hx-swap-oob="delete"' in text
    assert 'data-unread="2"' in text
    assert "Archivé." in text
    assert "Choisissez un message" in text
    assert answer["HX-Push-Url"] == f"{base}/inbox/"
    elsewhere = press(browser(claire), base, "archive", three[1:2], headers=HTMX | here)
    assert "HX-Push-Url" not in elsewhere


def test_what_a_colleague_moved_meanwhile_is_not_said_to_have_moved(browser, claire, anne, base, three):
    press(browser(anne), base, "delete", three[:1])
    text = press(browser(claire), base, "archive", three[:1], headers=HTMX).content.decode()
    assert "Archivé." not in text
    assert "ce n’était déjà plus dans ce dossier" in text
    assert 'name="note"' not in text
    assert shelf_of(three[0]) == "trash"
    assert not AuditEvent.objects.filter(action="thread.archive").exists()


def test_what_was_sent_goes_back_among_what_was_sent(browser, claire, base, dupont, anne):
    sent, received = store.file(
        dupont,
        [
            filing(letter("INR", message_id="1@x"), folder_role="trash", direction="out", author_id=anne.pk),
            filing(letter("Re: INR", message_id="2@x", refs=["1@x"]), 1, folder_role="trash"),
        ],
    )
    press(browser(claire), base, "restore", [sent], folder="trash")
    assert (shelf_of(sent), shelf_of(received)) == ("sent", "inbox")
    assert not FolderThread.objects.filter(folder__role="trash").exists()


def test_read_and_unread_are_one_s_own(browser, claire, anne, hugo, base, three, dupont):
    press(browser(claire), base, "seen", three)
    unread = Seen.objects.filter(seen_at__isnull=True)
    assert unread.filter(membership__user=claire).count() == 0
    assert unread.filter(membership__user=anne).count() == 3
    press(browser(claire), base, "unseen", three[:1])
    assert unread.get(membership__user=claire).message == three[0]
    assert press(browser(hugo), base, "seen", three).status_code == 302  # a reader reads


def test_the_flag_is_shared_and_taken_from_the_whole_thread(browser, claire, anne, base, dupont):
    first, second = store.file(
        dupont, [filing(letter("INR", message_id="1@x")), filing(letter("Re: INR", message_id="2@x", refs=["1@x"]), 1)]
    )
    client = browser(claire)
    answer = press(client, base, "flag", [first], headers=HTMX)
    assert "Signalé" in answer.content.decode()
    assert Message.objects.get(pk=second.pk).is_flagged
    assert "Signalé" in browser(anne).get(f"{base}/inbox/").content.decode()
    press(client, base, "unflag", [first])
    assert not Message.objects.filter(keywords__contains=["$flagged"]).exists()


@pytest.mark.parametrize("action", ["archive", "delete", "restore", "flag", "unflag"])
def test_a_reader_may_not_and_a_stranger_finds_nothing(browser, hugo, stranger, base, three, action):
    assert press(browser(hugo), base, action, three).status_code == 403
    assert press(browser(stranger), base, action, three).status_code == 404
    assert {shelf_of(m) for m in three} == {"inbox"}


def test_threads_of_another_mailbox_are_as_if_they_did_not_exist(browser, anne, base, annes_box, file):
    mine = file("Personnel", box=annes_box)
    press(browser(anne), base, "archive", [mine])
    assert shelf_of(mine) == "inbox"


def test_a_forged_or_foreign_note_undoes_nothing(browser, claire, anne, base, three):
    client = browser(claire)
    answer = press(client, base, "archive", three, headers=HTMX)
    note = re.search(r'name="note" value="([^"]+)"', answer.content.decode())[1]
    assert client.post(f"{base}/annuler/", {"note": note[:-3] + "xyz"}).status_code == 404
    assert browser(anne).post(f"{base}/annuler/", {"note": note}).status_code == 404
    assert {shelf_of(m) for m in three} == {"archive"}
    undone = client.post(f"{base}/annuler/", {"note": note}, headers=HTMX)
    assert undone["HX-Trigger"] == "mss:refresh"
    assert {shelf_of(m) for m in three} == {"inbox"}


def test_what_is_no_act_is_not_found(browser, claire, base, three):
    client = browser(claire)
    assert press(client, base, "explode", three).status_code == 404
    assert client.post(f"{base}/inbox/action/", {"action": "archive", "thread": "x"}).status_code == 404
    assert press(client, base, "archive", []).status_code == 302


def test_after_an_act_one_is_never_led_out_of_the_mailbox(browser, claire, base, three):
    data = {"action": "seen", "thread": str(three[0].thread_id)}
    client = browser(claire)
    for target, led in (("https://evil.example/", f"{base}/inbox/"), ("//evil.example", f"{base}/inbox/"),
                        (f"{base}/inbox/?apres=x", f"{base}/inbox/?apres=x")):  # fmt: skip
        assert client.post(f"{base}/inbox/action/", {**data, "next": target})["Location"] == led


def test_no_act_touches_or_tells_a_thread_of_another_mailbox(browser, claire, base, dupont, annes_box, file):
    """Nothing asks first whose they are: each verb names the mailbox in the statement that changes."""
    hers = file("À elle", box=annes_box)
    before = Message.objects.filter(pk=hers.pk).values().get(), Thread.objects.filter(pk=hers.thread_id).values().get()
    label = cabinet.make_label(dupont, "Urgent", "danger")
    values = {
        "status": "done",
        "assign": "me",
        "label": label.pk,
        "unlabel": label.pk,
        "snooze": "demain",
        "move": "trash",
    }
    client = browser(claire)
    for name in ACTS:
        press(client, base, f"{name}:{values.get(name, '')}", [hers], headers=HTMX)
    after = Message.objects.filter(pk=hers.pk).values().get(), Thread.objects.filter(pk=hers.thread_id).values().get()
    assert after == before
    assert not Seen.objects.exclude(seen_at=None).exists()
    assert not Snooze.objects.exists() and not UndoNote.objects.exists()
    assert not AuditEvent.objects.filter(action__startswith="thread.").exists()
