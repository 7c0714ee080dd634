"""Samples of files: what tells one from another of the same size and time."""

import gzip
import hashlib
import os

import pytest

from lunar_oxide_plugin.raster.gdal_io.file_content import remote_state, sample_sha256

SIZE = 200_000


@pytest.mark.parametrize("place", [0, 9000, SIZE // 2, SIZE // 2 + 9000])
def test_a_byte_in_the_sample_tells(tmp_path, place):
    content = bytearray(SIZE)
    (tmp_path / "a.img").write_bytes(content)
    content[place] = 1
    (tmp_path / "b.img").write_bytes(content)
    os.utime(tmp_path / "b.img", ns=(0, (tmp_path / "a.img").stat().st_mtime_ns))
    one, other = (sample_sha256(str(tmp_path / name)) for name in ("a.img", "b.img"))
    assert one != other
    assert len(one) == len(other) == 64


def test_every_byte_of_a_small_file_tells(tmp_path):
    path = tmp_path / "a.lbl"
    found = set()
    for content in (b"x" * 5000, b"x" * 4999, b"x" * 4999 + b"y", b""):
        path.write_bytes(content)
        found.add(sample_sha256(str(path)))
    assert len(found) == 4


def test_compressed_files_are_told_by_what_they_hold(tmp_path):
    for name, content in (("a", b"x" * 50_000), ("b", b"y" + b"x" * 49_999)):
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress(content))
        beginning = hashlib.sha256(content[:16384]).hexdigest()
        assert sample_sha256(f"/vsigzip/{tmp_path / name}.gz") == beginning


@pytest.mark.parametrize("name", ["<VRTDataset/>", "GTIFF_DIR:1:/a.tif", "/nowhere/a.tif", ""])
def test_what_is_no_file_has_none(name):
    assert sample_sha256(name) == ""
    assert remote_state(name) is None
