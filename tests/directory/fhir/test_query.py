"""What is not understood is refused, and says which parameter; what was typed is never repeated."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.fhir.outcome import Refusal
from directory.fhir.parameters import ORGANIZATION, PARAMETERS, PRACTITIONER, RESOURCES, ROLE
from directory.fhir.query import Criterion, read, token


def test_a_comma_is_or_a_repetition_is_and_and_both_can_be_escaped():
    asked = read(PRACTITIONER, [("family", "martin,durand"), ("family:exact", r"Le\,Goff"), ("_count", "7")])
    assert asked.criteria == (
        Criterion("family", "", ("martin", "durand")),
        Criterion("family", "exact", (r"Le\,Goff",)),
    )
    assert (asked.count, asked.with_total, asked.elements) == (7, False, ())
    assert token("a|b") == ("a", "b")
    assert token("b") == (None, "b")
    assert token("a|") == ("a", "")
    assert token(r"a\|b") == (None, "a|b")


@pytest.mark.parametrize(
    ("resource", "name", "value", "code", "parameter"),
    [
        (PRACTITIONER, "_sort", "family", "not-supported", "_sort"),
        (PRACTITIONER, "data-registration-authority", "CNOM", "not-supported", "data-registration-authority"),
        (PRACTITIONER, "family:missing", "true", "not-supported", "family"),
        (PRACTITIONER, "active:exact", "true", "not-supported", "active"),
        (PRACTITIONER, "_include", "Practitioner:organization", "not-supported", "_include"),
        (ORGANIZATION, "_revinclude", "PractitionerRole:practitioner", "not-supported", "_revinclude"),
        (ROLE, "_count", "0", "not-supported", "_count"),
        (ROLE, "_count", "201", "not-supported", "_count"),
        (ROLE, "_total", "estimate", "not-supported", "_total"),
        (ROLE, "_elements", "id,photo", "not-supported", "_elements"),
        (ROLE, "organization.name", "x", "not-supported", "organization.name"),
        (ROLE, "practitioner", "", "invalid", "practitioner"),
        (PRACTITIONER, "family", "a,,b", "invalid", "family"),
        (PRACTITIONER, "family", "a" * 300, "invalid", "family"),
        (PRACTITIONER, "family", ",".join("abcdefghijklmnopqrstuvw"), "invalid", "family"),
        (PRACTITIONER, "family", "a\x00", "invalid", "family"),
    ],
)
def test_what_is_not_understood_is_refused_by_name(resource, name, value, code, parameter):
    with pytest.raises(Refusal) as refused:
        read(resource, [(name, value)])
    assert (refused.value.status, refused.value.code, refused.value.parameter) == (400, code, parameter)


def test_a_name_that_may_be_somebody_s_is_not_repeated():
    with pytest.raises(Refusal) as refused:
        read(PRACTITIONER, [("Mme Lévêque 1948", "x")])
    assert "Lévêque" not in str(refused.value.resource())


def test_a_hundred_parameters_and_a_control_twice_are_refused():
    for pairs in ([("family", "a")] * 100, [("_count", "1"), ("_count", "2")]):
        with pytest.raises(Refusal):
            read(PRACTITIONER, pairs)


_NAMES = sorted(
    {name for resource in RESOURCES for name in PARAMETERS[resource]} | {"_count", "_include", "_total", "x"}
)


@given(st.sampled_from(RESOURCES), st.lists(st.tuples(st.sampled_from(_NAMES), st.text(max_size=30)), max_size=5))
def test_whatever_comes_is_read_or_refused(resource, pairs):
    try:
        found = read(resource, pairs)
    except Refusal as refused:
        found = refused
    assert getattr(found, "status", 400) == 400
