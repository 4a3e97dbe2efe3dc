"""Finding what became of a message: by address, domain, date, code, decision, way and id; with the right only, and told."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from mailbox.models import Recipient, Submission, Transaction
from mailbox.traces.search import Criteria, find, pages
from mailbox.traces.write import insert
from mssweb.audit.models import AuditEvent
from mssweb.audit.record import record
from tests.mailbox.test_store import filing, letter, store
from tests.mailbox.traces.test_refusals import LINE

PAGE = "/admin/mailbox/transaction/"


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def sent(dupont, claire, now) -> Recipient:
    """One that left at the second attempt, and was opened."""
    [message] = store.file(dupont, [filing(letter(), folder_role="sent", direction="out")])
    act = Submission.objects.create(
        mailbox=dupont, message=message, author=claire, mail_from=dupont.address, submitted_at=now, size=1
    )
    row = Recipient.objects.create(
        mailbox=dupont, submission=act, address="dr@a.example", domain="a.example", state="relayed", not_before=now
    )
    known = {"way": "out", "mail_from": dupont.address, "rcpt_to": row.address, "domain": "a.example", "queue_id": row.pk,
             "message_id": message.pk, "stage": "data"}  # fmt: skip
    insert([replace(LINE, at=now - timedelta(minutes=1), reason="peer", code=451, **known),
            replace(LINE, at=now, reason="listed", code=250, **known)])  # fmt: skip
    record("message.submit", actor_id=claire.pk, mailbox_id=dupont.pk, subject=("message", message.pk))
    return row


def test_each_criterion_finds_and_refuses_and_pages_follow_each_other(db, now):
    insert(
        [
            replace(
                LINE,
                at=now - timedelta(hours=n),
                rcpt_to=f"x{n % 2}@b.example",
                mail_from="dr@a.example",
                domain="a.example",
            )
            for n in range(5)
        ]
    )
    insert([replace(LINE, at=now, way="out", reason="listed", code=250, domain="b.example", rcpt_to="dr@a.example")])
    for criteria, count in (
        (Criteria(address="DR@A.example"), 6), (Criteria(address="x0@b.example"), 3), (Criteria(domain="b.example"), 1),
        (Criteria(since=now - timedelta(hours=2)), 4), (Criteria(until=now - timedelta(hours=2)), 2),
        (Criteria(code=550), 5), (Criteria(code=250), 1), (Criteria(reason="listed"), 1), (Criteria(way="in"), 5),
        (Criteria(reason="unknown-recipient", way="out"), 0), (Criteria(address="nobody@b.example"), 0),
    ):  # fmt: skip
        assert len(find(criteria)) == count, criteria
    together = [row for page in pages(Criteria(address="dr@a.example"), most=5, page=2) for row in page]
    assert [row.pk for row in together] == [row.pk for row in find(Criteria(address="dr@a.example"))[:5]]


@pytest.mark.parametrize("criteria", [
    Criteria(address="x@b.example"), Criteria(domain="a.example"), Criteria(code=550), Criteria(reason="handshake"),
    Criteria(since=timezone.now()), Criteria(),
])  # fmt: skip
def test_no_question_reads_the_table(db, criteria):
    """With the plans of a prepared statement, as in production: the partial indexes of refusals must be seen by them."""
    with CaptureQueriesContext(connection) as told:
        find(criteria)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off")
        for query in told:
            cursor.execute("EXPLAIN " + query["sql"])
            plan = " ".join(row[0] for row in cursor.fetchall())
            assert "Index" in plan and "Seq Scan" not in plan and "Sort Key" not in plan, plan


def test_a_message_is_followed_from_any_of_its_ids(client, make_user, sign_in, sent, claire):
    clerk = make_user("commis@mssweb.example", "Colin", "Commis", is_staff=True)
    sign_in(client, clerk)
    follow = f"{PAGE}suivi/{sent.pk}/"
    for page in (PAGE, follow):
        assert client.get(page).status_code == 403
    assert client.post(PAGE, {}).status_code == client.post(f"{PAGE}export/", {}).status_code == 403
    clerk.user_permissions.add(Permission.objects.get(codename="view_transaction"))
    for ref in (sent.pk, sent.submission.message_id):
        told = client.get(f"{PAGE}suivi/{ref}/").text
        for words in (
            "refusé par le correspondant",
            "domaine et certificat",
            "remis",
            "Message envoyé",
            str(claire),
        ):
            assert words in told, words
        assert "Ordonnance" not in told
    assert client.get(f"{PAGE}suivi/00000000-0000-0000-0000-000000000000/").status_code == 404
    assert client.post(follow).status_code == 405 and client.get(f"{PAGE}export/").status_code == 405
    row = Transaction.objects.first()
    assert "refusé par le correspondant" in client.get(f"{PAGE}{row.pk}/change/").text


def test_a_search_and_an_export_are_told_by_the_names_of_what_was_asked(client, make_user, sign_in, sent):
    sign_in(client, make_user("admin@mssweb.example", "Ada", "Ministre", is_staff=True, is_superuser=True))
    Transaction.objects.all().delete()
    insert(
        [
            replace(LINE, at=timezone.now(), rcpt_to=f"x{n}@b.example", text="=cmd()", domain="a.example")
            for n in range(51)
        ]
    )
    asked = {"domain": "A.example", "code": "550"}
    first = client.post(PAGE, asked)
    assert first.text.count("x") and "Plus anciennes" in first.text
    again = client.post(PAGE, {**asked, "after": first.context["after"]})
    assert len(again.context["rows"]) == 1 and "Plus anciennes" not in again.text
    left = client.post(f"{PAGE}export/", asked)
    assert left.streaming
    table = b"".join(left.streaming_content).decode()
    assert table.startswith("\ufeffquand;sens") and table.count("\r\n") == 52 and ";'=cmd();" in table
    events = AuditEvent.objects.filter(action__startswith="transactions.").order_by("id").values_list("action", "facts")
    assert [(action, facts["criteria"]) for action, facts in events] == [
        ("transactions.search", "domain,code"), ("transactions.search", "domain,code"), ("transactions.export", "domain,code"),
    ]  # fmt: skip
    assert "a.example" not in str(list(events))
    assert len(client.get(PAGE).context["rows"]) == 50
    assert client.post(PAGE, {"code": "abc"}).status_code == 200
