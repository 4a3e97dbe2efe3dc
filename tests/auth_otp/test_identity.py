"""Who comes by a national number that a door of the sector has proven."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory
from django.utils import timezone

from auth_otp import entry, identity
from auth_otp.identity import Professional, Refused, Why
from auth_otp.means import Means
from auth_otp.models import SectorLink, Session, User
from auth_otp.sessions import SessionStore
from mssweb.audit.models import AuditEvent

PSC = SectorLink.Kind.PSC
KNOWN = Professional("10001234567", "MME", "Léa", "MOREAU", "21", "Pharmacien", ())


@pytest.fixture(autouse=True)
def annuaire(monkeypatch) -> None:
    monkeypatch.setattr("directory.professional.professional", lambda rpps: KNOWN if rpps == KNOWN.rpps else None)


@pytest.fixture
def request_(db):
    request = RequestFactory().get("/")
    request.session, request.user = SessionStore(), AnonymousUser()
    return request


def test_who_has_an_account_is_linked_to_it_and_found_again(request_, anne):
    User.objects.filter(pk=anne.pk).update(rpps="10009876543")
    links = [identity.recognised(request_, kind=PSC, subject="810009876543", now=timezone.now()) for _ in range(2)]
    assert {link.user_id for link in links} == {anne.pk} and SectorLink.objects.count() == 1
    assert AuditEvent.objects.filter(action="factor.link", actor_id=anne.pk).count() == 1


def test_whom_the_annuaire_confirms_gets_an_account_that_no_password_opens(request_):
    link = identity.recognised(request_, kind=PSC, subject="810001234567", now=timezone.now())
    assert (link.user.login, link.user.last_name, link.user.profession) == ("10001234567", "MOREAU", "Pharmacien")
    assert not link.user.has_usable_password()
    again = identity.recognised(request_, kind=SectorLink.Kind.CPS, subject="810001234567", now=timezone.now())
    assert again.user == link.user and AuditEvent.objects.filter(action="user.enrol").count() == 1


@pytest.mark.parametrize(
    ("subject", "why"),
    [
        ("810007777777", Why.UNKNOWN),
        ("10001234567", Why.NO_RPPS),
        ("0123456789ab", Why.NO_RPPS),
        ("8１0001234567", Why.NO_RPPS),
        ("", Why.NO_RPPS),
    ],
)
def test_whom_nobody_knows_gets_nothing(request_, subject, why):
    with pytest.raises(Refused) as refused:
        identity.recognised(request_, kind=PSC, subject=subject, now=timezone.now())
    assert refused.value.why is why and not User.objects.exists()


def test_who_left_does_not_come_back_by_another_door(request_, anne):
    User.objects.filter(pk=anne.pk).update(rpps="10009876543", is_active=False)
    with pytest.raises(Refused) as refused:
        identity.recognised(request_, kind=PSC, subject="810009876543", now=timezone.now())
    assert refused.value.why is Why.INACTIVE


def test_a_link_follows_the_number_that_the_account_has_now(request_, anne):
    User.objects.filter(pk=anne.pk).update(rpps="10009876543")
    identity.recognised(request_, kind=PSC, subject="810009876543", now=timezone.now())
    User.objects.filter(pk=anne.pk).update(rpps="10001111111")
    with pytest.raises(Refused):
        identity.recognised(request_, kind=PSC, subject="810009876543", now=timezone.now())


def test_a_session_by_a_link_ends_with_it_and_costs_no_statement_more(
    request_, client, anne, settings, django_assert_num_queries
):
    User.objects.filter(pk=anne.pk).update(rpps="10009876543")
    link = identity.recognised(request_, kind=PSC, subject="810009876543", now=timezone.now())
    entry.enter(request_, user=link.user, now=timezone.now(), means=Means.PSC, device=link)
    client.cookies[settings.SESSION_COOKIE_NAME] = request_.session.session_key
    with django_assert_num_queries(1):
        assert client.get("/verrou/etat/").status_code == 204
    assert Session.objects.get().means == Means.PSC
    link.delete()
    assert not Session.objects.exists() and client.get("/moi/").status_code == 302
