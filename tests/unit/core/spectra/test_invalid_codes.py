"""The rule of invalid codes."""

import numpy as np

from lunar_oxide_plugin.core.spectra.invalid_codes import (
    InvalidCode,
    invalid_codes,
    mask_codes,
)
from tests.mi_tiles import INVALID_CODES


def test_codes_are_those_of_the_archive():
    assert tuple(InvalidCode) == INVALID_CODES
    assert invalid_codes() == INVALID_CODES


def test_a_label_adds_its_own():
    assert invalid_codes([-1, -20000]) == (-1, *INVALID_CODES)


def test_codes_become_nan_and_nothing_else():
    stored = np.array([1, -20000, -19999, 4321, -30000, 0], np.float32)
    mask_codes(stored, invalid_codes([4321]))
    np.testing.assert_array_equal(stored, [1, np.nan, -19999, np.nan, np.nan, 0])
