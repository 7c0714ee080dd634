"""Several tiles read as one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lunar_oxide_plugin.raster.blocks import Window
from lunar_oxide_plugin.raster.mosaic import Mosaic
from lunar_oxide_plugin.raster.source import MiSource
from tests import mi_tiles

#: Pixels per degree of the test tiles: half a degree wide and high.
RESOLUTION = 32
SIZE = 16


@pytest.fixture(scope="module", params=[310.0, 359.5, 179.5], ids=lambda west: f"{west:g}E")
def quarters(request, tmp_path_factory):
    """A scene of 32 x 32 pixels cut into four tiles, and the mosaic of them, unsorted."""
    folder = tmp_path_factory.mktemp("quarters")
    whole = mi_tiles.scene(2 * SIZE, 2 * SIZE)
    whole[4, 3, 5] = -22000
    sources = []
    for row, column in ((1, 1), (0, 0), (0, 1), (1, 0)):
        path = mi_tiles.write_tile(
            folder,
            whole[:, row * SIZE : (row + 1) * SIZE, column * SIZE : (column + 1) * SIZE],
            name=f"T{row}{column}",
            north=10 - row * SIZE / RESOLUTION,
            west=(request.param + column * SIZE / RESOLUTION) % 360,
            resolution=RESOLUTION,
        )
        sources.append(MiSource(str(path)))
    return whole, Mosaic(sources), request.param


def test_grid(quarters):
    _, mosaic, west = quarters
    assert (mosaic.grid.width, mosaic.grid.height) == (2 * SIZE, 2 * SIZE)
    x, y = mosaic.grid.position(0.5, 0.5)
    degrees = 1737400 * np.pi / 180
    assert (x / degrees - west) % 360 == pytest.approx(0, abs=1e-9)
    assert y / degrees == pytest.approx(10, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_window(quarters, data):
    whole, mosaic, _ = quarters
    x, y = (data.draw(st.integers(0, 2 * SIZE - 1)) for _ in range(2))
    width, height = (data.draw(st.integers(1, 2 * SIZE - start)) for start in (x, y))
    reflectance, valid = mosaic.spectra(Window(x, y, width, height))
    expected = whole[list(mi_tiles.MODEL_PLANES), y : y + height, x : x + width]
    assert np.array_equal(valid, (expected > 0).all(axis=0))
    np.testing.assert_allclose(reflectance[:, valid], expected[:, valid] * 2e-5, rtol=1e-6)
    assert np.isnan(reflectance[:, ~valid]).all()
