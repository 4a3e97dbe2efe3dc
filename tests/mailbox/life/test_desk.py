"""A mailbox lives: each step is told, published or not, and refuses what its state does not allow."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from mailbox import store
from mailbox.inbound.accept import _FIND as RCPT
from mailbox.life import desk, destroy, states
from mailbox.models import (
    Arrival,
    Beginning,
    Blob,
    Contact,
    Draft,
    Life,
    LifeStep,
    Mailbox,
    MailboxKey,
    Membership,
    Phrase,
    Recipient,
    Submission,
    UsedAddress,
    open_mailbox,
)
from mssweb import notify
from mssweb.audit.models import AuditEvent
from tests.conftest import DOMAIN
from tests.mailbox.life.conftest import DAY, by, life, subjects
from tests.mailbox.test_store import filing, letter


def actions(prefix: str = "mailbox.") -> list[str]:
    return list(AuditEvent.objects.filter(action__startswith=prefix).order_by("pk").values_list("action", flat=True))


@pytest.fixture
def killed(monkeypatch) -> list:
    told: list = []
    monkeypatch.setattr(notify, "kill", told.append)
    return told


@pytest.mark.parametrize("act", [desk.suspend, desk.close])
def test_a_letter_that_waits_for_its_day_does_not_leave_a_mailbox_that_sends_no_more(dupont, anne, act):
    now = timezone.now()
    [sent] = store.file(dupont, [filing(letter(), folder_role="sent", direction="out")])
    row = Submission.objects.create(mailbox=dupont, message=sent, author=anne, submitted_at=now, size=1)
    held = {"mailbox": dupont, "submission": row, "domain": "b.example", "state": "held"}
    for address, at in (("a@b.example", now + DAY), ("b@b.example", now - DAY)):
        Recipient.objects.create(**held, address=address, not_before=at)
    act(dupont.pk, by())
    told = dict(Recipient.objects.filter(submission=row).values_list("address", "state"))
    assert told == {"a@b.example": "cancelled", "b@b.example": "held"}, "what was sent already goes on"


def test_a_suspension_ends_when_it_was_said_to_and_each_step_is_told(dupont, anne, killed, later):
    until = timezone.now() + 3 * DAY
    desk.suspend(dupont.pk, by(anne, "Départ du titulaire"), until=until)
    assert Mailbox.objects.get(pk=dupont.pk).state == "suspended"
    assert dupont.listing.reason == "Boîte suspendue."
    assert len(set(killed)) == 3
    with pytest.raises(states.Impossible):
        desk.suspend(dupont.pk, by(anne))
    later(2)
    assert life(dupont).mailbox.state == "suspended"
    later(3.1)
    assert (life(dupont).mailbox.state, life(dupont).suspended_until) == ("active", None)
    assert actions() == ["mailbox.suspend", "mailbox.resume"]
    assert subjects(dupont) == ["Boîte aux lettres suspendue", "Boîte aux lettres de nouveau en service"]
    told = [(step.act, step.actor, step.reason) for step in LifeStep.objects.order_by("at", "pk")]
    assert told == [("suspend", anne, "Départ du titulaire"), ("resume", None, "")]


def test_a_closure_has_a_day_a_time_of_grace_and_an_end(dupont, anne, later, settings):
    settings.CLOSURE_GRACE_DAYS = 30
    desk.ask_closure(dupont.pk, by(anne, "Vente de l’officine"), on=timezone.now() + 10 * DAY)
    later(9)
    assert life(dupont).mailbox.state == "active"
    later(10.1)
    row = life(dupont)
    assert (row.mailbox.state, row.reason, row.closing_at) == ("closed", "Vente de l’officine", None)
    later(40)
    assert life(dupont).mailbox.state == "closed"
    assert subjects(dupont)[-1] == "Boîte aux lettres clôturée"
    later(40.2)
    assert life(dupont).mailbox.state == "deleted"
    assert actions() == ["mailbox.close_ask", "mailbox.close", "mailbox.destroy"]
    assert dupont.listing.state == "withdrawn"


def test_a_closure_that_was_asked_for_may_be_taken_back_and_a_closed_mailbox_reopened_while_nothing_is_destroyed(
    dupont, anne, later
):
    desk.ask_closure(dupont.pk, by(anne), on=timezone.now() + 2 * DAY)
    desk.keep(dupont.pk, by(anne))
    with pytest.raises(states.Impossible):
        desk.keep(dupont.pk, by(anne))
    later(3)
    assert life(dupont).mailbox.state == "active"
    desk.ask_closure(dupont.pk, by(anne), on=timezone.now() - DAY)
    assert life(dupont).mailbox.state == "closed"
    desk.reopen(dupont.pk, by(anne, "Erreur"))
    later(60)
    assert life(dupont).mailbox.state == "active"
    destroyed(dupont, later)
    with pytest.raises(states.Impossible):
        desk.reopen(dupont.pk, by(anne))


def destroyed(box: Mailbox, later) -> None:
    desk.close(box.pk, by())
    for days in (31, 31.1, 31.2, 31.3, 31.4, 31.5, 31.6, 31.7, 31.8, 31.9, 32, 32.1):
        later(days)


def test_what_is_destroyed_is_gone_with_its_key_first_and_its_address_stays_for_ever(
    dupont, annes_box, claire, later, monkeypatch
):
    monkeypatch.setattr(destroy, "LOT", 2)
    now = timezone.now()
    for number in range(3):
        store.file(dupont, [filing(letter(message_id=f"{number}@x"))])
    store.file(annes_box, [filing(letter(message_id="other@x"))])
    Draft.objects.create(mailbox=dupont, author=claire, box=b"x", updated_at=now)
    Phrase.objects.create(mailbox=dupont, box=b"x", updated_at=now)
    for token in range(3):
        Beginning.objects.create(mailbox=dupont, beginning=1, token=token)
    Contact.objects.create(mailbox=dupont, box=b"x", about_token=1, updated_at=now)
    Arrival.objects.create(mailbox=dupont, mail_from="x@a.example", size=1, box=b"", arrived_at=now, due_at=now)
    desk.close(dupont.pk, by())
    destroy.begin(dupont.pk, by())
    assert not MailboxKey.objects.filter(mailbox=dupont).exists()
    assert dupont.messages.count() == 4, "the key goes first"
    while not destroy.go_on(Mailbox.objects.get(pk=dupont.pk)):
        pass
    kept = {"mailbox_life", "mailbox_lifestep", "mailbox_listing", "mailbox_mailboxrequest"}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            columns = {column.name for column in connection.introspection.get_table_description(cursor, table)}
            if table.startswith("mailbox_") and "mailbox_id" in columns and table not in kept:
                cursor.execute(f'SELECT count(*) FROM "{table}" WHERE mailbox_id = %s', [dupont.pk])
                assert (table, cursor.fetchone()[0]) == (table, 0)
    assert annes_box.messages.count() == 1 and Blob.objects.filter(mailbox=annes_box).exists()
    assert UsedAddress.objects.filter(address=dupont.address).exists()
    with pytest.raises(ValueError, match="deleted"):
        destroy.go_on(annes_box)


def test_nothing_comes_to_a_mailbox_that_is_suspended_or_closed(dupont, anne):
    def is_known() -> bool:
        with connection.cursor() as cursor:
            cursor.execute(RCPT, [dupont.address])
            return cursor.fetchone() is not None

    assert is_known()
    desk.suspend(dupont.pk, by(anne))
    assert not is_known()
    desk.close(dupont.pk, by(anne))
    assert not is_known()


def refused(act) -> bool:
    try:
        with transaction.atomic():
            act()
    except IntegrityError:
        return True
    return False


def test_the_database_keeps_addresses_kinds_and_holders_whoever_writes(dupont, annes_box, anne, claire, tenant, domain):
    def another(address: str, kind: str = "ORG") -> Mailbox:
        return open_mailbox(tenant=tenant, domain=domain, address=address, kind=kind, display_name="x", state="active")

    assert refused(lambda: Mailbox.objects.filter(pk=dupont.pk).update(address=f"autre@{DOMAIN}"))
    assert refused(lambda: Mailbox.objects.filter(pk=dupont.pk).update(kind="APP"))
    for address in (f"anne-dupont@{DOMAIN}", f"Anne.Dupont@{DOMAIN}", f"annedupont@{DOMAIN}"):
        assert refused(lambda address=address: another(address)), address
    assert not refused(lambda: another(f"anne.dupont2@{DOMAIN}"))
    assert refused(lambda: Membership.objects.create(mailbox=annes_box, user=claire, role="reader"))
    Life.objects.create(mailbox=annes_box, holder=anne)
    annes_box.memberships.all().delete()
    assert refused(lambda: Membership.objects.create(mailbox=annes_box, user=claire, role="manager"))
    assert not refused(lambda: Membership.objects.create(mailbox=annes_box, user=anne, role="manager"))
    app = another(f"lgo-applicatif@{DOMAIN}", "APP")
    assert refused(lambda: Membership.objects.create(mailbox=app, user=claire, role="reader"))
    assert not refused(lambda: Membership.objects.create(mailbox=app, user=claire, role="manager"))
    assert refused(lambda: Membership.objects.filter(mailbox=app).update(role="member"))
    Mailbox.objects.filter(pk=app.pk).update(display_name="Autre", state="suspended")


def test_a_mailbox_whose_key_does_not_open_is_closed_and_destroyed_all_the_same(dupont, later):
    MailboxKey.objects.filter(mailbox=dupont).delete()
    desk.close(dupont.pk, by())
    later(31)
    assert life(dupont).mailbox.state == "deleted"
