"""Labels of MI products and their images, against the bytes themselves."""

import os
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from osgeo import gdal, osr

from lunar_oxide_plugin.core.errors import RasterError
from lunar_oxide_plugin.raster.mi.mi_label import LONGEST_LABEL, MiLabel, find_label
from lunar_oxide_plugin.raster.sources.mi_source import MiSource
from tests.folders import DATA
from tests.mi_tiles import CENTRES, FILTERS, INVALID_CODES, scene, write_tile

LABELS = DATA / "labels"
V3 = LABELS / "MI_MAP_03_N51E124N50E125SC.lbl"
V2 = LABELS / "MI_MAP_02_N65E328N64E329SC.pvl"
STRIP = LABELS / "MIA_3C5_03_01351S791E0024SC.pvl"

LAYOUTS = {"V3": {}, "V2": {"attached": True}, "3C5": {"strip": True}}


def real_label(path, lines, samples, south, east):
    """The text of a real label; ISIS cropped the image, but not where it ends."""
    text = path.read_text("latin-1")
    start = text.index("Object = IMAGE\n")
    for keyword, value in (
        ("LINES", lines),
        ("LINE_SAMPLES", samples),
        ("MINIMUM_LATITUDE", south),
        ("EASTERNMOST_LONGITUDE", east),
    ):
        found = re.compile(rf"\n  {keyword} *= *\S+").search(text, start)
        text = f"{text[: found.start()]}\n  {keyword} = {value}{text[found.end() :]}"
    return text.encode("latin-1")


DN = np.arange(225, dtype=np.int16).reshape(9, 5, 5) * 20 + 3000


def test_real_v3_label_and_an_image_laid_out_as_it_says(tmp_path):
    path = tmp_path / V3.name
    path.write_bytes(real_label(V3, 5, 5, 51 - 4 / 2048, 124 + 4 / 2048))
    DN.astype(">i2").tofile(tmp_path / "MI_MAP_03_N51E124N50E125SC_cropped.img")
    label = MiLabel(str(path))
    np.testing.assert_array_equal(label.dataset().ReadAsArray(), DN)
    assert centre_of_pixel(label.dataset(), 0, 0) == pytest.approx((124, 51), abs=1e-9)
    assert label.image_name() == "MI_MAP_03_N51E124N50E125SC_cropped.img"
    assert label.kind == "MI MAP V3 tile"


@pytest.mark.parametrize(
    ("source", "offset", "north", "west", "kind", "shadow"),
    [
        (V2, 15768, 65, -32, "MI MAP V2 tile", 327),
        (STRIP, 10185, -78.81201172, 0.7578125, "MI level 3C5 strip", 500),
    ],
    ids=["V2", "3C5"],
)
def test_real_attached_labels_and_an_image_laid_out_as_they_say(
    tmp_path, source, offset, north, west, kind, shadow
):
    path = tmp_path / f"{source.stem}.img"
    text = real_label(source, 5, 5, north - 4 / 2048, west % 360 + 4 / 2048)
    text = text.replace(b"^IMAGE ", b"^IMAGE").replace(
        f"= {offset + 1} <BYTES>".encode(), b"= 20001 <BYTES>"
    )
    path.write_bytes(text.ljust(20000) + DN.astype(">i2").tobytes() + bytes(100))
    label = MiLabel(str(path))
    np.testing.assert_array_equal(label.dataset().ReadAsArray(), DN)
    assert centre_of_pixel(label.dataset(), 0, 0) == pytest.approx((west, north), abs=1e-9)
    assert label.shadow_reflectance() == pytest.approx(shadow * 2e-5)
    assert label.wavelengths() == list(CENTRES)
    assert label.invalid_values() == INVALID_CODES
    assert label.product == source.stem
    assert (label.kind, label.image_name()) == (kind, path.name)


@pytest.mark.parametrize("source", [V3, V2, STRIP], ids=["V3", "V2", "3C5"])
def test_the_cropped_labels_contradict_themselves(tmp_path, source):
    path = tmp_path / source.name
    path.write_bytes(source.read_bytes())
    with pytest.raises(RasterError, match=r"MINIMUM_LATITUDE = .* but 5 LINES of 5 LINE_SAMPLES"):
        MiLabel(str(path)).dataset()


def test_a_full_size_strip_as_its_real_label_says(tmp_path):
    """1215 x 6420 pixels of which only corners are written: the rest of the file is a hole."""
    text = real_label(STRIP, 1215, 6420, -79.40478516, 3.89208984)
    path = tmp_path / f"{STRIP.stem}.img"
    plane = 1215 * 6420 * 2
    with path.open("wb") as file:
        file.write(text)
        for band in range(9):
            file.seek(10185 + band * plane)
            file.write((100 + band).to_bytes(2, "big"))
            file.seek(10185 + (band + 1) * plane - 2)
            file.write((200 + band).to_bytes(2, "big"))
    dataset = MiLabel(str(path)).dataset()
    first, last = (dataset.ReadAsArray(x, y, 1, 1).ravel() for x, y in ((0, 0), (6419, 1214)))
    assert first.tolist() == list(range(100, 109))
    assert last.tolist() == list(range(200, 209))
    corner = centre_of_pixel(dataset, 6419, 1214)
    assert corner == pytest.approx((3.89208984, -79.40478516), abs=1e-8)


def centre_of_pixel(dataset, column, row):
    """Longitude and latitude of a pixel's centre, through PROJ."""
    reference = dataset.GetSpatialRef()
    geographic = reference.CloneGeogCS()
    for crs in (reference, geographic):
        crs.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    x, y = gdal.ApplyGeoTransform(dataset.GetGeoTransform(), column + 0.5, row + 0.5)
    return osr.CoordinateTransformation(reference, geographic).TransformPoint(x, y)[:2]


POSITIONS = [
    (44.0, 310.0, -50.0),
    (0.0, 0.0, 0.0),
    (-16.0, 35.0, 35.0),
    (51.0, 124.0, 124.0),
    (9.0, 180.0, -180.0),
    (9.0, 179.0, 179.0),
    (-64.0, 359.0, -1.0),
    (65.0, 328.0, -32.0),
    (90.0, 0.0, 0.0),
]


@pytest.mark.parametrize(("north", "west", "lon"), POSITIONS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_position_in_closed_form(tmp_path, north, west, lon, layout):
    path = write_tile(tmp_path, scene(), north=north, west=west, **LAYOUTS[layout])
    grid = MiLabel(str(path)).grid()
    metres_per_degree = np.pi / 180 * 1737400
    x0, dx, rx, y0, ry, dy = grid.geotransform
    degree = 1e-9
    assert (rx, ry) == (0, 0)
    assert x0 / metres_per_degree == pytest.approx(lon - 0.5 / 2048, abs=degree)
    assert y0 / metres_per_degree == pytest.approx(north + 0.5 / 2048, abs=degree)
    assert dx / metres_per_degree == pytest.approx(1 / 2048, abs=degree / 2048)
    assert dy / metres_per_degree == pytest.approx(-1 / 2048, abs=degree / 2048)
    assert (grid.width, grid.height) == (48, 32)


POINTERS = {
    "bytes": {"V3": '("{name}.img", {byte} <BYTES>)', "other": "{byte} <BYTES>"},
    "small": {"V3": "({name}.IMG, {byte} <bytes>)", "other": "{byte} <bytes>"},
    "records": {"V3": '("{name}.img", {record})', "other": "{record}"},
    "named": {"V3": '("{name}.img", {record})', "other": '("{name}.img", {byte} <BYTES>)'},
}


@given(
    st.sampled_from(sorted(LAYOUTS)),
    st.sampled_from(sorted(POINTERS)),
    st.integers(0, 47),
    st.integers(0, 31),
    st.integers(-60 * 2048, 60 * 2048),
    st.integers(0, 360 * 2048 - 1),
    st.sampled_from([2048, 1024, 512, 256, 32]),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_what_is_written_at_a_place_is_read_at_that_place(
    tmp_path_factory, layout, pointer, column, row, north, west, resolution, newline, quoted
):
    """Whatever the layout of the label, each DN comes back at its longitude and latitude."""
    north, west = north / 2048, west / 2048
    dn = scene(seed=column)
    dn[2, row, column] = 31111
    start = 48 * 32 * 4 if layout == "V3" else 16384
    form = POINTERS[pointer]["V3" if layout == "V3" else "other"]
    path = write_tile(
        tmp_path_factory.mktemp("tile"),
        dn,
        name="T",
        north=north,
        west=west,
        resolution=resolution,
        newline=newline,
        quoted=quoted,
        changes={
            "^IMAGE": form.format(name="T", byte=start + 1, record=start // 64 + 1),
            "RECORD_TYPE": f"FIXED_LENGTH{newline}RECORD_BYTES = 64",
        },
        **LAYOUTS[layout],
    )
    dataset = MiLabel(find_label(str(path.with_name("T.img")))).dataset()
    np.testing.assert_array_equal(dataset.ReadAsArray(), dn)
    rows, columns = np.nonzero(dataset.GetRasterBand(3).ReadAsArray() == 31111)
    assert (rows.tolist(), columns.tolist()) == ([row], [column])
    lon, lat = centre_of_pixel(dataset, int(columns[0]), int(rows[0]))
    difference = (lon - (west + column / resolution) + 180) % 360 - 180
    assert abs(difference) < 1e-9
    assert lat == pytest.approx(north - row / resolution, abs=1e-9)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_bands_scale_and_names(tmp_path, layout):
    path = write_tile(tmp_path, scene(), **LAYOUTS[layout])
    label = MiLabel(str(path))
    dataset = label.dataset()
    for index, (name, centre) in enumerate(zip(FILTERS, CENTRES)):
        band = dataset.GetRasterBand(index + 1)
        assert band.GetDescription() == f"{name} {centre:g} nm"
        assert (band.GetScale(), band.GetOffset()) == (2e-5, 0.0)
        assert band.DataType == gdal.GDT_Int16
    assert dataset.GetMetadataItem("PRODUCT_ID") == "MI_MAP_03_N44E310N43E311SC"
    assert label.image_name() == "MI_MAP_03_N44E310N43E311SC.img"
    kinds = {"V3": "MI MAP V3 tile", "V2": "MI MAP V2 tile", "3C5": "MI level 3C5 strip"}
    assert label.kind == kinds[layout]


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"PRODUCT_VERSION_ID": "1"}, "MI MAP V1 tile"),
        ({"PRODUCT_VERSION_ID": '"N/A"'}, "MI MAP tile"),
        ({"PRODUCT_VERSION_ID": None, "DATA_SET_ID": None}, "MI MAP tile"),
        ({"PRODUCT_ID": "X", "DATA_SET_ID": "X", "PRODUCT_SET_ID": "X"}, "MI product"),
    ],
)
def test_kinds_of_unusual_labels(tmp_path, changes, kind):
    assert MiLabel(str(write_tile(tmp_path, scene(), changes=changes))).kind == kind


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({}, INVALID_CODES),
        ({"IMAGE.INVALID_VALUE": "(-1, -2)"}, (-1, -2, -30000)),
        ({"IMAGE.INVALID_VALUE": "-1"}, (-1, -30000)),
        ({"IMAGE.OUT_OF_IMAGE_BOUNDS_VALUE": "-3 <ND>"}, (*INVALID_CODES[:4], -3)),
        ({"IMAGE.INVALID_VALUE": None}, INVALID_CODES[4:]),
        ({"IMAGE.OUT_OF_IMAGE_BOUNDS_VALUE": None}, INVALID_CODES[:4]),
    ],
)
def test_invalid_values_are_those_of_the_label(tmp_path, changes, codes):
    label = MiLabel(str(write_tile(tmp_path, scene(), changes=changes)))
    assert label.invalid_values() == codes


def test_v3_reads_as_gdals_own_driver_reads_it(tmp_path):
    path = write_tile(tmp_path, scene(), north=51.0, west=124.0)
    theirs, mine = gdal.Open(str(path)), MiLabel(str(path)).dataset()
    assert theirs.GetDriver().ShortName == "PDS"
    np.testing.assert_array_equal(mine.ReadAsArray(), theirs.ReadAsArray())
    assert mine.GetRasterBand(1).GetScale() == theirs.GetRasterBand(1).GetScale()
    # Theirs uses MAP_SCALE, rounded to the micrometre: 0.1 mm per pixel of the offset.
    np.testing.assert_allclose(mine.GetGeoTransform(), theirs.GetGeoTransform(), atol=1)


def test_gdals_own_driver_leaves_the_invalid_codes_in(tmp_path):
    dn = scene()
    for column, code in enumerate(INVALID_CODES):
        dn[:, 5, column] = code
    path = write_tile(tmp_path, dn)
    theirs = gdal.Open(str(path))
    band = theirs.GetRasterBand(1)
    assert band.GetNoDataValue() == -32768
    assert (band.GetMaskBand().ReadAsArray() == 255).all()
    _, valid = (source := MiSource(str(path))).spectra(source.grid.window)
    assert np.argwhere(~valid).tolist() == [[5, column] for column in range(5)]
    assert MiLabel(str(path)).invalid_values() == INVALID_CODES


def test_gdals_own_driver_does_not_know_the_image_of_v3(tmp_path):
    path = write_tile(tmp_path, scene())
    image = str(path.with_suffix(".img"))
    gdal.PushErrorHandler("CPLQuietErrorHandler")
    try:
        assert gdal.Open(image) is None
    finally:
        gdal.PopErrorHandler()
    assert find_label(image) == str(path)


@pytest.mark.parametrize(
    ("layout", "west", "theirs"),
    [("V2", 328.0, 32), ("3C5", 328.0, 32), ("3C5", 12.0, -12), ("V2", 12.0, 12), ("V3", 12.0, 12)],
)
def test_gdals_own_driver_mirrors_v2_and_strips(tmp_path, layout, west, theirs):
    path = str(write_tile(tmp_path, scene(), west=west, **LAYOUTS[layout]))
    mine = MiLabel(path).dataset()
    assert centre_of_pixel(gdal.Open(path), 0, 0)[0] == pytest.approx(theirs, abs=1e-3)
    assert centre_of_pixel(mine, 0, 0)[0] == pytest.approx((west + 180) % 360 - 180, abs=1e-9)


def test_a_file_name_in_other_case(tmp_path):
    path = write_tile(tmp_path, scene(), image_file="mi_map_03_n44e310n43e311sc.IMG")
    np.testing.assert_array_equal(MiLabel(str(path)).dataset().ReadAsArray(), scene())
    assert find_label(str(tmp_path / "mi_map_03_n44e310n43e311sc.IMG")) == str(path)


def test_of_two_files_that_differ_in_case_the_named_one_is_read(tmp_path):
    path = write_tile(tmp_path, scene())
    for other in ("mi_map_03_n44e310n43e311sc.img", "MI_MAP_03_N44E310N43E311SC.IMG"):
        (tmp_path / other).write_bytes(bytes((tmp_path / f"{path.stem}.img").stat().st_size))
    np.testing.assert_array_equal(MiLabel(str(path)).dataset().ReadAsArray(), scene())


@pytest.mark.parametrize("pointer", ['"{name}.img"', '("{name}.img")', '("{name}.img", 1)'])
def test_a_pointer_without_an_offset_means_the_start(tmp_path, pointer):
    name = "MI_MAP_03_N44E310N43E311SC"
    path = write_tile(tmp_path, scene(), changes={"^IMAGE": pointer.format(name=name)})
    scene().astype(">i2").tofile(tmp_path / f"{name}.img")
    np.testing.assert_array_equal(MiLabel(str(path)).dataset().ReadAsArray(), scene())


MAP = "IMAGE_MAP_PROJECTION"
NAME = "MI_MAP_03_N44E310N43E311SC"


@pytest.mark.parametrize(
    ("keyword", "value", "message"),
    [
        ("INSTRUMENT_ID", "TC1", r"not of the Multiband Imager \(INSTRUMENT_ID = TC1\)"),
        ("INSTRUMENT_ID", None, "INSTRUMENT_ID = missing"),
        ("PRODUCT_ID", None, "keyword PRODUCT_ID is missing from the label"),
        ("^IMAGE", None, r"keyword \^IMAGE is missing from the label"),
        ("IMAGE.LINES", None, "keyword LINES is missing from its IMAGE object"),
        ("IMAGE.SAMPLE_TYPE", None, "keyword SAMPLE_TYPE is missing"),
        ("IMAGE.SCALING_FACTOR", None, "keyword SCALING_FACTOR is missing"),
        ("FILTER_NAME", None, "keyword FILTER_NAME is missing"),
        (f"{MAP}.MAXIMUM_LATITUDE", None, f"MAXIMUM_LATITUDE is missing from its {MAP} object"),
        ("FILTER_NAME", "(MV1, MV2)", "FILTER_NAME does not name its 9 bands"),
        ("CENTER_FILTER_WAVELENGTH", "414.0", "CENTER_FILTER_WAVELENGTH does not name"),
        ("CENTER_FILTER_WAVELENGTH", "(A,B,C,D,E,F,G,H,I)", "WAVELENGTH = A is not a number"),
        ("IMAGE.SAMPLE_BITS", "8", "SAMPLE_BITS = 8: .* 8 bits are not supported"),
        ("IMAGE.SAMPLE_BITS", "1e300", "SAMPLE_BITS"),
        ("IMAGE.SAMPLE_TYPE", "IEEE_REAL", "SAMPLE_TYPE IEEE_REAL is not supported"),
        ("IMAGE.BAND_STORAGE_TYPE", "LINE_INTERLEAVED", "LINE_INTERLEAVED is not supported"),
        ("IMAGE.LINES", "UNK", "LINES = UNK is not a number"),
        ("IMAGE.LINES", "(32, 32)", r"LINES = \[32, 32\] is not a number"),
        ("IMAGE.LINES", "2048.5", "LINES = 2048.5 is not a whole number"),
        ("IMAGE.LINES", "0", "LINES = 0 is not above zero"),
        ("IMAGE.LINES", "-32", "LINES = -32 is not above zero"),
        ("IMAGE.LINES", "1e400", "LINES = 1e400 is not a number"),
        ("IMAGE.LINES", "inf", "LINES = inf is not a number"),
        ("IMAGE.LINES", "NaN", "LINES = NaN is not a number"),
        ("IMAGE.LINES", "9" * 5000, r"LINES = 9{57}\.\.\. is not a number"),
        (
            "IMAGE.LINES",
            "1000000000",
            "1000000000 LINES of 48 LINE_SAMPLES are more than the whole",
        ),
        ("IMAGE.LINES", "1e300", "LINES .* are more than the whole Moon"),
        ("IMAGE.LINES", "16#20#", "LINES = 16#20# is not a number"),
        ("IMAGE.LINE_SAMPLES", "1000000000", "of 1000000000 LINE_SAMPLES are more than the whole"),
        ("IMAGE.LINE_SAMPLES", "47.5", "LINE_SAMPLES = 47.5 is not a whole number"),
        ("IMAGE.LINES", "34", "MINIMUM_LATITUDE = .* but 34 LINES of 48 LINE_SAMPLES"),
        ("IMAGE.LINE_SAMPLES", "46", "EASTERNMOST_LONGITUDE = .* but 32 LINES of 46 LINE_SAMPLES"),
        ("IMAGE.BANDS", "UNK", "BANDS = UNK is not a number"),
        ("IMAGE.BANDS", "1000000000", "FILTER_NAME does not name its 1000000000 bands"),
        ("IMAGE.OFFSET", '"N/A"', "OFFSET = N/A is not a number"),
        ("IMAGE.SCALING_FACTOR", "-2e-5", "SCALING_FACTOR = -2e-05 is not above zero"),
        ("^IMAGE", f"({NAME}.img, 9)", "keyword RECORD_BYTES is missing"),
        ("^IMAGE", "0 <BYTES>", r"\^IMAGE = 0 is not above zero"),
        ("^IMAGE", f"({NAME}.img, -6144 <BYTES>)", r"\^IMAGE = -6144 is not above zero"),
        ("^IMAGE", f"({NAME}.img, 1.5 <BYTES>)", r"\^IMAGE = 1.5 is not a whole number"),
        ("^IMAGE", f"({NAME}.img, 1e300 <BYTES>)", rf"{NAME}.img is cut off: .* of 1000000000"),
        ("^IMAGE", f"({NAME}.img, 999999999999 <BYTES>)", f"{NAME}.img is cut off: it has 33792"),
        ("^IMAGE", f"({NAME}.img, {NAME}.img)", rf"\^IMAGE = {NAME}.img is not a number"),
        ("^IMAGE", f"({NAME}.img, 1, 2)", r"\^IMAGE is neither a file, nor a place, nor both"),
        ("^IMAGE", "()", r"\^IMAGE is neither a file, nor a place, nor both"),
        ("^IMAGE", '""', r"\^IMAGE = {2}is not a number"),
        ("^IMAGE", "({A}, 5)", r"\^IMAGE is neither"),
        ("^IMAGE", f"{NAME}.lbl", r"\^IMAGE points into the label itself"),
        ("^IMAGE", f"({NAME}.lbl, 90 <BYTES>)", r"\^IMAGE points into the label itself"),
        (f"{MAP}.MAXIMUM_LATITUDE", "UNK", "MAXIMUM_LATITUDE = UNK is not a number"),
        (f"{MAP}.MAXIMUM_LATITUDE", "91", "MAXIMUM_LATITUDE = 91 is not between -90 and 90"),
        (f"{MAP}.MINIMUM_LATITUDE", "-1e9", r"MINIMUM_LATITUDE = -1e\+09 is not between"),
        (f"{MAP}.MINIMUM_LATITUDE", "43", "MINIMUM_LATITUDE = 43, but 32 LINES of 48 LINE_SAMPLES"),
        (f"{MAP}.MAXIMUM_LATITUDE", "43.5", "MINIMUM_LATITUDE = .* end at 43.48"),
        (f"{MAP}.WESTERNMOST_LONGITUDE", "(1, 2)", "WESTERNMOST_LONGITUDE = .* is not a number"),
        (f"{MAP}.WESTERNMOST_LONGITUDE", "400", "WESTERNMOST_LONGITUDE = 400 is not between -360"),
        (f"{MAP}.WESTERNMOST_LONGITUDE", "130", "EASTERNMOST_LONGITUDE = 310.* end at 130.02"),
        (
            f"{MAP}.EASTERNMOST_LONGITUDE",
            "311",
            "EASTERNMOST_LONGITUDE = 311, but .* end at 310.02",
        ),
        (f"{MAP}.MAP_RESOLUTION", "0", "MAP_RESOLUTION = 0 is not above zero"),
        (f"{MAP}.MAP_RESOLUTION", "-2048", "MAP_RESOLUTION = -2048 is not above zero"),
        (f"{MAP}.MAP_RESOLUTION", "1e-9", "MAP_RESOLUTION = 1e-09 is not between 1 and 65536"),
        (f"{MAP}.MAP_RESOLUTION", "1e9", r"MAP_RESOLUTION = 1e\+09 is not between 1 and 65536"),
        (f"{MAP}.MAP_RESOLUTION", "1024", "MINIMUM_LATITUDE .* at MAP_RESOLUTION = 1024 end"),
        (f"{MAP}.MAP_PROJECTION_TYPE", "SINUSOIDAL", "MAP_PROJECTION_TYPE = SINUSOIDAL"),
        (f"{MAP}.POSITIVE_LONGITUDE_DIRECTION", "WEST", "POSITIVE_LONGITUDE_DIRECTION = WEST"),
        (f"{MAP}.CENTER_LONGITUDE", "180 <deg>", "CENTER_LONGITUDE = 180"),
        (f"{MAP}.CENTER_LATITUDE", "45 <deg>", "CENTER_LATITUDE = 45"),
        (f"{MAP}.MAP_PROJECTION_ROTATION", "90 <deg>", "MAP_PROJECTION_ROTATION = 90"),
        (f"{MAP}.A_AXIS_RADIUS", "3396.19 <km>", "A_AXIS_RADIUS = 3396.19 km is not the Moon's"),
    ],
)
def test_labels_that_cannot_be_read_say_why_and_which(tmp_path, keyword, value, message):
    path = write_tile(tmp_path, scene(), name=NAME, changes={keyword: value})
    with pytest.raises(RasterError, match=message) as caught:
        MiLabel(str(path)).dataset()
    assert str(caught.value).startswith(f"{NAME}.lbl: ")


def test_a_label_may_round_its_corners_to_one_pixel(tmp_path):
    changes = {
        f"{MAP}.MINIMUM_LATITUDE": 44 - 32 / 2048,
        f"{MAP}.EASTERNMOST_LONGITUDE": 310 + 48 / 2048 - 360,
    }
    dataset = MiLabel(str(write_tile(tmp_path, scene(), changes=changes))).dataset()
    assert centre_of_pixel(dataset, 0, 0) == pytest.approx((-50, 44), abs=1e-9)


@pytest.mark.parametrize("place", [1, 4000, 16000])
def test_an_attached_pointer_into_the_label(tmp_path, place):
    path = write_tile(tmp_path, scene(), attached=True, changes={"^IMAGE": f"{place} <BYTES>"})
    length = path.read_bytes().index(b"\nEND\r\n") + 4
    if place <= length:
        with pytest.raises(RasterError, match=rf"itself, which has {length} bytes"):
            MiLabel(str(path)).dataset()
    else:
        assert MiLabel(str(path)).dataset().RasterCount == 9


@pytest.mark.parametrize(
    "pointer",
    [
        "../elsewhere/{name}.img",
        "{folder}/elsewhere/{name}.img",
        "..\\elsewhere\\{name}.img",
        "/vsicurl/http://127.0.0.1:9/{name}.img",
        "/vsizip/{folder}/elsewhere/a.zip/{name}.img",
        "elsewhere/{name}.img",
    ],
)
def test_a_pointer_never_leaves_the_folder(tmp_path, pointer):
    inside, outside = tmp_path / "inside", tmp_path / "elsewhere"
    inside.mkdir()
    outside.mkdir()
    write_tile(outside, scene(seed=1), name=NAME)
    pointer = pointer.format(folder=tmp_path, name=NAME)
    changes = {"^IMAGE": f'("{pointer}", 6145 <BYTES>)'}
    path = write_tile(inside, scene(), name=NAME, changes=changes)
    np.testing.assert_array_equal(MiLabel(str(path)).dataset().ReadAsArray(), scene())
    (inside / f"{NAME}.img").unlink()
    with pytest.raises(RasterError, match=rf"its image file {NAME}.img is not in the same folder"):
        MiLabel(str(path)).dataset()


def test_a_pointer_to_a_structure_is_never_followed(tmp_path):
    path = write_tile(tmp_path, scene(), name=NAME)
    path.write_bytes(f'^STRUCTURE = "{NAME}.lbl"\r\n'.encode() + path.read_bytes())
    np.testing.assert_array_equal(MiLabel(str(path)).dataset().ReadAsArray(), scene())


@pytest.mark.parametrize("again", ["OBJECT = IMAGE\r\nEND_OBJECT\r\n", "^IMAGE = 7\r\n"])
def test_two_images_are_refused(tmp_path, again):
    path = write_tile(tmp_path, scene(), name=NAME)
    text = path.read_bytes()
    path.write_bytes(text.replace(b"\r\nEND\r\n", f"\r\n{again}END\r\n".encode()))
    with pytest.raises(RasterError, match=rf"^{NAME}\.lbl, line \d+ at \^?IMAGE: .*stands twice"):
        MiLabel(str(path))


def test_no_more_than_the_longest_label_is_read(tmp_path):
    path = write_tile(tmp_path, scene(), attached=True, changes={"^IMAGE": "300001 <BYTES>"})
    text, _, _ = path.read_bytes().partition(b"\r\nEND\r\n")
    image = scene().astype(">i2").tobytes()
    for length in (LONGEST_LABEL, LONGEST_LABEL + 1):
        path.write_bytes((text.ljust(length - 5) + b"\r\nEND\r\n").ljust(300000) + image)
        if length == LONGEST_LABEL:
            np.testing.assert_array_equal(MiLabel(str(path)).dataset().ReadAsArray(), scene())
        else:
            with pytest.raises(RasterError, match=r"cut off, there is no END .* in 262144 bytes"):
                MiLabel(str(path))


def test_an_object_that_is_no_object(tmp_path):
    path = write_tile(tmp_path, scene())
    text = path.read_bytes()
    start, end = text.index(b"OBJECT = IMAGE\r\n"), text.index(b"END_OBJECT = IMAGE\r\n")
    path.write_bytes(text[:start] + b"IMAGE = 5\r\n" + text[end + 20 :])
    with pytest.raises(RasterError, match=r"\.lbl: IMAGE is not an OBJECT in the label"):
        MiLabel(str(path))


def test_a_text_with_the_word_end_on_a_line_of_its_own(tmp_path):
    changes = {"MISSION_NAME": '"SELENE\r\nEND\r\nof a line"'}
    path = write_tile(tmp_path, scene(), changes=changes)
    np.testing.assert_array_equal(MiLabel(str(path)).dataset().ReadAsArray(), scene())


@pytest.mark.parametrize("missing", [1, 2, 100, 48 * 32 * 2 * 9])
def test_a_truncated_image(tmp_path, missing):
    path = write_tile(tmp_path, scene())
    image = tmp_path / f"{path.stem}.img"
    size = image.stat().st_size
    with image.open("r+b") as file:
        file.truncate(size - missing)
    with pytest.raises(RasterError, match=f"cut off: it has {size - missing} bytes of {size}"):
        MiLabel(str(path)).dataset()


def test_a_missing_image(tmp_path):
    path = write_tile(tmp_path, scene())
    (tmp_path / f"{path.stem}.img").unlink()
    with pytest.raises(RasterError, match=r"not in the same folder .* Put the \.lbl and the \.img"):
        MiLabel(str(path)).dataset()


def test_a_missing_label(tmp_path):
    with pytest.raises(RasterError, match=r"nothing\.lbl cannot be read: there is no such file"):
        MiLabel(str(tmp_path / "nothing.lbl"))


def test_find_label(tmp_path):
    path = str(write_tile(tmp_path, scene(), name="A"))
    assert find_label(path) == path
    assert find_label(str(tmp_path / "A.img")) == path
    for name, layout in (("B", "V2"), ("S", "3C5")):
        attached = str(write_tile(tmp_path, scene(), name=name, **LAYOUTS[layout]))
        assert find_label(attached) == attached
    (tmp_path / "C.img").write_bytes(b"no label anywhere")
    (tmp_path / "D.img").write_bytes(b"a label that is none")
    (tmp_path / "D.lbl").write_bytes(b"<Product_Observational/>")
    for name in ("", "C.img", "D.img", "D.lbl", "missing.img", "missing.lbl", "missing.zip"):
        assert find_label(str(tmp_path / name)) is None


@pytest.mark.parametrize(
    "text", ["", "\0", "a\0.img", "\udcff", "<VRTDataset/>", "PG:dbname=x", "https://a/b.img", "{}"]
)
def test_what_is_no_file_name_has_no_label(text):
    assert find_label(text) is None


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.lbl")
    os.mkfifo(tmp_path / "pipe.zip")
    assert find_label(str(tmp_path / "pipe.lbl")) is None
    assert find_label(str(tmp_path / "pipe.zip")) is None
    with pytest.raises(RasterError, match="there is no such file"):
        MiLabel(str(tmp_path / "pipe.lbl"))


def test_a_folder_name_with_signs_that_xml_minds(tmp_path):
    folder = tmp_path / "Mare & <Oceanus> \"Ä\" 'ö'"
    folder.mkdir()
    path = write_tile(folder, scene())
    np.testing.assert_array_equal(MiLabel(str(path)).dataset().ReadAsArray(), scene())


def test_opening_leaves_gdals_options_as_they_were(tmp_path):
    option = "GDAL_VRT_RAWRASTERBAND_ALLOWED_SOURCE"
    path = write_tile(tmp_path, scene())
    for before in (None, "ONLY_REMOTE"):
        gdal.SetThreadLocalConfigOption(option, before)
        try:
            MiLabel(str(path)).dataset()
            assert gdal.GetThreadLocalConfigOption(option) == before
        finally:
            gdal.SetThreadLocalConfigOption(option, None)
