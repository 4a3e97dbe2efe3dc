"""Writing and its sequels: who may is written down, who may not is refused and nothing changes."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from mailbox import draft_files, drafts, store
from mailbox.drafts import DraftText
from mailbox.mime.compose import Outgoing
from mailbox.mime.values import Address
from mailbox.models import Draft, Mailbox, Recipient, Submission
from mailbox.outbound.submit import submit
from mssweb.audit.models import AuditEvent
from tests.mailbox.test_store import filing, letter

DR = "dr.lemaire@hopital.mssante.example"


@pytest.fixture
def held(dupont, claire, trust) -> Submission:
    """A message of Claire's in its undo window."""
    now = timezone.now()
    text = Outgoing(
        from_=Address("", dupont.address), to=(Address("", DR),), subject="INR", text="4,8", message_id="x@y", date=now
    )
    return submit(
        mailbox=dupont, author=claire, letter=text, recipients=[DR], thread_id=None,
        not_before=now + timedelta(seconds=60), now=now,
    )  # fmt: skip


def events(action: str) -> list[tuple]:
    return list(AuditEvent.objects.filter(action=action).values_list("actor__login", "subject_id", "client"))


def test_a_reader_may_write_nothing_take_nothing_back_and_try_nothing_again(browser, hugo, base, held, file):
    client, row = browser(hugo), held.recipients.get()
    for url in ("nouveau/", "drafts/", f"message/{file().pk}/repondre/", f"brouillon/{uuid4()}/"):
        assert client.get(f"{base}/{url}").status_code == 403
    for url in (f"envoi/{held.pk}/annuler/", f"destinataire/{row.pk}/", "destinataires/", "annuler/"):
        assert client.post(f"{base}/{url}", {"action": "cancel"}).status_code == 403
    row.refresh_from_db()
    assert row.state == "held"


@pytest.mark.parametrize("state", ["suspended", "closed"])
def test_drafts_of_a_mailbox_that_is_only_read_are_read_and_nothing_of_them_changes(
    browser, claire, anne, hugo, base, dupont, state
):
    member, row_id = dupont.memberships.get(user=claire), uuid4()
    text = DraftText(to='"VIDAL" <248057511604235@patient.mssante.fr>', subject="INR", text="4,8\nAnne")
    row = drafts.save(member, row_id, text, version=0, now=timezone.now())
    draft_files.attach(dupont, row, name="Courrier.pdf", content_type="application/pdf", data=b"%PDF")
    Mailbox.objects.filter(pk=dupont.pk).update(state=state)
    client, url = browser(claire), f"{base}/brouillon/{row_id}/"
    assert f'href="{base}/drafts/"' in client.get(f"{base}/inbox/").text
    listed, page = client.get(f"{base}/drafts/").text, client.get(url).text
    for words in ("INR", "VIDAL"):
        assert words in listed and words in page, words
    assert "•••@patient.mssante.fr" in page
    assert "4,8\nAnne" in page and "Courrier.pdf" in page
    assert "248057511604235" not in listed + page and "<textarea" not in page and 'name="action"' not in page
    for action in ("save", "delete", "send"):
        assert client.post(url, {"action": action, "version": "1", "kind": "new"}).status_code == 403, action
    assert (Draft.objects.get().version, bytes(Draft.objects.get().box)) == (1, bytes(row.box))
    assert browser(anne).get(url).status_code == 404, "they are their author's"
    assert f'href="{base}/drafts/"' not in (reader := browser(hugo)).get(f"{base}/inbox/").text
    assert reader.get(f"{base}/drafts/").status_code == reader.get(url).status_code == 403


def test_who_may_not_send_neither_takes_back_nor_tries_again(browser, claire, base, held, dupont):
    dupont.memberships.filter(user=claire).update(may_send=False)
    client, row = browser(claire), held.recipients.get()
    for url in (f"envoi/{held.pk}/annuler/", f"destinataire/{row.pk}/"):
        assert client.post(f"{base}/{url}", {"action": "cancel"}).status_code == 403
    assert Recipient.objects.get().state == "held"


def test_only_its_author_takes_a_message_back_and_it_is_told(browser, anne, claire, base, held):
    url, message = f"{base}/envoi/{held.pk}/annuler/", held.message_id
    assert browser(anne).post(url).status_code == 404
    assert Submission.objects.exists()
    assert browser(claire).post(url).status_code == 302
    assert not Submission.objects.exists()
    assert events("message.cancel") == [(claire.login, str(message), "127.0.0.1")]


def test_a_message_that_waits_is_taken_back_from_itself_and_from_what_was_sent(browser, anne, claire, base, held):
    """The note that follows a sending is gone at the next page."""
    undo = f'action="{base}/envoi/{held.pk}/annuler/"'
    pages = (f"{base}/fil/{held.message.thread_id}/?d=sent", f"{base}/sent/")
    mine, hers = browser(claire), browser(anne)
    for page in pages:
        assert undo in mine.get(page).content.decode()
        assert undo not in hers.get(page).content.decode()
    held.recipients.update(state="queued")
    assert [undo in mine.get(page).content.decode() for page in pages] == [False, False]


def test_trying_again_and_giving_up_are_told(browser, anne, base, held):
    client, row = browser(anne), held.recipients.get()
    client.post(f"{base}/destinataire/{row.pk}/", {"action": "cancel"})
    assert Recipient.objects.get().state == "cancelled"
    Recipient.objects.update(state="failed")
    client.post(f"{base}/destinataire/{row.pk}/", {"action": "retry"})
    assert Recipient.objects.get().state == "queued"
    for action in ("recipient.cancel", "recipient.retry"):
        assert events(action) == [(anne.login, str(row.pk), "127.0.0.1")]


def test_sending_is_told_with_who_and_from_where(browser, claire, base, trust):  # ECO.4.1.2
    url = f"{base}/brouillon/{uuid4()}/"
    browser(claire).post(url, {"action": "send", "version": "0", "kind": "new", "to": DR, "subject": "x", "text": "x"})
    assert events("message.submit") == [(claire.login, str(Submission.objects.get().message_id), "127.0.0.1")]


@pytest.mark.parametrize(("action", "folder"), [("archive", "inbox"), ("delete", "inbox"), ("restore", "trash")])
def test_each_move_of_a_thread_is_told(browser, claire, base, dupont, action, folder):  # ECO.4.1.1
    [message] = store.file(dupont, [filing(letter(), folder_role=folder)])
    browser(claire).post(f"{base}/{folder}/action/", {"action": action, "thread": str(message.thread_id)})
    assert events(f"thread.{action}") == [(claire.login, str(message.thread_id), "127.0.0.1")]
