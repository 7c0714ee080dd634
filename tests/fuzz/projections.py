"""Map projections of the lunar sphere in closed form.

Snyder (1987), USGS Professional Paper 1395.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from osgeo import osr

RADIUS = 1737400.0


class Projection(NamedTuple):
    """A CRS: its WKT, and the way from degrees to its coordinates and back."""

    name: str
    wkt: str
    forward: Callable
    inverse: Callable
    #: square metres on the sphere per square unit of the map, at map coordinates
    density: Callable
    #: x of one turn around the Moon; None where a map is not cylindrical
    turn: float | None


def wrapped(degrees):
    """Longitude in -180 ... 180."""
    return (np.asarray(degrees, float) + 180) % 360 - 180


def _wkt(definition):
    reference = osr.SpatialReference()
    reference.ImportFromProj4(f"{definition} +R={RADIUS:.0f} +no_defs")
    return reference.ExportToWkt()


def _degrees(radians):
    return np.degrees(radians)


def geographic():
    """Longitude and latitude, IAU_2015:30100."""
    reference = osr.SpatialReference()
    reference.SetFromUserInput("IAU_2015:30100")
    metre = np.radians(1) * RADIUS
    return Projection(
        "geographic",
        reference.ExportToWkt(["FORMAT=WKT2_2019"]),
        lambda lon, lat: (np.asarray(lon, float), np.asarray(lat, float)),
        lambda x, y: (np.asarray(x, float), np.asarray(y, float)),
        lambda x, y: metre**2 * np.cos(np.radians(y)),
        360.0,
    )


def equirectangular(lon0=0.0, standard=0.0):
    """Rows are parallels, evenly spaced."""
    metre = np.radians(1) * RADIUS
    across = metre * np.cos(np.radians(standard))
    return Projection(
        f"equirectangular of {lon0:g}, {standard:g}",
        _wkt(f"+proj=eqc +lon_0={lon0} +lat_ts={standard}"),
        lambda lon, lat: (across * wrapped(np.subtract(lon, lon0)), metre * np.asarray(lat, float)),
        lambda x, y: (lon0 + np.asarray(x) / across, np.asarray(y) / metre),
        lambda x, y: np.cos(np.asarray(y) / RADIUS) / np.cos(np.radians(standard)),
        360 * across,
    )


def mercator(lon0=0.0):
    """Conformal, without the poles."""

    def latitude(y):
        return 2 * np.arctan(np.exp(np.asarray(y) / RADIUS)) - np.pi / 2

    return Projection(
        f"Mercator of {lon0:g}",
        _wkt(f"+proj=merc +lon_0={lon0}"),
        lambda lon, lat: (
            RADIUS * np.radians(wrapped(np.subtract(lon, lon0))),
            RADIUS * np.log(np.tan(np.pi / 4 + np.radians(lat) / 2)),
        ),
        lambda x, y: (lon0 + np.degrees(np.asarray(x) / RADIUS), _degrees(latitude(y))),
        lambda x, y: np.cos(latitude(y)) ** 2,
        2 * np.pi * RADIUS,
    )


def sinusoidal(lon0=0.0):
    """Equal areas; meridians are curves."""
    return Projection(
        f"sinusoidal of {lon0:g}",
        _wkt(f"+proj=sinu +lon_0={lon0}"),
        lambda lon, lat: (
            RADIUS * np.radians(wrapped(np.subtract(lon, lon0))) * np.cos(np.radians(lat)),
            RADIUS * np.radians(lat),
        ),
        lambda x, y: (
            lon0 + np.degrees(np.asarray(x) / RADIUS / np.cos(np.asarray(y) / RADIUS)),
            np.degrees(np.asarray(y) / RADIUS),
        ),
        lambda x, y: np.ones(np.broadcast(x, y).shape),
        None,
    )


def stereographic(pole, lon0=0.0):
    """Polar stereographic; pole is 1 (north) or -1."""

    def forward(lon, lat):
        distance = 2 * RADIUS * np.tan(np.pi / 4 - pole * np.radians(lat) / 2)
        angle = np.radians(np.subtract(lon, lon0))
        return distance * np.sin(angle), -pole * distance * np.cos(angle)

    def inverse(x, y):
        distance = np.hypot(x, y)
        lat = pole * (90 - 2 * np.degrees(np.arctan(distance / 2 / RADIUS)))
        return lon0 + np.degrees(np.arctan2(x, -pole * np.asarray(y))), lat

    def density(x, y):
        return (1 + (np.hypot(x, y) / 2 / RADIUS) ** 2) ** -2.0

    return Projection(
        f"stereographic of the {'north' if pole > 0 else 'south'} pole, {lon0:g}",
        _wkt(f"+proj=stere +lat_0={90 * pole} +lon_0={lon0}"),
        forward,
        inverse,
        density,
        None,
    )
