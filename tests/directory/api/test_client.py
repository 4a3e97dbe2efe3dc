"""A FHIR client of others (fhirpy) reads our server page by page, over a real socket."""

import pytest
from django.utils import timezone

from directory.api import door
from directory.models import ApiProgram, Practitioner
from tests.directory.conftest import activity_text, mailbox_text


@pytest.fixture
def reader(live_server, settings, give):
    from fhirpy import SyncFHIRClient  # with aiohttp: for the worker that runs this alone

    settings.BASE_URL = live_server.url
    give(activity_text(), "PS_LibreAcces_Personne_activite_202611230200.txt")
    give(mailbox_text())
    key = door.issue(ApiProgram.objects.create(name="LGO", contact="x"), now=timezone.now())
    return SyncFHIRClient(
        f"{live_server.url}/fhir", authorization=f"Bearer {key}", extra_headers={"Connection": "close"}
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.wire
def test_a_client_of_others_reads_every_page_follows_references_and_understands_refusals(reader):
    from fhirpy.base.exceptions import OperationOutcome

    read = [one.id for one in reader.resources("Practitioner").limit(2)]
    assert len(read) == len(set(read)) == Practitioner.objects.count() > 4
    [role] = (
        reader.resources("PractitionerRole")
        .search(specialty="21", **{"organization.address-city": "Paris"})
        .fetch_all()
    )
    assert role.practitioner.to_resource().name[0].family == "Martin"
    assert role.organization.to_resource().address[0].city == "Paris"
    bundle = reader.resources("PractitionerRole").include("PractitionerRole", "practitioner").fetch_raw()
    assert {entry.resource.resourceType for entry in bundle.entry} == {"Practitioner", "PractitionerRole"}
    with pytest.raises(OperationOutcome) as refused:
        reader.resources("Practitioner").search(favourite_colour="green").fetch()
    assert "not-supported" in str(refused.value.resource)
