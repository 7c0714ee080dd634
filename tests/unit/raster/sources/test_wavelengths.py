"""Which band is which wavelength, from all that files say of it."""

import itertools
import json

import numpy as np
import pytest
from osgeo import gdal

from lunar_oxide_plugin.core.errors import RasterError
from lunar_oxide_plugin.raster.sources.wavelengths import (
    bands_of_wavelengths,
    checked_band_numbers,
    model_band_numbers,
    recognised,
    sign_of_mi,
    without_band,
)

MODEL = [415, 750, 900, 950, 1001, 1050, 1250, 1550]
FILTERS = ["MV1", "MV2", "MV3", "MV4", "MV5", "MN1", "MN2", "MN3", "MN4"]
CENTRES = [414, 749, 901, 950, 1001, 1000, 1049, 1248, 1548]
ARCHIVE_NUMBERS = (1, 2, 3, 4, 5, 7, 8, 9)


def dataset(names, wavelengths=None):
    made = gdal.GetDriverByName("MEM").Create("", 1, 1, len(names))
    for index, name in enumerate(names):
        made.GetRasterBand(index + 1).SetDescription(name)
    if wavelengths:
        made.SetMetadataItem("CENTER_FILTER_WAVELENGTH", wavelengths)
    return made


FORMS = {
    "USGS file": lambda i: (
        f"Lunar_Kaguya_MIMap_Band{i + 1}_{FILTERS[i]}_{CENTRES[i]}nm_65N65S_512ppd"
    ),
    "ISIS file": lambda i: f"{CENTRES[i]}_MI_MAP_03_N44E310N43E311SC",
    "plugin": lambda i: f"{FILTERS[i]} {CENTRES[i]} nm",
    "filter": lambda i: FILTERS[i],
    "lower case": lambda i: f"mi_{FILTERS[i].lower()}",
    "nm": lambda i: f"{CENTRES[i]} nm",
    "nm, no space": lambda i: f"{CENTRES[i]}nm",
    "number": lambda i: str(CENTRES[i]),
    "decimal": lambda i: f"{CENTRES[i]:.6f} Nanometers",
    "reflectance": lambda i: f"R{CENTRES[i]}",
    "underscore": lambda i: f"refl_{CENTRES[i]}_nm",
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize(
    "order",
    [range(9), range(8, -1, -1), (0, 1, 2, 3, 5, 4, 6, 7, 8), (0, 1, 2, 3, 4, 6, 7, 8)],
    ids=["archive", "reversed", "sorted", "without MN1"],
)
def test_forms_of_names_in_any_order(form, order):
    order = list(order)
    choice = model_band_numbers(dataset([form(i) for i in order]), "a.tif")
    assert [order[n - 1] for n in choice.numbers] == [0, 1, 2, 3, 4, 6, 7, 8]
    assert (choice.told_by, choice.note) == ("the band descriptions", "")


def with_one_micron(text):
    return [f"{v} nm" if v != 1001 else text for v in MODEL]


@pytest.mark.parametrize("text", ["1001 nm", "1002", "1.001 um", "MV5", "MV5 1000 nm"])
def test_the_one_micron_band_of_the_vis_detector(text):
    choice = model_band_numbers(dataset(with_one_micron(text)), "a.tif")
    assert (choice.numbers, choice.note) == (tuple(range(1, 9)), "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1000 nm", r"a\.tif says 1000 nm for band 5, which may be MV5 .* or MN1 .*BANDS"),
        ("1.000 um", "says 1000 nm for band 5"),
        ("1.0 micron", "says 1000 nm for band 5"),
        ("1000.5 nm", "says 1000 nm for band 5"),
        ("MN1", r"no band of 1001 nm \(MV5.*Its band 5 is MN1, .*BANDS"),
        ("MN1 1001 nm", "Its band 5 is MN1"),
    ],
)
def test_mn1_is_never_taken_for_mv5(text, message):
    with pytest.raises(RasterError, match=message):
        model_band_numbers(dataset(with_one_micron(text)), "a.tif")


@pytest.mark.parametrize("text", ["1000", "1000 nm", "MN1", "1.000 um"])
def test_mn1_is_left_out_where_both_are(text):
    names = [text, *(f"{value} nm" for value in MODEL)]
    assert model_band_numbers(dataset(names), "a.tif").numbers == tuple(range(2, 10))


@pytest.mark.parametrize("text", ["750/950 nm", "MV2 / MV4", "R750 R415", "0.75 um and 0.95 um"])
def test_a_ratio_is_no_band(text):
    assert recognised(text) is None


def test_a_unit_outweighs_a_bare_number():
    assert recognised("tile 415, 749 nm").band.filter == "MV2"
    assert recognised("strip 1250 of 0.749 um").band.filter == "MV2"


def test_a_version_in_a_file_name_is_no_wavelength():
    assert recognised("moon_v_0.75.tif", is_file_name=True) is None
    assert recognised("moon_0.749um.tif", is_file_name=True).band.filter == "MV2"


@pytest.mark.parametrize(
    "text",
    [
        "(414.0 <nm>,749.0 <nm>,901.0 <nm>,950.0 <nm>,1001.0 <nm>,1000.0 <nm>,"
        "1049.0 <nm>,1248.0 <nm>,1548.0 <nm>)",
        "(414.0, 749.0, 901.0, 950.0, 1001.0, 1000.0, 1049.0, 1248.0, 1548.0) <nm>",
        "(414,749,901,950,1001,1000,1049,1248,1548)",
    ],
)
@pytest.mark.parametrize("names", [[""] * 9, [f"Band {i + 1}" for i in range(9)]])
def test_gdals_metadata(text, names):
    choice = model_band_numbers(dataset(names, text), "a.lbl")
    assert choice == (ARCHIVE_NUMBERS, "CENTER_FILTER_WAVELENGTH of the metadata", "")


def test_names_go_before_metadata_left_over_from_another_order():
    """Reordering bands with gdal_translate keeps the dataset's metadata."""
    stale = "(414,749,901,950,1001,1000,1049,1248,1548)"
    names = [FORMS["plugin"](i) for i in range(8, -1, -1)]
    assert model_band_numbers(dataset(names, stale), "a.tif").numbers == (9, 8, 7, 6, 5, 3, 2, 1)


@pytest.mark.parametrize("names", [[""] * 9, [f"Band {i + 1}" for i in range(9)]])
def test_nine_unnamed_bands_are_the_archives(names):
    numbers, _, note = model_band_numbers(dataset(names), "a.tif")
    assert numbers == ARCHIVE_NUMBERS
    assert "does not name its nine bands" in note


@pytest.mark.parametrize("names", [[""] * 8, [f"Band {i + 1}" for i in range(8)]])
def test_eight_unnamed_bands_are_the_models(names):
    numbers, _, note = model_band_numbers(dataset(names), "a.tif")
    assert numbers == tuple(range(1, 9))
    assert "does not name its eight bands" in note


@pytest.mark.parametrize("count", [1, 2, 5, 7, 10, 12])
def test_other_counts_of_unnamed_bands_are_refused(count):
    with pytest.raises(RasterError, match=rf"has {count} bands? and does not say .*BANDS"):
        model_band_numbers(dataset([""] * count), "a.tif")


@pytest.mark.parametrize("missing", range(8))
@pytest.mark.parametrize("count", [8, 9])
def test_a_missing_band_is_named(missing, count):
    names = [f"{value} nm" for i, value in enumerate(MODEL) if i != missing]
    names += ["MN1 1000 nm"] * (count - 8) if missing != 4 else ["altitude"] * (count - 8)
    with pytest.raises(RasterError, match=f"no band of {MODEL[missing]} nm.*BANDS"):
        model_band_numbers(dataset([*names, "slope"]), "a.tif")


def test_a_band_given_twice_is_named():
    names = [f"{value} nm" for value in [*MODEL, 750]]
    with pytest.raises(RasterError, match=r"more than one band \(\[2, 9\]\) of 750 nm"):
        model_band_numbers(dataset(names), "a.tif")
    names = [f"{value} nm" for value in [415, 750, 900, 950, 1000, 1000, 1050, 1250, 1550]]
    with pytest.raises(RasterError, match=r"says 1000 nm for band 5 and 6"):
        model_band_numbers(dataset(names), "a.tif")


@pytest.mark.parametrize("count", [8, 9])
@pytest.mark.parametrize("known", [1, 3, 6])
def test_names_that_contradict_the_assumed_order_are_not_ignored(count, known):
    """A few recognised names in another order: taking the usual order would be silently wrong."""
    values = CENTRES[::-1] if count == 9 else MODEL[::-1]
    names = [f"{v} nm" if i < known else "" for i, v in enumerate(values)]
    with pytest.raises(RasterError, match=r"BANDS"):
        model_band_numbers(dataset(names), "a.tif")


@pytest.mark.parametrize(
    "names",
    [
        ["NAC 643", "DEM 2009", "Albedo 541 nm", "E310", "512ppd", "x", "y", "z"],
        ["415", "560", "643 nm", "x", "y", "z", "a", "b"][::-1],
    ],
)
def test_names_of_other_wavelengths_are_not_mi_bands(names):
    known = [name for name in names if "415" in name]
    if known:
        with pytest.raises(RasterError):
            model_band_numbers(dataset(names), "a.tif")
    else:
        assert model_band_numbers(dataset(names), "a.tif").note != ""


def test_micrometres_as_envi_writes_them():
    values = [0.414, 0.749, 0.901, 0.950, 1.001, 1.049, 1.248, 1.548]
    for unit in ("Micrometers", "um", "micrometers"):
        names = [f"{value:.6f} {unit}" for value in reversed(values)]
        choice = model_band_numbers(dataset(names), "a.hdr")
        assert choice.numbers == tuple(range(8, 0, -1))


def with_metadata(count, items=None, of_bands=(), domain=""):
    made = dataset([""] * count)
    made.SetMetadata(dict(items or {}))
    for index, metadata in enumerate(of_bands):
        made.GetRasterBand(index + 1).SetMetadata(metadata, domain)
    return made


@pytest.mark.parametrize(
    ("unit", "factor"),
    [("Nanometers", 1), ("Micrometers", 1e-3), ("nm", 1), ("um", 1e-3), (None, 1), (None, 1e-3)],
)
def test_wavelengths_in_the_metadata_of_the_bands(unit, factor):
    items = [{"wavelength": f"{value * factor:.6g}"} for value in reversed(CENTRES)]
    for item in items:
        if unit:
            item["wavelength_units"] = unit
    choice = model_band_numbers(with_metadata(9, of_bands=items), "a.tif")
    assert choice == ((9, 8, 7, 6, 5, 3, 2, 1), "the bands' metadata", "")


def test_wavelengths_in_gdals_imagery_domain():
    items = [{"CENTRAL_WAVELENGTH_UM": f"{v / 1000}", "FWHM_UM": "0.02"} for v in CENTRES]
    made = with_metadata(9, of_bands=items, domain="IMAGERY")
    assert model_band_numbers(made, "a.tif")[:2] == (ARCHIVE_NUMBERS, "the bands' metadata")


@pytest.mark.parametrize(
    "items",
    [
        {"wavelength": "{" + ", ".join(map(str, CENTRES)) + "}"},
        {"Wavelength": str([c / 1000 for c in CENTRES]), "wavelength_units": "Micrometers"},
        {"FILTER_NAME": "(MV1,MV2,MV3,MV4,MV5,MN1,MN2,MN3,MN4)"},
    ],
    ids=["nm", "um", "filters"],
)
def test_lists_in_the_metadata_of_the_dataset(items):
    assert model_band_numbers(with_metadata(9, items), "a.tif").numbers == ARCHIVE_NUMBERS


def envi(tmp_path, header):
    """A stack of eight bands as ENVI writes them, in reverse order."""
    path = tmp_path / "stack.img"
    np.zeros((8, 3, 4), np.float32).tofile(path)
    path.with_suffix(".hdr").write_text(
        "ENVI\nsamples = 4\nlines = 3\nbands = 8\nheader offset = 0\nfile type = ENVI Standard\n"
        f"data type = 4\ninterleave = bsq\nbyte order = 0\n{header}\n"
    )
    return gdal.Open(str(path))


@pytest.mark.parametrize("names", ["", "band names = {a, b, c, d, e, f, g, h}\n"])
@pytest.mark.parametrize(
    ("units", "factor"),
    [("wavelength units = Nanometers", 1), ("wavelength units = Micrometers", 1e-3), ("", 1)],
)
def test_envi_headers(tmp_path, names, units, factor):
    listed = ", ".join(f"{v * factor:.4f}" for v in reversed(CENTRES) if v != 1000)
    opened = envi(tmp_path, f"{names}{units}\nwavelength = {{{listed}}}")
    assert model_band_numbers(opened, "stack.img").numbers == tuple(range(8, 0, -1))


@pytest.mark.parametrize("key", ["FilterName", "Center"])
def test_isis_cubes(tmp_path, key):
    """Written by GDAL's own ISIS driver, as mimap2isis names its bands."""
    path = str(tmp_path / "a.cub")
    band_bin = {
        "_type": "group",
        key: FILTERS[::-1] if key == "FilterName" else [float(c) for c in CENTRES[::-1]],
    }
    made = gdal.GetDriverByName("ISIS3").Create(path, 4, 3, 9, gdal.GDT_Float32)
    label = {"IsisCube": {"_type": "object", "BandBin": band_bin}}
    made.SetMetadata([json.dumps(label)], "json:ISIS3")
    made = None
    choice = model_band_numbers(gdal.Open(path), "a.cub")
    assert choice.numbers == (9, 8, 7, 6, 5, 3, 2, 1)


@pytest.mark.parametrize(
    "numbers", list(itertools.permutations(range(1, 9)))[::4999], ids=lambda n: "".join(map(str, n))
)
def test_the_users_bands_are_taken_as_given(numbers):
    assert checked_band_numbers(list(numbers), 9, "a.tif") == numbers


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ([1, 2, 3], "8 different band numbers.*it has: 1 2 3"),
        ([1, 2, 3, 4, 5, 6, 7, 8, 9], "8 different band numbers"),
        ([1, 2, 3, 4, 5, 6, 7, 7], "8 different band numbers"),
        ([0, 1, 2, 3, 4, 5, 6, 7], "a.tif has the bands 1 to 9"),
        ([-1, 1, 2, 3, 4, 5, 6, 7], "a.tif has the bands 1 to 9"),
        ([1, 2, 3, 4, 5, 6, 7, 10], "a.tif has the bands 1 to 9"),
    ],
)
def test_wrong_bands_of_the_user_are_refused(numbers, message):
    with pytest.raises(RasterError, match=message):
        checked_band_numbers(numbers, 9, "a.tif")


def test_metadata_for_more_bands_than_there_are():
    """A stack of eight from an archive tile: which one was left out is not known."""
    stated = "(" + ", ".join(f"{centre}.0 <nm>" for centre in CENTRES) + ")"
    with pytest.raises(
        RasterError,
        match=r"has 8 bands, but CENTER_FILTER_WAVELENGTH of the metadata names 9: .* BANDS",
    ):
        model_band_numbers(dataset([""] * 8, stated), "stack.tif")


def test_names_of_one_set():
    usgs = [f"{FORMS['USGS file'](i)}.tif" for i in range(9)]
    assert {without_band(name) for name in usgs} == {"Lunar_Kaguya_MIMap_*_*_*_65N65S_512ppd.tif"}
    assert without_band("415_MI_MAP_03_N44E310N43E311SC.tif") == (
        "*_MI_MAP_03_N44E310N43E311SC.tif"
    )
    assert without_band("moon_0.749um_v2.tif") == "moon_*_v2.tif"
    assert without_band("dem_541nm_2009.tif") == "dem_*_2009.tif"
    assert without_band("oxides_310.tif") == "oxides_310.tif"


UVVIS = ["415 nm", "750 nm", "900 nm", "950 nm", "1000 nm"]
NIR = ["1100 nm", "1250 nm", "1500 nm", "2000 nm", "2600 nm", "2780 nm"]


@pytest.mark.parametrize(
    ("names", "numbers"),
    [
        (UVVIS, (1, 2, 4)),
        (UVVIS[::-1], (5, 4, 2)),
        (["0.415 um", "0.75 um", "0.95 um"], (1, 2, 3)),
        (UVVIS + NIR, (1, 2, 4)),
        (["950 nm", "altitude", "415 nm", "750 nm"], (3, 4, 1)),
        (UVVIS[1:], None),
        ([*UVVIS, "750 nm"], None),
        (["", "", ""], None),
    ],
)
def test_some_wavelengths_of_another_instrument(names, numbers):
    assert bands_of_wavelengths(dataset(names), (415, 750, 950)) == numbers
    assert sign_of_mi(dataset(names)) == ""


def test_wavelengths_in_the_metadata_of_the_raster():
    made = dataset(["", "", ""], "(415.0, 750.0, 950.0) <nm>")
    assert bands_of_wavelengths(made, (415, 750, 950)) == (1, 2, 3)


@pytest.mark.parametrize(
    ("names", "sign"),
    [
        (["MV1 415 nm", "750 nm", "950 nm"], "the filter name MV1"),
        ([*UVVIS, "1050 nm"], "a band of 1050 nm"),
        ([*UVVIS, "1548 nm"], "a band of 1550 nm"),
    ],
)
def test_what_only_mi_has(names, sign):
    assert sign_of_mi(dataset(names)) == sign


def test_filter_names_in_the_metadata_are_a_sign_of_mi():
    made = dataset(["", "", ""])
    made.SetMetadataItem("FILTER_NAME", "(MV1, MV2, MV4)")
    assert sign_of_mi(made) == "the filter name MV1"
