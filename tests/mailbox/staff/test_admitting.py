"""Who is let into a structure, at every door that makes a member; whoever is not authorised reads nothing that is shared."""

import pytest
from django.http import Http404
from django.utils import timezone

from auth_otp.models import User
from mailbox import access, departure, invitations, notes, triage
from mailbox.models import Membership, Staff
from mailbox.staff.admitting import admit, heads, install
from tests.conftest import work

NOW = timezone.now()
State = Staff.State


@pytest.mark.parametrize("state", [State.WAITING, State.SUSPENDED, State.WITHDRAWN, None])
def test_a_member_who_is_not_authorised_reads_nothing_that_is_shared_and_all_that_is_their_own(
    dupont, annes_box, tenant, anne, state
):
    assert {row.mailbox_id for row in access.mailboxes_of(anne)} == {dupont.pk, annes_box.pk}
    work(tenant, anne, state=state) if state else Staff.objects.filter(user=anne).delete()
    assert [row.mailbox_id for row in access.mailboxes_of(anne)] == [annes_box.pk]
    for bare in (False, True):
        with pytest.raises(Http404):
            access.access_mailbox(anne, dupont.pk, bare=bare)
    assert access.access_mailbox(anne, annes_box.pk).can_manage


def test_a_suspended_manager_answers_for_nothing_and_is_given_nothing(dupont, tenant, anne, claire):
    Membership.objects.filter(user=claire).update(role="manager")
    assert list(access.tenants_of(claire)) == [tenant]
    work(tenant, claire, state=State.SUSPENDED)
    assert not access.tenants_of(claire).exists() and not access.governed_by(claire).exists()
    assert claire not in access.people_of(tenant)
    assert claire.login not in {one.login for one in notes.members(dupont)}
    assert not triage._takers(dupont, claire.pk).exists()


def test_a_suspended_manager_does_not_count_as_the_one_that_a_mailbox_keeps(dupont, tenant, anne, claire):
    Membership.objects.filter(user=claire).update(role="manager")
    row = dupont.memberships.get(user=anne)
    assert not departure.is_last_manager(row, departure.held(dupont, row.pk))
    work(tenant, claire, state=State.SUSPENDED)
    assert departure.is_last_manager(row, departure.held(dupont, row.pk))


@pytest.mark.parametrize(
    ("before", "by_holder", "by_manager", "by_operator"),
    [
        (None, State.AUTHORISED, State.AUTHORISED, State.AUTHORISED),
        (State.WAITING, State.AUTHORISED, State.WAITING, State.AUTHORISED),
        (State.SUSPENDED, State.SUSPENDED, State.SUSPENDED, State.SUSPENDED),
        (State.WITHDRAWN, State.AUTHORISED, State.WAITING, State.AUTHORISED),
    ],
)
def test_who_lets_whom_in(tenant, anne, claire, stranger, before, by_holder, by_manager, by_operator):
    for by, is_operator, after in ((anne, False, by_holder), (claire, False, by_manager), (claire, True, by_operator)):
        work(tenant, stranger, state=before) if before else Staff.objects.filter(user=stranger).delete()
        assert admit(tenant, stranger, by=by, now=NOW, is_operator=is_operator).state == after


def test_an_accepted_invitation_authorises_and_lifts_no_suspension(dupont, tenant, anne, claire, stranger):
    def accepted(inviter: User) -> str:
        Membership.objects.filter(user=stranger).delete()
        one = invitations.invite(dupont, inviter, stranger.login, role="member", may_send=True, now=NOW)
        assert invitations.accept(one, stranger, now=NOW)
        return Staff.objects.get(user=stranger).state

    assert accepted(anne) == "authorised"
    work(tenant, stranger, state="suspended")
    assert accepted(anne) == "suspended"
    assert not access.mailboxes_of(stranger).exists()


def test_who_heads_a_structure(tenant, anne, claire, hugo, dupont):
    work(tenant, claire, is_delegate=True)
    assert [heads(user, tenant) for user in (anne, claire, hugo)] == [True, True, False]
    work(tenant, claire, state=State.SUSPENDED)
    assert not heads(claire, tenant)


def test_a_new_titulaire_is_authorised_whatever_they_were(tenant, anne, stranger):
    work(tenant, stranger, state=State.SUSPENDED)
    tenant.holder = stranger
    install(tenant, by=None, now=NOW)
    row = Staff.objects.get(user=stranger)
    assert (row.state, row.function) == ("authorised", "titulaire")
