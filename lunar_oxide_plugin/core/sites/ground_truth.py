"""The sites of known chemistry: Table 1 of Zhang et al. (2023), with positions.

Positions are in two frames that differ by up to kilometres, more than a hundred MI pixels, so each
site names its frame. ``ground_truth_sites.csv`` lists the sources.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import NamedTuple

from ..oxides.oxides import OXIDES, mg_number

TABLE = Path(__file__).with_name("ground_truth_sites.csv")

#: Frames of a position: the lander in images of the Lunar Reconnaissance Orbiter, or a station on
#: the Clementine basemap.
LRO, CLEMENTINE = "LRO", "Clementine"


class GroundTruthSite(NamedTuple):
    """One site of the table."""

    site: str
    mission: str
    #: Longitude (east, -180 to 180) and latitude in degrees; None where not known.
    position: tuple[float, float] | None
    #: `LRO`, `CLEMENTINE` or "".
    frame: str
    #: How accurate the position is, in words.
    position_quality: str
    position_source: str
    #: Position on the Clementine basemap, even where that of the lander is used instead.
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
    """Read the sites, in the order of Table 1, from a CSV with the columns of the bundled one.

    ValueError when a frame does not fit its position, or a coordinate is not in degrees.
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
        raise ValueError(f"{name}: its two Clementine positions differ")
    texts = ("mission", "position_quality", "position_source", "chemistry_source", "note")
    return GroundTruthSite(
        site=name,
        position=position,
        frame=frame,
        clementine=clementine,
        oxides={oxide: float(row[oxide]) for oxide in OXIDES},
        **{text: row[text] for text in texts},
    )


def _position(name: str, longitude: str, latitude: str) -> tuple[float, float] | None:
    if not longitude and not latitude:
        return None
    lon, lat = float(longitude), float(latitude)
    if not (-180 <= lon < 180 and -90 <= lat <= 90):
        raise ValueError(f"{name}: {lon}, {lat} is not a longitude and latitude")
    return lon, lat
