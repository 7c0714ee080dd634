"""From the files a user names to MI sources."""

import zipfile

import numpy as np
import pytest

from lunar_oxide_plugin.core.errors import RasterError
from lunar_oxide_plugin.raster.sources.mi_source import open_mi_source, open_mi_sources
from tests.mi_tiles import MODEL_PLANES, scene, write_tile
from tests.unit.raster.sources.test_band_files import NAMES, write_set
from tests.unit.raster.sources.test_mi_source import geotiff, planes

PIXEL = 59.0


def two_sets(tmp_path, name):
    """Two neighbouring sets in folders of their own."""
    found = []
    for index in range(2):
        folder = tmp_path / str(index)
        folder.mkdir()
        transform = (1000.0 + 48 * PIXEL * index, PIXEL, 0.0, 2000.0, 0.0, -PIXEL)
        found.append(write_set(folder, name, dn=scene(seed=index), transform=transform))
    return found


@pytest.mark.parametrize("seed", range(5))
def test_band_files_of_two_places_in_any_order(tmp_path, seed):
    sets = two_sets(tmp_path, NAMES["nm"])
    paths = [path for paths, _ in sets for path in paths]
    paths = [paths[i] for i in np.random.default_rng(seed).permutation(len(paths))]
    sources = open_mi_sources(paths)
    assert len(sources) == 2
    for source in sources:
        _, expected = sets[0] if source.grid.geotransform[0] == 1000.0 else sets[1]
        np.testing.assert_array_equal(source.spectra(source.grid.window)[0], expected)
    first = 0 if paths[0] in sets[0][0] else 1
    assert sources[0].grid.geotransform[0] == 1000.0 + 48 * PIXEL * first


def test_kinds_together_in_the_order_given(tmp_path):
    tile = str(write_tile(tmp_path, scene()))
    stack = geotiff(tmp_path / "stack.tif", (planes(scene()) * 2e-5).astype(np.float32))
    (tmp_path / "bands").mkdir()
    paths, _ = write_set(tmp_path / "bands", NAMES["USGS"])
    names = [s.name for s in open_mi_sources([paths[3], stack, *paths, tile, stack])]
    assert names == [paths[3].rsplit("/", 1)[-1], "stack.tif", tile.rsplit("/", 1)[-1]]


def test_one_file_stands_for_its_set(tmp_path):
    paths, expected = write_set(tmp_path, NAMES["USGS"])
    for open_one in (open_mi_source, lambda path: open_mi_sources([path])[0]):
        source = open_one(paths[2])
        np.testing.assert_array_equal(source.spectra(source.grid.window)[0], expected)


def test_names_of_a_source_make_the_same_source_again(tmp_path):
    """Also of a set known by one of its files, and of a tile in an archive."""
    paths, _ = write_set(tmp_path, NAMES["nm"])
    tile = write_tile(tmp_path, scene(seed=1))
    archive = tmp_path / "tile.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for part in (tile, tile.with_suffix(".img")):
            file.write(part, part.name)
    for path, count in ((paths[2], len(paths)), (str(tile), 1), (str(archive), 1)):
        source = open_mi_source(path)
        assert len(source.names) == count
        again = open_mi_source(source.names[0]) if count == 1 else open_mi_sources(source.names)[0]
        window = source.grid.window
        assert again.grid == source.grid
        np.testing.assert_array_equal(again.spectra(window)[0], source.spectra(window)[0])


def test_bands_count_files_in_the_order_given(tmp_path):
    """Files whose names say nothing."""
    paths, expected = write_set(tmp_path, lambda i: f"layer{'xqawbdfhk'[i]}.tif", MODEL_PLANES)
    shuffled = [paths[i] for i in (3, 1, 7, 0, 5, 2, 6, 4)]
    numbers = [shuffled.index(path) + 1 for path in paths]
    (source,) = open_mi_sources(shuffled, bands=numbers)
    np.testing.assert_array_equal(source.spectra(source.grid.window)[0], expected)
    with pytest.raises(RasterError, match=r"neither its description.*BANDS"):
        open_mi_sources(shuffled)


def test_some_files_of_a_set_name_what_is_missing(tmp_path):
    paths, _ = write_set(tmp_path, NAMES["nm"], MODEL_PLANES)
    with pytest.raises(RasterError, match=r"no file of 1250 nm \(MN3\), 1550 nm \(MN4\)"):
        open_mi_sources(paths[:6])
