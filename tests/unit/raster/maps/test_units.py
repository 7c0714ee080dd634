"""Units measured without QGIS: what they are called, what is said of them, and what is refused."""

import numpy as np
import pytest
from osgeo import ogr

from lunar_oxide_plugin.core.errors import CancelledError, RasterError
from lunar_oxide_plugin.core.watch import Watch
from lunar_oxide_plugin.raster.maps.units import UnitPolygon, unit_map, unit_statistics
from lunar_oxide_plugin.raster.moon.crs import EQUIRECTANGULAR_WKT

from .test_uncertainty import CORRELATION, HEIGHT, NORTH, STEP, WIDTH, written


def polygon(name, x, y, width, height):
    """A rectangle, in pixels of the rasters."""
    left, top, right, bottom = x * STEP, NORTH - y * STEP, (x + width) * STEP, (y + height) * STEP
    bottom = NORTH - bottom
    text = f"{left} {top}, {right} {top}, {right} {bottom}, {left} {bottom}, {left} {top}"
    return UnitPolygon(name, bytes(ogr.CreateGeometryFromWkt(f"POLYGON(({text}))").ExportToWkb()))


BAD = UnitPolygon("bad", bytes(ogr.CreateGeometryFromWkt("POLYGON EMPTY").ExportToWkb()))
INSIDE, FAR = polygon("inside", 5, 10, 20, 100), polygon("far", 100, 10, 20, 100)


class Heard(Watch):
    """Keeps what it is told."""

    def __init__(self):
        self.notes, self.warnings = [], []
        self.note, self.warn = self.notes.append, self.warnings.append


@pytest.fixture()
def raster(tmp_path):
    return written(tmp_path / "oxides.tif", [("FeO", 9), ("MgO", 8)])


def test_every_polygon_has_a_unit(raster):
    found = unit_statistics(raster, [INSIDE, BAD, FAR], EQUIRECTANGULAR_WKT)
    inside, bad, far = found.units
    assert [unit.name for unit in found.units] == ["inside", "bad", "far"]
    assert list(inside.bands) == ["FeO", "MgO", "Mg#"]
    assert inside.bands["FeO"]["pixels"] == 20 * 100
    assert inside.bands["FeO"]["mean"] == pytest.approx(9)
    assert inside.remark == ""
    assert "empty" in bad.remark
    assert far.remark == "outside the raster"
    assert np.isnan(far.bands["FeO"]["mean"])
    assert found.notes == []
    assert found.samples[0].shape[0] == 3


def test_notes_and_warnings_on_uncertainties(raster, tmp_path):
    sigma = np.full((HEIGHT, WIDTH), 1.5, np.float32)
    sigma[20:30] = -9999
    bands = [("FeO 1 sigma", sigma), ("MgO 1 sigma", 0.8)]
    correlations = {CORRELATION: str(np.where(np.eye(5), 1, 0.25).tolist())}
    uncertainty = written(tmp_path / "s.tif", bands, correlations)
    heard = Heard()
    found = unit_statistics(
        raster, [INSIDE, FAR], EQUIRECTANGULAR_WKT, uncertainty=uncertainty, watch=heard
    )
    first, warning = found.notes
    assert first == "Correlation of the errors of MgO and FeO: 0.25, as stated in s.tif."
    assert heard.notes == [first]
    assert heard.warnings == [warning, "Unit 'far': outside the raster."]
    unit = found.units[0]
    assert unit.error_correlation == 0.25
    assert unit.bands["FeO"]["mean_uncertainty"] == pytest.approx(1.5)
    assert "Unit 'inside': " in warning
    assert "FeO 200 of 2000, Mg# 200 of 2000" in warning


def test_refusals_and_stopping(raster):
    with pytest.raises(RasterError, match=r"'bad': .*empty; 'far': outside the raster\)"):
        unit_statistics(raster, [BAD, FAR], EQUIRECTANGULAR_WKT)
    with pytest.raises(RasterError, match="The sketch"):
        unit_statistics(raster, [INSIDE], "", name="The sketch")

    class Stopping(Watch):
        def __init__(self, after):
            self.left = after

        def check(self):
            self.left -= 1
            if self.left < 0:
                raise CancelledError("stop")

    for after in (0, 5):
        with pytest.raises(CancelledError):
            unit_statistics(raster, [INSIDE], EQUIRECTANGULAR_WKT, watch=Stopping(after))


def test_the_map_shows_the_units_and_a_margin(raster):
    zones = unit_statistics(raster, [INSIDE, BAD], EQUIRECTANGULAR_WKT).zones
    found = unit_map(raster, zones, lambda: None)
    assert found.band == "FeO"
    assert found.image.values.shape == (100 + 2 * 6, 5 + 20 + 6)
    assert [len(rings) for rings in found.outlines] == [1, 0]
    assert unit_map(raster, zones[1:], lambda: None) is None
