"""What administrators change is told, row by row, and ends the streams of whom it concerns."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from mailbox import store
from mailbox.models import Domain, Mailbox, Membership, Peer, Recipient, Submission, Thread
from mssweb import notify
from mssweb.audit.models import AuditEvent
from tests.mailbox.test_store import filing, letter


@pytest.fixture
def boss(make_user):
    return make_user("admin@mssweb.example", "Ada", "Ministre", is_staff=True, is_superuser=True)


@pytest.fixture
def desk(client, boss, sign_in) -> Client:
    sign_in(client, boss)
    return client


@pytest.fixture
def sent(dupont, claire) -> Recipient:
    now = timezone.now()
    [message] = store.file(dupont, [filing(letter(), folder_role="sent", direction="out")])
    act = Submission.objects.create(
        mailbox=dupont, message=message, author=claire, mail_from=dupont.address, submitted_at=now, size=1
    )
    return Recipient.objects.create(
        mailbox=dupont, submission=act, address="dr@a.example", domain="a.example", state="relayed", not_before=now
    )


@pytest.fixture
def killed(monkeypatch) -> list:
    told: list = []
    monkeypatch.setattr(notify, "kill", told.append)
    return told


def told(boss) -> list[tuple[str, str, object]]:
    rows = AuditEvent.objects.filter(actor=boss).exclude(action__startswith="session").order_by("pk")
    return list(rows.values_list("action", "subject_id", "mailbox_id"))


def page_of(dupont, *rows: dict[str, object]) -> dict[str, object]:
    """The form of a mailbox with its members, as the browser sends it."""
    kept = ("display_name", "state", "quota_bytes")
    given: dict[str, object] = {name: getattr(dupont, name) for name in kept}
    given |= {"memberships-TOTAL_FORMS": len(rows), "memberships-INITIAL_FORMS": sum("id" in row for row in rows)}
    for number, row in enumerate(rows):
        given |= {f"memberships-{number}-{name}": value for name, value in row.items()}
    return given


def test_members_added_changed_and_removed_on_the_page_of_a_mailbox_are_told(
    desk, boss, dupont, claire, hugo, stranger, killed
):
    Membership.objects.filter(mailbox=dupont, user__login__startswith="anne").delete()
    hers, his = (Membership.objects.get(mailbox=dupont, user=user) for user in (claire, hugo))
    files = [filing(letter(mid, message_id=f"{mid}@x")) for mid in "ab"]
    for message, user in zip(store.file(dupont, files), (claire, hugo), strict=True):
        Thread.objects.filter(pk=message.thread_id).update(assigned_to=user)
    answer = desk.post(
        f"/admin/mailbox/mailbox/{dupont.pk}/change/",
        page_of(
            dupont,
            {"id": hers.pk, "mailbox": dupont.pk, "user": claire.pk, "role": "reader"},
            {"id": his.pk, "mailbox": dupont.pk, "user": hugo.pk, "role": "reader", "DELETE": "on"},
            {"mailbox": dupont.pk, "user": stranger.pk, "role": "member", "may_send": "on"},
        ),
    )
    assert answer.status_code == 302, answer.context["errors"]
    new = Membership.objects.get(mailbox=dupont, user=stranger)
    assert told(boss) == [
        ("mailbox.change", str(dupont.pk), dupont.pk),
        ("membership.delete", str(his.pk), dupont.pk),
        ("membership.create", str(new.pk), dupont.pk),
        ("membership.change", str(hers.pk), dupont.pk),
    ]
    assert set(killed) == {claire.pk, hugo.pk, stranger.pk}
    held = Thread.objects.filter(mailbox=dupont).values_list("assigned_to", flat=True)
    assert list(held) == [None, None], "neither who goes nor who only reads keeps what is open"


def test_members_removed_from_the_list_are_told_one_by_one(desk, boss, dupont, killed):
    rows = list(Membership.objects.filter(mailbox=dupont))
    [message] = store.file(dupont, [filing(letter())])
    Thread.objects.filter(pk=message.thread_id).update(assigned_to=rows[0].user)
    chosen = {"action": "delete_selected", "_selected_action": [str(row.pk) for row in rows], "post": "yes"}
    desk.post("/admin/mailbox/membership/", chosen)
    assert not dupont.memberships.exists()
    assert sorted(told(boss)) == sorted(("membership.delete", str(row.pk), dupont.pk) for row in rows)
    assert len(killed) == 3 and Thread.objects.get().assigned_to is None


@pytest.mark.parametrize("act", ["suspend", "close"])
def test_a_mailbox_that_is_suspended_or_closed_ends_the_streams_of_its_members(
    desk, dupont, anne, claire, hugo, killed, act
):
    """By an act with a reason; no form changes a state."""
    named = page_of(dupont) | {"display_name": "Autre nom", "state": "closed"}
    wrong = desk.post(f"/admin/mailbox/mailbox/{dupont.pk}/change/", named | {"display_name": "x <y@z.example>"})
    assert "pris pour une adresse" in wrong.text
    desk.post(f"/admin/mailbox/mailbox/{dupont.pk}/change/", named)
    assert (Mailbox.objects.get().display_name, Mailbox.objects.get().state) == ("Autre nom", "active")
    page = f"/admin/mailbox/mailbox/{dupont.pk}/vie/"
    assert desk.post(page, {"act": act, "reason": " "}).status_code == 422
    assert desk.post(page, {"act": "reopen", "reason": "m"}).status_code == 302
    assert not killed and Mailbox.objects.get().state == "active"
    assert desk.post(page, {"act": act, "reason": "Fraude"}).status_code == 302
    assert set(killed) == {anne.pk, claire.pk, hugo.pk}
    assert len(killed) == 3


def test_a_membership_is_not_handed_to_another_person_with_what_the_first_one_read(
    desk, dupont, annes_box, claire, stranger, killed
):
    row = Membership.objects.get(mailbox=dupont, user=claire)
    given = {"id": row.pk, "mailbox": dupont.pk, "user": stranger.pk, "role": "reader"}
    desk.post(f"/admin/mailbox/mailbox/{dupont.pk}/change/", page_of(dupont, given))
    other = {"mailbox": annes_box.pk, "user": stranger.pk, "role": "manager"}
    assert desk.post(f"/admin/mailbox/membership/{row.pk}/change/", other).status_code == 302
    row.refresh_from_db()
    assert (row.mailbox_id, row.user_id, row.role) == (dupont.pk, claire.pk, "manager")
    assert set(killed) == {claire.pk}


def test_a_domain_with_mailboxes_is_closed_and_one_without_may_go(desk, dupont, domain):
    empty = Domain.objects.create(name="vide.mssante.example")
    assert "delete_selected" not in desk.get("/admin/mailbox/domain/").content.decode()
    for row, status in ((domain, 403), (empty, 302)):
        assert desk.post(f"/admin/mailbox/domain/{row.pk}/delete/", {"post": "yes"}).status_code == status
    assert set(Domain.objects.all()) == {domain}


def test_pages_speak_french_and_sizes_are_read_at_a_glance(desk, boss, dupont, claire, sent):
    store.file(dupont, [filing(letter(message_id="b@x"))])
    row = Membership.objects.get(mailbox=dupont, user=claire)
    page = desk.get(f"/admin/mailbox/membership/{row.pk}/delete/").content.decode()
    assert "Seen" not in page
    assert "avec ce que cette personne a lu" in page
    page = desk.get(f"/admin/mailbox/recipient/{sent.pk}/change/").content.decode()
    assert f"{sent.address} (remis)" in page
    page = desk.get("/admin/mailbox/recipient/").content.decode()
    assert "Par acheminement" in page
    for way, is_shown in (("ici", False), ("ailleurs", True)):
        assert (sent.address in desk.get(f"/admin/mailbox/recipient/?vers={way}").content.decode()) is is_shown
    assert "sur 10 Go" in desk.get("/admin/mailbox/mailbox/").content.decode()
    assert "35 Mo" in desk.get("/admin/mailbox/domain/").content.decode()
    assert "10 Go, 10737418240 pour 10 Go" in desk.get(f"/admin/mailbox/mailbox/{dupont.pk}/change/").content.decode()


def test_a_mailbox_is_opened_with_its_keys_and_it_is_told(desk, boss, tenant, domain):
    made = {"tenant": tenant.pk, "domain": domain.pk, "address": f"Neuve@{domain.name}", "kind": "ORG"}
    made |= {"state": "active", "display_name": "Neuve", "quota_bytes": "1000000"}
    made |= {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
    desk.post("/admin/mailbox/mailbox/add/", made)
    box = Mailbox.objects.get(address=f"neuve@{domain.name}")
    assert box.keys.private
    assert told(boss) == [("mailbox.create", str(box.pk), box.pk)]


def test_nobody_else_opens_the_mailboxes_of_the_admin(client, sign_in, anne, dupont):
    sign_in(client, anne)
    url = f"/admin/mailbox/mailbox/{dupont.pk}/change/"
    assert client.post(url, page_of(dupont)).status_code in {302, 403}
    assert not AuditEvent.objects.filter(action="mailbox.change").exists()


@pytest.mark.parametrize("address", ["neuve", "deux mots@{}", "neuve@ailleurs.example", "neuve@", "a@b@{}"])
def test_an_address_that_could_never_receive_is_refused_for_it_cannot_be_changed(desk, dupont, tenant, domain, address):
    made = {"tenant": tenant.pk, "domain": domain.pk, "address": address.format(domain.name), "kind": "ORG"}
    made |= {"display_name": "Neuve", "state": "active", "quota_bytes": 10, **page_of(dupont)}
    page = desk.post("/admin/mailbox/mailbox/add/", made | {"display_name": "Neuve"})
    assert page.status_code == 200
    assert "Écrivez une adresse de ce domaine" in page.content.decode()
    assert not Mailbox.objects.exclude(pk=dupont.pk).exists()


def test_a_domain_is_kept_as_it_is_compared_and_keeps_its_name_once_it_has_mailboxes(desk, dupont, domain):
    given = {"name": " Santé.Exemple.FR ", "certificate_dn": "", "max_message_bytes": 1000, "state": "active"}
    desk.post("/admin/mailbox/domain/add/", given)
    made = Domain.objects.exclude(pk=domain.pk).get()
    assert made.name == "xn--sant-epa.exemple.fr"
    for row, name in ((made, "autre.example"), (domain, domain.name)):
        desk.post(f"/admin/mailbox/domain/{row.pk}/change/", given | {"name": "autre.example"})
        row.refresh_from_db()
        assert (row.name, row.max_message_bytes) == (name, 1000)


def test_a_correspondent_that_does_not_answer_is_shown_and_tried_now_by_who_may_and_it_is_told(
    desk, boss, sign_in, anne, client
):
    now = timezone.now()
    later = now + timedelta(minutes=10)
    Peer.objects.create(domain="a.example", since=now, failures=3, not_before=later, reply_code=451, reply_text="mort")
    page = "/admin/mailbox/peer/"
    shown = desk.get(page).content.decode()
    assert "a.example" in shown and "mort" in shown and "Réessayer maintenant" in shown
    desk.post(page, {"action": "try_now", "_selected_action": ["a.example"]})
    assert Peer.objects.get().not_before <= timezone.now()
    [event] = AuditEvent.objects.filter(action="peer.retry")
    assert (event.actor, event.facts) == (boss, {"domain": "a.example"})
    desk.post(page, {"action": "try_now", "_selected_action": ["a.example"]})
    assert AuditEvent.objects.filter(action="peer.retry").count() == 1, "it is being tried"
    sign_in(other := Client(), anne)
    Peer.objects.update(not_before=later)
    assert other.post(page, {"action": "try_now", "_selected_action": ["a.example"]}).status_code in {302, 403, 404}
    assert Peer.objects.get().not_before == later
