"""Statistics of units by numpy and exactextract, from the definitions alone."""

from __future__ import annotations

import json

import numpy as np
import shapely
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource

MOLAR_MASS = {"MgO": 40.304, "FeO": 71.844}

#: Covered parts below are of slivers that one program counts and another does not.
_SLIVER = 1e-7


def mg_number(mgo, feo):
    """Molar Mg / (Mg + Fe), NaN where either is missing or below zero."""
    with np.errstate(invalid="ignore", divide="ignore"):
        mg, fe = mgo / MOLAR_MASS["MgO"], feo / MOLAR_MASS["FeO"]
        return np.where((mg >= 0) & (fe >= 0), mg / (mg + fe), np.nan)


def covered(shape, height, width):
    """Covered part of each pixel, [height, width], of a region in pixels."""
    found = np.zeros(height * width)
    shape = shapely.union_all([p for p in shapely.get_parts(shape) if p.geom_type == "Polygon"])
    if shape.is_empty:
        return found.reshape(height, width)
    upright = shapely.transform(shape, lambda xy: np.column_stack([xy[:, 0], height - xy[:, 1]]))
    cells = np.arange(height * width, dtype=float).reshape(height, width)
    feature = {
        "type": "Feature",
        "properties": {},
        "geometry": json.loads(shapely.to_geojson(upright)),
    }
    source = NumPyRasterSource(cells, 0, 0, width, height)
    result = exact_extract(source, feature, ["cell_id", "coverage"])[0]["properties"]
    if result["cell_id"] is not None and len(result["cell_id"]):
        found[np.asarray(result["cell_id"], int)] = result["coverage"]
    return found.reshape(height, width)


def centres_inside(shape, height, width):
    """1.0 where a pixel's centre lies in a region in pixels, [height, width]."""
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    return shapely.contains_xy(shape, x.ravel(), y.ravel()).reshape(height, width).astype(float)


class Expected:
    """What a statistic of a unit's band may be: numbers with the slack of slivers and ties.

    Parameters
    ----------
    values : ndarray [height, width]
        NaN where nodata.
    part, areas : ndarray [height, width]
        Covered part of each pixel, and its area in km2.
    """

    def __init__(self, values, part, areas):
        self._surely = np.isfinite(values) & (part > _SLIVER)
        self._perhaps = np.isfinite(values) & (part > 0)
        self.values, self.part, self._weights = values, part, part * areas
        w = self._weights[self._perhaps]
        self.weight = float(w.sum())
        self.mean = self.std = np.nan
        if self._surely.any():
            x = values[self._perhaps]
            self.mean = float(np.sum(w * x) / self.weight)
            self.std = float(np.sqrt(np.sum(w * (x - self.mean) ** 2) / self.weight))

    @property
    def empty(self):
        """Whether no pixel counts."""
        return not self._perhaps.any()

    @property
    def unsure(self):
        """Whether only slivers count."""
        return not self._surely.any()

    def pixels(self):
        """Least and greatest number of pixels."""
        return int(self._surely.sum()), int(self._perhaps.sum())

    def minimum(self):
        """Least and greatest minimum."""
        return self.values[self._perhaps].min(), self.values[self._surely].min()

    def maximum(self):
        """Least and greatest maximum."""
        return self.values[self._surely].max(), self.values[self._perhaps].max()

    def quantile(self, fraction, slack=1e-5):
        """Least and greatest value up to which a part of the area lies."""
        x, w = self.values[self._perhaps], self._weights[self._perhaps]
        order = np.argsort(x, kind="stable")
        reached = np.cumsum(w[order]) / w.sum()
        ends = np.searchsorted(reached, [max(fraction - slack, 0), min(fraction + slack, 1)])
        return tuple(x[order][np.minimum(ends, x.size - 1)])
