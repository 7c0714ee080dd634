"""Each algorithm on the command line, one after the other on each other's files."""

import csv
import re
import subprocess

import numpy as np
import pytest
from osgeo import gdal

from tests import mi_tiles
from tests.polygons import UNITS, write_units

from .conftest import PLUGIN, bands, contents, rows, side_by_side

#: id -> title
ALGORITHMS = {
    "importmimap": "Import MI MAP tiles",
    "predictoxides": "Predict oxides",
    "empiricaloxides": "FeO and TiO2 by band ratios",
    "mgnumber": "Mg number",
    "oxidergb": "Oxide RGB composite",
    "zonaloxides": "Unit statistics",
    "oxidehistogram": "Oxide histograms",
    "classifyterrain": "Classify terrain",
    "comparemaps": "Compare maps",
    "groundtruthsites": "Ground-truth sites",
    "samplesites": "Sample sites",
    "demoscene": "Synthetic demo scene",
    "checkinstallation": "Check installation",
    "oxideworkflow": "Oxide maps and unit statistics",
    "unitreport": "MI tile to unit report",
    "comparewithreference": "Compare with a reference map",
    "marehighlandmeans": "Mare and highland means",
}

#: An algorithm, one without OUTPUT, and a workflow; tests/qgis looks at all.
PARAMETERS = {
    "predictoxides": "INPUT MODEL MODEL_FILE BANDS SCALE MASK_SHADOW THREADS STORAGE LAYOUT "
    "OUTPUT OUTPUT_UNCERTAINTY OUTPUT_DOMAIN",
    "oxidehistogram": "INPUT REPORT TABLE",
    "unitreport": "INPUT ZONES NAME_FIELD predict:Oxides units:Units units:Table units:Separation "
    "units:Report histogram:Histograms",
}


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """A tile, its units, and what the algorithms make of them."""
    path = tmp_path_factory.mktemp("moon")
    mi_tiles.write_tile(path, mi_tiles.soils(), name="TILE")
    write_units(path / "units.gpkg")
    return path


@pytest.fixture(scope="session")
def predicted(qgis, folder):
    """Text of a run of predictoxides with all outputs."""
    return qgis.succeed(
        "predictoxides",
        {
            "INPUT": folder / "TILE.lbl",
            "OUTPUT": folder / "oxides.tif",
            "OUTPUT_UNCERTAINTY": folder / "uncertainty.tif",
            "OUTPUT_DOMAIN": folder / "domain.tif",
        },
    )


def number(text, name):
    """A number among the results that qgis_process prints."""
    return float(re.search(rf"^{name}:\s+(\S+)$", text, re.MULTILINE).group(1))


def test_plugin_and_algorithms_are_listed(qgis):
    plugins, algorithms = side_by_side(qgis, ["plugins", "list"]).values()
    assert f"* {PLUGIN}" in plugins.text
    ours = algorithms.text.split("Lunar Oxide Mapper")[1].split("\n\n")[0]
    listed = dict(re.findall(r"lunaroxide:(\w+)\t(.+)", ours))
    assert listed == ALGORITHMS


@pytest.fixture(scope="session")
def help_texts(qgis):
    return side_by_side(lambda name: qgis("help", f"lunaroxide:{name}"), PARAMETERS)


@pytest.mark.parametrize("name", PARAMETERS)
def test_help(help_texts, name):
    code, text = help_texts[name]
    assert code == 0
    assert text.lstrip().startswith(f"{ALGORITHMS[name]} (lunaroxide:{name})")
    description, arguments = text.split("\nArguments\n")
    arguments, outputs = arguments.split("\nOutputs\n")
    # Newer versions of QGIS put the default before the help.
    pattern = r"^(\S+): (.+)\n(?:\tDefault value:.*\n)?\t(.{20,})$"
    found = re.findall(pattern, arguments, re.MULTILINE)
    assert sorted(parameter for parameter, _, _ in found) == sorted(PARAMETERS[name].split())
    assert len(description) > 150
    # Tags would be printed as they are; "OUTPUT: <outputRaster>" is QGIS's own.
    assert not re.search(r"</?[a-z]+\d?[ >]", description + arguments)
    assert ("OUTPUT:" in outputs) == (" OUTPUT " in PARAMETERS[name])


def test_import(qgis, folder):
    text = qgis.succeed(
        "importmimap", {"INPUT": folder / "TILE.lbl", "OUTPUT": folder / "reflectance.tif"}
    )
    assert number(text, "VALID_PIXELS") == 40 * 60
    expected = mi_tiles.soils()[list(mi_tiles.MODEL_PLANES)] * 2e-5
    np.testing.assert_allclose(bands(folder / "reflectance.tif"), expected, rtol=1e-6)


def test_import_folder(qgis, tmp_path):
    """INPUT left out; 512 pixels per degree from 2048."""
    name = "MI_MAP_03_N44E310N43E311SC"
    mi_tiles.write_tile(tmp_path, mi_tiles.soils(64, 64), name=name)
    output = tmp_path / "map.tif"
    given = {"FOLDER": tmp_path, "RESOLUTION": 512, "OUTPUT": output}
    qgis.succeed("importmimap", {**given, "EXTENT": "-50,-49.98,43.98,44 [IAU_2015:30100]"})
    assert bands(output).shape == (8, 11, 11)


def test_predict(predicted, folder):
    assert number(predicted, "VALID_PIXELS") == 40 * 60
    distance = bands(folder / "domain.tif")
    assert number(predicted, "EXTRAPOLATED_PERCENT") == pytest.approx(100 * (distance > 1).mean())
    assert bands(folder / "oxides.tif").shape == bands(folder / "uncertainty.tif").shape
    dataset = gdal.Open(str(folder / "oxides.tif"))
    names = [dataset.GetRasterBand(index + 1).GetDescription() for index in range(5)]
    assert names == ["Al2O3", "CaO", "FeO", "MgO", "TiO2"]
    assert {path.stem for path in folder.glob("*.qml")} >= {"oxides", "uncertainty", "domain"}


@pytest.mark.usefixtures("predicted")
def test_qgis_does_not_load_the_input(qgis, folder, tmp_path):
    """QGIS would leave histograms of what it loads beside it, and GDAL read them with each file.

    The image's name is in capitals here, under a label in small letters.
    """
    mi_tiles.write_tile(tmp_path, mi_tiles.soils(), name="tile", image_file="TILE.IMG")
    before = set(tmp_path.iterdir())
    result = tmp_path / "oxides.tif"
    qgis.succeed("predictoxides", {"INPUT": tmp_path / "tile.lbl", "OUTPUT": result})
    assert set(tmp_path.iterdir()) == before | {result, result.with_suffix(".qml")}
    assert np.array_equal(bands(result), bands(folder / "oxides.tif"))


def test_empirical(qgis, folder):
    """The published constants, written out."""
    output = folder / "empirical.tif"
    given = {"INPUT": folder / "TILE.lbl", "METHOD": 1, "OUTPUT": output}
    text = qgis.succeed("empiricaloxides", given)
    r415, r750, r950 = mi_tiles.soils()[[0, 1, 3]] * 2e-5
    iron = -np.arctan((r950 / r750 - 1.25) / (r750 - 0.037))
    titanium = np.arctan((r415 / r750 - 0.208) / (r750 + 0.108))
    expected = [20.527 * iron - 12.266, 0.72 * titanium**14.964]
    np.testing.assert_allclose(bands(output), expected, rtol=2e-5, atol=2e-5)
    assert number(text, "VALID_PIXELS") == 40 * 60


@pytest.mark.usefixtures("predicted")
def test_rgb_with_custom_limits(qgis, folder):
    parameters = {"STRETCH": 4, "LIMITS": "0,25,4,12,8,30"}
    qgis.succeed(
        "oxidergb",
        {"INPUT": folder / "oxides.tif", **parameters, "OUTPUT": folder / "rgb.tif"},
    )
    rgba = bands(folder / "rgb.tif")
    feo = bands(folder / "oxides.tif")[2]
    np.testing.assert_allclose(rgba[0], np.clip(feo / 25, 0, 1) * 255, atol=1)
    assert (rgba[3] == 255).all()


def inside_unit(name):
    """Which pixels of the tile lie in a unit, to index a band."""
    west, north, east, south = UNITS[name]
    # Pixel centres of the tile are at whole multiples of 1/2048 degree.
    return np.ix_(
        [south < 44 - row / 2048 < north for row in range(40)],
        [west < -50 + column / 2048 < east for column in range(60)],
    )


def statistics(folder, outputs, name):
    """Parameters of unit statistics with these outputs, of one name."""
    given = {"ZONES": folder / "units.gpkg", "NAME_FIELD": "unit", "EDGES": 1}
    given |= {"INPUT": folder / "oxides.tif", "UNCERTAINTY": folder / "uncertainty.tif"}
    endings = {"OUTPUT": "gpkg", "TABLE": "csv", "REPORT": "html"}
    return given | {output: folder / f"{name}.{endings[output]}" for output in outputs}


@pytest.fixture(scope="session")
def unit_statistics(qgis, folder, predicted):
    """statistics.gpkg, .csv and .html in the folder."""
    given = statistics(folder, ("OUTPUT", "TABLE", "REPORT"), "statistics")
    return qgis.succeed("zonaloxides", given)


@pytest.mark.usefixtures("unit_statistics")
def test_unit_statistics(folder):
    with (folder / "statistics.csv").open(encoding="utf-8", newline="") as file:
        table = {row["unit"]: row for row in csv.DictReader(file)}
    assert list(table) == list(UNITS)
    features, crs = rows(folder / "statistics.gpkg")
    assert [feature["unit"] for feature in features] == list(UNITS)
    assert crs.GetName().startswith("Moon")
    feo, sigma = (bands(folder / f"{name}.tif")[2] for name in ("oxides", "uncertainty"))
    for feature in features:
        inside = inside_unit(feature["unit"])
        assert feature["FeO_mean"] == pytest.approx(feo[inside].mean(), rel=1e-4)
        assert feature["FeO_mean_uncertainty"] == pytest.approx(sigma[inside].mean(), rel=1e-4)
        assert feature["FeO_pixels"] == feo[inside].size
    assert "west" in (folder / "statistics.html").read_text(encoding="utf-8")


@pytest.mark.usefixtures("unit_statistics")
def test_report_without_matplotlib(qgis, folder, tmp_path):
    """The tables come all the same, and the report says why there is no figure."""
    (tmp_path / "matplotlib").mkdir()
    (tmp_path / "matplotlib" / "__init__.py").write_text("raise ImportError")
    given = statistics(folder, ("OUTPUT", "REPORT"), "without")
    qgis.succeed("zonaloxides", given, environment={"PYTHONPATH": str(tmp_path)})
    page, without = (
        (folder / f"{name}.html").read_text(encoding="utf-8") for name in ("statistics", "without")
    )
    tables, other_tables = (re.findall("<table>.*?</table>", text) for text in (page, without))
    assert len(tables) > 4
    assert other_tables == tables
    assert page.count("<figure>") == without.count("has no matplotlib") == 3
    assert "<figure>" not in without


@pytest.mark.usefixtures("predicted")
def test_a_missing_file_among_several_is_named(qgis, folder):
    done = qgis(
        "run",
        "lunaroxide:oxidehistogram",
        f"--INPUT={folder / 'oxides.tif'}",
        f"--INPUT={folder / 'nowhere.tif'}",
        f"--TABLE={folder / 'none.csv'}",
    )
    assert done.code != 0
    assert f"INPUT: there is no file {folder / 'nowhere.tif'}." in done.text
    assert not (folder / "none.csv").exists()


@pytest.mark.usefixtures("predicted")
def test_histograms_of_two_rasters(qgis, folder):
    """What is predicted, and a part of it in another projection: equal where they should be."""
    other = folder / "polar.tif"
    crs = "IAU_2015:30130"
    gdal.Warp(str(other), str(folder / "oxides.tif"), dstSRS=crs, resampleAlg="near")
    table, report = folder / "histograms.csv", folder / "histograms.html"
    done = qgis(
        "run",
        "lunaroxide:oxidehistogram",
        f"--INPUT={folder / 'oxides.tif'}",
        f"--INPUT={other}",
        f"--REPORT={report}",
        f"--TABLE={table}",
    )
    assert done.code == 0, done.text
    with table.open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    assert {row["raster"] for row in found} == {"oxides.tif", "polar.tif"}
    _, _, feo, mgo, _ = bands(folder / "oxides.tif").astype(float)
    values = {"FeO": feo, "Mg#": (mgo / 40.304) / (mgo / 40.304 + feo / 71.844)}
    for quantity, expected in values.items():
        rows_of = [row for row in found if row["quantity"] == quantity]
        ours, polar = (
            [row for row in rows_of if row["raster"] == name]
            for name in ("oxides.tif", "polar.tif")
        )
        edges = [float(row["upper"]) for row in ours[:-1]]
        counts, _ = np.histogram(expected, edges)
        percent = [float(row["percent"]) for row in ours]
        # Within a tile of 40 rows a pixel's area hardly changes.
        np.testing.assert_allclose(percent[1:-1], 100 * counts / feo.size, atol=0.01)
        assert sum(percent) == pytest.approx(100, abs=1e-3)
        areas = [sum(float(row["area_km2"]) for row in rows) for rows in (ours, polar)]
        assert areas[1] == pytest.approx(areas[0], rel=0.02)
        difference = np.subtract(percent, [float(row["percent"]) for row in polar])
        assert np.abs(difference).max() < 3
    assert "polar.tif" in report.read_text(encoding="utf-8")


@pytest.mark.usefixtures("predicted")
def test_mg_number_and_its_uncertainty(qgis, folder):
    inputs = {"INPUT": folder / "oxides.tif", "UNCERTAINTY": folder / "uncertainty.tif"}
    outputs = {"OUTPUT": folder / "mg.tif", "OUTPUT_UNCERTAINTY": folder / "mg_sigma.tif"}
    text = qgis.succeed("mgnumber", {**inputs, **outputs})
    (said,) = re.findall(r"Correlation of the errors of MgO and FeO: ([-.\d]+),", text)
    _, _, feo, mgo, _ = bands(folder / "oxides.tif").astype(float)
    _, _, feo_sigma, mgo_sigma, _ = bands(folder / "uncertainty.tif").astype(float)
    share = (mgo / 40.304) / (mgo / 40.304 + feo / 71.844)
    np.testing.assert_allclose(bands(folder / "mg.tif")[0], share, rtol=1e-5)
    assert number(text, "MEAN") == pytest.approx(share.mean(), abs=1e-4)
    a, b = mgo_sigma / mgo, feo_sigma / feo
    expected = share * (1 - share) * np.sqrt(a**2 + b**2 - 2 * float(said) * a * b)
    np.testing.assert_allclose(bands(folder / "mg_sigma.tif")[0], expected, rtol=1e-4)


@pytest.mark.usefixtures("predicted")
def test_terrain(qgis, folder, tmp_path):
    """All outputs; a fit, of a FeO band with two populations of its own."""
    outputs = {"OUTPUT": tmp_path / "terrain.tif", "POLYGONS": tmp_path / "terrain.gpkg"}
    outputs.update(TABLE=tmp_path / "terrain.csv", REPORT=tmp_path / "terrain.html")
    given = {"INPUT": folder / "oxides.tif", "SCHEME": 1, **outputs}
    text = qgis.succeed("classifyterrain", given)
    _, _, feo, _, tio2 = bands(folder / "oxides.tif")
    expected = np.where(feo < 10.6, 1, 2 + (tio2 >= 1).astype(int) + (tio2 > 6))
    assert np.array_equal(bands(tmp_path / "terrain.tif")[0], expected)
    assert number(text, "FEO_THRESHOLD") == 10.6
    # All pixels of so small a tile have the same area, to a ten-thousandth.
    assert number(text, "MARE_PERCENT") == pytest.approx(100 * (feo >= 10.6).mean(), abs=0.05)
    features, crs = rows(tmp_path / "terrain.gpkg")
    assert crs.GetName().startswith("Moon")
    with (tmp_path / "terrain.csv").open(encoding="utf-8", newline="") as file:
        table = {row["class"]: row for row in csv.DictReader(file)}
    for name in {feature["class"] for feature in features}:
        area = sum(feature["area_km2"] for feature in features if feature["class"] == name)
        assert area == pytest.approx(float(table[name]["area_km2"]), abs=1e-3)
    assert "Neal and Taylor" in (tmp_path / "terrain.html").read_text(encoding="utf-8")
    assert (tmp_path / "terrain.qml").is_file()
    two = gdal.GetDriverByName("GTiff").CreateCopy(
        str(tmp_path / "two.tif"), gdal.Open(str(folder / "oxides.tif"))
    )
    rng = np.random.default_rng(0)
    mare = rng.uniform(size=feo.shape) < 0.4
    feo = np.where(mare, rng.normal(17, 1.2, feo.shape), rng.normal(5, 1, feo.shape))
    feo = feo.astype(np.float32)
    two.GetRasterBand(3).WriteArray(feo)
    del two
    fit = {"INPUT": tmp_path / "two.tif", "METHOD": 1, "OUTPUT": tmp_path / "fit.tif"}
    threshold = number(qgis.succeed("classifyterrain", fit), "FEO_THRESHOLD")
    assert np.array_equal(bands(tmp_path / "fit.tif")[0], np.where(feo < threshold, 1, 2))
    assert 8 < threshold < 14


def test_compare_maps(qgis, folder, tmp_path):
    """With its averages over 4 x 4 pixels, made by GDAL, as FeO in fractions of Fe."""
    coarse = tmp_path / "coarse.tif"
    source = folder / "oxides.tif"
    gdal.Translate(
        str(tmp_path / "feo.tif"), str(source), bandList=[3], scaleParams=[[0, 128.649, 0, 1]]
    )
    options = {"width": 15, "height": 10, "resampleAlg": "average"}
    dataset = gdal.Translate(str(coarse), str(tmp_path / "feo.tif"), **options)
    dataset.GetRasterBand(1).SetDescription("Fe")
    dataset = None
    files = {"OUTPUT": "d.tif", "TABLE": "t.csv", "REPORT": "r.html"}
    text = qgis.succeed(
        "comparemaps",
        {
            "INPUT": source,
            "REFERENCE": coarse,
            "REFERENCE_UNIT": 3,
            **{name: tmp_path / file for name, file in files.items()},
        },
    )
    assert number(text, "R2") == pytest.approx(1, abs=1e-4)
    assert number(text, "RMSE") < 0.01
    assert abs(number(text, "BIAS")) < 0.01
    assert bands(tmp_path / "d.tif").shape == (1, 10, 15)
    with (tmp_path / "t.csv").open(encoding="utf-8", newline="") as file:
        (row, *_) = csv.DictReader(file)
    assert (row["oxide"], row["class"], row["n"]) == ("FeO", "all", "150")
    assert "<figure>" in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_check_installation(qgis):
    text = qgis.succeed("checkinstallation", {})
    assert re.search(r"^READY:\s+true$", text, re.MULTILINE)
    assert "Model zhang2023_cnn" in text


@pytest.mark.usefixtures("predicted")
def test_image_instead_of_the_label(qgis, folder, tmp_path):
    output = tmp_path / "oxides.tif"
    qgis.succeed("predictoxides", {"INPUT": folder / "TILE.img", "OUTPUT": output})
    assert np.array_equal(bands(output), bands(folder / "oxides.tif"))


@pytest.mark.usefixtures("predicted")
def test_workflow_equals_its_steps(qgis, folder, tmp_path):
    """With the optional outputs and without them."""
    needed = {
        "predict:Oxides": "oxides.tif",
        "mg:MgNumber": "mg_number.tif",
        "rgb:RGB": "rgb.tif",
        "units:Units": "units.gpkg",
    }
    optional = {
        "predict:Uncertainty": "uncertainty.tif",
        "predict:Domain": "domain.tif",
        "units:Table": "units.csv",
        "units:Report": "units.html",
    }
    inputs = {"INPUT": folder / "TILE.lbl", "ZONES": folder / "units.gpkg"}
    inputs.update(NAME_FIELD="unit", STRETCH=2)

    def run(name):
        (tmp_path / name).mkdir()
        wanted = {**needed, **(optional if name == "all" else {})}
        outputs = {key: tmp_path / name / file for key, file in wanted.items()}
        qgis.succeed("oxideworkflow", {**inputs, **outputs})
        return {file.name for file in contents(tmp_path / name) if file.suffix != ".qml"}

    found = side_by_side(run, ["needed", "all"])
    assert found["needed"] == set(needed.values())
    assert found["all"] == {*needed.values(), *optional.values()}
    for name in ("needed", "all"):
        assert np.array_equal(bands(tmp_path / name / "oxides.tif"), bands(folder / "oxides.tif"))
    for name in ("uncertainty.tif", "domain.tif"):
        assert np.array_equal(bands(tmp_path / "all" / name), bands(folder / name))
    features, _ = rows(tmp_path / "needed" / "units.gpkg")
    assert [feature["unit"] for feature in features] == list(UNITS)


@pytest.fixture(scope="session")
def demo(qgis, tmp_path_factory):
    """The demo tile of Sosigenes, written once."""
    path = tmp_path_factory.mktemp("demo")
    text = qgis.succeed(
        "demoscene", {"SCENE": 1, "OUTPUT": path / "demo.lbl", "ZONES": path / "units.gpkg"}
    )
    return path, text


def test_demo_scene_is_a_tile_of_the_archive_and_says_synthetic(demo):
    path, text = demo
    assert "SYNTHETIC" in text
    assert {file.name for file in path.iterdir() if not file.name.endswith(".aux.xml")} == {
        "demo.lbl",
        "demo_SYNTHETIC.img",
        "units.gpkg",
    }
    # V3: a float altitude plane, then nine bands of int16, 2048 x 2048 pixels.
    assert (path / "demo_SYNTHETIC.img").stat().st_size == 2048 * 2048 * (4 + 9 * 2)
    label = (path / "demo.lbl").read_text(encoding="ascii")
    assert re.search(r'^PRODUCT_ID += "MI_MAP_03_\w+_SYNTHETIC"', label, re.MULTILINE)
    assert '"SLN-L-MI-5-MAP-V3.0"' in label
    assert re.search(r'\^IMAGE += \("demo_SYNTHETIC.img", 16777217 <BYTES>\)', label)
    dn = np.fromfile(path / "demo_SYNTHETIC.img", ">i2", offset=16777216)
    lit = dn[dn > 500]
    assert lit.size > 0.9 * dn.size
    assert 1000 < lit.mean() < 15000


def test_demo_units_have_names_and_a_lunar_crs(demo):
    path, _ = demo
    features, crs = rows(path / "units.gpkg")
    assert len(features) >= 3
    assert all(feature["unit"] for feature in features)
    assert {feature["note"] for feature in features} == {"SYNTHETIC"}
    assert crs.IsGeographic()
    assert (crs.GetSemiMajor(), crs.GetInvFlattening()) == (1737400, 0)


def without_network():
    """Words before a command that take the network from it, if this machine allows."""
    for words in (["unshare", "--net"], ["unshare", "--map-root-user", "--net"]):
        try:
            subprocess.run([*words, "true"], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return words
    return None


@pytest.mark.usefixtures("predicted")
def test_no_network_is_needed(qgis, folder, tmp_path):
    words = without_network()
    if words is None:
        pytest.skip("this machine does not let a process give up its network")
    devices = subprocess.run(
        [*words, "cat", "/proc/net/dev"], check=True, capture_output=True, text=True
    ).stdout
    assert re.findall(r"^\s*(\w+):", devices, re.MULTILINE) == ["lo"]
    parameters = {"INPUT": folder / "TILE.lbl", "OUTPUT": tmp_path / "oxides.tif"}
    qgis.succeed("predictoxides", parameters, before=words)
    assert np.array_equal(bands(tmp_path / "oxides.tif"), bands(folder / "oxides.tif"))


def test_ground_truth_and_sampled_sites(qgis, folder):
    """The landing site of Chang'E-5 on a small tile around it, among the other 39."""
    step = 1 / 2048
    dn = mi_tiles.soils(30, 30)
    mi_tiles.write_tile(
        folder, dn, name="CE5", north=43.0576 + 10.75 * step, west=308.0839 - 10.75 * step
    )
    text = qgis.succeed("groundtruthsites", {"OUTPUT": folder / "sites.gpkg"})
    assert "no position: Apollo17S4" in text
    tables = {}
    for window in (2, 3):
        table = folder / f"window{window}.csv"
        text = qgis.succeed(
            "samplesites",
            {
                "INPUT": folder / "CE5.lbl",
                "SITES": folder / "sites.gpkg",
                "WINDOW": window,
                "OUTPUT": folder / f"window{window}.gpkg",
                "TABLE": table,
            },
        )
        assert number(text, "SAMPLED") == 1
        assert "outside the raster (38)" in text
        with table.open(newline="", encoding="utf-8") as file:
            tables[window] = {row["site"]: row for row in csv.DictReader(file)}
    # The lander lies in the upper left quarter of pixel (11, 11).
    r750 = dn[mi_tiles.MODEL_PLANES[1]] * 2e-5
    for window, pixels in ((2, r750[10:12, 10:12]), (3, r750[10:13, 10:13])):
        row = tables[window]["CE-5"]
        assert float(row["r750"]) == pytest.approx(pixels.mean(), abs=1e-7)
        assert float(row["s750"]) == pytest.approx(pixels.std(ddof=1), abs=1e-7)
        assert int(row["pixels"]) == pixels.size
    attributes, reference = rows(folder / "window3.gpkg")
    assert len(attributes) == 40
    assert reference.GetSemiMajor() == 1737400
