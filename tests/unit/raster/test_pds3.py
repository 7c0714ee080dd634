"""PDS3 labels and images, against an independent parser and against the bytes themselves."""

import datetime
from pathlib import Path

import numpy as np
import pvl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from osgeo import gdal, osr

from lunar_oxide_plugin.core.errors import RasterError
from lunar_oxide_plugin.raster.pds3 import MiLabel, Quantity, find_label, parse_label
from lunar_oxide_plugin.raster.source import MiSource
from tests.mi_tiles import CENTRES, FILTERS, scene, write_tile

LABELS = Path(__file__).resolve().parents[2] / "data" / "labels"
V3 = LABELS / "MI_MAP_03_N51E124N50E125SC.lbl"
V2 = LABELS / "MI_MAP_02_N65E328N64E329SC.pvl"


def plain(value):
    """What pvl or parse_label found, in one common form."""
    if isinstance(value, pvl.collections.MutableMappingSequence):
        value = dict(value.items())
    if isinstance(value, dict):
        value = {key.upper(): plain(inner) for key, inner in value.items()}
    elif isinstance(value, pvl.collections.Quantity):
        value = (plain(value.value), value.units)
    elif isinstance(value, Quantity):
        value = (plain(value.value), value.unit)
    elif isinstance(value, list):
        value = [plain(item) for item in value]
    elif isinstance(value, (set, frozenset)):
        value = sorted((plain(item) for item in value), key=str)
    elif isinstance(value, (bool, type(None))):
        value = {True: "TRUE", False: "FALSE", None: "NULL"}[value]
    elif isinstance(value, datetime.datetime):
        value = value.strftime("%Y-%m-%dT%H:%M:%S")
    return value


@pytest.mark.parametrize("path", [V2, V3], ids=["V2", "V3"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_real_labels_parse_as_pvl_parses_them(path, newline):
    text = path.read_text("latin-1").replace("\n", newline)
    mine, theirs = plain(parse_label(text)), plain(pvl.loads(text))
    # pvl reads a set as a Python set: order and repetitions are lost.
    for key in ("LEVEL2A_FILE_NAME",):
        if key in theirs:
            assert len(mine.pop(key)) == len(theirs.pop(key))
    for name in ("DARK_FILE_NAME", "FLAT_FILE_NAME", "EFFIC_FILE_NAME", "NONLIN_FILE_NAME"):
        for label in (mine, theirs):
            block = label["PROCESSING_PARAMETERS"]
            block[name] = [sorted(set(item)) if "{" in text else item for item in block[name]]
    assert mine == theirs


keywords = st.from_regex(r"\A[A-Z][A-Z_]{0,12}[A-Z]\Z").filter(
    lambda word: not word.startswith(("END", "OBJECT", "GROUP", "BEGIN"))
)
words = st.from_regex(r"\A[A-Z][A-Za-z_]{1,8}[A-Z]\Z").filter(
    lambda word: (
        word.upper() not in ("NULL", "TRUE", "FALSE", "END", "INF", "NAN", "INFINITY")
        and not word.upper().startswith("END")
    )
)
numbers = st.integers(-(10**9), 10**9) | st.floats(-1e9, 1e9, allow_nan=False).map(
    lambda x: float(f"{x:.6e}")
)
quoted = st.text("abcXYZ 0123.,:;()=<>{}_/*", min_size=1, max_size=20).map(
    lambda text: " ".join(text.split())
)


@st.composite
def written_values(draw, depth=2):
    """(value, its text in a label)."""
    kind = draw(st.sampled_from(["word", "number", "quoted", "quantity"] + ["list"] * (depth > 0)))
    if kind == "word":
        word = draw(words)
        return word, word
    if kind == "number":
        number = draw(numbers)
        return number, repr(number)
    if kind == "quoted":
        text = draw(quoted.filter(bool))
        return text, f'"{text}"'
    if kind == "quantity":
        number = draw(numbers)
        return Quantity(number, "km/pixel"), f"{number!r} <km/pixel>"
    items = draw(st.lists(written_values(depth=depth - 1), min_size=1, max_size=4))
    gap = draw(st.sampled_from([", ", ",", ",\r\n      "]))
    return [value for value, _ in items], f"({gap.join(text for _, text in items)})"


@given(
    st.dictionaries(keywords, written_values(), min_size=1, max_size=5),
    st.dictionaries(keywords, written_values(), min_size=1, max_size=5),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_made_up_labels(top, inner, newline, lower_case):
    lines = [f"{key} = {text}" for key, (_, text) in top.items()]
    lines += ["Object = IMAGE" if lower_case else "OBJECT = IMAGE", "/* a comment */"]
    lines += [f"  {key}={text}" for key, (_, text) in inner.items()]
    lines += ["End_Object" if lower_case else "END_OBJECT = IMAGE", "END", ""]
    text = newline.join(lines)
    parsed = parse_label(text + "\0\1 = = =")
    expected = {key: value for key, (value, _) in top.items()}
    expected["IMAGE"] = {key: value for key, (value, _) in inner.items()}
    assert parsed == expected
    assert plain(parsed) == plain(pvl.loads(text))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("04406_005", "04406_005"),  # Python's int() would drop the underscore
        ("1_0.5", "1_0.5"),
        ("NAN", "NAN"),
        ("Infinity", "Infinity"),
        ("+5", 5),
        ("-0.5", -0.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("2e-05", 2e-5),
        ("2.0E+03", 2000.0),
        ("2011-10-25T04:31:02", "2011-10-25T04:31:02"),
        ("N/A", "N/A"),
        ("'single'", "single"),
        ('"two\r\n    lines"', "two lines"),
        ('"it says END\nEND\nhere"', "it says END END here"),
        ("{A, B}", ["A", "B"]),
        ("(1, 2) <nm>", Quantity([1, 2], "nm")),
        ("()", []),
        ("{}", []),
    ],
)
def test_values(text, value):
    parsed = parse_label(f"A = {text}\r\nB = 1\r\nEND\r\n")
    assert parsed == {"A": value, "B": 1}
    assert type(parsed["A"]) is type(value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('"A" = 1', "a keyword was expected, not 'A'|a keyword was expected, not '\"A\"'"),
        ("= 1", "a keyword was expected, not '='"),
        ("END_OBJECT = IMAGE", "END_OBJECT without its beginning"),
        ("A B = 1", "damaged after the keyword A"),
        ("A", "damaged after the keyword A"),
        ("A = ", "a value was expected"),
        ("A = = 1", "a value was expected, not '='"),
        ("A = (1, 2", "a list is not closed"),
        ("A = (1 2)", "a list is not closed"),
        ("A = (1, 2}", "a list is not closed"),
        ('A = "never closed', "damaged near"),
        ("A = 1 <never closed", "damaged near"),
        ("OBJECT = IMAGE\nA = 1\nEND", "cut off: an OBJECT is not ended"),
        ("OBJECT = IMAGE\nA = 1", "cut off: an OBJECT is not ended"),
    ],
)
def test_damaged_labels(text, message):
    with pytest.raises(RasterError, match=message):
        parse_label(text)


@given(st.integers(0, 9546))
def test_a_cut_label_is_refused_or_lacks_only_its_end(length):
    text = V3.read_text("latin-1")[:length]
    try:
        parsed = parse_label(text)
    except RasterError:
        return
    whole = parse_label(V3.read_text("latin-1"))
    complete = list(parsed)[:-1]
    assert complete == list(whole)[: len(complete)]
    assert all(parsed[key] == whole[key] for key in complete)


def test_v3_label_and_an_image_laid_out_as_it_says(tmp_path):
    dn = np.arange(225, dtype=np.int16).reshape(9, 5, 5) * 20 + 3000
    (tmp_path / V3.name).write_bytes(V3.read_bytes())
    dn.astype(">i2").tofile(tmp_path / "MI_MAP_03_N51E124N50E125SC_cropped.img")
    dataset = MiLabel(tmp_path / V3.name).dataset()
    np.testing.assert_array_equal(dataset.ReadAsArray(), dn)
    assert centre_of_pixel(dataset, 0, 0) == pytest.approx((124, 51), abs=1e-9)


def test_v2_label_attached_to_an_image_laid_out_as_it_says(tmp_path):
    dn = np.arange(225, dtype=np.int16).reshape(9, 5, 5) * 20 + 3000
    path = tmp_path / "MI_MAP_02_N65E328N64E329SC.img"
    path.write_bytes(V2.read_bytes().ljust(15768) + dn.astype(">i2").tobytes() + bytes(100))
    label = MiLabel(path)
    dataset = label.dataset()
    np.testing.assert_array_equal(dataset.ReadAsArray(), dn)
    assert centre_of_pixel(dataset, 0, 0) == pytest.approx((-32, 65), abs=1e-9)
    assert label.shadow_reflectance() == pytest.approx(327 * 2e-5)
    assert label.wavelengths() == list(CENTRES)


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
@pytest.mark.parametrize("attached", [False, True], ids=["V3", "V2"])
def test_position_in_closed_form(tmp_path, north, west, lon, attached):
    path = write_tile(tmp_path, scene(), north=north, west=west, attached=attached)
    grid = MiLabel(path).grid()
    metres_per_degree = np.pi / 180 * 1737400
    x0, dx, rx, y0, ry, dy = grid.geotransform
    degree = 1e-9
    assert (rx, ry) == (0, 0)
    assert x0 / metres_per_degree == pytest.approx(lon - 0.5 / 2048, abs=degree)
    assert y0 / metres_per_degree == pytest.approx(north + 0.5 / 2048, abs=degree)
    assert dx / metres_per_degree == pytest.approx(1 / 2048, abs=degree / 2048)
    assert dy / metres_per_degree == pytest.approx(-1 / 2048, abs=degree / 2048)
    assert (grid.width, grid.height) == (48, 32)


@given(
    st.integers(0, 47),
    st.integers(0, 31),
    st.integers(-60, 60),
    st.integers(0, 359),
    st.booleans(),
    st.sampled_from([2048, 512, 256]),
)
def test_a_marked_pixel_lies_where_it_should(
    tmp_path_factory, column, row, north, west, attached, resolution
):
    dn = scene()
    dn[2, row, column] = 31111
    path = write_tile(
        tmp_path_factory.mktemp("tile"),
        dn,
        north=float(north),
        west=float(west),
        attached=attached,
        resolution=resolution,
    )
    dataset = MiLabel(path).dataset()
    rows, columns = np.nonzero(dataset.GetRasterBand(3).ReadAsArray() == 31111)
    assert (rows.tolist(), columns.tolist()) == ([row], [column])
    lon, lat = centre_of_pixel(dataset, int(columns[0]), int(rows[0]))
    difference = (lon - (west + column / resolution) + 180) % 360 - 180
    assert abs(difference) < 1e-9
    assert lat == pytest.approx(north - row / resolution, abs=1e-9)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("quoted", [False, True])
@pytest.mark.parametrize("attached", [False, True])
def test_bands_scale_and_names(tmp_path, newline, quoted, attached):
    dn = scene()
    dn[4, 3, 2] = -30000
    path = write_tile(tmp_path, dn, newline=newline, quoted=quoted, attached=attached)
    dataset = MiLabel(path).dataset()
    np.testing.assert_array_equal(dataset.ReadAsArray(), dn)
    for index, (name, centre) in enumerate(zip(FILTERS, CENTRES)):
        band = dataset.GetRasterBand(index + 1)
        assert band.GetDescription() == f"{name} {centre:g} nm"
        assert (band.GetScale(), band.GetOffset()) == (2e-5, 0.0)
        assert band.DataType == gdal.GDT_Int16
    assert dataset.GetMetadataItem("PRODUCT_ID") == "MI_MAP_03_N44E310N43E311SC"


def test_v3_reads_as_gdals_own_driver_reads_it(tmp_path):
    path = write_tile(tmp_path, scene(), north=51.0, west=124.0)
    theirs, mine = gdal.Open(str(path)), MiLabel(path).dataset()
    assert theirs.GetDriver().ShortName == "PDS"
    np.testing.assert_array_equal(mine.ReadAsArray(), theirs.ReadAsArray())
    assert mine.GetRasterBand(1).GetScale() == theirs.GetRasterBand(1).GetScale()
    # Theirs uses MAP_SCALE, rounded to the micrometre: 0.1 mm per pixel of the offset.
    np.testing.assert_allclose(mine.GetGeoTransform(), theirs.GetGeoTransform(), atol=1)


def test_gdals_own_driver_leaves_invalid_codes_in_and_mirrors_v2(tmp_path):
    dn = scene()
    dn[:, 5, 7] = -30000
    v3 = gdal.Open(str(write_tile(tmp_path, dn, name="V3")))
    assert v3.GetRasterBand(1).GetMaskBand().ReadAsArray()[5, 7] == 255
    v2_path = write_tile(tmp_path, dn, name="V2", west=328.0, attached=True)
    assert centre_of_pixel(gdal.Open(str(v2_path)), 0, 0)[0] == pytest.approx(32, abs=1e-3)
    assert centre_of_pixel(MiLabel(v2_path).dataset(), 0, 0)[0] == pytest.approx(-32, abs=1e-9)
    for path in (tmp_path / "V3.lbl", v2_path):
        _, valid = (source := MiSource(str(path))).spectra(source.grid.window)
        assert not valid[5, 7]
        assert valid.sum() == valid.size - 1


def test_a_file_name_in_other_case(tmp_path):
    path = write_tile(tmp_path, scene(), image_file="mi_map_03_n44e310n43e311sc.IMG")
    np.testing.assert_array_equal(MiLabel(path).dataset().ReadAsArray(), scene())
    assert find_label(tmp_path / "mi_map_03_n44e310n43e311sc.IMG") == path


def test_of_two_files_that_differ_in_case_the_named_one_is_read(tmp_path):
    path = write_tile(tmp_path, scene())
    for other in ("mi_map_03_n44e310n43e311sc.img", "MI_MAP_03_N44E310N43E311SC.IMG"):
        (tmp_path / other).write_bytes(bytes((tmp_path / f"{path.stem}.img").stat().st_size))
    np.testing.assert_array_equal(MiLabel(path).dataset().ReadAsArray(), scene())


@pytest.mark.parametrize(
    ("pointer", "records"),
    [
        ('("{name}.img", {byte} <BYTES>)', None),
        ('("{name}.img", {byte} <bytes>)', None),
        ('("{name}.img", 97)', 64),
        ("({name}.img, 97)", 64),
    ],
)
def test_forms_of_the_image_pointer(tmp_path, pointer, records):
    name = "MI_MAP_03_N44E310N43E311SC"
    start = 48 * 32 * 4
    changes = {"^IMAGE": pointer.format(name=name, byte=start + 1)}
    if records:
        changes["RECORD_TYPE"] = f"FIXED_LENGTH\r\nRECORD_BYTES = {records}"
    path = write_tile(tmp_path, scene(), name=name, changes=changes)
    np.testing.assert_array_equal(MiLabel(path).dataset().ReadAsArray(), scene())


@pytest.mark.parametrize("pointer", ['"{name}.img"', '("{name}.img")', '("{name}.img", 1)'])
def test_a_pointer_without_an_offset_means_the_start(tmp_path, pointer):
    name = "MI_MAP_03_N44E310N43E311SC"
    path = write_tile(tmp_path, scene(), changes={"^IMAGE": pointer.format(name=name)})
    scene().astype(">i2").tofile(tmp_path / f"{name}.img")
    np.testing.assert_array_equal(MiLabel(path).dataset().ReadAsArray(), scene())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"INSTRUMENT_ID": "TC1"}, r"not of the Multiband Imager \(INSTRUMENT_ID = TC1\)"),
        ({"INSTRUMENT_ID": None}, r"INSTRUMENT_ID = missing"),
        ({"PRODUCT_ID": None}, "keyword PRODUCT_ID is missing"),
        ({"^IMAGE": None}, r"keyword \^IMAGE is missing"),
        ({"IMAGE.LINES": None}, "keyword LINES is missing"),
        ({"IMAGE.SAMPLE_TYPE": None}, "keyword SAMPLE_TYPE is missing"),
        ({"IMAGE.SCALING_FACTOR": None}, "keyword SCALING_FACTOR is missing"),
        ({"FILTER_NAME": None}, "keyword FILTER_NAME is missing"),
        ({"FILTER_NAME": "(MV1, MV2)"}, "FILTER_NAME does not name its 9 bands"),
        ({"CENTER_FILTER_WAVELENGTH": "414.0"}, "CENTER_FILTER_WAVELENGTH does not name"),
        ({"CENTER_FILTER_WAVELENGTH": "(A,B,C,D,E,F,G,H,I)"}, "CENTER_FILTER_WAVELENGTH.*number"),
        ({"IMAGE.SAMPLE_BITS": 8}, "8 bits per sample are not supported"),
        ({"IMAGE.SAMPLE_TYPE": "IEEE_REAL"}, "SAMPLE_TYPE IEEE_REAL is not supported"),
        ({"IMAGE.BAND_STORAGE_TYPE": "LINE_INTERLEAVED"}, "LINE_INTERLEAVED is not supported"),
        ({"IMAGE.LINES": "UNK"}, "LINES.*UNK.*number"),
        ({"IMAGE.BANDS": "UNK"}, "BANDS.*UNK.*number"),
        ({"IMAGE.OFFSET": '"N/A"'}, "OFFSET.*N/A.*number"),
        ({"^IMAGE": "(MI_MAP_03_N44E310N43E311SC.img, 9)"}, "keyword RECORD_BYTES is missing"),
        ({"IMAGE_MAP_PROJECTION.MAXIMUM_LATITUDE": None}, "MAXIMUM_LATITUDE is missing"),
        ({"IMAGE_MAP_PROJECTION.MAXIMUM_LATITUDE": "UNK"}, "MAXIMUM_LATITUDE.*UNK.*number"),
        ({"IMAGE_MAP_PROJECTION.WESTERNMOST_LONGITUDE": "(1, 2)"}, "WESTERNMOST_LONGITUDE.*number"),
        ({"IMAGE_MAP_PROJECTION.MAP_RESOLUTION": "0 <pixel/deg>"}, "MAP_RESOLUTION"),
        ({"IMAGE_MAP_PROJECTION.MAP_PROJECTION_TYPE": "SINUSOIDAL"}, "projection.*SINUSOIDAL"),
        ({"IMAGE_MAP_PROJECTION.POSITIVE_LONGITUDE_DIRECTION": "WEST"}, "longitude WEST"),
        ({"IMAGE_MAP_PROJECTION.CENTER_LONGITUDE": "180 <deg>"}, "centre 180"),
        ({"IMAGE_MAP_PROJECTION.A_AXIS_RADIUS": "3396.19 <km>"}, "radius of 3396.19 km"),
    ],
)
def test_labels_that_cannot_be_read_say_why_and_which(tmp_path, changes, message):
    path = write_tile(tmp_path, scene(), changes=changes)
    with pytest.raises(RasterError, match=message) as caught:
        MiLabel(path).dataset()
    assert path.name in str(caught.value)


def test_an_object_that_is_no_object(tmp_path):
    path = write_tile(tmp_path, scene())
    text = path.read_bytes()
    start, end = text.index(b"OBJECT = IMAGE\r\n"), text.index(b"END_OBJECT = IMAGE\r\n")
    path.write_bytes(text[:start] + b"IMAGE = 5\r\n" + text[end + 20 :])
    with pytest.raises(RasterError, match="IMAGE is no OBJECT in the label"):
        MiLabel(path)


def test_a_text_with_the_word_end_on_a_line_of_its_own(tmp_path):
    changes = {"MISSION_NAME": '"SELENE\r\nEND\r\nof a line"'}
    path = write_tile(tmp_path, scene(), changes=changes)
    np.testing.assert_array_equal(MiLabel(path).dataset().ReadAsArray(), scene())


@pytest.mark.parametrize("missing", [1, 2, 100, 48 * 32 * 2 * 9])
def test_a_truncated_image(tmp_path, missing):
    path = write_tile(tmp_path, scene())
    image = tmp_path / f"{path.stem}.img"
    size = image.stat().st_size
    with image.open("r+b") as file:
        file.truncate(size - missing)
    with pytest.raises(RasterError, match=f"cut off: it has {size - missing} bytes of {size}"):
        MiLabel(path).dataset()


def test_a_missing_image(tmp_path):
    path = write_tile(tmp_path, scene())
    (tmp_path / f"{path.stem}.img").unlink()
    with pytest.raises(RasterError, match=r"not in the same folder\. Put the \.lbl and the \.img"):
        MiLabel(path).dataset()


def test_a_missing_label(tmp_path):
    with pytest.raises(RasterError, match=r"nothing\.lbl cannot be read: No such file"):
        MiLabel(tmp_path / "nothing.lbl")


def test_find_label(tmp_path):
    path = write_tile(tmp_path, scene(), name="A")
    assert find_label(path) == path
    assert find_label(str(tmp_path / "A.img")) == path
    attached = write_tile(tmp_path, scene(), name="B", attached=True)
    assert find_label(attached) == attached
    (tmp_path / "C.img").write_bytes(b"no label anywhere")
    (tmp_path / "D.img").write_bytes(b"a label that is none")
    (tmp_path / "D.lbl").write_bytes(b"<Product_Observational/>")
    for name in ("C.img", "D.img", "D.lbl", "missing.img", "missing.lbl"):
        assert find_label(tmp_path / name) is None
    assert find_label("/vsicurl/https://example.org/a.img") is None
    assert find_label("<VRTDataset/>") is None
    assert find_label("\0") is None


def test_a_folder_name_with_signs_that_xml_minds(tmp_path):
    folder = tmp_path / "Mare & <Oceanus> \"Ä\" 'ö'"
    folder.mkdir()
    path = write_tile(folder, scene())
    np.testing.assert_array_equal(MiLabel(path).dataset().ReadAsArray(), scene())


def test_opening_leaves_gdals_options_as_they_were(tmp_path):
    option = "GDAL_VRT_RAWRASTERBAND_ALLOWED_SOURCE"
    path = write_tile(tmp_path, scene())
    for before in (None, "ONLY_REMOTE"):
        gdal.SetThreadLocalConfigOption(option, before)
        try:
            MiLabel(path).dataset()
            assert gdal.GetThreadLocalConfigOption(option) == before
        finally:
            gdal.SetThreadLocalConfigOption(option, None)
