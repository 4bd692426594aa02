"""What `make fuzz` does at length, in short: no bytes raise in any layer."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.fuzz import targets

SEEDS = list(targets.seeds())


@pytest.mark.parametrize("seed", SEEDS, ids=range(len(SEEDS)))
def test_a_genuine_input_passes_through_its_layer(seed: bytes) -> None:
    targets.one(seed)


@given(st.sampled_from(SEEDS), st.integers(0, 10**6), st.binary(max_size=4), st.integers(0, 4))
@settings(max_examples=examples(5))
def test_no_damage_to_a_genuine_input_raises(seed: bytes, place: int, inserted: bytes, removed: int) -> None:
    at = 1 + place % len(seed)
    targets.one(seed[:at] + inserted + seed[at + removed :])


@given(st.integers(0, len(targets.LAYERS) - 1), st.binary(max_size=300))
@settings(max_examples=examples(5))
def test_no_bytes_whatever_raise_in_any_layer(layer: int, data: bytes) -> None:
    targets.one(bytes((layer,)) + data)
