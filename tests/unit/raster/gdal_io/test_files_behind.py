"""Whatever a raster is called, no output replaces a file that it is read from."""

import os
import re
import socket
import zipfile
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal, osr

from lunar_oxide_plugin.core.errors import RasterError
from lunar_oxide_plugin.raster.gdal_io.files_behind import disk_files, files_behind
from lunar_oxide_plugin.raster.gdal_io.virtual_files import opening
from lunar_oxide_plugin.raster.moon.crs import EQUIRECTANGULAR_WKT, GEOGRAPHIC_WKT
from lunar_oxide_plugin.raster.sources.location import Location
from lunar_oxide_plugin.raster.sources.raster import Raster
from lunar_oxide_plugin.raster.writing.outputs import OutputFiles

VALUES = np.arange(12, dtype=np.float32).reshape(3, 4)


def raster(path, driver="GTiff", wkt=GEOGRAPHIC_WKT, left=-50.0, step=0.1):
    dataset = gdal.GetDriverByName(driver).Create(str(path), 4, 3, 1, gdal.GDT_Float32)
    dataset.SetProjection(wkt)
    dataset.SetGeoTransform((left, step, 0, 44.0, 0, -step))
    dataset.GetRasterBand(1).WriteArray(VALUES)
    dataset = None
    return path


def vrt(path, *sources):
    # GDAL's pool of open files lives on with VRTs in VRTs, of the size that it had at first.
    with opening("A VRT"):
        gdal.BuildVRT(str(path), [str(source) for source in sources]).FlushCache()
    return path


def deep_vrt(folder, source):
    for level in range(7):
        source = vrt(folder / f"{level}.vrt", source)
    return str(source)


def vrt_of_another_name(folder, source):
    vrt(folder / "a.vrt", source).rename(folder / "mosaic.tif")
    return str(vrt(folder / "b.vrt", folder / "mosaic.tif"))


def vrt_as_text(folder, source):
    return vrt(folder / "a.vrt", source).read_text().replace("source.tif", str(source), 1)


def vrt_of_text(folder, source):
    inner = vrt_as_text(folder, source).replace("&", "&amp;").replace("<", "&lt;")
    text = vrt(folder / "b.vrt", source).read_text()
    (folder / "b.vrt").write_text(
        text.replace(">source.tif<", f">{inner}<").replace('relativeToVRT="1"', 'relativeToVRT="0"')
    )
    return str(folder / "b.vrt")


def warped_vrt(folder, source):
    gdal.Warp(str(folder / "w.vrt"), str(source), format="VRT", width=4, height=3).FlushCache()
    return str(folder / "w.vrt")


def raw_vrt(folder, source):
    raster(folder / "raw.tif")
    size = source.stat().st_size
    (folder / "r.vrt").write_text(
        f'<VRTDataset rasterXSize="4" rasterYSize="3"><SRS>{GEOGRAPHIC_WKT}</SRS>'
        "<GeoTransform>-50,0.1,0,44,0,-0.1</GeoTransform>"
        '<VRTRasterBand dataType="Float32" band="1" subClass="VRTRawRasterBand">'
        f'<SourceFilename relativetoVRT="1">source.tif</SourceFilename>'
        f"<ImageOffset>{size - 48}</ImageOffset><PixelOffset>4</PixelOffset>"
        "<LineOffset>16</LineOffset><ByteOrder>LSB</ByteOrder></VRTRasterBand></VRTDataset>"
    )
    return str(folder / "r.vrt")


def sparse(folder, source):
    (folder / "s.xml").write_text(
        f"<VSISparseFile><Length>{source.stat().st_size}</Length><SubfileRegion>"
        f'<Filename relative="1">source.tif</Filename><DestinationOffset>0</DestinationOffset>'
        f"<SourceOffset>0</SourceOffset><RegionLength>{source.stat().st_size}</RegionLength>"
        "</SubfileRegion></VSISparseFile>"
    )
    return f"/vsisparse/{folder / 's.xml'}"


def zipped_vrt(folder, source):
    text = vrt(folder / "a.vrt", source).read_text()
    text = text.replace('relativeToVRT="1">source.tif', f'relativeToVRT="0">{source}')
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        archive.writestr("in/a.vrt", text)
    return str(folder / "a.zip")


def linked(folder, source):
    (folder / "link.tif").symlink_to(source)
    return str(folder / "link.tif")


def hard_linked(folder, source):
    os.link(source, folder / "link.tif")
    return str(folder / "link.tif")


FORMS = {
    "a VRT in seven others": deep_vrt,
    "a VRT not named so": vrt_of_another_name,
    "the text of a VRT": vrt_as_text,
    "a VRT of the text of one": vrt_of_text,
    "a warped VRT": warped_vrt,
    "a VRT of raw values": raw_vrt,
    "a VRT in a zip": zipped_vrt,
    "vrt://": lambda folder, source: f"vrt://{source}?bands=1",
    "GTIFF_DIR": lambda folder, source: f"GTIFF_DIR:1:{source}",
    "vsisubfile": lambda folder, source: f"/vsisubfile/0_{source.stat().st_size},{source}",
    "vsisparse": sparse,
    "a subdataset": lambda folder, source: f"DERIVED_SUBDATASET:LOGAMPLITUDE:{source}",
    "a link": linked,
    "a hard link": hard_linked,
}


@pytest.mark.parametrize("form", FORMS)
def test_no_output_replaces_what_an_input_is_read_from(tmp_path, form):
    source = raster(tmp_path / "source.tif")
    before = source.read_bytes()
    name = FORMS[form](tmp_path, source)
    opened = Raster(name)
    np.testing.assert_equal(opened.read(opened.grid.window, [1]).shape, (1, 3, 4))

    def write():
        with OutputFiles(opened.files) as files:
            files.text(source, "lost")

    with pytest.raises(RasterError, match=r"would overwrite the input, which is made of \S+ too"):
        write()
    assert source.read_bytes() == before


@pytest.mark.parametrize("form", FORMS)
def test_a_change_of_what_an_input_is_read_from_is_noticed(tmp_path, form):
    source = raster(tmp_path / "source.tif")
    opened = Raster(FORMS[form](tmp_path, source))

    def write():
        with OutputFiles(opened.files) as files:
            files.text(tmp_path / "a.csv", "of two states")
            os.utime(source, (1, 1))

    with pytest.raises(RasterError, match="was changed while it was read"):
        write()
    assert not (tmp_path / "a.csv").exists()


@pytest.mark.parametrize(
    "name",
    [
        "{}/a.zip",
        "/vsizip/{}/a.zip/in/b.tif",
        "/vsizip/{{{}/a.zip}}/in/b.tif",
        "/vsizip//vsizip/{}/a.zip/b.zip/c.tif",
        "/vsitar/{{/vsigzip/{}/a.zip}}/b.tif",
        'NETCDF:"{}/a.zip":FeO',
        "HDF5:{}/a.zip://group/FeO",
        "/vsicached?chunk_size=1&file={}/a.zip",
        "vrt://{}/a.zip?bands=1,2",
    ],
)
def test_the_file_that_a_name_mentions(tmp_path, name):
    (tmp_path / "a.zip").write_bytes(b"")
    assert disk_files(name.format(tmp_path)) == [str(tmp_path / "a.zip")]


@pytest.mark.parametrize("name", ["", "/", "a\0b", "no.tif", "/vsis3/a/b.tif", "x" * 5000, "<a/>"])
def test_names_of_no_file(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    assert disk_files(name) == []
    assert disk_files(str(tmp_path)) == []


@pytest.mark.parametrize("damaged", [False, True])
def test_files_of_a_shapefile(tmp_path, damaged):
    made = gdal.GetDriverByName("ESRI Shapefile").Create(str(tmp_path / "z.shp"), 0, 0, 0)
    made.CreateLayer("z", osr.SpatialReference(GEOGRAPHIC_WKT), options=["ENCODING=UTF-8"])
    made = None
    for end in (".prj", ".cpg") if damaged else ():  # GDAL itself then does not count them
        (tmp_path / f"z{end}").write_text("")
    found = files_behind(str(tmp_path / "z.shp"), vector=True)
    assert {Path(file).name for file in found} == {
        "z.shp", "z.shx", "z.dbf", "z.prj", "z.cpg",
    }  # fmt: skip


def as_pipe(path):
    os.mkfifo(path)


def as_socket(path):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


def as_loop(path):
    path.symlink_to(path)


def as_device(path):
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (as_pipe, "is a pipe"),
        (as_socket, "is a socket"),
        (as_device, "is a device"),
        (as_loop, "symbolic links"),
    ],
)
@pytest.mark.parametrize("role", ["input", "source", "in another", "beside"])
def test_what_may_never_end_is_not_read(tmp_path, monkeypatch, make, said, role):
    """Each of these would wait for ever."""
    monkeypatch.chdir(tmp_path)  # a socket's name may have 107 characters
    special = tmp_path / ("source.tif" if role != "beside" else "source.tfw")
    source = raster(tmp_path / "source.tif")
    name = str(source)
    if role in ("source", "in another"):
        name = str(vrt(tmp_path / "a.vrt", source))
    if role == "in another":
        (tmp_path / "a.vrt").rename(tmp_path / "a.xml")
        name = str(vrt(tmp_path / "b.vrt", tmp_path / "a.xml"))
    special.unlink(missing_ok=True)
    make(special if make is not as_socket else special.relative_to(tmp_path))
    with pytest.raises(RasterError, match=f"cannot be read: .*{special.name}.*{said}"):
        Raster(name)


def shifted(wkt):
    return wkt.replace('"Longitude of natural origin",0', '"Longitude of natural origin",180')


EARTH = "EPSG:4326"


@pytest.mark.parametrize(
    ("own", "chosen", "used", "said"),
    [
        (GEOGRAPHIC_WKT, "", "own", ""),
        ("", GEOGRAPHIC_WKT, "chosen", r"\(the file says none\)\.$"),
        (EARTH, GEOGRAPHIC_WKT, "chosen", r"Ocentric \(the file says WGS 84\)\.$"),
        ("", EARTH, "own", "It is not used: it is not on the Moon"),
        (GEOGRAPHIC_WKT, GEOGRAPHIC_WKT.replace("Sphere / Ocentric", "2000"), "own", ""),
        (EQUIRECTANGULAR_WKT, shifted(EQUIRECTANGULAR_WKT), "chosen", "CRS of the layer"),
    ],
)
def test_the_crs_that_a_user_sets_for_a_layer(tmp_path, own, chosen, used, said):
    step = 1000.0 if own == EQUIRECTANGULAR_WKT else 0.1
    path = raster(tmp_path / "a.tif", wkt=osr.GetUserInputAsWKT(own) if own else "", step=step)
    place = Location(str(path), osr.GetUserInputAsWKT(chosen) if chosen else "")
    dataset = gdal.Open(str(path))
    plain = Location(str(path)).grid(dataset)
    assert place.grid(dataset).geotransform == plain.geotransform
    assert place.grid(dataset).wkt == (place.wkt if used == "chosen" else plain.wkt)
    note = place.note(dataset)
    assert bool(note) == bool(said)
    assert not said or re.search(said, note)
