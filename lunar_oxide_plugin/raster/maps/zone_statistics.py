"""Statistics of a raster inside polygons, weighted by area on the sphere."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...core.errors import RasterError
from ...core.oxides.oxides import MG_NUMBER, mg_number
from ...core.oxides.uncertainty import mg_number_uncertainty
from ...core.results.zone_statistics import Pixels, Values, ZoneStatistics, ZoneSummary
from ..gdal_io.blocks import BLOCK_HEIGHT, BLOCK_WIDTH, Window
from ..gdal_io.read_ahead import answering, read_ahead
from ..moon.areas import PixelAreas
from ..moon.coverage import covered_part, edges_on_pixels
from ..moon.polygons import area_on, inside, polygon_area, polygon_on_grid
from ..moon.rings import rings_of
from ..sources.raster import Raster
from .uncertainty import Uncertainty
from .zone_plan import Block, Part, Pass, Zone, passes

#: Pixels of the zones of a block that may be in memory at once.
_TOGETHER = 2 * BLOCK_WIDTH * BLOCK_HEIGHT

#: Bytes of a polygon that is brought onto a raster, and repaired, within a tenth of a second.
_QUICK = 1500

#: Parts of a pixel below which a polygon is rounding.
_SMALLEST = 1e-8


@dataclass
class ZonalStatistics:
    """Statistics inside polygons over one raster, in any lunar projection.

    Values are weighted by the areas on the sphere. Each block of the raster is read once for all
    polygons in it, and once more for those so large that their values cannot be kept in memory
    for the quantiles.
    """

    raster: Raster
    #: Names of the bands, and their numbers counted from 1. With MgO and FeO among them, and no
    #: Mg#, Mg# of every pixel is one more.
    bands: Mapping[str, int]
    #: Of these bands or some of them. The model errs alike in neighbouring pixels, so errors do not
    #: average out: the uncertainty of a mean is the weighted mean of the pixels' sigmas. It is that
    #: when all errors are fully correlated, and less otherwise (triangle inequality).
    uncertainty: Uncertainty | None = None
    #: Distances from the model's training domain, on the same pixels.
    domain: Raster | None = None
    #: Of the model's errors in MgO and FeO, for the uncertainty of Mg#.
    correlation: float = 0.0
    #: Whether a pixel counts when its centre lies inside; otherwise by the part that is covered.
    centres: bool = False
    #: How many read.
    threads: int = 1

    def __post_init__(self) -> None:
        #: The bands, in the order of the summaries.
        self.names = list(self.bands)
        self._numbers = list(self.bands.values())
        known = self.uncertainty.bands if self.uncertainty else {}
        self._with_sigma = [number in known for number in self._numbers]
        self._mg_number_from: tuple[int, int] | None = None
        if {"MgO", "FeO"} <= self.bands.keys() and MG_NUMBER not in self.bands:
            self._mg_number_from = self.names.index("MgO"), self.names.index("FeO")
            self._with_sigma.append(all(self._with_sigma[i] for i in self._mg_number_from))
            self.names.append(MG_NUMBER)
        self._areas = PixelAreas(self.raster.grid, self.raster.name)

    def zone(self, wkb: bytes, wkt: str, check: Callable[[], None] = lambda: None) -> Zone:
        """A polygon or multipolygon in a lunar CRS on the raster, repaired where necessary.

        It is refused when empty, not on the Moon, beyond repair or outside the projection. `check`
        is called at least every tenth of a second and raises to stop.
        """
        if len(wkb) < _QUICK:
            return self._zone(wkb, wkt, check)
        return answering(lambda: self._zone(wkb, wkt, check), check)

    def _zone(self, wkb: bytes, wkt: str, check: Callable[[], None]) -> Zone:
        grid = self.raster.grid
        polygon, note = polygon_on_grid(wkb, wkt, grid, check)
        area = polygon_area(polygon, grid.wkt)
        _, dx, rx, _, ry, dy = grid.geotransform
        if not area > 0 or polygon.GetArea() < _SMALLEST * abs(dx * dy - rx * ry):
            raise RasterError("it is too small to be measured in these pixels")
        edges = edges_on_pixels(rings_of(polygon), grid)
        left, right, bottom, top = polygon.GetEnvelope()
        touched = grid.touched(left, bottom, right, top)
        covered = 0.0
        if touched is not None:
            ends = edges.reshape(-1, 2)
            within = (ends >= 0).all() and (ends <= (grid.width, grid.height)).all()
            covered = area if within else area_on(polygon, grid)
        return Zone(polygon, area, covered, touched if covered > 0 else None, edges, note)

    def summarise(
        self, zones: Sequence[Zone], progress: Callable[[float], None]
    ) -> list[ZoneSummary]:
        """What is known of each zone, which may overlap, with its bands in the order of `names`.

        `progress` takes the fraction done before each zone of each block and at least every tenth
        of a second, and raises to stop.
        """
        summaries = [self._empty(zone, True).summary(zone.area, zone.covered) for zone in zones]
        statistics: dict[int, ZoneStatistics] = {}
        plan = passes(zones, self.raster.grid, self.raster.plan(), len(self.names))
        with closing(self._pixels(zones, plan, progress)) as pixels:
            for again, (index, _, keep, last), found in pixels:
                zone = zones[index]
                if index not in statistics:
                    statistics[index] = self._empty(zone, keep)
                if again:
                    statistics[index].add_again(found)
                else:
                    statistics[index].add(found)
                if last and (keep or again):
                    summaries[index] = statistics.pop(index).summary(zone.area, zone.covered)
                elif last:
                    statistics[index].refine()
        return summaries

    def _empty(self, zone: Zone, keep: bool) -> ZoneStatistics:
        expected = zone.pixels(self.raster.grid)
        return ZoneStatistics(self._with_sigma, keep, self.domain is not None, expected)

    def _pixels(
        self, zones: Sequence[Zone], plan: Sequence[Pass], progress: Callable[[float], None]
    ) -> Generator[tuple[bool, Part, Pixels], None, None]:
        """The pixels inside each part of the zones, and whether it is the second time."""
        threads = self.raster.plan().threads(self.threads)
        total = sum(block.window.size for one in plan for block in one.blocks)
        done = 0.0

        def check() -> None:
            progress(done / total if total else 1.0)

        for again, blocks in plan:

            def read(block: Block, again: bool = again) -> Iterable[Pixels]:
                planes = self._read(block.window, again)
                found = (
                    self._inside(zones[part.zone], part, block.window, planes)
                    for part in block.parts
                )
                # Where many zones overlap, their pixels are taken one zone after the other.
                few = sum(part.window.size for part in block.parts) <= _TOGETHER
                return list(found) if few else found

            with closing(read_ahead(read, blocks, check, threads)) as ahead:
                for (window, parts), found in ahead:
                    for part, pixels in zip(parts, found):
                        check()
                        yield again, part, pixels
                        done += window.size / len(parts)
        check()

    def _read(self, window: Window, again: bool) -> _Planes:
        """A block; for the second time only the values, of which the quantiles are."""
        values = self.raster.values(window, self._numbers)
        if again:
            return _Planes(values)
        return _Planes(
            values,
            self.uncertainty.values(window, self._numbers) if self.uncertainty else None,
            self.domain.values(window, [1]) if self.domain else None,
        )

    def _inside(self, zone: Zone, part: Part, block: Window, planes: _Planes) -> Pixels:
        """The pixels of a part of a block that lie in a zone."""
        window = part.window
        if self.centres:
            covered = inside(zone.polygon, self.raster.grid.part(window))
        else:
            covered = covered_part(zone.edges, window)
        covered = covered * self._areas.of(window)  # 0 beyond the projection's edge
        area = float(covered.sum())
        cut = (slice(None), *window.relative_to(block.x, block.y).slices)
        valid = np.isfinite(planes.values[cut]).any(axis=0)
        valid &= covered > 0
        places = np.flatnonzero(valid)
        areas = covered.ravel()[places]
        if window.width < block.width:
            rows = places // window.width
            places += rows * (block.width - window.width) + (window.x - block.x)
        places += (window.y - block.y) * block.width
        values = _taken(planes.values, places)
        sigmas = None if planes.sigmas is None else _taken(planes.sigmas, places)
        domain = None if planes.domain is None else _taken(planes.domain, places)[0]
        if self._mg_number_from:
            mgo, feo = self._mg_number_from
            share = mg_number(values[mgo], values[feo]).astype(np.float32)
            if sigmas is not None:
                sigma = mg_number_uncertainty(
                    values[mgo], values[feo], sigmas[mgo], sigmas[feo], self.correlation
                )
                sigmas = np.concatenate([sigmas, sigma[np.newaxis].astype(np.float32)])
            values = np.concatenate([values, share[np.newaxis]])
        return Pixels(area, values, areas, sigmas, domain)


class _Planes(NamedTuple):
    """Values, uncertainties and domain distances of a block, float32 [bands, height, width]."""

    values: NDArray[np.float32]
    sigmas: NDArray[np.float32] | None = None
    domain: NDArray[np.float32] | None = None


def _taken(plane: NDArray[np.float32], places: NDArray[np.intp]) -> Values:
    """Values [bands, n] at some places counted along the rows of [bands, height, width]."""
    return plane.reshape(len(plane), -1).take(places, axis=1)
