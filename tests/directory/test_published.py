"""An operator asks what the extraction says of its own domains."""

import pytest

from directory import invent, lookup
from tests.directory.conftest import HALLES, folk, mailbox_text

OFFICE = invent.Office("secretariat@halles.mssante.example", HALLES)


def test_only_the_domains_asked_for_are_told_with_who_and_where(directory):
    [found] = lookup.published(["clinique-du-parc.mssante.example"])
    assert (found.address, found.kind, found.structure[:1]) == (
        "anne.martin@clinique-du-parc.mssante.example",
        "PER",
        "F",
    )
    assert len(found.rpps) == 11
    assert found.first_seen and found.vanished_at is None
    both = lookup.published(["halles.mssante.example"])
    assert {(line.kind, line.structure, line.rpps != "") for line in both} == {
        ("ORG", "F750000002", False),
        ("PER", both[0].structure, True),
    }
    assert lookup.published([]) == []
    assert lookup.published(["mssante.example"]) == []


def test_an_address_that_no_extraction_shows_any_more_says_since_when(give):
    assert lookup.extraction_day() is None
    everyone = folk()
    more = [invent.chosen({"first_name": f"P{n}", "last_name": "Nombreux", "address": f"p{n}@x.mssante.example"}, 100 + n)
            for n in range(30)]  # fmt: skip
    give(mailbox_text(everyone=[*everyone, *more], offices=(OFFICE,)))
    give(mailbox_text(everyone=[*everyone, *more], offices=()), "Extraction_Correspondance_MSSante_202611240200.txt")
    gone = [line for line in lookup.published(["halles.mssante.example"]) if line.vanished_at]
    assert [line.address for line in gone] == [OFFICE.address]
    assert lookup.extraction_day().day == 24


@pytest.mark.parametrize("many", [1, 30])
def test_one_query_whatever_the_number_of_addresses(give, many, django_assert_num_queries):
    some = [invent.chosen({"first_name": f"P{n}", "last_name": "Nombreux", "address": f"p{n}@x.mssante.example"}, 100 + n)
            for n in range(many)]  # fmt: skip
    give(mailbox_text(everyone=some, offices=()))
    with django_assert_num_queries(1):
        assert len(lookup.published(["x.mssante.example"])) == many
