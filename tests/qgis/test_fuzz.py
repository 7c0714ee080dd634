"""A few scenes of the differential fuzzer, other ones than `make fuzz` draws; see tests/fuzz."""

import pytest


@pytest.mark.parametrize("seed", range(100_000, 100_050))
def test_plugin_and_oracle_agree(provider, seed):
    from tests.fuzz.runner import run_scene

    check, scene = run_scene(seed)
    assert check
    assert scene
