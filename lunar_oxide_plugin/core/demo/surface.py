"""The surface of a demo scene: relief, units, light, noise and faulty pixels, as DN.

Everything random comes from the raw output of numpy's PCG64, which numpy
promises never to change (NEP 19; its normal distribution carries no such
promise), so a scene is the same with every version and on every platform, up
to the rounding of a DN.
"""

from __future__ import annotations

from dataclasses import astuple
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..spectra.bands import ARCHIVE_BANDS, DN_SCALE, MODEL_BANDS
from ..spectra.invalid_codes import InvalidCode
from .scene import KM_PER_DEGREE, TILE_SIZE, Outline, Scene, Unit, unit_spectra

_SHAPE = (TILE_SIZE, TILE_SIZE)

#: Size of a pixel from north to south, km.
_PIXEL = KM_PER_DEGREE / TILE_SIZE

#: Relative noise of a pixel in one band, and relative standard deviation of the albedo within a
#: unit, common to all bands.
_BAND_NOISE, _ALBEDO = 0.005, 0.02

#: Largest share of what lies around or below in a unit's soil: impacts mix it in. And how far the
#: course of an edge strays from its outline, relative to the edge's width.
_CONTAMINATION, _EDGE_WOBBLE = 0.06, 0.5

#: Fall of amplitude with spatial frequency. Relief: that of a surface with a Hurst
#: exponent of 0.9, near those of the lunar highlands (Rosenburg et al. 2011, JGR 116).
_RELIEF_EXPONENT, _EDGE_EXPONENT, _ALBEDO_EXPONENT = 1.9, 1.7, 1.4

#: Spatial frequency in cycles per pixel beyond which correlated noise vanishes:
#: the blur of the optics and of the resampling to the map.
_SHARPEST = 0.2

#: Small craters: number of them, smallest and largest diameter in km, and the
#: exponent of their cumulative number over diameter.
_CRATERS, _SMALLEST, _LARGEST, _CRATER_EXPONENT = 900, 0.08, 1.4, 2.1

#: Depth over diameter and rim height over diameter of a fresh simple crater
#: (Pike 1977, in Impact and Explosion Cratering).
_CRATER_DEPTH, _CRATER_RIM = 0.2, 0.036

#: Part of the light of a Lambert surface's shading that the Moon's rough surface shows, and the
#: brightness within a shadow relative to the lit ground: a little light is scattered into it.
_SHADING, _SHADOW_LIGHT = 0.5, 0.02


class _Window(NamedTuple):
    """Part of the tile, rows and columns, with kilometres east and north of a centre."""

    pixels: tuple[slice, slice]
    x: NDArray[np.float64]
    y: NDArray[np.float64]


class _Layer(NamedTuple):
    """A unit laid on the ground: where, and its share of each pixel there."""

    window: _Window
    share: NDArray[np.float32]
    unit: Unit


class _Random:
    """Numbers from raw PCG64 output; every purpose has its own stream."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def uniform(self, stream: int, count: int) -> NDArray[np.float64]:
        """Uniform numbers in 0 <= u < 1."""
        return np.asarray((self._raw(stream, count) >> np.uint64(11)) * 2.0**-53, np.float64)

    def normal(self, stream: int, shape: tuple[int, int]) -> NDArray[np.float64]:
        """Nearly normal numbers, mean 0, standard deviation 1, never beyond 3.5.

        The sum of four uniform 16-bit integers: exact on every machine.
        """
        quarters = self._raw(stream, shape[0] * shape[1]).view(np.uint16).reshape(-1, 4)
        total = quarters.sum(axis=1, dtype=np.uint32).reshape(shape)
        return np.asarray((total - 2 * 65535.0) / (65536.0 / 3**0.5))

    def field(self, stream: int, exponent: float) -> NDArray[np.float64]:
        """Noise of mean 0 and standard deviation 1, with amplitudes as frequency^-exponent."""
        spectrum = np.fft.rfft2(self.normal(stream, _SHAPE))
        frequency = np.hypot.outer(np.fft.fftfreq(TILE_SIZE), np.fft.rfftfreq(TILE_SIZE))
        # Flat below three waves per tile: longer ones would be a tilt of the whole tile.
        spectrum *= (frequency**2 + (3 / TILE_SIZE) ** 2) ** (-exponent / 2)
        spectrum *= np.exp(-((frequency / _SHARPEST) ** 2))
        field = np.fft.irfft2(spectrum, s=_SHAPE)
        return np.asarray((field - field.mean()) / field.std(), np.float64)

    def _raw(self, stream: int, count: int) -> NDArray[np.uint64]:
        return np.asarray(np.random.PCG64([self._seed, stream]).random_raw(count))


#: Streams of `_Random`. The band noise takes _NOISE + band.
_EDGES, _RELIEF, _MOTTLING, _POPULATION, _FAULTS, _NOISE = range(6)


class Surface:
    """A rendered scene."""

    def __init__(self, scene: Scene) -> None:
        #: What it shows.
        self.scene = scene
        self._random = _Random(scene.seed)
        self._spectra = {
            name: _archive_order(unit.reflectance) for name, unit in unit_spectra(scene).items()
        }
        self._layers = _layers(scene, self._random.field(_EDGES, _EDGE_EXPONENT))
        altitude = _relief(scene, self._random)
        #: Height above the sphere in km, [2048, 2048].
        self.altitude: NDArray[np.float32] = altitude.astype(np.float32)
        self._light = self._lit(altitude)

    def dn(self, band: int) -> NDArray[np.int16]:
        """DN [2048, 2048] of one band of `bands.ARCHIVE_BANDS`, invalid codes included."""
        ground = self.scene.units[0].name
        reflectance = np.full(_SHAPE, self._spectra[ground][band], np.float32)
        for layer in self._layers:
            part = reflectance[layer.window.pixels]
            part += layer.share * (np.float32(self._spectra[layer.unit.name][band]) - part)
        noise = 1 + _BAND_NOISE * self._random.normal(_NOISE + band, _SHAPE)
        # At least 1: 0 and less would be MI's code for "minus", even in a shadow.
        dn = np.rint(reflectance * self._light * noise / DN_SCALE).clip(1, 32767).astype(np.int16)
        self._mark_faults(dn, ARCHIVE_BANDS[band].filter)
        return dn

    def _lit(self, altitude: NDArray[np.float64]) -> NDArray[np.float32]:
        """Brightness relative to the unit's spectrum: albedo, slopes, rays and shadow."""
        light = 1 + _ALBEDO * self._random.field(_MOTTLING, _ALBEDO_EXPONENT)
        light *= _shading(self.scene, altitude)
        for index, crater in enumerate(self.scene.ray_craters):
            window = _window(self.scene, crater.lon, crater.lat, 6 * crater.diameter)
            light[window.pixels] *= _rays(window, crater.diameter / 2, phase=float(index))
        crater = self.scene.shadow_crater
        window = _window(self.scene, crater.lon, crater.lat, crater.diameter)
        light[window.pixels] *= _shadow(window, crater.diameter / 2, self.scene.sun[0])
        return light.astype(np.float32)

    def _mark_faults(self, dn: NDArray[np.int16], name: str) -> None:
        """Write MI's invalid codes as the instrument's faults would lie: few of each."""
        brightest, darkest = int(self._light.argmax()), int(self._light.argmin())
        places = (self._random.uniform(_FAULTS, 4) * (TILE_SIZE - 200)).astype(int)
        row, column, other_row, other_column = places.tolist()
        if name in ("MN3", "MN4"):
            dn[_patch(brightest, 2, 3)] = InvalidCode.SATURATION
        if name in ("MV1", "MV5"):
            dn[_patch(darkest, 2, 2)] = InvalidCode.MINUS
        if name == "MV3":  # one element of the line detector, for a while
            dn[row : row + 60, column] = InvalidCode.DUMMY_DEFECT
        if name in ("MN1", "MN2"):  # MN1 also where no band of a model is at fault
            width = 8 if name == "MN1" else 4
            dn[other_row : other_row + 3, other_column : other_column + width] = InvalidCode.OTHER
        # The swath ends before the tile does; those of the two detectors differ.
        beyond = (12 if name.startswith("MV") else 17) + np.arange(TILE_SIZE) * 20 // TILE_SIZE
        dn[np.arange(TILE_SIZE) >= (TILE_SIZE - beyond)[:, np.newaxis]] = InvalidCode.OUTSIDE_IMAGE


def _patch(index: int, height: int, width: int) -> tuple[slice, slice]:
    """Pixels from a flat index on, moved to lie within the tile."""
    row, column = divmod(index, TILE_SIZE)
    row, column = min(row, TILE_SIZE - height), min(column, TILE_SIZE - width)
    return slice(row, row + height), slice(column, column + width)


def _archive_order(reflectance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Nine bands from the models' eight: MN1, which the site data lack, is taken equal to MV5."""
    by_filter = {band.filter: value for band, value in zip(MODEL_BANDS, reflectance)}
    by_filter["MN1"] = by_filter["MV5"]
    return np.array([by_filter[band.filter] for band in ARCHIVE_BANDS])


def _window(scene: Scene, lon: float, lat: float, reach: float, reach_north: float = 0) -> _Window:
    """Pixels within some kilometres of a point."""
    east, south = scene.offset(lon, lat)
    width = scene.km_per_degree_east / TILE_SIZE
    rows = _clipped(south / _PIXEL, (reach_north or reach) / _PIXEL)
    columns = _clipped(east / width, reach / width)
    x = np.arange(columns.start, columns.stop) * width - east
    y = south - np.arange(rows.start, rows.stop) * _PIXEL
    return _Window((rows, columns), x[np.newaxis, :], y[:, np.newaxis])


def _clipped(centre: float, reach: float) -> slice:
    first, last = int(np.floor(centre - reach)), int(np.ceil(centre + reach)) + 1
    return slice(min(max(first, 0), TILE_SIZE), min(max(last, 0), TILE_SIZE))


def _smooth(t: NDArray[np.float64]) -> NDArray[np.float64]:
    """0 below 0, 1 above 1, an S between."""
    t = np.clip(t, 0, 1)
    return t * t * (3 - 2 * t)


def _layers(scene: Scene, wobble: NDArray[np.float64]) -> list[_Layer]:
    """All units but the ground, in the order in which they lie upon each other."""
    layers = []
    for unit in scene.units[1:]:
        for body in unit.bodies:
            window = _body_window(scene, body)
            strayed = wobble[window.pixels]
            half = scene.edge / (2 * body.size)
            level = body.level(window.x, window.y) + 2 * half * _EDGE_WOBBLE * strayed
            share = _smooth((1 + half - level) / (2 * half))
            share *= 1 - _CONTAMINATION * _smooth(0.5 + 0.25 * strayed)
            layers.append(_Layer(window, share.astype(np.float32), unit))
    return layers


def _body_window(scene: Scene, body: Outline) -> _Window:
    return _window(scene, body.lon, body.lat, 1.5 * body.east, 1.5 * body.north)


def _relief(scene: Scene, numbers: _Random) -> NDArray[np.float64]:
    """Altitude in km: units' bodies, rough ground and craters."""
    slope = np.full(_SHAPE, scene.units[0].slope)
    altitude = np.zeros(_SHAPE)
    for unit in scene.units[1:]:
        for body in unit.bodies:
            window = _body_window(scene, body)
            rise = _smooth((1 - body.level(window.x, window.y)) / unit.shoulder)
            # Small outliers of a unit are low.
            altitude[window.pixels] += unit.height * body.size / unit.bodies[0].size * rise
            # Not by the shares of the soils: a sharp change of slope would be a cliff.
            slope[window.pixels] += rise * (unit.slope - slope[window.pixels])
    rough = numbers.field(_RELIEF, _RELIEF_EXPONENT)
    rough /= np.hypot(*np.gradient(rough, _PIXEL)).std()
    altitude += slope * rough
    for lon, lat, diameter, freshness in _craters(scene, numbers):
        window = _window(scene, lon, lat, 2.5 * diameter)
        altitude[window.pixels] += _bowl(window, diameter / 2, freshness)
    return altitude


def _craters(scene: Scene, numbers: _Random) -> NDArray[np.float64]:
    """Longitude, latitude, diameter (km) and freshness (0-1) of all craters, [n, 4]."""
    u = numbers.uniform(_POPULATION, 4 * _CRATERS).reshape(4, _CRATERS)
    largest_share = (_SMALLEST / _LARGEST) ** _CRATER_EXPONENT
    diameter = _SMALLEST * (1 - u[2] * (1 - largest_share)) ** (-1 / _CRATER_EXPONENT)
    population = np.column_stack(
        [scene.west + u[0], scene.north - u[1], diameter, 0.1 + 0.7 * u[3] ** 2]
    )
    fresh = [(*astuple(crater), 1.0) for crater in (*scene.ray_craters, scene.shadow_crater)]
    return np.vstack([population, fresh])


def _bowl(window: _Window, radius: float, freshness: float) -> NDArray[np.float64]:
    """Height in km of a crater over the ground: bowl, sharp rim and ejecta; old, a hollow."""
    level = np.hypot(window.x, window.y) / radius
    rim, depth = 2 * radius * _CRATER_RIM, 2 * radius * _CRATER_DEPTH
    fresh = np.where(level < 1, depth * (level**2 - 1) + rim, rim * np.maximum(level, 1) ** -3.0)
    old = 1.5 * rim * np.exp(-(((level - 1) / 0.5) ** 2)) - depth * np.exp(-((level / 0.7) ** 2))
    return np.asarray(freshness * (freshness * fresh + (1 - freshness) * old))


def _shading(scene: Scene, altitude: NDArray[np.float64]) -> NDArray[np.float64]:
    """Brightness of slopes relative to level ground.

    The archive's photometric correction takes the ground as level, so slopes to the sun are bright.
    """
    azimuth, incidence = np.radians(scene.sun)
    southward, eastward = np.gradient(altitude, _PIXEL, scene.km_per_degree_east / TILE_SIZE)
    # Ground that falls towards the sun faces it.
    facing = southward * np.cos(azimuth) - eastward * np.sin(azimuth)
    return np.asarray(np.clip(1 + _SHADING * np.tan(incidence) * facing, 0.4, 1.7))


def _rays(window: _Window, radius: float, phase: float) -> NDArray[np.float64]:
    """Brightening by fresh ejecta: a halo, and some rays further out."""
    level = np.hypot(window.x, window.y) / radius
    angle = np.arctan2(window.y, window.x)
    rays = 0.5 + 0.3 * np.cos(7 * angle + phase) + 0.2 * np.cos(11 * angle - 2 * phase)
    return np.asarray(1 + 0.22 * np.exp(-((level / 1.8) ** 2)) + 0.10 * rays * np.exp(-level / 3.5))


def _shadow(window: _Window, radius: float, sun_azimuth: float) -> NDArray[np.float64]:
    """Light inside a crater: its wall on the sun's side throws a crescent of shadow."""
    azimuth = np.radians(sun_azimuth)
    level = np.hypot(window.x, window.y) / radius
    from_sun = np.hypot(
        window.x / radius + 0.75 * np.sin(azimuth), window.y / radius + 0.75 * np.cos(azimuth)
    )
    dark = _smooth((0.96 - level) / 0.04) * _smooth((from_sun - 1.05) / 0.05)
    return np.asarray(1 - (1 - _SHADOW_LIGHT) * dark)
