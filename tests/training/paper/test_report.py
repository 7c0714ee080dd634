import copy
import json

import pytest
from matplotlib.image import imread

from lunar_oxide_plugin.core.oxides.oxides import OXIDES
from training.__main__ import REPORTS
from training.paper.report import write_paper_report
from training.protocols import K_FOLD
from training.tables import load_missing_sites

FIGURES = ("paper_correlation.png", "paper_regression.png", "paper_kernels.png")


def test_quick_run_writes_report_and_figures(quick, tmp_path, table):
    path = write_paper_report(quick, tmp_path)
    text = path.read_text()
    assert json.loads((tmp_path / "paper.json").read_text()) == quick
    for site in (*table.sites, *load_missing_sites()):
        assert f"\n| {site} | " in text
    for figure in FIGURES:
        assert f"({figure})" in text
        pixels = imread(tmp_path / figure)[:, :, :3]
        assert min(pixels.shape[:2]) > 400
        # Neither blank nor black.
        assert 0.01 < (pixels.min(axis=2) < 0.9).mean() < 0.5


def test_committed_report_is_what_its_record_gives(committed, table, tmp_path):
    for name in ("first", "second"):
        write_paper_report(committed, tmp_path / name)
    for name in ("paper.md", "paper.json"):
        assert (tmp_path / "first" / name).read_bytes() == (REPORTS / name).read_bytes()
    for name in FIGURES:
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()
        assert (REPORTS / name).stat().st_size < 150_000
    assert committed["sites"] == list(table.sites)
    assert committed["study"]["network"]["epochs"] == 500


@pytest.mark.parametrize(
    ("rmse", "agree"), [(0.001, "Al2O3, CaO, FeO, MgO and TiO2"), (99.0, "none")]
)
def test_report_says_where_kernel_2_is_the_best(committed, tmp_path, rmse, agree):
    changed = copy.deepcopy(committed)
    for oxide in OXIDES:
        changed["kernels"]["2"][K_FOLD][oxide]["rmse"] = rmse
    text = " ".join(write_paper_report(changed, tmp_path).read_text().split())
    assert f"agrees for {agree} of the oxides" in text
    assert f"best for {agree} of the 5 oxides" in text
