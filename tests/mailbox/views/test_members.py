"""Who shares a mailbox: managers decide, the last one stays, everything is told, nominative mailboxes are left out."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from uuid_utils.compat import uuid7

from mailbox import departure, drafts, handing, invitations, notes, triage
from mailbox.drafts import DraftText
from mailbox.models import Draft, FolderThread, Invitation, Membership, Mention, Staff, Thread, ThreadEvent
from mailbox.views import members
from mssweb import notify
from mssweb.audit.models import AuditEvent

CHANGING = re.compile(r"nonce=\S+|\w{64}|[0-9a-f]{8}-[0-9a-f-]{27}|\d{2}:\d{2}")  # nonces, tokens, ids, times


@pytest.fixture
def killed(monkeypatch) -> list:
    """The people whose streams were ended."""
    told: list = []
    monkeypatch.setattr(notify, "kill", told.append)
    return told


def member(dupont, user) -> Membership:
    return dupont.memberships.get(user=user)


def test_only_managers_see_and_change_members(browser, anne, claire, hugo, stranger, base, dupont):
    assert "Claire MARTIN" in browser(anne).get(f"{base}/membres/").content.decode()
    row = member(dupont, hugo)
    for user, status in ((claire, 403), (hugo, 403), (stranger, 404)):
        client = browser(user)
        assert client.get(f"{base}/membres/").status_code == status
        assert client.post(f"{base}/membres/", {"login": stranger.login, "role": "manager"}).status_code == status
        assert client.post(f"{base}/membres/{row.pk}/", {"action": "remove"}).status_code == status
    assert dupont.memberships.count() == 3
    assert "Membres de la boîte" not in browser(claire).get(f"{base}/inbox/").content.decode()


def test_a_person_is_invited_by_login_or_rpps_and_reads_once_they_accept(browser, anne, stranger, base, dupont, killed):
    client, here = browser(anne), browser(stranger)
    client.post(f"{base}/membres/", {"login": f" {stranger.login.upper()} ", "role": "reader", "may_send": "on"})
    assert here.get(f"{base}/inbox/").status_code == 404, "nothing opens before they said yes"
    assert "Une invitation vous attend" in here.get("/").content.decode()
    page = here.get("/invitations/").content.decode()
    assert "Anne DUPONT vous invite" in page and "lecteur" in page
    invitation = Invitation.objects.get()
    answer = here.post("/invitations/", {"invitation": invitation.pk, "action": "accept"})
    assert answer["Location"] == f"{base}/inbox/"
    row = member(dupont, stranger)
    assert (row.role, row.may_send) == ("reader", False)
    assert here.get(f"{base}/inbox/").status_code == 200
    assert killed == [stranger.pk]
    assert here.post("/invitations/", {"invitation": invitation.pk, "action": "accept"}).status_code == 404
    event = AuditEvent.objects.get(action="invitation.create")
    assert (event.actor, event.subject_id, event.mailbox_id) == (anne, str(invitation.pk), dupont.pk)
    assert event.facts == {"role": "reader", "may_send": False}
    accepted = AuditEvent.objects.get(action="invitation.accept")
    assert (accepted.actor, accepted.mailbox_id) == (stranger, dupont.pk)


def test_inviting_tells_nobody_who_exists(browser, anne, claire, stranger, base):
    client, told = browser(anne), []
    for login in ("inconnu@x", stranger.login):
        answer = client.post(f"{base}/membres/", {"login": login, "role": "member"}, follow=True)
        told.append(CHANGING.sub("", answer.content.decode().replace(login, "")))
        again = client.post(f"{base}/membres/", {"login": login, "role": "member"})
        assert again.status_code == 422 and "attend déjà" in again.content.decode()
        client.post(f"{base}/invitation/{Invitation.objects.get(state='pending').pk}/", follow=True)
    assert told[0] == told[1]
    answer = client.post(f"{base}/membres/", {"login": claire.login, "role": "member"})
    assert answer.status_code == 422 and "a déjà accès" in answer.content.decode()


def test_an_invitation_is_the_invited_person_s_for_seven_days_unless_it_is_taken_back(
    browser, anne, claire, stranger, base, dupont
):
    client, here = browser(anne), browser(stranger)
    for end in ("revoke", "old", "decline", "other"):
        Invitation.objects.all().delete()
        client.post(f"{base}/membres/", {"login": stranger.login, "role": "member"})
        row = Invitation.objects.get()
        yes = {"invitation": row.pk, "action": "accept"}
        if end == "revoke":
            assert browser(claire).post(f"{base}/invitation/{row.pk}/").status_code == 403
            assert client.post(f"{base}/invitation/{row.pk}/").status_code == 302
        elif end == "old":
            Invitation.objects.update(until=timezone.now())
        elif end == "decline":
            here.post("/invitations/", yes | {"action": "decline"})
        else:
            assert browser(claire).post("/invitations/", yes).status_code == 404
            continue
        assert here.post("/invitations/", yes).status_code == 404, end
        assert "Aucune invitation" in here.get("/invitations/").content.decode()
    assert not dupont.memberships.filter(user=stranger).exists()
    invitations.sweep(timezone.now() + timedelta(days=90))
    assert Invitation.objects.exists(), "the last one was for a week"
    invitations.sweep(timezone.now() + timedelta(days=98))
    assert not Invitation.objects.exists(), "who was asked is not kept for good"


def test_rights_change_and_end_at_once(browser, anne, claire, base, dupont, killed):
    client = browser(anne)
    url = f"{base}/membres/{member(dupont, claire).pk}/"
    client.post(url, {"action": "change", "role": "reader"})
    assert not member(dupont, claire).can_send
    client.post(url, {"action": "remove"})
    assert browser(claire).get(f"{base}/inbox/").status_code == 404
    assert killed == [claire.pk, claire.pk]
    assert set(AuditEvent.objects.filter(action__startswith="membership").values_list("action", flat=True)) == {
        "membership.change",
        "membership.remove",
    }


def test_a_reader_is_never_said_to_send(browser, anne, claire, stranger, base, dupont):
    client = browser(anne)
    sending = {"role": "reader", "may_send": "on"}
    client.post(f"{base}/membres/{member(dupont, claire).pk}/", {"action": "change", **sending})
    client.post(f"{base}/membres/", {"login": stranger.login, **sending})
    yes = {"invitation": Invitation.objects.get().pk, "action": "accept"}
    browser(stranger).post("/invitations/", yes)
    assert [member(dupont, user).may_send for user in (claire, stranger)] == [False, False]
    client.post(f"{base}/membres/{member(dupont, claire).pk}/", {"action": "change", **sending, "role": "member"})
    assert member(dupont, claire).can_send


def test_the_last_manager_stays_until_another_is_named(browser, anne, claire, base, dupont):
    client = browser(anne)
    own = f"{base}/membres/{member(dupont, anne).pk}/"
    for data in ({"action": "remove"}, {"action": "change", "role": "member"}):
        assert "garde au moins un responsable" in client.post(own, data, follow=True).content.decode()
    assert member(dupont, anne).can_manage
    client.post(
        f"{base}/membres/{member(dupont, claire).pk}/", {"action": "change", "role": "manager", "may_send": "on"}
    )
    assert client.post(own, {"action": "remove"})["Location"] == "/"
    assert not dupont.memberships.filter(user=anne).exists()


def test_leaving_is_for_everybody_and_the_last_manager_stays(browser, anne, hugo, stranger, base, dupont, killed):
    for user, status in ((hugo, 302), (anne, 302), (stranger, 404)):
        assert browser(user).post(f"{base}/equipe/", {"action": "leave"}).status_code == status
    assert set(dupont.memberships.values_list("user__first_name", flat=True)) == {"Anne", "Claire"}
    assert killed == [hugo.pk]
    assert AuditEvent.objects.get(action="membership.leave").actor == hugo
    page = browser(anne).get(f"{base}/equipe/").content.decode()
    assert "Claire MARTIN" in page and "Quitter la boîte" in page


@pytest.mark.parametrize("has_heir", [True, False])
def test_what_was_open_goes_to_a_named_person_or_to_nobody_and_the_thread_tells(
    browser, anne, claire, hugo, base, dupont, file, has_heir
):
    now, row = timezone.now(), member(dupont, claire)
    threads = [file(f"Fil {n}").thread for n in range(3)]
    for copies in (
        Thread.objects.filter(pk__in=[t.pk for t in threads]),
        FolderThread.objects.filter(thread__in=threads),
    ):
        copies.update(assigned_to=claire)
    Thread.objects.filter(pk=threads[2].pk).update(status="done")
    notes.write(member(dupont, hugo), threads[0], "@Claire @Anne", now=now)
    notes.write(member(dupont, hugo), threads[1], "@Claire", now=now)
    given = drafts.save(member(dupont, anne), uuid7(), DraftText(text="x"), version=0, now=now)
    handing.hand(given, member(dupont, anne), row, "", now=now)
    drafts.save(row, uuid7(), DraftText(text="private"), version=0, now=now)
    client, url = browser(anne), f"{base}/membres/{row.pk}/"
    assert client.post(url, {"action": "remove", "to": str(member(dupont, hugo).pk)}).status_code == 404, "a reader"
    assert client.post(url, {"action": "remove", "to": str(row.pk)}).status_code == 404, "oneself"
    heir = anne if has_heir else None
    answer = client.post(url, {"action": "remove", "to": str(member(dupont, anne).pk) if heir else ""}, follow=True)
    assert f"2 fils en cours passent à {'Anne DUPONT' if heir else 'toute l’équipe'}" in answer.content.decode()
    assert [Thread.objects.get(pk=t.pk).assigned_to for t in threads] == [heir, heir, None]
    rows = {row.thread_id: row.assigned_to for row in FolderThread.objects.filter(thread__in=threads)}
    assert [rows[t.pk] for t in threads] == [heir, heir, None], "lists and counters say what threads say"
    told = ThreadEvent.objects.filter(thread__in=threads).values_list("verb", "actor", "person")
    assert set(told) == {("assigned" if heir else "unassigned", anne.pk, heir and heir.pk)} and len(told) == 2
    assert Mention.objects.filter(membership__user=anne).count() == (2 if heir else 1)
    given.refresh_from_db()
    assert (given.is_offered, given.author) == ((False, anne) if heir else (True, claire))
    assert Draft.objects.filter(author=claire, is_offered=False).count() == 1, "what nobody was given stays unseen"


def test_nobody_enters_by_an_invitation_of_who_manages_no_more(anne, claire, stranger, dupont):
    dupont.memberships.filter(user=claire).update(role="manager")
    for login in (stranger.login, "personne@autre.example"):
        invitations.invite(dupont, claire, login, role="manager", may_send=True, now=timezone.now())
    assert invitations.of(stranger, timezone.now()).count() == 1
    dupont.memberships.filter(user=claire).update(role="member")  # by the administration
    assert not invitations.of(stranger, timezone.now()).exists()
    left = departure.lessen(member(dupont, claire), by=anne.pk, now=timezone.now())
    assert members._passed_on(left, None) == " 2 invitations en attente sont annulées."
    assert not Invitation.objects.filter(state="pending").exists()


def test_an_heir_who_may_not_send_is_given_threads_and_no_letters_that_wait_to_leave(
    browser, anne, claire, hugo, base, dupont, file
):
    now, row, client = timezone.now(), member(dupont, claire), browser(anne)
    dupont.memberships.filter(user=hugo).update(role="member", may_send=False)
    thread, given = (
        file("INR").thread,
        drafts.save(member(dupont, anne), uuid7(), DraftText(text="x"), version=0, now=now),
    )
    triage.assign(dupont, [thread.pk], claire.pk, by=anne.pk, now=now)
    handing.hand(given, member(dupont, anne), row, "", now=now)
    assert "Hugo BERNARD (n’envoie pas)" in client.get(f"{base}/membres/").content.decode()
    to = {"action": "remove", "to": str(member(dupont, hugo).pk)}
    Staff.objects.filter(user=hugo).update(state="suspended")
    assert "Hugo BERNARD (n’envoie pas)" not in client.get(f"{base}/membres/").content.decode()
    assert client.post(f"{base}/membres/{row.pk}/", to).status_code == 404, "who is suspended takes nothing"
    Staff.objects.filter(user=hugo).update(state="authorised")
    page = client.post(f"{base}/membres/{row.pk}/", to, follow=True).content.decode()
    assert "1 brouillon confié est à prendre par toute l’équipe : Hugo BERNARD ne peut pas envoyer." in page
    assert (Thread.objects.get().assigned_to, Draft.objects.get().is_offered) == (hugo, True)
    assert not handing.take(member(dupont, hugo), given.pk, now=now)
    assert not handing.take(row, given.pk, now=now), "who left meanwhile takes nothing"
    assert handing.take(member(dupont, anne), given.pk, now=now)


def test_drafts_are_held_before_the_mailbox_as_by_who_sends_one(anne, claire, dupont):
    given = drafts.save(member(dupont, anne), uuid7(), DraftText(text="x"), version=0, now=timezone.now())
    handing.hand(given, member(dupont, anne), None, "", now=timezone.now())
    for act in (
        lambda: departure.held(dupont, member(dupont, anne).pk),
        lambda: handing.take(member(dupont, claire), given.pk, now=timezone.now()),
    ):
        with transaction.atomic(), CaptureQueriesContext(connection) as said:
            act()
        locks = [query["sql"] for query in said if " FOR " in query["sql"]]
        assert "mailbox_draft" in locks[0] and "FROM mailbox_mailbox m" in locks[1], locks


def test_who_may_less_keeps_nothing_that_needs_more(browser, anne, claire, base, dupont, file):
    now, row, client = timezone.now(), member(dupont, claire), browser(anne)
    thread, given = (
        file("INR").thread,
        drafts.save(member(dupont, anne), uuid7(), DraftText(text="x"), version=0, now=now),
    )
    triage.assign(dupont, [thread.pk], claire.pk, by=anne.pk, now=now)
    handing.hand(given, member(dupont, anne), row, "", now=now)
    client.post(f"{base}/membres/{row.pk}/", {"role": "member"})
    assert (Thread.objects.get().assigned_to, Draft.objects.get().is_offered) == (claire, True)
    page = client.post(f"{base}/membres/{row.pk}/", {"role": "reader", "may_send": "on"}, follow=True).content.decode()
    assert Thread.objects.get().assigned_to is None and "1 fil en cours passe à toute l’équipe." in page


@pytest.mark.django_db(transaction=True)
def test_two_managers_who_leave_at_once_do_not_both_go(browser, anne, claire, base, dupont):
    dupont.memberships.filter(user=claire).update(role="manager")
    clients, gate = [browser(anne), browser(claire)], Barrier(2)

    def go(client):
        gate.wait()
        try:
            return client.post(f"{base}/equipe/", {"action": "leave"})["Location"]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(go, clients)) == ["/", f"{base}/equipe/"]
    assert dupont.memberships.filter(role="manager").count() == 1


def test_members_of_another_mailbox_and_nominative_ones_are_not_there(browser, anne, base, annes_box):
    client = browser(anne)
    other = annes_box.memberships.get()
    assert client.post(f"{base}/membres/{other.pk}/", {"action": "remove"}).status_code == 404
    assert client.get(f"/b/{annes_box.pk}/membres/").status_code == 404


def test_removing_asks_first_and_apart_from_the_rights(browser, anne, base):
    page = browser(anne).get(f"{base}/membres/").content.decode()
    forms = re.findall(r"<form.*?</form>", page, re.S)
    removing = [form for form in forms if 'value="remove"' in form]
    assert len(removing) == 3
    assert not any("may_send" in form for form in removing)
    asked = re.findall(r'<details class="remove">.*?</details>', page, re.S)
    assert [one.count('value="remove"') for one in asked] == [1, 1, 1]
    assert "Claire MARTIN n’aura plus accès à cette boîte" in page
    assert "Vous n’aurez plus accès" in page
