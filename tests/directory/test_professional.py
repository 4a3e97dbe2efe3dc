"""Whom the annuaire confirms by an RPPS."""

from django.utils import timezone

from directory.models import Practitioner
from directory.professional import professional


def test_who_is_in_force_is_told_with_their_nominative_addresses_and_who_left_is_not(db, directory):
    person = Practitioner.objects.filter(idnps__startswith="8", vanished_at=None, addresses__kind="PER").first()
    told = professional(person.idnps[1:])
    assert (told.last_name, told.rpps) == (person.last_name, person.idnps[1:])
    assert set(told.addresses) <= set(person.addresses.values_list("address", flat=True)) and told.addresses
    Practitioner.objects.filter(pk=person.pk).update(vanished_at=timezone.now())
    assert professional(person.idnps[1:]) is None and professional("10999999999") is None
