"""Tables of cells on the Moon with oxide contents, as gamma-ray spectrometers measure them."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import RasterError
from ..mathematics.sphere import cell_area
from ..oxides.content_units import ContentUnit
from ..oxides.valid_range import valid_range

#: Lunar Prospector's gamma-ray spectrometer (Prettyman et al. 2006, JGR 111, E12007).
LUNAR_PROSPECTOR = Path(__file__).with_name("lp_grs_20deg.csv")
LUNAR_PROSPECTOR_TITLE = "Lunar Prospector GRS, 20 degree cells (Prettyman et al. 2006)"

#: Degrees by which rounding must not move places off an edge.
_ROUNDING = 1e-9
_BOUNDS = ("minlat", "maxlat", "minlon", "maxlon")


class Cells(NamedTuple):
    """Cells bounded by parallels and meridians."""

    #: degrees, float64 [n, 4]: southern, northern, western and eastern bound; east > west
    bounds: NDArray[np.float64]
    #: wt% [n] by oxide, NaN where there is none
    oxides: dict[str, NDArray[np.float64]]

    @property
    def areas(self) -> NDArray[np.float64]:
        """km2 [n] on the sphere."""
        south, north, west, east = self.bounds.T
        return cell_area(north, south, 1.0) * (east - west)

    def inside(
        self, index: int, lon: NDArray[np.float64], lat: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        """Which places lie in a cell, including its southern and western edges."""
        south, north, west, east = self.bounds[index]
        up, right = lat + _ROUNDING, lon - west + _ROUNDING
        found: NDArray[np.bool_] = (up >= south) & ((up < north) | (north == 90))
        found &= right % 360 < east - west
        return found


def load_cells(path: Path, unit: ContentUnit) -> Cells:
    """Read a table of cells.

    A CSV with the columns minlat, maxlat, minlon, maxlon (degrees east) and one per oxide, or
    element in elemental units, in any letter case; lines that begin with # are skipped. Errors
    name the row and column.
    """
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise RasterError(f"{path} cannot be read as a table of cells: {error}.") from error
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    reader = csv.reader(lines)
    header = [name.strip().lower() for name in next(reader, [])]
    missing = [name for name in _BOUNDS if name not in header]
    if missing:
        raise RasterError(
            f"{path.name} has no column {', '.join(missing)}. A table of cells has the columns "
            "minlat, maxlat, minlon, maxlon in degrees, and one for each oxide, such as feo."
        )
    named = {unit.oxide_named(name): place for place, name in enumerate(header)}
    columns = {oxide: place for oxide, place in named.items() if oxide}
    if not columns:
        wanted = "fe, ti, al, ca, mg" if unit.elemental else "feo, tio2, al2o3, cao, mgo"
        raise RasterError(
            f"{path.name} has no column with contents in {unit.title}: none is named {wanted}. It "
            f"has {', '.join(header)}. Rename them, or choose another REFERENCE_UNIT."
        )
    places = [*map(header.index, _BOUNDS), *columns.values()]
    cells = [
        _number(row, place, f"{path.name}, row {number}, {header[place]}")
        for number, row in enumerate(reader, start=1)
        for place in places
    ]
    values = np.array(cells, np.float64).reshape(-1, len(places))
    bounds = _checked(values[:, :4], path.name)
    oxides = dict(zip(columns, values[:, 4:].T))
    for oxide, column in oxides.items():
        if unit.contradicted(oxide, column):
            raise RasterError(
                f"{path.name}: the contents of {oxide} reach {np.nanmax(column):.3g}, which does "
                f"not fit {unit.title}. Set REFERENCE_UNIT to {unit.other:d} ({unit.other.title})."
            )
        limits = valid_range(oxide).before(unit.factor(oxide))
        outside = np.flatnonzero((column < limits.low) | (column > limits.high))
        if outside.size:
            row = int(outside[0])
            raise RasterError(
                f"{path.name}, row {row + 1}, {header[columns[oxide]]} is {column[row]:g}, outside "
                f"of {limits}. Leave it empty where there is no value."
            )
    return Cells(bounds, {oxide: column * unit.factor(oxide) for oxide, column in oxides.items()})


def _number(row: list[str], place: int, where: str) -> float:
    text = row[place].strip() if place < len(row) else ""
    try:
        return float(text) if text else np.nan
    except ValueError as error:
        raise RasterError(f"{where} is '{text}', which is not a number.") from error


def _checked(bounds: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    """Bounds with east above west, across 180 degrees too."""
    south, north, west, east = bounds.T.copy()
    east = np.where(east < west, east + 360, east)
    good = (south >= -90) & (south < north) & (north <= 90) & (east > west) & (east - west <= 360)
    if not len(bounds) or not good.all():
        row = int(np.argmin(good)) + 1 if len(bounds) else 0
        raise RasterError(
            f"{name} has {'no rows' if not row else f'no cell in row {row}'}: a cell has minlat "
            "below maxlat in -90 to 90, and minlon below maxlon by at most 360 degrees."
        )
    return np.stack([south, north, west, east], axis=1)
