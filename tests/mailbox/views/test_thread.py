"""The reading pane: what is open, what is marked and audited, who read, who answered, what to beware of, what it costs."""

import re
from datetime import timedelta

import pytest
from uuid_utils.compat import uuid7

from mailbox import marks, store
from mailbox.models import Message, Recipient, Seen, Submission
from mssweb.audit.models import AuditEvent
from tests.mailbox.test_store import NOW, filing, letter
from tests.mailbox.views.conftest import HTMX
from tests.mailbox.views.test_bodies import attachment, rich


def opened(page) -> list[str]:
    """The ids of the messages that are unfolded."""
    return re.findall(r'data-letter="([^"]+)" open', page.content.decode())


@pytest.fixture
def talk(dupont, anne) -> list[Message]:
    """Received, answered by Anne, answered again."""
    us = letter(
        "Re: INR", message_id="2@x", refs=["1@x"], sender="Pharmacie <pharmacie-dupont-paris@officine.mssante.example>"
    )
    return store.file(
        dupont,
        [
            filing(letter("INR", message_id="1@x"), 0),
            filing(us, 5, folder_role="sent", direction="out", author_id=anne.pk, is_verified=True),
            filing(letter("Re: INR", message_id="3@x", refs=["1@x", "2@x"]), 10),
        ],
    )


def test_newest_and_unread_are_open_and_only_they_are_marked_and_audited(browser, claire, base, talk, dupont):
    membership = dupont.memberships.get(user=claire)
    Seen.objects.filter(membership=membership, message=talk[0]).update(seen_at=NOW)
    client = browser(claire)
    page = client.get(f"{base}/fil/{talk[0].thread_id}/?d=inbox")
    assert opened(page) == [str(talk[2].pk)]
    events = AuditEvent.objects.filter(action="message.open", actor=claire)
    assert [e.subject_id for e in events] == [str(talk[2].pk)]
    client.get(f"{base}/fil/{talk[0].thread_id}/?d=inbox")
    assert events.count() == 1


def test_a_folded_message_is_opened_when_it_is_unfolded_and_not_before(browser, claire, base, talk, dupont):
    Seen.objects.filter(membership__user=claire).update(seen_at=NOW)
    client, first = browser(claire), talk[0]
    thread = f"{base}/fil/{first.thread_id}/"
    page = client.get(f"{thread}?d=inbox").content.decode()
    assert f"/message/{first.pk}/corps/" not in page
    assert f'hx-get="{thread}?d=inbox&amp;ouvrir={first.pk}"' in page
    openings = Seen.objects.filter(message=first, membership__user=claire, opened_at__isnull=False)
    assert client.get(f"{base}/message/{first.pk}/corps/", headers={"Sec-Purpose": "prefetch"}).status_code == 204
    assert not openings.exists()
    unfolded = client.get(f"{thread}?d=inbox&ouvrir={first.pk}", headers=HTMX | {"HX-Target": f"m-{first.pk}"})
    assert f"/message/{first.pk}/corps/" in unfolded.content.decode()
    assert f"m-{talk[2].pk}" not in unfolded.content.decode()
    assert openings.exists()


def test_a_thread_or_a_file_that_a_browser_preloads_is_neither_marked_nor_told(browser, claire, base, talk):
    client = browser(claire)
    for url in (f"fil/{talk[0].thread_id}/?d=inbox", f"message/{talk[0].pk}/corps/", f"message/{talk[0].pk}/piece/1/"):
        answer = client.get(f"{base}/{url}", headers={"Sec-Purpose": "prefetch"})
        assert (answer.status_code, answer.content) == (204, b"")
    assert not Seen.objects.filter(membership__user=claire).exclude(seen_at=None, opened_at=None).exists()
    assert not AuditEvent.objects.filter(action__in=["message.open", "document.download"]).exists()


def test_a_body_that_is_asked_for_is_an_opening(browser, claire, base, talk):
    browser(claire).get(f"{base}/message/{talk[0].pk}/corps/")
    assert Seen.objects.filter(message=talk[0], membership__user=claire, opened_at__isnull=False).exists()


def test_a_frame_that_comes_after_its_thread_was_marked_unread_leaves_it_so(browser, claire, base, talk):
    client, thread = browser(claire), talk[0].thread_id
    client.get(f"{base}/fil/{thread}/?d=inbox&ouvrir={talk[-1].pk}")
    client.post(f"{base}/inbox/action/", {"action": "unseen", "thread": [thread]})
    unread = Seen.objects.filter(thread=thread, membership__user=claire, seen_at=None)
    assert unread.exists()
    for message in talk:
        client.get(f"{base}/message/{message.pk}/corps/")
    assert unread.exists()


def test_colleagues_see_who_read_and_who_answered_and_oneself_is_not_told(browser, anne, claire, base, talk):
    thread = f"{base}/fil/{talk[0].thread_id}/?d=inbox"
    browser(anne).get(thread)
    seen_by_claire = browser(claire).get(thread).content.decode()
    assert re.search(r"Lu par\s+Anne DUPONT", seen_by_claire)
    assert re.search(r"Répondu par\s+Anne DUPONT", seen_by_claire)
    assert "Claire MARTIN <time" not in seen_by_claire


def test_a_sender_who_is_not_the_envelope_s_domain_is_a_warning(browser, claire, base, file):
    honest = file("Vrai", message_id="v@x", is_verified=True, fingerprint_source=b"1" * 32)
    other = file("Faux", message_id="f@x", mail_from="x@autre.mssante.example", fingerprint_source=b"2" * 32)
    client = browser(claire)
    good = client.get(f"{base}/fil/{honest.thread_id}/").content.decode()
    assert "expéditeur vérifié" in good
    assert "Vérifiez par un autre moyen" not in good
    bad = client.get(f"{base}/fil/{other.thread_id}/").content.decode()
    assert "expéditeur vérifié" not in bad
    assert "hopital.mssante.example" in bad
    assert "autre.mssante.example" in bad
    assert "Vérifiez par un autre moyen" in bad


def test_degraded_messages_say_so_and_show_their_text(browser, claire, base, file):
    message = file(raw=b"Subject: x\r\nFrom: a@hopital.mssante.example\r\n\r\nposologie\0 : 5 mg", warnings=())
    client = browser(claire)
    assert "caractères nuls" in client.get(f"{base}/fil/{message.thread_id}/").content.decode()
    assert "posologie" in client.get(f"{base}/message/{message.pk}/corps/").content.decode()


def test_line_ends_alone_are_told_among_the_details_and_what_is_degraded_is_told_aloud(browser, claire, base, file):
    head = "From: a@hopital.mssante.example\r\nDate: Mon, 23 Nov 2026 10:00:00 +0100\r\n"
    client, told = browser(claire), "Les fins de ligne de ce message ne respectent pas la norme."
    for subject, body, is_loud in (("Quiet", "Bonjour\nAnne\r\n", False), ("Loud", "Bonjour\nAnne\0\r\n", True)):
        message = file(raw=f"Subject: {subject}\r\n{head}\r\n{body}".encode())
        listed, page = (client.get(f"{base}/{url}").text for url in ("inbox/", f"fil/{message.thread_id}/?d=inbox"))
        assert ("Affichage dégradé" in listed) == is_loud, subject
        assert f"<dt>Forme</dt><dd>{told}</dd>" in page, subject
        assert page.count('class="notice warn" role="note"') == is_loud, subject
        assert ("caractères nuls" in page) == is_loud, subject


def test_a_patient_s_address_is_masked_everywhere(browser, claire, base, file):  # ECO.3.1.1
    message = file("Renouvellement", sender="VIDAL Marguerite <248057511604235@patient.mssante.fr>")
    client = browser(claire)
    for url in (f"{base}/inbox/", f"{base}/fil/{message.thread_id}/"):
        page = client.get(url).content.decode()
        assert "248057511604235" not in page
        assert "Patient" in page


def test_the_state_of_each_recipient_stands_on_what_was_sent(browser, claire, base, dupont, anne, talk):
    submission = Submission.objects.create(mailbox=dupont, message=talk[1], author=anne, submitted_at=NOW, size=1)
    Recipient.objects.create(
        mailbox=dupont, submission=submission, address="f.lemaire@hopital.mssante.example", domain="hopital.mssante.example",
        state="failed", not_before=NOW, settled_at=NOW, reply_code=550, reply_enhanced="5.1.1", reply_text="No such user",
    )  # fmt: skip
    client = browser(claire)
    page = client.get(f"{base}/fil/{talk[0].thread_id}/?d=sent&ouvrir={talk[1].pk}").content.decode()
    assert "refusé" in page
    assert "5.1.1 No such user" in page
    assert 'class="tag danger">refusé' in client.get(f"{base}/sent/").content.decode()


def test_htmx_gets_the_pane_and_the_counters_after_opening(browser, claire, base, talk):
    answer = browser(claire).get(f"{base}/fil/{talk[0].thread_id}/?d=inbox", headers=HTMX).content.decode()
    assert "<html" not in answer
    assert 'id="pane"' in answer
    assert 'data-unread="0"' in answer


def test_what_is_in_the_trash_is_read_from_the_trash_only(browser, claire, base, talk, dupont):
    store.move_messages(dupont, [talk[0].pk], dupont.folders.get(role="trash"))
    client = browser(claire)
    shown = client.get(f"{base}/fil/{talk[0].thread_id}/?d=inbox").content.decode()
    assert f"m-{talk[0].pk}" not in shown
    assert f"m-{talk[0].pk}" in client.get(f"{base}/fil/{talk[0].thread_id}/?d=trash").content.decode()


def test_a_very_long_thread_shows_its_newest_and_a_way_to_the_rest(browser, claire, base, dupont):
    messages = store.file(
        dupont, [filing(letter("Re: Long", message_id=f"{n}@x", refs=["0@x"] if n else ()), n) for n in range(70)]
    )
    client = browser(claire)
    page = client.get(f"{base}/fil/{messages[0].thread_id}/?d=inbox")
    assert "Afficher les 10 messages plus anciens" in page.content.decode()
    assert page.content.decode().count("data-letter=") == 60
    everything = client.get(f"{base}/fil/{messages[0].thread_id}/?d=inbox&tous")
    assert everything.content.decode().count("data-letter=") == 70


@pytest.mark.parametrize("count", [1, 20])
def test_a_thread_costs_at_most_eight_statements_first_opening_included(
    browser, claire, base, dupont, anne, count, statements
):
    received = [filing(letter("INR", message_id=f"{n}@x", refs=["0@x"] if n else ()), n) for n in range(count)]
    first = store.file(dupont, received)[0]
    sent = filing(
        letter("Re: INR", message_id="s@x", refs=["0@x"]), 30, folder_role="sent", direction="out", author_id=anne.pk
    )
    store.file(dupont, [sent])
    client = browser(claire)
    client.get(f"{base}/inbox/")
    thread = f"{base}/fil/{first.thread_id}/?d=inbox"
    assert statements(lambda: client.get(thread)) <= 8
    assert statements(lambda: client.get(thread)) <= 7
    assert statements(lambda: client.get(f"{base}/message/{first.pk}/corps/")) <= 7


def test_times_are_those_of_the_pharmacy(browser, claire, base, file, tenant):
    message = file("La Réunion")
    tenant.time_zone = "Indian/Reunion"
    tenant.save()
    page = browser(claire).get(f"{base}/fil/{message.thread_id}/").content.decode()
    there = message.filed_at + timedelta(hours=4)
    assert f"à {there.hour}:{there.minute:02}" in page


def test_opening_is_refused_to_a_stranger_and_leaves_no_trace(browser, stranger, base, talk):
    client = browser(stranger)
    assert client.get(f"{base}/fil/{talk[0].thread_id}/").status_code == 404
    assert client.get(f"{base}/message/{talk[0].pk}/corps/").status_code == 404
    assert not AuditEvent.objects.filter(action="message.open").exists()


@pytest.fixture
def sent(dupont, anne, talk) -> Recipient:
    """What became of the answer of `talk`."""
    submission = Submission.objects.create(mailbox=dupont, message=talk[1], author=anne, submitted_at=NOW, size=1)
    return Recipient.objects.create(
        mailbox=dupont, submission=submission, address="f.lemaire@hopital.mssante.example", domain="hopital.mssante.example",
        state="held", not_before=NOW,
    )  # fmt: skip


def test_an_open_thread_is_told_who_answered_meanwhile_and_nothing_is_marked_or_audited(
    browser, claire, anne, stranger, base, dupont, talk, sent
):
    client = browser(claire)
    page = client.get(f"{base}/fil/{talk[0].thread_id}/?d=inbox").content.decode()
    asked = re.search(r'data-news="([^"]+)"', page)[1].replace("&amp;", "&")
    quiet = client.get(asked, headers=HTMX).content.decode()
    assert "Afficher" not in quiet
    Recipient.objects.update(state="relayed", settled_at=NOW)
    answer = filing(
        letter("Re: INR", message_id="4@x", refs=["3@x"]), 20, folder_role="sent", direction="out", author_id=anne.pk
    )
    store.file(dupont, [answer, filing(letter("Re: INR", message_id="5@x", refs=["3@x"]), 21)])
    before = (AuditEvent.objects.count(), list(Seen.objects.values_list("message", "seen_at", "opened_at")))
    told = client.get(asked, headers=HTMX | {"X-Background": "1"}).content.decode()
    assert re.search(r"<b>Anne DUPONT</b> a répondu", told)
    assert re.search(r"Nouveau message de <b>Dr Lemaire</b>", told)
    assert "Afficher" in told
    assert f'id="states-{talk[1].pk}"' in told
    assert "remis" in told
    assert "corps/" not in told
    assert (AuditEvent.objects.count(), list(Seen.objects.values_list("message", "seen_at", "opened_at"))) == before
    assert browser(stranger).get(asked).status_code == 404
    assert client.get(asked.partition("&vu=")[0]).status_code == 404


def test_what_was_prepared_before_the_page_and_filed_after_it_is_told_and_what_moved_is_not(
    browser, claire, base, dupont, talk, monkeypatch
):
    """A large letter draws its id long before it is filed."""
    early = uuid7()
    [shown] = store.file(dupont, [filing(letter("Re: INR", message_id="4@x", refs=["3@x"]), 20)])
    client = browser(claire)
    page = client.get(f"{base}/fil/{shown.thread_id}/?d=inbox").content.decode()
    asked = re.search(r'data-news="([^"]+)"', page)[1].replace("&amp;", "&")
    marks.set_keyword(mailbox=dupont, message_ids=[shown.pk, talk[0].pk], keyword=marks.FLAGGED, on=True)
    assert "Afficher" not in client.get(asked, headers=HTMX).content.decode()
    with monkeypatch.context() as patch:
        patch.setattr(store, "uuid7", lambda: early)
        [late] = store.file(dupont, [filing(letter("Re: INR", message_id="5@x", refs=["3@x"]), 21)])
    assert late.pk < shown.pk
    assert "Nouveau message de" in client.get(asked, headers=HTMX).content.decode()
    for nonsense in ("", "x", "-1", "9" * 40, str(late.pk)):
        assert client.get(f"{base}/fil/{shown.thread_id}/nouvelles/?d=inbox&vu={nonsense}").status_code == 404


def test_a_folded_line_says_the_least_advanced_of_its_recipients(browser, claire, base, dupont, talk, sent):
    Seen.objects.filter(membership__user=claire).update(seen_at=NOW)
    Recipient.objects.create(
        mailbox=dupont, submission=sent.submission, address="b@hopital.mssante.example", domain="hopital.mssante.example",
        state="failed", not_before=NOW,
    )  # fmt: skip
    client, line = browser(claire), rf'id="state-{talk[1].pk}">\s*<span class="tag danger">refusé'
    url = f"{base}/fil/{talk[0].thread_id}/"
    page = client.get(f"{url}?d=inbox")
    assert opened(page) == [str(talk[2].pk)]
    assert re.search(line, page.content.decode())
    assert re.search(line, client.get(f"{url}nouvelles/?d=inbox&vu=0").content.decode())


@pytest.mark.parametrize("count", [1, 20])
def test_the_news_of_a_thread_cost_at_most_seven_statements(browser, claire, base, dupont, count, statements):
    received = [filing(letter("INR", message_id=f"{n}@x", refs=["0@x"] if n else ()), n) for n in range(count)]
    first = store.file(dupont, received)[0]
    client = browser(claire)
    asked = f"{base}/fil/{first.thread_id}/nouvelles/?d=inbox&vu=0-{first.pk.hex[-8:]}"
    client.get(asked)
    assert statements(lambda: client.get(asked)) <= 7


def test_answering_all_is_offered_when_there_are_several_and_a_report_is_not_answered(browser, claire, base, file):
    client = browser(claire)

    def offered(message: Message) -> list[str]:
        page = client.get(f"{base}/fil/{message.thread_id}/?d=inbox").content.decode()
        return re.findall(r'data-key="([raf])"', page)

    alone = file("Seul", message_id="1@x")
    raw = letter("Plusieurs", message_id="2@x").replace(
        b"\r\nSubject", b", Dr Petit <petit@hopital.mssante.example>\r\nSubject"
    )
    report = file("Non remis", message_id="3@x", mail_from="")
    assert (offered(alone), offered(file(raw=raw)), offered(report)) == (["r", "f"], ["r", "a", "f"], ["f"])


def test_the_author_of_what_was_sent_is_no_reader_of_it(browser, claire, anne, base, talk):
    browser(anne).get(f"{base}/fil/{talk[0].thread_id}/?d=sent&ouvrir={talk[1].pk}")
    page = browser(claire).get(f"{base}/fil/{talk[0].thread_id}/?d=sent&ouvrir={talk[1].pk}").content.decode()
    ours = page[page.index(f'id="m-{talk[1].pk}"') : page.index(f'id="m-{talk[2].pk}"')]
    assert "Lu par" not in ours
    assert "Lu par" in page


def test_what_a_person_reads_comes_before_the_archive_of_its_data(browser, claire, base, file):
    raw = rich(
        b"x", attachment(b"IHE_XDM.zip", b"application/zip", b"PK"), attachment(b"CR.pdf", b"application/pdf", b"%PDF")
    )
    page = browser(claire).get(f"{base}/fil/{file(raw=raw).thread_id}/").content.decode()
    assert re.findall(r'title="([^"]+\.(?:pdf|zip))"', page)[-2:] == ["CR.pdf", "IHE_XDM.zip"]
