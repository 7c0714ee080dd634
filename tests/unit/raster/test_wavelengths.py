"""Which band is which wavelength, from all that files say of it."""

import itertools

import pytest
from osgeo import gdal

from lunar_oxide_plugin.core.errors import RasterError
from lunar_oxide_plugin.raster.wavelengths import checked_band_numbers, model_band_numbers

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
    numbers, note = model_band_numbers(dataset([form(i) for i in order]), "a.tif")
    assert [order[n - 1] for n in numbers] == [0, 1, 2, 3, 4, 6, 7, 8]
    assert note == ""


@pytest.mark.parametrize("one_micron", [1000, 1001, 1002])
def test_literature_wavelengths_and_the_only_band_near_one_micron(one_micron):
    names = [f"{value} nm" for value in [415, 750, 900, 950, one_micron, 1050, 1250, 1550]]
    assert model_band_numbers(dataset(names), "a.tif") == (tuple(range(1, 9)), "")


def test_mn1_is_not_taken_for_mv5_where_both_are():
    names = [f"{value} nm" for value in [1000, *MODEL]]
    assert model_band_numbers(dataset(names), "a.tif")[0] == tuple(range(2, 10))


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
    assert model_band_numbers(dataset(names, text), "a.lbl") == (ARCHIVE_NUMBERS, "")


def test_names_go_before_metadata_left_over_from_another_order():
    """Reordering bands with gdal_translate keeps the dataset's metadata."""
    stale = "(414,749,901,950,1001,1000,1049,1248,1548)"
    names = [FORMS["plugin"](i) for i in range(8, -1, -1)]
    numbers, _ = model_band_numbers(dataset(names, stale), "a.tif")
    assert numbers == (9, 8, 7, 6, 5, 3, 2, 1)


@pytest.mark.parametrize("names", [[""] * 9, [f"Band {i + 1}" for i in range(9)]])
def test_nine_unnamed_bands_are_the_archives(names):
    numbers, note = model_band_numbers(dataset(names), "a.tif")
    assert numbers == ARCHIVE_NUMBERS
    assert "does not name its nine bands" in note


@pytest.mark.parametrize("names", [[""] * 8, [f"Band {i + 1}" for i in range(8)]])
def test_eight_unnamed_bands_are_the_models(names):
    numbers, note = model_band_numbers(dataset(names), "a.tif")
    assert numbers == tuple(range(1, 9))
    assert "does not name its eight bands" in note


@pytest.mark.parametrize("count", [1, 2, 5, 7, 10, 12])
def test_other_counts_of_unnamed_bands_are_refused(count):
    with pytest.raises(RasterError, match=rf"has {count} bands and does not say .*BANDS"):
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
    with pytest.raises(RasterError, match=r"more than one band \(\[5, 6\]\) of 1001 nm"):
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
        assert model_band_numbers(dataset(names), "a.tif")[1] != ""


def test_micrometres_as_envi_writes_them():
    values = [0.414, 0.749, 0.901, 0.950, 1.001, 1.049, 1.248, 1.548]
    for unit in ("Micrometers", "um", "micrometers"):
        names = [f"{value:.6f} {unit}" for value in reversed(values)]
        assert model_band_numbers(dataset(names), "a.hdr") == (tuple(range(8, 0, -1)), "")


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
    with pytest.raises(RasterError, match=r"has 8 bands, but .* names 9: .* BANDS"):
        model_band_numbers(dataset([""] * 8, stated), "stack.tif")
