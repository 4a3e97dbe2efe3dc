"""The fuzzer's own promises hold for what it begins with, and it knows each session and letter of the tests."""

import pytest

from tests.depth import deep, variant
from tests.fuzz.seeds import SEEDS
from tests.fuzz.targets import TARGETS


@pytest.mark.parametrize("target", ["session", variant("letter")])
def test_what_the_fuzzer_begins_with_breaks_nothing(target):
    seeds = SEEDS[target]()
    assert len(seeds) > {"session": 250, "letter": 15}[target]
    for seed in seeds[:: deep(4, 1)]:
        TARGETS[target](seed)
