"""The sites whose chemistry is known: Table 1 of Zhang et al. (2023), with positions.

Positions are in two frames that differ by up to kilometres, more than a hundred
MI pixels, so each site says which one is its own. Sources stand in
``ground_truth_sites.csv``.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import NamedTuple

from ..oxides.oxides import OXIDES, mg_number

TABLE = Path(__file__).with_name("ground_truth_sites.csv")

#: Frames of a position: the lander in images of the Lunar Reconnaissance
#: Orbiter, or a station on the Clementine basemap.
LRO, CLEMENTINE = "LRO", "Clementine"


class GroundTruthSite(NamedTuple):
    """One site of the table."""

    site: str
    mission: str
    #: Longitude (east, -180 to 180) and latitude in degrees; None where not known.
    position: tuple[float, float] | None
    #: `LRO`, `CLEMENTINE` or "".
    frame: str
    #: How far to trust the position, in words.
    position_quality: str
    position_source: str
    #: Position on the Clementine basemap, also where the lander's is used instead.
    clementine: tuple[float, float] | None
    #: wt%, by oxide in the order of `OXIDES`.
    oxides: dict[str, float]
    chemistry_source: str
    note: str

    @property
    def mg_number(self) -> float:
        """Mg# as a molar fraction."""
        return float(mg_number(self.oxides["MgO"], self.oxides["FeO"]))


def load_ground_truth(path: Path = TABLE) -> tuple[GroundTruthSite, ...]:
    """Read the sites.

    Parameters
    ----------
    path : Path
        A CSV with the columns of the bundled one; lines that begin with # are skipped.

    Returns
    -------
    tuple of GroundTruthSite
        In the order of the paper's Table 1.

    Raises
    ------
    ValueError
        A frame does not fit its position, or a coordinate is no degree.
    """
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    return tuple(_site(row) for row in rows)


def _site(row: dict[str, str]) -> GroundTruthSite:
    name = row["site"]
    position = _position(name, row["longitude"], row["latitude"])
    clementine = _position(name, row["clementine_longitude"], row["clementine_latitude"])
    frame = row["frame"]
    known = position if frame == LRO else clementine
    if frame not in (LRO, CLEMENTINE, "") or (position is None) != (frame == ""):
        raise ValueError(f"{name}: frame '{frame}' does not fit its position")
    if position != known:
        raise ValueError(f"{name}: its Clementine position stands twice and differs")
    return GroundTruthSite(
        name,
        row["mission"],
        position,
        frame,
        row["position_quality"],
        row["position_source"],
        clementine,
        {oxide: float(row[oxide]) for oxide in OXIDES},
        row["chemistry_source"],
        row["note"],
    )


def _position(name: str, longitude: str, latitude: str) -> tuple[float, float] | None:
    if not longitude and not latitude:
        return None
    lon, lat = float(longitude), float(latitude)
    if not (-180 <= lon < 180 and -90 <= lat <= 90):
        raise ValueError(f"{name}: {lon}, {lat} is no longitude and latitude")
    return lon, lat
