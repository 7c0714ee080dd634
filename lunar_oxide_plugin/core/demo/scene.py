"""The demo scenes: two synthetic MI tiles to try everything on, without a download.

Each is laid out after a study area of Zhang et al. (2023), Icarus 397, 115505:
the Mairan domes (their Fig. 8, Table 5) and the irregular mare patch Sosigenes
(Fig. 9, Table 6). The units have spectra mixed from real sites
(``demo_units.csv``, made by ``training/demo_units.py``); their places and shapes
are invented. Nothing here is a measurement of these places.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..mathematics.sphere import MOON_RADIUS_KM
from ..oxides.oxides import OXIDES
from ..spectra.bands import MODEL_BANDS

#: Spectra and oxides of the units.
TABLE = Path(__file__).with_name("demo_units.csv")

#: Lines and samples of an MI MAP tile, which is one degree wide and high.
TILE_SIZE = 2048

#: Kilometres per degree of latitude.
KM_PER_DEGREE = float(np.radians(1) * MOON_RADIUS_KM)

_RING_VERTICES = 72


@dataclass(frozen=True)
class Outline:
    """A lobed closed curve on the ground."""

    #: Centre, degrees east (-180 ... 180) and north.
    lon: float
    lat: float
    #: Semi-axes in km.
    east: float
    north: float
    #: Relative amplitude and phase (radians) of the curve's second, third ... harmonic.
    lobes: tuple[tuple[float, float], ...] = ()

    def level(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
        """0 in the centre, 1 on the curve, growing outwards; x and y in km east and north of it."""
        z: NDArray[np.complex128] = x / self.east + 1j * (y / self.north)
        distance = np.abs(z)
        direction: NDArray[np.complex128] = z / np.maximum(distance, 1e-12)
        # The lobes fade towards the centre, where they would meet in a star.
        fade = np.clip(distance / 0.7, 0, 1) ** 2
        return np.asarray(distance / (1 + fade * (self._radius(direction) - 1)))

    @property
    def size(self) -> float:
        """Mean of the semi-axes, km."""
        return (self.east + self.north) / 2

    def ring(self) -> NDArray[np.float64]:
        """The curve as a closed ring of longitudes and latitudes, degrees, shape (n + 1, 2)."""
        angle = np.linspace(0, 2 * np.pi, _RING_VERTICES + 1)
        direction: NDArray[np.complex128] = np.exp(1j * angle)
        direction[-1] = direction[0]  # closed to the last bit
        z = self._radius(direction) * direction
        lon = self.lon + z.real * self.east / (KM_PER_DEGREE * np.cos(np.radians(self.lat)))
        lat = self.lat + z.imag * self.north / KM_PER_DEGREE
        return np.column_stack([lon, lat])

    def _radius(self, direction: NDArray[np.complex128]) -> NDArray[np.float64]:
        radius = np.ones(direction.shape)
        power = direction
        for amplitude, phase in self.lobes:
            power = power * direction
            radius += amplitude * (power * np.exp(1j * phase)).real
        return radius


@dataclass(frozen=True)
class Unit:
    """A geological unit."""

    #: As in the paper's table.
    name: str
    #: Drawn well inside the unit, for its statistics.
    zone: Outline
    #: Where the unit lies; empty for the ground on which the others lie.
    bodies: tuple[Outline, ...] = ()
    #: Of its middle above its surroundings, km.
    height: float = 0.0
    #: Share of its radius over which it rises: 1 a dome, small a plateau or pit.
    shoulder: float = 1.0
    #: Root mean square slope of its relief.
    slope: float = 0.03

    @property
    def ring(self) -> NDArray[np.float64]:
        """The zone's polygon: closed ring of lon, lat in degrees east and north."""
        return self.zone.ring()


@dataclass(frozen=True)
class Crater:
    """A crater: centre in degrees, diameter in km."""

    lon: float
    lat: float
    diameter: float


@dataclass(frozen=True)
class Scene:
    """A synthetic tile."""

    #: Of the study area.
    name: str
    #: As in the archive's file names: north-west and south-east corner.
    corners: str
    #: Centre of the first pixel, degrees (-180 ... 180 east).
    west: float
    north: float
    #: Where the light comes from: azimuth from north over east, and incidence angle, degrees.
    sun: tuple[float, float]
    #: Width of the transition between units, km.
    edge: float
    #: The ground first; each lies upon those before it.
    units: tuple[Unit, ...]
    #: Fresh craters with bright ejecta.
    ray_craters: tuple[Crater, ...]
    #: A steep one whose wall lies in shadow.
    shadow_crater: Crater
    #: Of everything random.
    seed: int

    def offset(self, lon: float, lat: float) -> tuple[float, float]:
        """Kilometres east and south of the first pixel."""
        return (lon - self.west) * self.km_per_degree_east, (self.north - lat) * KM_PER_DEGREE

    @property
    def km_per_degree_east(self) -> float:
        """Length of a degree of longitude in the middle of the tile, km."""
        return KM_PER_DEGREE * float(np.cos(np.radians(self.north - 0.5)))


@dataclass(frozen=True)
class UnitSpectrum:
    """What ``demo_units.csv`` says of a unit."""

    #: [8], in the order of `bands.MODEL_BANDS`.
    reflectance: NDArray[np.float64]
    #: wt% [5], in the order of `oxides.OXIDES`.
    oxides: NDArray[np.float64]


def unit_spectra(scene: Scene) -> dict[str, UnitSpectrum]:
    """Spectra and oxides of a scene's units, by name."""
    bands = [f"r{band.nominal}" for band in MODEL_BANDS]
    with TABLE.open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        return {
            row["unit"]: UnitSpectrum(
                np.array([float(row[name]) for name in bands]),
                np.array([float(row[name]) for name in OXIDES]),
            )
            for row in rows
            if row["scene"] == scene.name
        }


def _dome(name: str, body: Outline, height: float) -> Unit:
    """A dome whose zone is its own outline, drawn smaller."""
    zone = Outline(body.lon, body.lat, 0.72 * body.east, 0.72 * body.north, body.lobes)
    return Unit(name, zone, (body,), height, slope=0.05)


MAIRAN = Scene(
    name="Mairan",
    corners="N44E310N43E311",
    west=-50.0,
    north=44.0,
    sun=(115.0, 48.0),
    edge=0.6,
    units=(
        Unit(
            "mare",
            zone=Outline(-49.445, 43.317, 1.9, 3.2, ((0.10, 0.4), (0.08, 2.0), (0.04, 4.0))),
        ),
        Unit(
            "highlands",
            zone=Outline(-49.145, 43.478, 1.8, 6.3, ((0.08, 1.0), (0.09, 3.3), (0.05, 5.0))),
            bodies=(
                Outline(-48.92, 43.45, 8.2, 19.0, ((0.03, 0.6), (0.04, 2.5), (0.03, 4.4),
                                                   (0.03, 1.2), (0.02, 0.3))),
                Outline(-49.89, 43.44, 1.15, 0.75, ((0.15, 0.8), (0.12, 2.9), (0.07, 4.0))),
                Outline(-49.63, 43.05, 0.75, 0.95, ((0.18, 2.2), (0.10, 0.9), (0.08, 5.0))),
            ),
            height=0.2,
            shoulder=0.4,
            slope=0.085,
        ),
        _dome("South", Outline(-49.73, 43.17, 3.5, 2.5,
                               ((0.10, 0.9), (0.07, 2.1), (0.05, 4.9), (0.03, 0.2))), 0.35),
        _dome("Middle", Outline(-49.60, 43.52, 2.8, 2.2,
                                ((0.12, 2.4), (0.08, 5.1), (0.05, 0.7), (0.03, 3.0))), 0.30),
        _dome("Northeast", Outline(-49.44, 43.835, 2.5, 2.8,
                                   ((0.09, 4.2), (0.10, 1.1), (0.05, 3.6), (0.03, 5.5))), 0.32),
        _dome("Mairan T", Outline(-49.81, 43.765, 3.3, 4.1,
                                  ((0.08, 5.4), (0.08, 3.9), (0.06, 1.8), (0.04, 0.4))), 0.65),
    ),
    ray_craters=(
        Crater(-49.52, 43.66, 0.75),
        Crater(-49.92, 43.30, 0.5),
        Crater(-49.32, 43.10, 0.6),
        Crater(-49.10, 43.83, 0.55),
    ),
    shadow_crater=Crater(-49.17, 43.15, 1.9),
    seed=44310,
)  # fmt: skip

SOSIGENES = Scene(
    name="Sosigenes",
    corners="N09E019N08E020",
    west=19.0,
    north=9.0,
    sun=(92.0, 42.0),
    edge=0.08,
    units=(
        Unit(
            "mare",
            zone=Outline(19.52, 8.55, 4.6, 3.8, ((0.10, 0.4), (0.09, 2.0), (0.05, 4.0))),
            slope=0.02,
        ),
        Unit(
            "Hummocky",
            zone=Outline(19.098, 8.342, 0.68, 0.33, ((0.12, 0.7), (0.08, 2.2), (0.05, 4.4))),
            bodies=(
                Outline(19.12, 8.338, 2.75, 1.95, ((0.10, 4.3), (0.08, 1.0), (0.05, 2.7),
                                                   (0.04, 5.3), (0.03, 0.6))),
            ),
            height=-0.11,
            shoulder=0.3,
            slope=0.06,
        ),
        Unit(
            "Blocky",
            zone=Outline(19.095, 8.307, 0.85, 0.36, ((0.12, 2.7), (0.09, 5.2), (0.06, 1.4))),
            bodies=(
                Outline(19.095, 8.307, 1.2, 0.55, ((0.12, 2.7), (0.09, 5.2), (0.06, 1.4))),
                Outline(19.145, 8.389, 0.6, 0.22, ((0.15, 1.0), (0.10, 3.1))),
            ),
            slope=0.10,
            shoulder=0.3,
        ),
        Unit(
            "Mound",
            zone=Outline(19.158, 8.343, 0.68, 0.55, ((0.10, 3.4), (0.08, 0.3), (0.05, 1.9))),
            bodies=(
                Outline(19.158, 8.343, 0.92, 0.76, ((0.10, 3.4), (0.08, 0.3), (0.05, 1.9))),
                Outline(19.078, 8.371, 0.42, 0.28, ((0.14, 1.3), (0.08, 4.0))),
                Outline(19.115, 8.373, 0.30, 0.22, ((0.10, 5.0), (0.10, 2.0))),
                Outline(19.052, 8.330, 0.26, 0.30, ((0.12, 0.2), (0.09, 3.6))),
                Outline(19.163, 8.300, 0.40, 0.26, ((0.13, 2.0), (0.09, 5.8))),
                Outline(19.192, 8.366, 0.20, 0.24, ((0.10, 4.1), (0.08, 1.6))),
            ),
            height=0.045,
            shoulder=0.6,
            slope=0.025,
        ),
    ),
    ray_craters=(
        Crater(19.30, 8.20, 0.7),
        Crater(19.68, 8.80, 0.8),
        Crater(19.83, 8.33, 0.45),
        Crater(19.18, 8.74, 0.4),
    ),
    shadow_crater=Crater(19.42, 8.83, 1.8),
    seed=9019,
)  # fmt: skip

#: By name.
SCENES = {scene.name: scene for scene in (MAIRAN, SOSIGENES)}
