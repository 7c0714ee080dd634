"""Blocks cover an area exactly once, aligned to the raster."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lunar_oxide_plugin.raster.blocks import (
    BLOCK_HEIGHT,
    BLOCK_WIDTH,
    Window,
    blocks,
    sample_windows,
)

starts = st.integers(0, 60)
sizes = st.integers(1, 60)
areas = st.builds(Window, starts, starts, sizes, sizes)


@given(areas, st.integers(1, 25), st.integers(1, 25))
def test_exact_cover_aligned_and_row_by_row(area, width, height):
    covered = np.zeros((130, 130), int)
    found = list(blocks(area, width, height))
    for block in found:
        covered[block.slices] += 1
        assert block.width <= width
        assert block.height <= height
        # Within one cell of the raster's own grid of blocks.
        assert block.x // width == (block.x + block.width - 1) // width
        assert block.y // height == (block.y + block.height - 1) // height
    expected = np.zeros_like(covered)
    expected[area.slices] = 1
    np.testing.assert_array_equal(covered, expected)
    assert [(b.y, b.x) for b in found] == sorted((b.y, b.x) for b in found)
    assert sum(block.size for block in found) == area.size


@given(areas, areas)
def test_intersection(a, b):
    common = a.intersection(b)
    both = np.zeros((130, 130), int)
    both[a.slices] += 1
    both[b.slices] += 1
    if common is None:
        assert both.max() == 1
    else:
        assert common.size > 0
        expected = np.zeros_like(both, bool)
        expected[common.slices] = True
        np.testing.assert_array_equal(both == 2, expected)
    assert common == b.intersection(a)


def test_relative_to():
    assert Window(10, 20, 3, 4).relative_to(7, 15) == Window(3, 5, 3, 4)


def test_a_whole_tile_in_its_own_blocks():
    found = list(blocks(Window(0, 0, 2048, 2048)))
    assert len(found) == 2048 // BLOCK_HEIGHT
    assert {(b.width, b.height) for b in found} == {(BLOCK_WIDTH, BLOCK_HEIGHT)}
    assert BLOCK_WIDTH % 256 == 0
    assert BLOCK_HEIGHT % 256 == 0  # the tiles of the GeoTIFFs we write


def test_nothing_to_cover():
    assert list(blocks(Window(5, 5, 0, 10))) == []
    assert list(blocks(Window(5, 5, 10, 0))) == []


@given(areas, st.integers(1, 5), st.integers(1, 25))
def test_samples_are_different_windows_inside(area, count, size):
    found = sample_windows(area, count, size)
    assert 1 <= len(found) == len(set(found)) <= count**2
    for window in found:
        assert window.intersection(area) == window
        assert (window.width, window.height) == (min(size, area.width), min(size, area.height))


def test_samples_reach_from_corner_to_corner():
    found = sample_windows(Window(10, 20, 2048, 1000))
    assert len(found) == 16
    assert found[0] == (10, 20, 64, 64)
    assert found[1].x == 10 + 661  # a third of 2048 - 64
    assert found[-1] == (10 + 2048 - 64, 20 + 1000 - 64, 64, 64)
