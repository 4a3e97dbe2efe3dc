"""«Suivi» as it is read, and what is done from it and from the message."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from mailbox.models import Following, Preference, Recipient, Submission
from mailbox.views import follow_list
from mssweb.audit.models import AuditEvent
from tests.mailbox.test_following import DR, OTHER, send  # noqa: F401  (a fixture)


@pytest.fixture
def sent(send, anne):  # noqa: F811
    """One of each: waiting for long, waiting, refused, delayed, read, held, answered, and one of Anne's."""
    made = {name: send(ago=timedelta(days=days), number=name) for name, days in (
        ("old", 5), ("new", 1), ("failed", 1), ("delayed", 1), ("read", 1), ("answered", 5),
    )}  # fmt: skip
    made["held"] = send(held=60, number="held")
    made["anne"] = send(author=anne, number="anne")
    rows = Recipient.objects
    rows.filter(submission=made["failed"]).update(
        state="failed", reply_code=550, reply_enhanced="5.1.1", reply_text="no"
    )
    rows.filter(submission=made["delayed"]).update(state="delayed", reply_code=451)
    rows.filter(submission=made["read"]).update(state="delivered", read_at=timezone.now())
    Following.objects.filter(pk=made["new"].pk).update(expected=True)
    Following.objects.filter(pk=made["answered"].pk).update(waits=False, answered_at=timezone.now())
    return made


def shown(client: Client, base: str, query: str, sent: dict[str, Submission]) -> set[str]:
    html = client.get(f"{base}/suivi/?{query}").text
    return {name for name, one in sent.items() if f"ouvrir={one.message_id}" in html}


def test_each_filter_shows_what_it_says(browser, claire, base, sent):
    client = browser(claire)
    for query, names in {
        "": set(sent),
        "qui=moi": set(sent) - {"anne"},
        "f=attente": set(sent) - {"answered"},
        "f=attendues": {"new"},
        "f=sans-reponse": {"old"},
        "f=refuses": {"failed"},
        "f=retardes": {"delayed"},
        "f=lus": {"read"},
        "f=programmes": {"held"},
        "f=programmes&qui=moi": {"held"},
        "f=inconnu": set(sent),
    }.items():
        assert shown(client, base, query, sent) == names, query
    html = client.get(f"{base}/suivi/").text
    assert "Sans réponse depuis 3 jours <b>1</b>" in html and "Programmés <b>1</b>" in html
    assert "Réponse attendue <b>1</b>" in html and "réponse attendue</span>" in html
    assert "sans réponse depuis 5 jours" in html
    Preference.objects.create(user=claire, answer_days=7)
    assert shown(browser(claire), base, "f=sans-reponse", sent) == set()


def test_a_page_costs_the_same_for_one_sending_and_for_fifty_and_the_next_follows(
    browser,
    claire,
    base,
    dupont,
    send,  # noqa: F811
    statements,
):
    first = send(ago=timedelta(minutes=1))
    client = browser(claire)
    client.get(f"{base}/suivi/")
    one = statements(lambda: client.get(f"{base}/suivi/"))
    message = first.message
    for minutes in range(2, 62):
        at = timezone.now() - timedelta(minutes=minutes)
        more = Submission.objects.create(mailbox=dupont, message=message, author=claire, submitted_at=at, size=1)
        Following.objects.create(
            submission=more,
            mailbox=dupont,
            thread_id=message.thread_id,
            message=message,
            author=claire,
            sent_at=at,
            waits=False,
        )
        Recipient.objects.create(
            mailbox=dupont, submission=more, address=DR, domain="x", state="relayed", not_before=at
        )
    assert statements(lambda: client.get(f"{base}/suivi/")) == one <= 8
    page = client.get(f"{base}/suivi/")
    assert page.text.count('class="follow"') == follow_list.PAGE
    link = page.text.rpartition('hx-get="')[2].partition('"')[0].replace("&amp;", "&")
    rest = client.get(link, headers={"HX-Request": "true", "HX-Target": "follow-more"}).text
    assert rest.count('class="follow"') == 61 - follow_list.PAGE and "follow-more" not in rest and "<html" not in rest
    assert client.get(f"{base}/suivi/?apres=forged").text.count('class="follow"') == follow_list.PAGE


def test_who_may_write_stops_following_and_a_reader_only_looks(browser, claire, hugo, base, sent):
    url = f"{base}/suivi/{sent['old'].pk}/"
    assert browser(hugo).post(url, {"action": "drop"}).status_code == 403
    html = browser(hugo).get(f"{base}/suivi/").text
    assert "Relancer" not in html and "Ne plus suivre" not in html and "INR" in html
    client = browser(claire)
    there = client.post(url, {"action": "drop", "next": f"{base}/suivi/?f=attente"})
    assert there["Location"] == f"{base}/suivi/?f=attente"
    assert shown(client, base, "f=sans-reponse", sent) == set()
    client.post(url, {"action": "take", "next": "https://evil.example"})
    assert shown(client, base, "f=sans-reponse", sent) == {"old"}
    assert AuditEvent.objects.filter(action__startswith="following.").count() == 2


def test_a_reminder_answers_one_s_own_message_to_the_same_people(browser, claire, base, sent, file):
    client = browser(claire)
    html = client.get(f"{base}/message/{sent['old'].message_id}/relancer/").text
    assert "Je me permets de revenir vers vous" in html and DR in html and "INR" in html
    assert client.get(f"{base}/message/{file().pk}/relancer/").status_code == 404


def test_a_refused_recipient_is_told_in_french_tried_again_or_corrected(browser, claire, hugo, base, sent):
    failed = sent["failed"]
    row, client = failed.recipients.get(), browser(claire)
    thread = f"{base}/fil/{failed.message.thread_id}/?d=sent"
    html = client.get(thread).text
    assert "Cette adresse n’existe pas" in html and "Réponse de son serveur" in html
    url = f"{base}/destinataire/{row.pk}/corriger/"
    assert browser(hugo).get(url).status_code == 403
    assert client.get(url).status_code == 200
    refused = client.post(url, {"other": "x@gmail.example"})
    assert refused.status_code == 422 and "espace de confiance" in refused.text and "x@gmail.example" in refused.text
    assert client.post(url, {"other": OTHER}).status_code == 302
    html = client.get(thread).text
    assert "adresse corrigée" in html and OTHER in html and "Corriger l’adresse" not in html
    assert shown(client, base, "f=refuses", sent) == set()
    assert client.get(url).status_code == 302, "nothing is left to correct"


def test_all_that_refused_are_tried_again_at_once(browser, claire, hugo, base, send):  # noqa: F811
    act = send(to=(DR, OTHER))
    act.recipients.update(state="failed", reply_code=550)
    url, client = f"{base}/envoi/{act.pk}/renvoyer/", browser(claire)
    assert "Réessayer les 2 refusés" in client.get(f"{base}/fil/{act.message.thread_id}/?d=sent").text
    assert browser(hugo).post(url).status_code == 403
    assert "vers 2 destinataires" in client.post(url, follow=True).text
    assert set(act.recipients.values_list("state", flat=True)) == {"queued"}
    assert "a changé" in client.post(url, follow=True).text
    assert AuditEvent.objects.filter(action="recipient.retry").count() == 2
