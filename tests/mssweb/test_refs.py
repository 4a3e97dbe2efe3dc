"""`make refs`: what is required, where it is met, what tests it."""

from deploy import refs

UNKNOWN = "ECO." + "9.9.9"  # in two pieces: this file is read too


def test_each_requirement_that_a_line_names_is_known_and_tested():
    files = refs.tracked()
    tests = [path for path in files if path.relative_to(refs.ROOT).parts[0] == "tests"]
    product = refs.named(path for path in files if path not in set(tests))
    assert "ECO.1.1.1" in product
    assert list(refs.faults(refs.requirements(), product, refs.named(tests))) == []


def test_an_id_that_no_reference_holds_and_one_without_a_test_are_told():
    known = [refs.Requirement("ECO.1.1.1", "SC.MSS/CONF.01", "TLS 1.2 or later", "")]
    told = list(refs.faults(known, {UNKNOWN: ["a.py:1"], "ECO.1.1.1": ["b.py:2"]}, {}))
    assert told == [f"a.py:1: {UNKNOWN} is in no reference that we know", "b.py:2: ECO.1.1.1 is named by no test"]
    assert list(refs.faults(known, {"SC.MSS/CONF.01": ["a.py:1"]}, {"SC.MSS/CONF.01": ["tests/t.py:1"]})) == []
