"""Growing past one machine (design §9): the reading path on tables cut by hash of mailbox, one partition of each touched."""

from collections import Counter

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import UniqueConstraint
from django.urls import reverse

from mailbox.models import Recipient, Submission
from tests.mailbox.views.conftest import HTMX

TABLES = ("message", "thread", "folderthread", "seen", "searchentry", "blob", "submission", "recipient")
PIECES = 4


@pytest.fixture
def partitioned(dupont, annes_box, file):
    """The mail tables as an operator of many pharmacies would have them, with what they hold."""
    letter = file("INR de contrôle", body="Apixaban matin et soir")
    file("Ordonnance", box=annes_box)
    sent = file("Re: INR de contrôle", thread_id=letter.thread_id, folder_role="sent", direction="out")
    act = Submission.objects.create(mailbox=dupont, message=sent, submitted_at=sent.filed_at, size=1)
    Recipient.objects.create(mailbox=dupont, submission=act, address="x@y.example", not_before=sent.filed_at)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for name in (f"mailbox_{table}" for table in TABLES):
            cursor.execute(f"ALTER TABLE {name} RENAME TO {name}_whole")
            cursor.execute(
                f"CREATE TABLE {name} (LIKE {name}_whole INCLUDING DEFAULTS INCLUDING IDENTITY) PARTITION BY HASH (mailbox_id)"
            )
            for piece in range(PIECES):
                cursor.execute(
                    f"CREATE TABLE {name}_{piece} PARTITION OF {name} FOR VALUES WITH (MODULUS {PIECES}, REMAINDER {piece})"
                )
            for columns in unique_within_a_mailbox(name):
                cursor.execute(f"CREATE UNIQUE INDEX ON {name} ({', '.join(columns)})")
            cursor.execute(f"INSERT INTO {name} OVERRIDING SYSTEM VALUE SELECT * FROM {name}_whole")
        cursor.execute("ALTER TABLE mailbox_seen ALTER id RESTART WITH 1000000")  # its numbers go on


def unique_within_a_mailbox(table: str) -> list[list[str]]:
    """What is unique on a partitioned table must name the column it is cut by: ON CONFLICT needs those, and no other."""
    [model] = [model for model in apps.get_app_config("mailbox").get_models() if model._meta.db_table == table]
    found = (c.fields for c in model._meta.constraints if isinstance(c, UniqueConstraint) and "mailbox" in c.fields)
    return [[model._meta.get_field(name).column for name in fields] for fields in found]


def scans() -> Counter[str]:
    """How often this transaction has scanned each partition."""
    with connection.cursor() as cursor:
        cursor.execute(
            r"SELECT relname, seq_scan + coalesce(idx_scan, 0) FROM pg_stat_xact_user_tables WHERE relname ~ '_\d$'"
        )
        return Counter(dict(cursor.fetchall()))


def test_list_thread_body_and_search_read_the_partition_of_their_mailbox_alone(
    partitioned, browser, claire, base, dupont
):
    client, before = browser(claire), scans()
    message = dupont.messages.get(direction="in")
    assert "INR de contrôle" in client.get(f"{base}/inbox/").content.decode()
    assert "en file" in client.get(f"{base}/sent/").content.decode()
    thread = client.get(f"{base}/fil/{message.thread_id}/", headers=HTMX | {"HX-Target": "pane"}).content.decode()
    assert "INR de contrôle" in thread
    assert b"Apixaban" in client.get(reverse("mailbox:body", args=[dupont.pk, message.pk])).content
    assert "INR de contrôle" in client.post(f"{base}/recherche/", {"q": "apixaban"}, follow=True).content.decode()
    pieces = sorted(scans() - before)
    assert [name.rpartition("_")[0] for name in pieces] == sorted(f"mailbox_{table}" for table in TABLES), pieces
    assert len({name[-1] for name in pieces}) == 1, "the same piece of each"
