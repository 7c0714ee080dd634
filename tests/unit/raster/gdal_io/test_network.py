"""A file that names a server asks it nothing; one that a user names may not hang for ever."""

import http.server
import socket
import threading
import time
import zipfile
from contextlib import suppress

import numpy as np
import pytest
from osgeo import gdal

from lunar_oxide_plugin.core.errors import RasterError
from lunar_oxide_plugin.raster.gdal_io import network
from lunar_oxide_plugin.raster.gdal_io.network import is_address
from lunar_oxide_plugin.raster.gdal_io.virtual_files import opened_quietly, opening
from lunar_oxide_plugin.raster.sources.mi_source import open_mi_source
from lunar_oxide_plugin.raster.sources.raster import Raster


@pytest.fixture()
def server():
    """Address of a server that has nothing, and what it was asked."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        def do_HEAD(self):
            self.do_GET()

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as made:
        threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{made.server_port}", asked
        made.shutdown()


def _band(source, more=""):
    return (
        f'<VRTRasterBand dataType="Byte" band="1"{more}><SimpleSource>'
        f'<SourceFilename relativeToVRT="0">{source}</SourceFilename><SourceBand>1</SourceBand>'
        "</SimpleSource></VRTRasterBand>"
    )


def _vrt(bands):
    return f'<VRTDataset rasterXSize="4" rasterYSize="4">{bands}</VRTDataset>'


def _wms(url):
    return (
        f'<GDAL_WMS><Service name="TMS"><ServerUrl>{url}/${{z}}/${{x}}/${{y}}.png</ServerUrl>'
        "</Service><DataWindow><UpperLeftX>-180</UpperLeftX><UpperLeftY>90</UpperLeftY>"
        "<LowerRightX>180</LowerRightX><LowerRightY>-90</LowerRightY><SizeX>512</SizeX>"
        "<SizeY>256</SizeY><TileLevel>1</TileLevel></DataWindow><BandsCount>3</BandsCount>"
        "</GDAL_WMS>"
    )


def _escaped(text):
    return text.replace("&", "&amp;").replace("<", "&lt;")


#: form -> (name of the file, its content for an address)
FORMS = {
    "vsicurl": ("a.vrt", lambda url: _vrt(_band(f"/vsicurl/{url}/a.tif"))),
    "streaming": ("a.vrt", lambda url: _vrt(_band(f"/vsicurl_streaming/{url}/a.tif"))),
    "vsicurl with options": ("a.vrt", lambda url: _vrt(_band(f"/vsicurl?url={url}/a.tif"))),
    "a member of a zip there": (
        "a.vrt",
        lambda url: _vrt(_band(f"/vsizip/{{/vsicurl/{url}/a.zip}}/a.tif")),
    ),
    "an address": ("a.vrt", lambda url: _vrt(_band(f"{url}/a.tif"))),
    "a subdataset": ("a.vrt", lambda url: _vrt(_band(f"DERIVED_SUBDATASET:LOG:{url}/a.tif"))),
    "a bucket": ("a.vrt", lambda _: _vrt(_band("/vsis3/moon/a.tif"))),
    "a database": ("a.vrt", lambda _: _vrt(_band("PG:host=127.0.0.1 table=moon"))),
    "another name": ("a.tif", lambda url: _vrt(_band(f"/vsicurl/{url}/a.tif"))),
    "the text of a VRT in a VRT": (
        "a.vrt",
        lambda url: _vrt(_band(_escaped(_vrt(_band(f"/vsicurl/{url}/a.tif"))))),
    ),
    "a warped VRT": (
        "a.vrt",
        lambda url: (
            '<VRTDataset rasterXSize="4" rasterYSize="4" subClass="VRTWarpedDataset">'
            f"<GDALWarpOptions><SourceDataset>/vsicurl/{url}/a.tif</SourceDataset>"
            "</GDALWarpOptions></VRTDataset>"
        ),
    ),
    "raw values": (
        "a.vrt",
        lambda url: _vrt(
            '<VRTRasterBand dataType="Byte" band="1" subClass="VRTRawRasterBand">'
            f"<SourceFilename>/vsicurl/{url}/a.raw</SourceFilename></VRTRasterBand>"
        ),
    ),
    "an address as character data": (
        "a.vrt",
        lambda url: _vrt(_band(f"<![CDATA[/vsicurl/{url}/a.tif]]>")),
    ),
    "WMS": ("a.tif", _wms),
    "WMS in a VRT": ("a.vrt", lambda url: _vrt(_band(_escaped(_wms(url))))),
    "WMTS": (
        "a.tif",
        lambda url: f"<GDAL_WMTS><GetCapabilitiesUrl>{url}/c</GetCapabilitiesUrl></GDAL_WMTS>",
    ),
    "WCS": (
        "a.tif",
        lambda url: (
            f"<WCS_GDAL><ServiceURL>{url}/wcs?</ServiceURL><CoverageName>x</CoverageName></WCS_GDAL>"
        ),
    ),
    "a STAC collection": (
        "a.json",
        lambda url: (
            '{"type":"FeatureCollection","stac_version":"1.0.0","features":[{"type":"Feature",'
            '"stac_version":"1.0.0","properties":{"proj:epsg":32631,'
            '"proj:transform":[1,0,0,0,-1,0]},"collection":"m","assets":{"B1":{"href":'
            f'"{url}/a.tif","proj:transform":[1,0,0,0,-1,0],"proj:shape":[4,4]}}}}}}]}}'
        ),
    ),
}


@pytest.mark.parametrize("where", ["in a folder", "in a VRT", "in a zip"])
@pytest.mark.parametrize("form", FORMS)
def test_a_file_that_names_a_server_asks_it_nothing(tmp_path, server, form, where):
    url, asked = server
    name, content = FORMS[form]
    path = tmp_path / name
    path.write_text(content(url))
    if where == "in a VRT":
        (tmp_path / "outer.vrt").write_text(_vrt(_band(path)))
        path = tmp_path / "outer.vrt"
    if where == "in a zip":
        path = tmp_path / "a.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(name, content(url))
    for opened in (Raster, open_mi_source):
        with pytest.raises(RasterError, match=r"on a network|asks servers|cannot be opened"):
            opened(str(path))
    assert not asked


def test_what_nobody_foresaw_is_not_asked_either(tmp_path, server):
    """GDAL itself reaches no network while a file of this machine is opened or read."""
    url, asked = server
    for name in (f"/vsicurl/{url}/a.tif", f"{url}/a.tif", _wms(url)):
        with pytest.raises(RasterError), opening("It", "a.tif"):
            gdal.Open(name).ReadAsArray(0, 0, 1, 1)
    for name, content in FORMS.values():
        (tmp_path / name).write_text(content(url))
        dataset = opened_quietly(str(tmp_path / name))
        if dataset is not None:
            with suppress(RasterError), opening("It", "a.tif"):
                dataset.ReadAsArray(0, 0, 1, 1)
    assert not asked
    gdal.PushErrorHandler("CPLQuietErrorHandler")
    gdal.Open(f"/vsicurl/{url}/other.tif")  # and outside it does
    gdal.PopErrorHandler()
    assert asked


def test_an_address_that_the_user_names_is_asked(server):
    url, asked = server
    with pytest.raises(RasterError):
        Raster(f"/vsicurl/{url}/a.tif")
    assert asked


def test_addresses_in_the_words_about_a_file_are_none(tmp_path):
    values = np.ones((1, 4, 4), np.uint8)
    made = gdal.GetDriverByName("GTiff").Create(str(tmp_path / "a.tif"), 4, 4)
    made.WriteArray(values[0])
    made = None
    (tmp_path / "a.vrt").write_text(
        _vrt(
            '<Metadata><MDI key="SOURCE">https://darts.isas.jaxa.jp/planet</MDI></Metadata>'
            + _band(tmp_path / "a.tif").replace(
                "<SimpleSource>", "<Description>https://x.y</Description><SimpleSource>"
            )
        )
    )
    opened = Raster(str(tmp_path / "a.vrt"))
    np.testing.assert_array_equal(opened.read(opened.grid.window, [1]), values)


def test_a_server_that_never_answers(monkeypatch):
    """Ended by a timeout, where GDAL has none."""
    monkeypatch.setitem(network._PATIENT, "GDAL_HTTP_LOW_SPEED_TIME", "1")
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        start = time.monotonic()
        with pytest.raises(RasterError):
            Raster(f"/vsicurl/http://127.0.0.1:{silent.getsockname()[1]}/a.tif")
        assert time.monotonic() - start < 20


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("/vsicurl/http://a/b.tif", True),
        ("/vsizip//vsis3/a/b.zip", True),
        ("/vsizip/{/vsigs/a/b.zip}/c.tif", True),
        ("https://a/b.tif", True),
        ("WMS:http://a", True),
        ("vrt:///vsicurl/http://a/b.tif", True),
        ("PG:dbname=moon", True),
        ("/data/a.tif", False),
        ("/data/http/a.tif", False),
        ("C:\\data\\a.tif", False),
        ("GTIFF_DIR:1:a.tif", False),
        ("/vsizip/a.zip/b.tif", False),
        ("/vsimem/a.tif", False),
        (_vrt(_band("/vsicurl/http://a/b.tif")), False),
    ],
)
def test_addresses(name, expected):
    assert is_address(name) is expected
