"""Our own certificate and the age of the list: what ails them, by a code, told to the journal once."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from mailbox import whitelist
from mailbox.models import Domain, Edition, Watched
from mailbox.trust.certificates import PeerCertificate
from mailbox.trust.own import Own, faults, warned_at
from mailbox.trust.revocation import Finding, Standing
from mailbox.trust.whitelist import WhiteList
from mailbox.watching import alarms, watch
from mssweb.audit.models import AuditEvent
from mssweb.authorities import parse_dn
from tests import peers

NOW = datetime(2026, 11, 27, 10, 0, tzinfo=UTC)
DN = parse_dn("CN=mx.officine.fr,OU=1,O=X,ST=Y,C=FR")
GOOD, OURS = Finding(Standing.GOOD, "crl"), "officine.mssante.fr"


def ours(**given) -> Own:
    facts = {"dn": DN, "dn_text": "", "serial": "a", "not_after": NOW + timedelta(days=900), "issuer": (), **given}
    return Own(PeerCertificate(**facts))


def ails(own: Own | None = None, finding: Finding = GOOD, listed: dict | None = None) -> list[str]:
    white_list = WhiteList(NOW, {OURS: frozenset({DN})} if listed is None else listed, 1)
    return faults(own or ours(), finding=finding, white_list=white_list, domains=[OURS], now=NOW)


def test_a_certificate_that_is_well_has_no_fault_and_each_fault_has_its_code():
    assert ails() == []
    assert ails(ours(not_after=NOW - timedelta(seconds=1))) == ["ended"]
    assert ails(Own(ours().peer, "key")) == ["key"]
    assert ails(Own(None)) == ["unreadable"]
    assert ails(finding=Finding(Standing.FOREIGN, "x")) == ["foreign"]
    assert ails(finding=Finding(Standing.REVOKED, "x")) == ["revoked"]
    assert ails(finding=Finding(Standing.UNKNOWN, "no-crl")) == [], "told elsewhere"
    assert ails(listed={OURS: frozenset({parse_dn("CN=other")})}) == [f"not-listed {OURS}"] == ails(listed={})
    assert faults(ours(), finding=GOOD, white_list=None, domains=[OURS], now=NOW) == []


@pytest.mark.parametrize(
    ("left", "days"),
    [
        (timedelta(days=90, seconds=1), None), (timedelta(days=90), 90), (timedelta(days=60, seconds=1), 90),
        (timedelta(days=60), 60), (timedelta(days=30), 30), (timedelta(days=7, seconds=1), 30), (timedelta(days=7), 7),
        (timedelta(seconds=1), 7), (timedelta(), 0), (timedelta(days=-5), 0),
    ],
)  # fmt: skip
def test_the_end_is_warned_of_at_90_60_30_and_7_days_and_once_it_has_come(left, days):
    assert warned_at(NOW + left, NOW) == days


def test_every_fault_has_french_words():
    for code in ("unreadable", "key", "no-key", "ended", "foreign", "revoked", "old", "missing", f"not-listed {OURS}"):
        assert "Autre" not in alarms.said(code) and "{" not in alarms.said(code)


def told(action: str) -> list[dict]:
    return list(AuditEvent.objects.filter(action=action).order_by("at", "pk").values_list("facts", flat=True))


def test_each_threshold_is_told_once_and_again_for_another_certificate(trust, settings):
    start = timezone.now()
    end = trust.certificate("mx." + peers.OURS).not_valid_after_utc
    for left in (100, 89, 88, 59, 29, 6, 6, -1, -2):
        watch.look(end - timedelta(days=left))
    assert [facts["days"] for facts in told("certificate.end")] == [90, 60, 30, 7, 0]
    settings.TLS_CERTIFICATE, settings.TLS_KEY = trust.hospital.certificate, trust.hospital.key
    watch.look(end - timedelta(days=29))
    assert told("certificate.end")[-1]["days"] == 30 and len(told("certificate.end")) == 6
    watch.look(start)
    assert Watched.objects.get(name="certificate").until.year == end.year


def test_what_is_on_disk_is_judged_with_the_lists_in_force(trust, settings, domain):
    def standing() -> list[str]:
        whitelist.forget()
        watch.look(timezone.now())
        return Watched.objects.get(name="certificate").faults

    assert standing() == []
    Domain.objects.create(name="autre.mssante.example")
    assert standing() == ["not-listed autre.mssante.example"]
    Domain.objects.filter(name="autre.mssante.example").update(state="closed")
    settings.TLS_KEY = trust.hospital.key
    assert standing() == ["key"]
    settings.TLS_KEY = "/nowhere"
    assert standing() == ["no-key"]
    settings.TLS_CERTIFICATE, settings.TLS_KEY = trust.foreign.certificate, trust.foreign.key
    assert standing() == ["foreign", "not-listed officine.mssante.example"]
    settings.TLS_CERTIFICATE = "/nowhere"
    assert standing() == ["unreadable"]
    settings.TLS_CERTIFICATE, settings.TLS_KEY = trust.ours.certificate, trust.ours.key
    trust.revoke("mx." + peers.OURS)
    assert standing() == ["revoked"]


def test_a_list_older_than_the_alarm_is_told_once_an_edition(trust):
    made = Edition.objects.get().generated_at
    for hours in (47, 49, 50, 300):
        watch.look(made + timedelta(hours=hours))
    assert len(told("whitelist.old")) == 1
    assert Watched.objects.get(name="whitelist").faults == ["old"]
    whitelist.load(trust.document(at=made + timedelta(seconds=1)), now=timezone.now())
    watch.look(made + timedelta(hours=1))
    assert Watched.objects.get(name="whitelist").faults == []
    watch.look(made + timedelta(hours=60))
    assert len(told("whitelist.old")) == 2
    Edition.objects.all().delete()
    watch.look(made + timedelta(hours=60))
    assert Watched.objects.get(name="whitelist").faults == ["missing"]
