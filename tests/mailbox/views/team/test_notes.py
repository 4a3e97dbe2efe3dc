"""Internal notes: who writes, changes and erases them, whom they call, and that none of their words ever leaves."""

import io
import re
import zipfile
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from uuid_utils.compat import uuid7

from mailbox import archive, blobs, notes
from mailbox.models import Mention, Note, Submission, ThreadEvent
from mailbox.views import timeline
from mssweb.audit.models import AuditEvent
from tests.mailbox.views.conftest import HTMX

SECRET = "notecanari"


@pytest.fixture
def message(file):
    return file("INR de M. Nguyen", body="INR 4,8")


@pytest.fixture
def url(base, message) -> str:
    return f"{base}/fil/{message.thread_id}/"


def waiting(user) -> int:
    return Mention.objects.filter(membership__user=user, seen_at=None).count()


def test_a_member_notes_a_reader_reads_and_a_stranger_sees_nothing(browser, claire, hugo, stranger, url, message):
    for user, status in ((hugo, 403), (stranger, 404)):
        assert browser(user).post(f"{url}note/", {"note": SECRET}).status_code == status
    answer = browser(claire).post(f"{url}note/", {"note": f"  {SECRET}\r\nà rappeler ", "d": "inbox"})
    assert answer["Location"] == f"{url}?d=inbox#gap-end"
    note = Note.objects.get()
    assert SECRET.encode() not in bytes(note.box)
    page = browser(hugo).get(url).content.decode()
    assert f"{SECRET}\nà rappeler" in page and "Claire MARTIN" in page
    assert "Modifier</summary>" not in page
    event = AuditEvent.objects.get(action="note.create")
    assert (event.actor, event.subject_id, event.facts) == (claire, str(note.pk), {})


def test_its_author_changes_and_erases_it_nobody_else_does_and_what_it_was_is_kept(browser, claire, anne, url):
    here, other = browser(claire), browser(anne)
    here.post(f"{url}note/", {"note": "Premier jet"})
    note = Note.objects.get()
    change = url.partition("/fil/")[0] + f"/note/{note.pk}/"
    assert other.post(change, {"action": "change", "note": "autre"}).status_code == 404
    here.post(change, {"action": "change", "note": "Second jet"})
    page = other.get(url).content.decode()
    assert "Second jet" in page and re.search(r"modifiée .*<li>Premier jet</li>", page, re.S)
    assert here.post(change, {"action": "change", "note": "  "}).status_code == 302
    assert here.post(change, {"action": "burn"}).status_code == 404
    here.post(change, {"action": "erase"})
    page = other.get(url).content.decode()
    assert "Second jet" not in page and "Premier jet" not in page and "Note effacée" in page
    note.refresh_from_db()
    assert note.box is None
    assert here.post(change, {"action": "change", "note": "revenant"}).status_code == 404
    assert list(AuditEvent.objects.filter(action__startswith="note").order_by("pk").values_list("action", flat=True)) == [
        "note.create", "note.change", "note.erase",
    ]  # fmt: skip


def test_who_is_called_is_told_until_they_open_the_thread_and_an_author_does_not_call_themselves(
    browser, claire, anne, hugo, url, base
):
    browser(claire).post(f"{url}note/", {"note": "@Anne et @Claire : à rappeler"})
    assert (waiting(anne), waiting(claire), waiting(hugo)) == (1, 0, 0)
    here = browser(anne)
    page = here.get(f"{base}/mentions/").content.decode()
    assert "INR de M. Nguyen" in page and "à rappeler" in page and "à lire" in page
    assert waiting(anne) == 1, "looking at the list opens nothing"
    assert re.search(r'data-count="mentions-[^"]+">1<', page)
    assert waiting(anne) == 1 and "Marquer comme lue" in here.get(f"{url}nouvelles/?vu=999999").content.decode()
    opened = here.get(url).content.decode()
    assert waiting(anne) == 0
    assert re.search(r'data-count="mentions-[^"]+" hidden>', opened)
    assert "calls-me" in opened
    assert "Personne ne vous a encore" in browser(hugo).get(f"{base}/mentions/").content.decode()


def test_other_words_call_those_they_name_now(browser, claire, anne, hugo, url, dupont, message):
    member = dupont.memberships.get(user=claire)
    note = notes.write(member, message.thread, "@Anne", now=timezone.now())
    notes.change(note, dupont, "@Hugo plutôt", now=timezone.now())
    assert (waiting(anne), waiting(hugo)) == (0, 1)
    notes.erase(Note.objects.get(), dupont, now=timezone.now())
    assert waiting(hugo) == 0


def test_a_note_holds_the_mailbox_before_its_thread_and_calls_in_eight_statements(
    browser, claire, url, base, statements, message
):
    client = browser(claire)
    with CaptureQueriesContext(connection) as said:
        assert statements(lambda: client.post(f"{url}note/", {"note": "@Anne @Hugo : vu"}, headers=HTMX)) <= 8
        client.post(f"{base}/note/{Note.objects.get().pk}/", {"note": "Vu", "action": "change"}, headers=HTMX)
    locks = [query["sql"] for query in said if " FOR " in query["sql"]]
    assert 'FOR NO KEY UPDATE OF "mailbox_mailbox", "mailbox_thread"' in locks[0], "what is destroyed meanwhile is met"
    assert "FROM mailbox_mailbox m" in locks[1] and "mailbox_note" in locks[2], locks


def test_a_note_that_does_not_open_hides_no_other_and_a_moved_one_does_not_open(
    browser, claire, anne, url, dupont, message
):
    member = dupont.memberships.get(user=claire)
    first, second = (notes.write(member, message.thread, word, now=timezone.now()) for word in ("UnUn", "DeuxDeux"))
    Note.objects.filter(pk=first.pk).update(box=bytes(second.box))
    page = browser(anne).get(url).content.decode()
    assert "Note illisible" in page and "DeuxDeux" in page and "UnUn" not in page


def test_no_word_of_a_note_is_in_an_answer_a_forward_a_letter_or_an_export(author, base, url, message, dupont, trust):
    author.post(f"{url}note/", {"note": f"{SECRET} @Anne"})
    for kind in ("repondre", "repondre-a-tous", "transferer"):
        assert SECRET not in author.get(f"{base}/message/{message.pk}/{kind}/").content.decode()
    form = {"version": "0", "kind": "reply", "source": str(message.pk), "to": "f.lemaire@hopital.mssante.example"}
    author.post(f"{base}/brouillon/{uuid7()}/", form | {"subject": "Re", "text": "Bonjour", "action": "send"})
    sent = Submission.objects.get().message
    assert b"Bonjour" in blobs.read(sent.blob, dupont)
    assert SECRET.encode() not in blobs.read(sent.blob, dupont)
    with zipfile.ZipFile(io.BytesIO(b"".join(archive.stream(dupont, timezone.now())))) as exported:
        letters = b"".join(exported.read(name) for name in exported.namelist())
    assert b"INR 4,8" in letters and SECRET.encode() not in letters
    assert SECRET not in author.get(f"{base}/message/{message.pk}/corps/").content.decode()


@pytest.mark.parametrize("count", [1, 50])
def test_one_event_and_fifty_cost_the_same_and_are_told_folded_between_the_messages(
    browser, claire, anne, hugo, dupont, file, base, statements, count
):
    first = file("INR", minutes=60, message_id="1@x")
    file("Re: INR", minutes=10, message_id="2@x", refs=["1@x"])
    thread, now = first.thread, timezone.now()
    ThreadEvent.objects.bulk_create(
        ThreadEvent(
            mailbox=dupont, thread=thread, at=now - timedelta(minutes=30), verb="status", word="done", actor=anne
        )
        for _ in range(count)
    )
    ThreadEvent.objects.create(mailbox=dupont, thread=thread, at=now, verb="assigned", actor=anne, person=claire)
    for number in range(count):
        notes.write(dupont.memberships.get(user=anne), thread, f"Note {number}", now=now)
    client, url = browser(claire), f"{base}/fil/{thread.pk}/?d=inbox"
    client.get(f"{base}/inbox/")
    assert statements(lambda: client.get(url)) <= 8
    page = client.get(url).content.decode()
    told = "Marqué «\xa0fait\xa0» par Anne DUPONT"
    assert ("50 événements" in page) == (count == 50) and page.count(told) == (1 if count == 1 else 51)
    assert page.index("data-letter") < page.index(told) < page.rindex("data-letter")
    assert page.rindex("data-letter") < page.index("Attribué à Claire MARTIN par Anne DUPONT")
    news = f"{base}/fil/{thread.pk}/nouvelles/?d=inbox&vu=999999-{first.pk.hex[-8:]}"
    assert told in client.get(news).content.decode()
    assert statements(lambda: client.get(news)) <= 7


def test_what_stands_between_messages_is_in_the_order_of_time():
    now = timezone.now()

    class At:
        def __init__(self, name, minutes):
            self.id, self.at = name, now + timedelta(minutes=minutes)

    letters = [At("a", 0), At("b", 10)]
    lines = [timeline.Line(now + timedelta(minutes=m), str(m)) for m in (-1, 5, 6, 7, 10, 11)]
    told = [
        (g.id, [line.words for item in g.items for line in item.lines])
        for g in timeline.woven(letters, lines, is_cut=False)
    ]
    assert told == [("a", ["-1"]), ("b", ["5", "6", "7"]), ("end", ["10", "11"])]
    assert timeline.woven(letters, lines, is_cut=True)[0].items == []
    assert [g.items[0].is_folded for g in timeline.woven(letters, lines, is_cut=False)] == [False, True, False]
