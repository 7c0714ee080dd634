"""Blocks cover an area exactly once, aligned to the raster."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lunar_oxide_plugin.raster.gdal_io.blocks import (
    BLOCK_HEIGHT,
    BLOCK_WIDTH,
    TILE_SIZE,
    Window,
    blocks,
    divided_rows,
    plan_blocks,
    sample_windows,
    whole_blocks,
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


#: Blocks of files and sizes of rasters.
FILES = [
    pytest.param(own, size, id="{}x{} in {}x{}".format(*own, *size))
    for own, size in [
        ((256, 256), (8192, 8192)),
        ((512, 512), (5000, 3000)),
        ((1024, 1024), (5000, 3000)),
        ((2048, 2048), (5000, 5000)),
        ((16, 16), (5000, 700)),
        ((2048, 1), (2048, 2048)),
        ((8000, 1), (8000, 2000)),
        ((8000, 7), (8000, 2000)),
        ((12000, 1), (12000, 1000)),
        ((40000, 3), (40000, 500)),
        ((184320, 1), (184320, 100)),
        ((184320, 5), (184320, 100)),
        ((737280, 1), (737280, 40)),
        ((92160, 1), (184320, 100)),
        ((4_000_000, 1), (4_000_000, 1)),
        ((4_000_000, 1), (4_000_000, 3)),
        ((1, 8192), (1, 4_000_000)),
        ((1, 1), (1, 4_000_000)),
        ((100, 10), (100, 100_000)),
        ((100_000, 10), (100_000, 100)),
        ((128, 128), (300, 200)),
        ((5, 5), (50, 40)),
    ]
]
#: Of blocks of other algorithms' size, and of those that are smaller.
PIXELS = [BLOCK_WIDTH * BLOCK_HEIGHT, BLOCK_WIDTH * BLOCK_HEIGHT // 2, TILE_SIZE**2]


def times_decoded(own, size, windows):
    """How often a file's blocks are decoded, in all, by a reader that keeps those it shares."""
    decoded, kept, before = 0, set(), None
    for window in windows:
        whole = whole_blocks(window, own, size)
        if before is None or not whole.intersection(before):
            kept = set()
        columns = range(whole.x // own[0], -(-(whole.x + whole.width) // own[0]))
        rows = range(whole.y // own[1], -(-(whole.y + whole.height) // own[1]))
        wanted = {(column, row) for column in columns for row in rows}
        decoded += len(wanted - kept)
        kept, before = (set(), None) if whole == window else (kept | wanted, whole)
    return decoded


@pytest.mark.parametrize("pixels", PIXELS)
@pytest.mark.parametrize(("own", "size"), FILES)
def test_each_block_of_a_file_is_decoded_once(own, size, pixels):
    if own[0] * own[1] < 64:  # too many to be counted here
        own = min(own[0] * 64, size[0]), own[1] * 64
    windows = list(plan_blocks(own, size, pixels).blocks(Window(0, 0, *size)))
    assert times_decoded(own, size, windows) == -(-size[0] // own[0]) * -(-size[1] // own[1])


@pytest.mark.parametrize("pixels", PIXELS)
@pytest.mark.parametrize(("own", "size"), FILES)
def test_blocks_of_any_file_are_of_about_the_same_number_of_pixels(own, size, pixels):
    plan = plan_blocks(own, size, pixels)
    windows = list(plan.blocks(Window(0, 0, *size)))
    assert sum(window.size for window in windows) == size[0] * size[1]
    assert max(window.size for window in windows) <= max(pixels, size[0] * own[1])
    assert max(window.size for window in windows) <= 2 * BLOCK_WIDTH * BLOCK_HEIGHT
    # Nor are they so small that handing them over takes longer than reading them.
    assert len(windows) <= 4 * size[0] * size[1] / pixels + 2 * size[1] / TILE_SIZE + 1


@pytest.mark.parametrize("pixels", PIXELS)
@pytest.mark.parametrize(("own", "size"), FILES)
def test_blocks_are_whole_tiles_of_what_is_written(own, size, pixels):
    plan = plan_blocks(own, size, pixels)
    tiles = -(-size[0] // plan.tile[0]) * -(-size[1] // plan.tile[1])
    padded = tiles * plan.tile[0] * plan.tile[1]
    assert padded <= 1.5 * size[0] * size[1] + 4 * TILE_SIZE * max(size) or max(padded, 1) <= 65536
    if plan.tile[0] * plan.tile[1] <= 2 * BLOCK_WIDTH * BLOCK_HEIGHT:
        for window in plan.blocks(Window(0, 0, *size)):
            assert whole_blocks(window, plan.tile, size) == window


def test_blocks_of_tiles_are_what_they_always_were():
    for own in ((256, 256), (16, 16), (512, 256), (2048, 1)):
        plan = plan_blocks(own, (2048, 2048))
        assert list(plan.blocks(Window(0, 0, 2048, 2048))) == list(blocks(Window(0, 0, 2048, 2048)))
        assert plan.tile == (TILE_SIZE, TILE_SIZE)
        assert plan.threads(4) == 4


def test_one_thread_reads_blocks_that_share_blocks_of_the_file():
    assert plan_blocks((8000, 1), (8000, 8000)).threads(4) == 1
    assert plan_blocks((184320, 1), (184320, 1000)).threads(4) == 4


def test_rows_are_divided_where_blocks_must_not_be_wide():
    plan = plan_blocks((184320, 1), (184320, 100), TILE_SIZE**2, rows=False)
    assert plan == divided_rows((184320, 100))
    windows = list(plan.blocks(Window(0, 0, 184320, 100)))
    assert max(window.width for window in windows) == 4096
    assert times_decoded((184320, 1), (184320, 100), windows) == 100
