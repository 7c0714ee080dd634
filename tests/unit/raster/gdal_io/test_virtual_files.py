"""Tiles in archives, compressed and on a server, read in place and leaving nothing behind."""

import gzip
import http.server
import os
import tarfile
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal

from lunar_oxide_plugin.core.errors import RasterError
from lunar_oxide_plugin.raster.gdal_io.blocks import Window
from lunar_oxide_plugin.raster.gdal_io.virtual_files import size_up_to, split_ending
from lunar_oxide_plugin.raster.mi.mi_label import MiLabel, find_label, labels_in_archive
from lunar_oxide_plugin.raster.sources.location import Location
from lunar_oxide_plugin.raster.sources.mi_source import MiSource
from lunar_oxide_plugin.raster.sources.raster import Raster
from tests.mi_tiles import scene, write_tile

DN = scene()


def compress(path, keep=False):
    packed = path.with_name(f"{path.name}.gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    if not keep:
        path.unlink()
    return packed


def pack(archive, *files, folder=""):
    """Write a .zip, .tar, .tgz or .tar.gz and remove what went into it."""
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
            for path in files:
                file.write(path, f"{folder}{path.name}")
    else:
        mode = "w" if archive.suffix == ".tar" else "w:gz"
        with tarfile.open(archive, mode) as file:
            for path in files:
                file.add(path, f"{folder}{path.name}")
    for path in files:
        path.unlink()
    return archive


def tile(folder, name="T", layout="V3", dn=DN):
    """The files of a tile, its label first."""
    layouts = {"V3": {}, "V2": {"attached": True}, "3C5": {"strip": True}}
    path = write_tile(folder, dn, name=name, west=328.0, **layouts[layout])
    return [path] if layout != "V3" else [path, path.with_suffix(".img")]


def assert_reads(path, folder, image="T.img"):
    """A name gives the tile by blocks, at its place, and the folder is as before."""
    before = sorted(Path(folder).iterdir())
    label = MiLabel(find_label(str(path)))
    assert label.image_name() == image
    dataset = label.dataset()
    blocks = [dataset.ReadAsArray(0, row, 48, 8) for row in range(0, 32, 8)]
    np.testing.assert_array_equal(np.concatenate(blocks, axis=1), DN)
    assert dataset.GetGeoTransform()[0] == pytest.approx((-32 - 0.5 / 2048) * 30323.35, rel=1e-6)
    assert MiSource(str(path)).label.product == label.product
    del dataset
    assert sorted(Path(folder).iterdir()) == before


@pytest.mark.parametrize("folder", ["", "lon328/data/"])
@pytest.mark.parametrize("layout", ["V3", "V2", "3C5"])
@pytest.mark.parametrize("archive", ["T.zip", "other.tar", "T.tgz", "T.tar.gz", "T.ZIP"])
def test_an_archive_with_one_tile_is_that_tile(tmp_path, archive, layout, folder):
    files = tile(tmp_path, layout=layout)
    if archive == "T.ZIP":
        packed = pack(tmp_path / "T.zip", *files, folder=folder).rename(tmp_path / archive)
    else:
        packed = pack(tmp_path / archive, *files, folder=folder)
    system = "/vsizip/" if archive.lower().endswith("zip") else "/vsitar/"
    label = f"{system}{packed}/{folder}{files[0].name}"
    assert labels_in_archive(str(packed)) == [label]
    for path in (packed, f"{system}{packed}", label, label.replace(".lbl", ".img")):
        assert_reads(path, tmp_path)


def test_an_archive_in_an_archive(tmp_path):
    inner = pack(tmp_path / "inner.zip", *tile(tmp_path))
    outer = pack(tmp_path / "outer.zip", inner)
    assert_reads(f"/vsizip/{outer}/inner.zip", tmp_path)


def test_compressed_files_in_an_archive(tmp_path):
    packed = pack(tmp_path / "T.zip", *map(compress, tile(tmp_path)))
    assert_reads(packed, tmp_path, "T.img.gz")


def test_several_tiles_in_an_archive_are_named(tmp_path):
    files = [path for name in ("B", "A") for path in tile(tmp_path, name)]
    files += tile(tmp_path, "C", "3C5")
    (tmp_path / "readme.txt").write_text("PDS_VERSION_ID is the first keyword")
    (tmp_path / "._A.lbl").write_bytes(b"\0\5\x16\7")
    extras = [tmp_path / "readme.txt", tmp_path / "._A.lbl"]
    packed = pack(tmp_path / "tiles.zip", *files, *extras)
    labels = [f"/vsizip/{packed}/{name}" for name in ("A.lbl", "B.lbl", "C.img")]
    assert labels_in_archive(str(packed)) == labels
    with pytest.raises(RasterError, match=r"tiles\.zip holds 3 MI tiles.*A\.lbl.*B\.lbl.*C\.img"):
        find_label(str(packed))
    for label in labels:
        assert find_label(label) == label
        np.testing.assert_array_equal(MiLabel(label).dataset().ReadAsArray(), DN)


def test_archives_without_a_tile(tmp_path):
    (tmp_path / "a.txt").write_text("nothing")
    assert find_label(str(pack(tmp_path / "a.zip", tmp_path / "a.txt"))) is None
    for name in ("broken.zip", "broken.tar.gz"):
        (tmp_path / name).write_bytes(b"no archive at all")
        with pytest.raises(RasterError, match=f"{name} cannot be read as an archive"):
            find_label(str(tmp_path / name))


@pytest.mark.parametrize("layout", ["V3", "V2", "3C5"])
def test_compressed_tiles(tmp_path, layout):
    files = [compress(path) for path in tile(tmp_path, layout=layout)]
    for path in files:
        assert_reads(path, tmp_path, "T.img.gz")
        assert_reads(f"/vsigzip/{path}", tmp_path, "T.img.gz")


def test_a_label_whose_image_alone_is_compressed(tmp_path):
    label, image = tile(tmp_path)
    packed = compress(image)
    for path in (label, packed):
        assert_reads(path, tmp_path, "T.img.gz")
    packed.rename(tmp_path / "t.IMG.GZ")
    assert_reads(label, tmp_path, "t.IMG.GZ")


def test_a_compressed_label_of_a_plain_image(tmp_path):
    label, image = tile(tmp_path)
    for path in (compress(label), image):
        assert_reads(path, tmp_path)


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("compressed", [True, False])
def test_a_strip_with_a_copy_of_its_label_beside_it(tmp_path, compressed, named):
    """The copy counts bytes in the .img, of which it names the file or does not."""
    (image,) = tile(tmp_path, layout="3C5")
    text = image.read_bytes().partition(b"\r\nEND\r\n")[0] + b"\r\nEND\r\n"
    if named:
        text = text.replace(b"^IMAGE = 16385 <BYTES>", b'^IMAGE = ("T.img", 16385 <BYTES>)')
    label = tmp_path / "T.lbl"
    label.write_bytes(text)
    name = compress(image).name if compressed else image.name
    assert_reads(label, tmp_path, name)


@pytest.mark.parametrize("layout", ["V3", "3C5"])
@pytest.mark.parametrize("kept", [0.3, 0.9])
def test_a_truncated_compressed_image(tmp_path, layout, kept):
    packed = compress(tile(tmp_path, layout=layout)[-1])
    packed.write_bytes(packed.read_bytes()[: int(packed.stat().st_size * kept)])
    with pytest.raises(RasterError, match=r"T\.img\.gz (is cut off|cannot be read)"):
        MiLabel(find_label(str(packed))).dataset()


def test_a_compressed_image_too_short_for_its_label(tmp_path):
    label, image = tile(tmp_path)
    image.write_bytes(image.read_bytes()[:-100])
    compress(image)
    with pytest.raises(RasterError, match=r"T\.img\.gz is cut off: it has 33692 bytes of 33792"):
        MiLabel(str(label)).dataset()


@pytest.mark.parametrize("parts", [1, 2, 3])
@pytest.mark.parametrize("limit", [1, 5000, 9999, 10000, 10001, 3_000_000])
def test_size_of_a_compressed_file_up_to_a_limit(tmp_path, parts, limit):
    """Parts, as some packers write them: only the last one's size stands at the end."""
    data = np.random.default_rng(0).bytes(10000)
    step = 10000 // parts + 1
    packed = b"".join(gzip.compress(data[i : i + step]) for i in range(0, 10000, step))
    (tmp_path / "a.gz").write_bytes(packed)
    size = size_up_to(f"/vsigzip/{tmp_path}/a.gz", limit)
    assert min(size, limit) == min(10000, limit)
    assert list(tmp_path.iterdir()) == [tmp_path / "a.gz"]


def test_the_size_of_a_compressed_tile_is_told_from_its_last_bytes(tmp_path):
    """Of a tile as it should be nothing is decompressed: here its middle could not be."""
    packed = compress(tile(tmp_path)[1])
    data = bytearray(packed.read_bytes())
    data[100:-8] = bytes(len(data) - 108)
    packed.write_bytes(data)
    assert size_up_to(f"/vsigzip/{packed}", 33792) == 33792


def test_a_cut_whose_last_bytes_look_like_a_size_is_an_error_when_blocks_are_read(tmp_path):
    label, image = tile(tmp_path)
    packed = compress(image)
    packed.write_bytes(packed.read_bytes()[:9000] + (33792).to_bytes(4, "little"))
    with pytest.raises(RasterError, match=r"T\.lbl cannot be read at .*decompression failed"):
        _ = MiSource(str(label)).scaling


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("/vsigzip//data/TILE.IMG.gz", ("TILE", ".img")),
        ("C:\\data.v3\\tile.lbl", ("tile", ".lbl")),
        ("/vsicurl/https://a.b/c", ("c", "")),
        (".img", (".img", "")),
        ("", ("", "")),
    ],
)
def test_names_and_endings(path, parts):
    assert split_ending(path) == parts


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves parts of files and lists folders, as servers of archives do."""

    asked: list

    def do_GET(self):
        self.asked.append(self.path)
        path = Path(self.translate_path(self.path))
        if path.is_dir():
            links = [f'<a href="{file.name}">{file.name}</a>\n' for file in path.iterdir()]
            self.answer(200, f"<title>Index of /</title>\n{''.join(links)}".encode())
        elif not path.is_file():
            self.send_error(404)
        elif span := self.headers.get("Range"):
            first, last = map(int, span.removeprefix("bytes=").split("-"))
            data = path.read_bytes()
            last = min(last, len(data) - 1)
            place = f"bytes {first}-{last}/{len(data)}"
            self.answer(206, data[first : last + 1], ("Content-Range", place))
        else:
            self.answer(200, path.read_bytes())

    def answer(self, status, body, *headers):
        self.send_response(status)
        for header, value in (*headers, ("Content-Length", str(len(body)))):
            self.send_header(header, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def server(tmp_path, monkeypatch):
    """(address of the folder, what was asked for)."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    asked = []
    handler = type("Noting", (Handler,), {"asked": asked})

    def serve(*arguments):
        return handler(*arguments, directory=str(tmp_path))

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), serve) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield f"/vsicurl/http://127.0.0.1:{running.server_address[1]}", asked
        running.shutdown()
        thread.join()
        gdal.VSICurlClearCache()


@pytest.mark.parametrize("layout", ["V3", "V2", "3C5"])
def test_a_tile_on_a_server(tmp_path, server, layout):
    address, asked = server
    files = tile(tmp_path, layout=layout)
    for path in files:
        assert_reads(f"{address}/{path.name}", tmp_path)
    assert set(asked) <= {"/", "/T.lbl", "/T.img"}


def test_an_image_in_other_case_on_a_server(tmp_path, server):
    _, image = tile(tmp_path)
    image.rename(tmp_path / "t.IMG")
    assert_reads(f"{server[0]}/T.lbl", tmp_path, "t.IMG")


def test_packed_tiles_on_a_server(tmp_path, server):
    address, _ = server
    pack(tmp_path / "Z.zip", *tile(tmp_path))
    assert_reads(f"/vsizip/{address}/Z.zip/T.lbl", tmp_path)
    assert_reads(f"{address}/Z.zip", tmp_path)
    compress(tile(tmp_path, layout="3C5")[0])
    assert_reads(f"{address}/T.img.gz", tmp_path, "T.img.gz")


def test_what_a_server_does_not_have(tmp_path, server):
    address, _ = server
    label, image = tile(tmp_path)
    image.unlink()
    assert find_label(f"{address}/none.lbl") is None
    with pytest.raises(RasterError, match=r"T\.lbl: its image file T\.img is not in the same"):
        MiLabel(f"{address}/{label.name}").dataset()
    with pytest.raises(RasterError, match=r"none\.lbl cannot be read: there is no such file"):
        MiLabel(f"{address}/none.lbl")


def test_of_a_large_mosaic_few_files_are_held_open(tmp_path):
    """GDAL holds 100, which takes hundreds of megabytes."""
    count = 120
    for number in range(count):
        tile = gdal.GetDriverByName("GTiff").Create(str(tmp_path / f"{number}.tif"), 4, 4)
        tile.SetGeoTransform([4.0 * number, 1, 0, 0, 0, -1])
        tile.GetRasterBand(1).Fill(number)
    tile = None
    mosaic = tmp_path / "mosaic.vrt"
    gdal.BuildVRT(str(mosaic), [str(tmp_path / f"{number}.tif") for number in range(count)])
    raster = Raster(str(mosaic))
    for number in range(count):
        assert (raster.values(Window(4 * number, 0, 4, 4), [1]) == number).all()
    held = [os.path.realpath(link) for link in Path("/proc/self/fd").iterdir()]
    assert 0 < sum(path.startswith(str(tmp_path)) for path in held) < 40


@pytest.mark.parametrize("archive", ["a.tgz", "a.tar.gz", "a.tar", "a.zip"])
def test_nothing_is_left_beside_an_archive_of_a_raster(tmp_path, archive):
    path = tmp_path / "a.tif"
    dataset = gdal.GetDriverByName("GTiff").Create(str(path), 4, 4)
    dataset.GetRasterBand(1).Fill(1)
    del dataset
    packed = pack(tmp_path / archive, path)
    before = sorted(tmp_path.iterdir())
    assert Location(str(packed)).dataset().ReadAsArray().sum() == 16
    assert sorted(tmp_path.iterdir()) == before
