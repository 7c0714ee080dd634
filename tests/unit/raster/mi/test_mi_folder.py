"""Products found by name."""

import os
from pathlib import Path

import pytest

from lunar_oxide_plugin.core.errors import RasterError
from lunar_oxide_plugin.raster.mi import mi_folder
from lunar_oxide_plugin.raster.mi.mi_folder import mi_products
from lunar_oxide_plugin.raster.moon.crs import EQUIRECTANGULAR_WKT, GEOGRAPHIC_WKT
from lunar_oxide_plugin.raster.moon.extent import Extent

FILES = (
    "lon310/data/MI_MAP_03_N44E310N43E311SC.lbl",
    "lon310/data/MI_MAP_03_N44E310N43E311SC.img",
    "lon310/data/MI_MAP_03_N44E310N43E311SC.jpg",
    "old/MI_MAP_02_N44E310N43E311SC.img",
    "old/MI_MAP_02_S16E035S17E036SC.img",
    "lon120/data/mi_map_03_n00e120s01e121sc.LBL",
    "lon120/data/mi_map_03_n00e120s01e121sc.IMG",
    "lon359/data/MI_MAP_03_N01E359N00E360SC.zip",
    "lon359/data/MI_MAP_03_S01E359S02E000SC.img.gz",
    "MI_MAP_03_N01E180N00E181SC.lbl",
    "again/MI_MAP_03_N01E180N00E181SC.lbl",
    "strips/MIA_3C5_03_01234N123E0456.img",
    "readme.txt",
    "MI_MAP_03_N44E310N43E311SC_copy.lbl",
)

ALL = [
    "lon120/data/mi_map_03_n00e120s01e121sc.LBL",
    "MI_MAP_03_N01E180N00E181SC.lbl",
    "lon359/data/MI_MAP_03_N01E359N00E360SC.zip",
    "lon310/data/MI_MAP_03_N44E310N43E311SC.lbl",
    "lon359/data/MI_MAP_03_S01E359S02E000SC.img.gz",
    "old/MI_MAP_02_S16E035S17E036SC.img",
    "strips/MIA_3C5_03_01234N123E0456.img",
]


@pytest.fixture()
def archive(tmp_path):
    for name in FILES:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


def found(folder, box=None, wkt=GEOGRAPHIC_WKT):
    extent = Extent(wkt, *map(float, box)) if box else None
    return [Path(path).relative_to(folder).as_posix() for path in mi_products(folder, extent)]


def test_one_path_per_product_version_3_first(archive):
    assert found(archive) == ALL


def test_order_is_not_the_file_system_s(archive, monkeypatch):
    walk = [(place, [], names[::-1]) for place, _, names in mi_folder.os.walk(archive)]
    monkeypatch.setattr(mi_folder.os, "walk", lambda *_, **__: walk[::-1])
    assert found(archive) == ALL


@pytest.mark.parametrize(
    ("box", "numbers"),
    [
        ((-49.5, 43.1, -49.4, 43.2), [3]),
        ((310.5, 43.1, 310.6, 43.2), [3]),
        ((35.5, -16.5, 35.6, -16.4), [5]),
        ((120.5, -0.5, 120.6, -0.4), [0]),
        ((-0.5, -1.5, 0.5, 0.5), [2, 4]),
        ((359.5, 0.5, 360.5, 0.6), [2]),
        ((179.5, 0.5, 180.5, 0.6), [1]),
        ((-180.5, 0.5, -179.5, 0.6), [1]),
        ((181.1, 0.5, 182, 0.6), []),
        ((-180, -90, 180, 90), [0, 1, 2, 3, 4, 5]),
        ((-49, 43, -48, 44), [3]),
    ],
)
def test_extent_by_name(archive, box, numbers):
    """Strips do not tell where they lie and always are found."""
    assert found(archive, box) == [ALL[number] for number in (*numbers, 6)]
    assert found(archive, Extent(GEOGRAPHIC_WKT, *map(float, box)).to(EQUIRECTANGULAR_WKT)[1:],
                 EQUIRECTANGULAR_WKT) == [ALL[number] for number in (*numbers, 6)]  # fmt: skip


def test_links_are_followed_and_cycles_are_not(archive, tmp_path_factory):
    collection = tmp_path_factory.mktemp("collection")
    (collection / "moon").symlink_to(archive)
    (collection / "same").symlink_to(archive)
    (archive / "old" / "up").symlink_to(archive)
    assert found(collection) == [f"moon/{name}" for name in ALL]


def test_a_folder_that_cannot_be_read_is_named(archive, monkeypatch):
    scandir = os.scandir

    def refusing(path):  # permissions do not stop root, who runs tests in containers
        if Path(path).name == "old":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    with pytest.raises(RasterError, match="old, which cannot be read: Permission denied"):
        mi_products(archive)


def test_refusals(archive, tmp_path):
    with pytest.raises(RasterError, match="is not a folder"):
        mi_products(tmp_path / "readme.txt")
    (tmp_path / "empty").mkdir()
    with pytest.raises(RasterError, match="holds no MI product"):
        mi_products(tmp_path / "empty")
    with pytest.raises(RasterError, match="touches EXTENT"):
        mi_products(tmp_path / "lon310", Extent(GEOGRAPHIC_WKT, 0.0, 0.0, 1.0, 1.0))
