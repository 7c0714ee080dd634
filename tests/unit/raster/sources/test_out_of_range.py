"""Pixels outside a valid range, counted once however often they are read."""

import numpy as np
import pytest

from lunar_oxide_plugin.core.oxides.valid_range import OXIDE
from lunar_oxide_plugin.raster.gdal_io.blocks import BLOCK_HEIGHT, Window
from lunar_oxide_plugin.raster.sources.out_of_range import FILL_VALUES, OutOfRange


def add(found, plane, window):
    part = plane[window.slices]
    found.add(window, part, part > 100)


@pytest.mark.parametrize("seed", range(5))
def test_pixels_of_windows_that_overlap(seed):
    """Against a mask of what was read, in windows of any size across rows of blocks."""
    random = np.random.default_rng(seed)
    height, width = 3 * BLOCK_HEIGHT, 40
    plane = np.where(random.random((height, width)) < 0.1, 255, 10).astype(np.float32)
    found, read = OutOfRange(), np.zeros(plane.shape, bool)
    for _ in range(12):
        x, y = int(random.integers(width)), int(random.integers(height))
        across, down = random.integers(1, width - x + 1), random.integers(1, height - y + 1)
        window = Window(x, y, int(across), int(down))
        add(found, plane, window)
        read[window.slices] = True
        assert found.pixels == np.count_nonzero((plane > 100) & read)
    assert found.values == [255]


def test_what_is_added_stays_as_it_is():
    plane = np.full((4, 4), 200, np.float32)
    outside = plane > 100
    found = OutOfRange()
    found.add(Window(0, 0, 4, 4), plane, outside)
    found.add(Window(0, 0, 4, 2), plane[:2], outside[:2])
    assert outside.all() and found.pixels == 16


@pytest.mark.parametrize("count", [1, FILL_VALUES, FILL_VALUES + 1, 50])
def test_more_different_values_than_fill_values_may_be(count):
    plane = np.arange(101, 101 + count, dtype=np.float32)[np.newaxis]
    found = OutOfRange()
    add(found, plane, Window(0, 0, count, 1))
    assert found.many_values is (count > FILL_VALUES)
    assert len(found.values) == min(count, FILL_VALUES + 1)
    said = found.described("band 1", OXIDE)
    assert said.startswith(f"{count} pixel{'s' if count > 1 else ''} of band 1 with values outside")
    assert ("many different ones" in said) is found.many_values
