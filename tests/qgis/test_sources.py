"""Every form of a source, through the algorithms: the same map as from the plain tile."""

import gzip
import json
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal
from qgis.core import QgsCoordinateReferenceSystem, QgsProject, QgsRasterLayer

from lunar_oxide_plugin.raster.moon.crs import EQUIRECTANGULAR_WKT
from tests import mi_tiles

from .conftest import read

CENTRES = (414, 749, 901, 950, 1001, 1000, 1049, 1248, 1548)


@pytest.fixture()
def expected(succeed, tile, tmp_path):
    """Oxides of the plain tile."""
    succeed("predictoxides", {"INPUT": tile[0], "OUTPUT": tmp_path / "expected.tif"})
    return tmp_path / "expected.tif"


def packed(path, files):
    """Files in an archive of the kind its name says."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in files:
                archive.write(file, f"lon310/data/{file.name}")
    else:
        with tarfile.open(path, "w:gz" if path.suffix == ".tgz" else "w") as archive:
            for file in files:
                archive.add(file, f"lon310/data/{file.name}")
    return path


def compressed(path):
    copy = path.with_name(f"{path.name}.gz")
    copy.write_bytes(gzip.compress(path.read_bytes()))
    return copy


def band_files(folder, dn, label):
    """One file per band, as USGS names its mosaics; returns that of 950 nm."""
    folder.mkdir()
    paths = []
    for index, plane in enumerate(dn):
        name = f"Lunar_Kaguya_MIMap_Band{index + 1}_{mi_tiles.FILTERS[index]}_{CENTRES[index]}nm"
        path = folder / f"{name}_65N65S_512ppd.tif"
        values = np.where(plane < 0, -3.4028226550889045e38, plane * 2e-5).astype(np.float32)
        dataset = gdal.GetDriverByName("GTiff").Create(str(path), 60, 40, 1, gdal.GDT_Float32)
        dataset.SetProjection(EQUIRECTANGULAR_WKT)
        # GDAL places a V3 tile right, but counts longitudes to 360.
        x, dx, rx, y, ry, dy = gdal.Open(str(label)).GetGeoTransform()
        dataset.SetGeoTransform((x - 360 * 2048 * dx, dx, rx, y, ry, dy))
        dataset.GetRasterBand(1).WriteArray(values)
        dataset.GetRasterBand(1).SetNoDataValue(-3.4028226550889045e38)
        dataset = None
        paths.append(path)
    return paths


FORMS = {
    "zip": lambda folder, label, dn: packed(
        folder / "tile.zip", [label, label.with_suffix(".img")]
    ),
    "tgz": lambda folder, label, dn: packed(
        folder / "tile.tgz", [label, label.with_suffix(".img")]
    ),
    "in a zip": lambda folder, label, dn: (
        f"/vsizip/{FORMS['zip'](folder, label, dn)}/lon310/data/{label.name}"
    ),
    "image compressed": lambda folder, label, dn: (
        compressed(label.with_suffix(".img")),
        label.with_suffix(".img").unlink(),
        label,
    )[-1],
    "V2": lambda folder, label, dn: mi_tiles.write_tile(
        folder, dn, name="MI_MAP_02_N44E310N43E311SC", attached=True
    ),
    "V2 compressed": lambda folder, label, dn: compressed(FORMS["V2"](folder, label, dn)),
    "strip": lambda folder, label, dn: mi_tiles.write_tile(
        folder, dn, name="MIA_3C5_03_01351N440E3100SC", strip=True
    ),
    "strip compressed": lambda folder, label, dn: compressed(FORMS["strip"](folder, label, dn)),
    "band files": lambda folder, label, dn: band_files(folder / "bands", dn, label)[3],
}


@pytest.mark.parametrize("form", FORMS)
def test_the_same_map(succeed, tile, expected, tmp_path, form):
    label, dn = tile
    source = FORMS[form](tmp_path, label, dn)
    before = sorted(tmp_path.iterdir())
    out = tmp_path / "found.tif"
    _, feedback = succeed("predictoxides", {"INPUT": str(source), "OUTPUT": out})
    written = {path.name for path in set(tmp_path.iterdir()) - set(before)}
    assert written == {"found.tif", "found.qml"}
    found = read(out)
    values = read(expected)
    if form.startswith("V2"):  # which counts as shadow only DN up to 327
        assert np.isfinite(found).sum() > np.isfinite(values).sum()
        found[~np.isfinite(values)] = np.nan
    np.testing.assert_allclose(found, values, atol=5e-4)
    ours, theirs = gdal.Open(str(out)), gdal.Open(str(expected))
    np.testing.assert_allclose(ours.GetGeoTransform(), theirs.GetGeoTransform(), atol=0.5)
    assert ours.GetSpatialRef().IsSame(theirs.GetSpatialRef())
    said = ours.GetMetadataItem("LUNAR_OXIDE_SOURCE").splitlines()
    assert said == feedback.info[: len(said)]
    assert said[1].startswith("Bands identified from the band descriptions: 415 nm = 1")


def test_a_layer_of_an_archive(succeed, tile, expected, tmp_path):
    """As QGIS loads it, by dropping the archive's file onto the map."""
    label, dn = tile
    name = FORMS["in a zip"](tmp_path, label, dn)
    layer = QgsRasterLayer(name, "tile")
    assert layer.isValid()
    succeed("predictoxides", {"INPUT": layer, "OUTPUT": tmp_path / "found.tif"})
    np.testing.assert_array_equal(read(tmp_path / "found.tif"), read(expected))


def test_band_files_as_layers_and_in_any_order(succeed, tile, expected, tmp_path):
    """importmimap puts them together, also as a VRT, and by BANDS where names say nothing."""
    label, dn = tile
    paths = band_files(tmp_path / "bands", dn, label)
    layers = [QgsRasterLayer(str(path), "x") for path in paths[::-1]]
    for name in ("r.tif", "r.vrt"):
        succeed("importmimap", {"INPUT": layers, "OUTPUT": tmp_path / name})
        succeed("predictoxides", {"INPUT": tmp_path / name, "OUTPUT": tmp_path / "found.tif"})
        np.testing.assert_allclose(read(tmp_path / "found.tif"), read(expected), atol=5e-4)
    unnamed = [path.rename(path.with_name(f"{'qxawbzkfd'[i]}.tif")) for i, path in enumerate(paths)]
    given = [str(path) for path in unnamed]
    succeed(
        "importmimap",
        {"INPUT": given, "BANDS": "1,2,3,4,5,7,8,9", "OUTPUT": tmp_path / "s.tif"},
    )
    np.testing.assert_array_equal(read(tmp_path / "s.tif"), read(tmp_path / "r.tif"))


def test_an_archive_of_several_tiles(succeed, refused, tmp_path):
    dn = mi_tiles.scene()
    tiles = [
        mi_tiles.write_tile(tmp_path, dn[:, :, half], name=name, west=310 + start / 2048)
        for name, half, start in (("A", slice(0, 24), 0), ("B", slice(24, 48), 24))
    ]
    archive = packed(tmp_path / "tiles.zip", [f for t in tiles for f in (t, t.with_suffix(".img"))])
    for file in [f for t in tiles for f in (t, t.with_suffix(".img"))]:
        file.unlink()
    message = refused("predictoxides", {"INPUT": archive, "OUTPUT": tmp_path / "o.tif"})
    assert "2 products" in message
    assert "lon310/data/A.lbl" in message
    results, _ = succeed("importmimap", {"INPUT": [str(archive)], "OUTPUT": tmp_path / "r.tif"})
    assert results["VALID_PIXELS"] == 32 * 48
    expected = dn[list(mi_tiles.MODEL_PLANES)] * 2e-5
    np.testing.assert_allclose(read(tmp_path / "r.tif"), expected, rtol=1e-6)
    products = gdal.Open(str(tmp_path / "r.tif")).GetMetadataItem("SOURCE_PRODUCTS")
    assert products == "A B"


def test_a_folder_with_products_of_every_kind(succeed, tile, tmp_path):
    """Side by side: a plain V3 tile, one in a .zip, a compressed V2 tile."""
    folder = tmp_path / "archive"
    dn = mi_tiles.scene(8, 24)
    parts = []
    for index, name in enumerate(
        ("MI_MAP_03_N10E020N09E021SC", "MI_MAP_03_N10E021N09E022SC", "MI_MAP_02_N10E022N09E023SC")
    ):
        place = folder / f"lon02{index}" / "data"
        place.mkdir(parents=True)
        parts.append(
            mi_tiles.write_tile(
                place,
                dn[:, :, 8 * index : 8 * index + 8],
                name=name,
                west=20 + index,
                north=10,
                resolution=8,
                attached=index == 2,
            )
        )
    image = parts[1].with_suffix(".img")
    packed(parts[1].with_suffix(".zip"), [parts[1], image])
    for file in (parts[1], image):
        file.unlink()
    compressed(parts[2])
    parts[2].unlink()
    results, feedback = succeed(
        "importmimap", {"FOLDER": str(folder), "OUTPUT": tmp_path / "r.tif"}
    )
    assert results["VALID_PIXELS"] == 8 * 24
    expected = dn[list(mi_tiles.MODEL_PLANES)] * 2e-5
    np.testing.assert_allclose(read(tmp_path / "r.tif"), expected, rtol=1e-6)
    said = "\n".join(feedback.info)
    assert "MI MAP V3 tile MI_MAP_03_N10E021N09E022SC" in said
    assert "MI MAP V2 tile MI_MAP_02_N10E022N09E023SC" in said


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("/vsizip/nowhere.zip/a.lbl", ["nowhere.zip"]),
        ("/vsicurl/http://127.0.0.1:9/tile.lbl", ["/vsicurl/http://127.0.0.1:9/tile.lbl"]),
    ],
)
def test_what_is_not_there_is_named(refused, tmp_path, name, parts):
    message = refused("predictoxides", {"INPUT": name, "OUTPUT": tmp_path / "o.tif"})
    for part in parts:
        assert part in message


def test_an_archive_of_something_else(refused, tmp_path):
    (tmp_path / "notes.txt").write_text("no raster")
    archive = packed(tmp_path / "notes.zip", [tmp_path / "notes.txt"])
    message = refused("predictoxides", {"INPUT": archive, "OUTPUT": tmp_path / "o.tif"})
    assert "notes.zip holds no MI label and no raster" in message
    (tmp_path / "empty.zip").write_bytes(b"PK\x05\x06" + bytes(18))
    message = refused("predictoxides", {"INPUT": tmp_path / "empty.zip", "OUTPUT": "o.tif"})
    assert "empty.zip" in message


def test_the_workflow_reads_an_archive(succeed, tile, expected, tmp_path):
    label, dn = tile
    source = FORMS["zip"](tmp_path, label, dn)
    label.unlink()
    label.with_suffix(".img").unlink()
    from tests.polygons import write_polygons

    zones = write_polygons(
        tmp_path / "z.gpkg",
        {"a": "POLYGON((-49.99 43.99,-49.98 43.99,-49.98 43.985,-49.99 43.99))"},
    )
    succeed(
        "oxideworkflow",
        {
            "INPUT": source,
            "ZONES": zones,
            "NAME_FIELD": "unit",
            "STRETCH": 1,
            "predict:Oxides": tmp_path / "o.tif",
            "mg:MgNumber": tmp_path / "m.tif",
            "rgb:RGB": tmp_path / "c.tif",
            "units:Units": tmp_path / "u.gpkg",
        },
    )
    np.testing.assert_array_equal(read(tmp_path / "o.tif"), read(expected))


def test_parameters_keep_the_name_given(succeed, tile, tmp_path):
    label, dn = tile
    name = FORMS["in a zip"](tmp_path, label, dn)
    succeed("predictoxides", {"INPUT": name, "OUTPUT": tmp_path / "o.tif"})
    items = gdal.Open(str(tmp_path / "o.tif")).GetMetadata()
    assert json.loads(items["LUNAR_OXIDE_PARAMETERS"])["INPUT"] == [name]
    assert Path(label.name).name in items["LUNAR_OXIDE_SOURCE"]


@pytest.mark.parametrize("depth", [1, 2])
def test_what_a_vrt_is_made_of_is_not_overwritten(succeed, refused, tile, tmp_path, depth):
    succeed("importmimap", {"INPUT": [str(tile[0])], "OUTPUT": tmp_path / "r.tif"})
    path = tmp_path / "r.tif"
    for level in range(depth):
        vrt = tmp_path / f"{level}.vrt"
        gdal.BuildVRT(str(vrt), [str(path)]).FlushCache()
        path = vrt
    for name in ("predictoxides", "importmimap"):
        message = refused(name, {"INPUT": str(path), "OUTPUT": tmp_path / "r.tif"})
        assert "would overwrite the input, which is made of r.tif" in message


def test_no_file_of_a_set_is_overwritten(refused, tile, tmp_path):
    label, dn = tile
    paths = band_files(tmp_path / "bands", dn, label)
    for name in ("predictoxides", "importmimap"):
        message = refused(name, {"INPUT": str(paths[1]), "OUTPUT": paths[4]})
        assert "would overwrite the input" in message


def test_no_tile_of_a_folder_is_overwritten(refused, tile, tmp_path):
    label, _ = tile
    tif = label.with_suffix(".tif")
    gdal.Translate(str(tif), str(label))
    message = refused("importmimap", {"FOLDER": str(tmp_path), "INPUT": [str(tif)], "OUTPUT": tif})
    assert "would overwrite the input" in message


def test_a_path_of_a_layer_with_another_crs_is_said_to_be_read_with_its_own(
    succeed, oxide_raster, tmp_path
):
    """As the histories of QGIS keep layers: the numbers are others than with the layer itself."""
    path, *_ = oxide_raster()
    layer = QgsRasterLayer(str(path), "shifted")
    project = QgsProject.instance()
    project.addMapLayer(layer)
    given = {"OUTPUT": tmp_path / "mg.tif"}
    try:
        for text in (str(path), str(path.parent / "." / path.name)):
            _, feedback = succeed("mgnumber", {"INPUT": text, **given})
            assert "its own CRS" not in " ".join(feedback.warnings)
        layer.setCrs(QgsCoordinateReferenceSystem.fromProj("+proj=longlat +R=1737400 +pm=20"))
        _, feedback = succeed("mgnumber", {"INPUT": path, **given})
        assert f"{path} is read with its own CRS. The layer shifted" in " ".join(feedback.warnings)
        _, feedback = succeed("mgnumber", {"INPUT": layer.id(), **given})
        assert "its own CRS" not in " ".join(feedback.warnings)
    finally:
        project.removeMapLayer(layer.id())
