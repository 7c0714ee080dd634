"""Random grids and values: where a scene lies and what is true there."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from . import projections
from .projections import Projection

OXIDES = ("Al2O3", "CaO", "FeO", "MgO", "TiO2")

_LOW = np.array([8.0, 7.0, 2.0, 3.0, 0.2])
_HIGH = np.array([30.0, 17.0, 22.0, 14.0, 9.0])

#: Gauss-Legendre nodes in 0 ... 1 and their weights.
_NODES, _WEIGHTS = (part / 2 for part in np.polynomial.legendre.leggauss(5))
_NODES = _NODES + 0.5


class Place(NamedTuple):
    """Where pixels lie: a projection, a GDAL geotransform and a size."""

    projection: Projection
    geotransform: tuple
    height: int
    width: int

    def position(self, column, row):
        """Map coordinates of pixel coordinates."""
        x0, dx, rx, y0, ry, dy = self.geotransform
        return x0 + column * dx + row * rx, y0 + column * ry + row * dy

    def pixel(self, x, y):
        """Pixel coordinates of map coordinates."""
        x0, dx, rx, y0, ry, dy = self.geotransform
        matrix = np.linalg.inv([[dx, rx], [ry, dy]])
        return tuple(matrix @ np.stack([np.ravel(x) - x0, np.ravel(y) - y0]))

    def degrees(self, column, row):
        """Longitude and latitude of pixel coordinates."""
        return self.projection.inverse(*self.position(column, row))

    def pixel_areas(self):
        """Areas of the pixels on the sphere in km2, [height, width], by Gauss's quadrature."""
        _, dx, rx, _, ry, dy = self.geotransform
        columns, rows = np.meshgrid(np.arange(self.width), np.arange(self.height))
        total = np.zeros(columns.shape)
        for u, wu in zip(_NODES, _WEIGHTS):
            for v, wv in zip(_NODES, _WEIGHTS):
                density = self.projection.density(*self.position(columns + u, rows + v))
                total += wu * wv * density
        return total * abs(dx * dy - rx * ry) / 1e6


def random_place(random) -> Place:
    """Any lunar projection, pixel size, orientation and shape."""
    kind = random.integers(8)
    lon0 = float(random.choice([0, 180, -50, 310, 17.25]))
    latitude = random.uniform(-78, 78)
    if kind <= 1:
        projection = projections.geographic()
    elif kind <= 3:
        projection = projections.equirectangular(lon0)
    elif kind == 4:
        projection = projections.equirectangular(lon0, float(random.uniform(-60, 60)))
    elif kind == 5:
        projection = projections.mercator(lon0)
    elif kind == 6:
        projection = projections.sinusoidal(lon0)
    else:
        pole = int(random.choice([-1, 1]))
        projection, latitude = projections.stereographic(pole, lon0), pole * random.uniform(72, 90)
    height, width = (int(n) for n in np.exp(random.uniform(0, np.log(90), 2)).round())
    pixel = 2.0 ** -random.integers(4, 11)  # degrees
    if random.random() < 0.06:  # more than one block of a run
        pixel = 2.0**-10
        height, width = (
            (height, 2048 + width) if random.random() < 0.5 else (256 * 3 + height, width)
        )
    # Meridians of a sinusoidal map lean more the farther they are from its middle.
    longitude = lon0 + random.uniform(-150, 150) * (0.4 if kind == 6 else 1)
    if projection.name == "geographic":  # 0 ... 360, -180 ... 180, across either end
        longitude = random.uniform(-180, 360)
    x, y = projection.forward(longitude, latitude)
    if projection.name == "geographic":
        size, limit = pixel, 89.5
        y = np.clip(y, -limit + height * pixel / 2, limit - height * pixel / 2)
    else:
        size = pixel * np.radians(1) * projections.RADIUS
    across, down = size * random.choice([1, 1, 1, 0.7]), size * random.choice([1, 1, 1, 1.3])
    sign = random.choice([-1, -1, -1, -1, 1])  # some rasters are south-up
    angle = random.uniform(-0.6, 0.6) if random.random() < 0.1 else 0.0  # and some are rotated
    cos, sin = float(np.cos(angle)), float(np.sin(angle))
    dx, rx, ry, dy = across * cos, sign * -down * sin, across * sin, sign * down * cos
    x0 = float(x) - (width * dx + height * rx) / 2
    y0 = float(y) - (width * ry + height * dy) / 2
    return Place(projection, (x0, dx, rx, y0, ry, dy), height, width)


def random_oxides(random, shape):
    """Oxides in wt%, [5, height, width]: smooth with noise, NaN in holes."""
    height, width = shape
    rows, columns = np.mgrid[:height, :width]
    phase = random.uniform(0, 7, (5, 1, 1))
    wave = np.sin(rows / random.uniform(3, 30) + phase) * np.cos(columns / random.uniform(3, 30))
    share = np.clip(0.5 + 0.4 * wave + random.normal(0, 0.05, (5, height, width)), 0, 1)
    values = _LOW[:, None, None] + (_HIGH - _LOW)[:, None, None] * share
    for _ in range(random.integers(4)):
        y, x = random.integers(height), random.integers(width)
        tall, wide = random.integers(1, 12, 2)
        bands = slice(None) if random.random() < 0.6 else random.integers(5)
        values[bands, y : y + tall, x : x + wide] = np.nan
    return values
