"""What ANS knows of our domains against what we hold, and what a resynchronisation makes of it."""

import csv
import io
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from mailbox.models import Listing, Membership, open_mailbox
from mailbox.publication import desk, report, worker
from mailbox.publication.report import Finding, Report, Row
from mailbox.publication.resync import resync
from mssweb.audit.models import AuditEvent
from tests.mailbox.publication.conftest import DAY, FINESS, OURS, RPPS, listing, publish


def settled(when: datetime) -> None:
    """As if all had been accepted then."""
    desk.look_over(timezone.now())
    for box in desk.listed():
        change = desk.change_of(box, desk.wanted_of([box])[box.pk])
        if change:
            row = {"state": "accepted", "carrier": str(change.entry.carrier), "digest": change.mark, "reason": ""}
            Listing.objects.filter(pk=box.pk).update(accepted_at=when, settled_at=when, **row)


def found() -> dict[str, tuple[Finding, str]]:
    return {row.address.partition("@")[0]: (row.finding, row.why) for row in report.reconcile().rows}


def test_without_an_extraction_nothing_is_compared(shared):
    assert report.reconcile() == Report(None)
    assert resync(timezone.now()) is None


def test_each_mailbox_is_equal_different_or_not_published_and_why(extraction, hers, shared, tenant, zone, anne, claire):
    def box(name: str, kind: str = "ORG", **more: object):
        given = {"state": "active", "display_name": name, **more}
        return open_mailbox(tenant=tenant, domain=zone, address=f"{name}@{OURS}", kind=kind, **given)

    red, waiting, refused = box("rouge", red_list=True), box("attend"), box("refus")
    app, late, lost, moved = box("lgo", "APP"), box("tard"), box("perdue"), box("autre")
    box("demande", state="requested")
    box("nu", "PER")
    settled(DAY - timedelta(days=2))
    Listing.objects.filter(pk=waiting.pk).update(state="pending", carrier="", digest="")
    Listing.objects.filter(pk=refused.pk).update(state="rejected", reason="Parce que.")
    Listing.objects.filter(pk=late.pk).update(accepted_at=DAY + timedelta(hours=1))
    for name in (hers.address, f"rouge@{OURS}"):
        extraction(name, "PER", rpps=RPPS)
    extraction(shared.address, "ORG", structure=f"F{FINESS}")
    extraction(moved.address, "APP", structure="F750000028", service="Autre")
    extraction(f"inconnue@{OURS}", "ORG", structure=f"F{FINESS}")
    extraction(f"partie@{OURS}", "ORG", structure=f"F{FINESS}", vanished_at=DAY)
    extraction("x@ailleurs.mssante.fr", "ORG", structure=f"F{FINESS}")
    assert found() == {
        "anne.dupont": (Finding.EQUAL, ""),
        "pharmacie": (Finding.EQUAL, ""),
        "autre": (
            Finding.DIFFERS,
            "Type APP au lieu de ORG ; inscrite sur 750000028 au lieu de 750000002 ; autre service de rattachement.",
        ),
        "rouge": (Finding.DIFFERS, "Publiée alors qu’elle ne doit pas l’être. Liste rouge."),
        "attend": (Finding.UNPUBLISHED, "En attente d’envoi."),
        "refus": (Finding.UNPUBLISHED, "Parce que."),
        "lgo": (Finding.UNPUBLISHED, "Acceptée ; l’extraction publique ne montre pas les boîtes applicatives."),
        "tard": (Finding.UNPUBLISHED, "Acceptée depuis cette extraction."),
        "perdue": (Finding.UNPUBLISHED, "Acceptée avant cette extraction, qui ne la montre pas : à resynchroniser."),
        "demande": (Finding.UNPUBLISHED, "Boîte demandée, pas encore ouverte."),
        "nu": (
            Finding.UNPUBLISHED,
            "Il manque : un responsable actif, et un seul : c’est à son nom que la boîte est publiée.",
        ),
        "inconnue": (Finding.ORPHAN, "Aucune boîte de ce nom ici."),
    }
    assert report.reconcile().counts == [(OURS, {"EQUAL": 2, "DIFFERS": 2, "UNPUBLISHED": 7, "ORPHAN": 1})]
    assert {red.address, app.address, lost.address} <= {row.address for row in report.reconcile().rows}


def test_zero_paper_is_compared_when_it_is_told(extraction, shared, settings):
    extraction(shared.address, "ORG", structure=f"F{FINESS}", is_paperless=False)
    desk.add_missing()
    Listing.objects.update(is_paperless=True)
    assert found()["pharmacie"] == (Finding.EQUAL, "")
    settings.PUBLISH_DIGITIZATION = True
    assert found()["pharmacie"] == (Finding.DIFFERS, "Autre « zéro papier ».")


def test_a_resynchronisation_sends_the_differences_and_nothing_else(
    national, extraction, hers, shared, tenant, zone, claire
):
    given = {"tenant": tenant, "domain": zone, "display_name": "x", "state": "active"}
    red = open_mailbox(address=f"rouge@{OURS}", kind="ORG", **given, red_list=True)
    lost = open_mailbox(address=f"perdue@{OURS}", kind="ORG", **given)
    late = open_mailbox(address=f"tard@{OURS}", kind="ORG", **given)
    national.person("99900000029")
    publish()
    Listing.objects.update(settled_at=DAY - timedelta(days=2))
    Listing.objects.filter(pk=late.pk).update(settled_at=DAY + timedelta(hours=1))
    place, former = national.resources[1], national.resources[2]
    [point] = [one for one in place["telecom"] if one["value"] == lost.address]
    place["telecom"].remove(point)
    place["telecom"].append({**point, "value": red.address})
    former["telecom"] = list(national.resources[0]["telecom"])  # hers, under another's name
    extraction(hers.address, "PER", rpps="99900000029")
    extraction(shared.address, "ORG", structure=f"F{FINESS}")
    extraction(red.address, "ORG", structure=f"F{FINESS}")
    national.calls.clear()
    assert resync(timezone.now()) == 3
    assert {listing(box).state for box in (hers, lost, red)} == {"pending"}
    assert {listing(box).state for box in (shared, late)} == {"accepted"}
    assert worker.publish_due(timezone.now()) == 4  # hers twice: away from the former, then to the right one
    assert sorted(national.sent) == ["delete", "delete", "insert", "replace"]
    assert sorted(national.addresses(place)) == sorted([shared.address, late.address, lost.address])
    assert national.addresses(former) == []
    assert national.addresses(national.resources[0]) == [hers.address]
    assert AuditEvent.objects.get(action="listing.resync").facts == {"held": 5, "due": 3}
    assert resync(timezone.now()) == 0  # all was settled since that extraction


def test_a_resynchronisation_tries_again_what_was_refused_before_the_extraction(national, extraction, shared):
    settled(DAY - timedelta(days=2))
    Listing.objects.update(state="rejected", carrier="", digest="")
    extraction(shared.address, "ORG", structure=f"F{FINESS}", service="Autre")
    assert resync(timezone.now()) == 1
    worker.publish_due(timezone.now())
    assert listing(shared).state == "accepted"


def test_no_cell_of_the_file_is_a_formula():
    rows = (Row("=x", "+a@x", "-", Finding.ORPHAN, '@SUM("1";2)'), Row("\tx", "a@x", "PER", Finding.EQUAL, " =x\n=y"))
    text = report.as_csv(Report(DAY, rows))
    read = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert read[1] == [DAY.isoformat(), "'=x", "'+a@x", "'-", "orpheline", '\'@SUM("1";2)']
    assert (read[2][1], read[2][5]) == ("'\tx", "' =x\n=y")


@pytest.mark.parametrize("many", [1, 30])
def test_as_many_queries_for_one_mailbox_as_for_many(extraction, tenant, zone, anne, many, django_assert_num_queries):
    for number in range(many):
        box = open_mailbox(
            tenant=tenant, domain=zone, address=f"b{number}@{OURS}", kind="PER", display_name="x", state="active"
        )
        Membership.objects.create(mailbox=box, user=anne, role="manager")
        extraction(box.address, "PER", rpps=RPPS)
    desk.add_missing()
    with django_assert_num_queries(5):
        assert [row.finding for row in report.reconcile().rows] == [Finding.EQUAL] * many
