"""The page "In Python": its code runs as it stands, in one go, on a small tile."""

from __future__ import annotations

import re

import numpy as np
import pytest

from tests.folders import ROOT
from tests.mi_tiles import soils, write_tile
from tests.polygons import write_units

_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with the files that the page names; the tile is smaller than the demo's."""
    write_tile(tmp_path, soils(200, 300), name="mairan_SYNTHETIC")
    write_units(tmp_path / "zones.gpkg")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_code_of_the_page_runs(folder, capsys):
    blocks = _BLOCK.findall((ROOT / "docs" / "python.md").read_text("utf-8"))
    assert len(blocks) >= 5
    names = {}
    for block in blocks:
        exec(compile(block, "docs/python.md", "exec"), names)  # noqa: S102 - our own page
    printed = capsys.readouterr().out
    assert re.search(r"^\(300, 200\)$", printed, re.MULTILINE)
    assert re.search(r"^west: \d+\.\d\d \+- \d\.\d\d wt%, \d+\.\d km2$", printed, re.MULTILINE)
    assert "no_such_tile.lbl" in printed
    assert {path.name for path in folder.glob("*.tif")} == {
        "oxides.tif",
        "uncertainty.tif",
        "domain.tif",
        "mg.tif",
    }
    assert np.isfinite(names["mean"])
