"""Oxide maps to compare: which bands of both, and in which units."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...core.errors import RasterError
from ...core.oxides.content_units import ContentUnit, element_of
from ...core.oxides.oxides import OXIDES, oxide_described
from ...core.oxides.valid_range import valid_range
from ...core.results.cells import Cells
from ..gdal_io.blocks import Window, sample_windows
from ..moon.areas import PixelAreas
from ..sources.raster import Raster


class OxideMap:
    """Oxides of a raster in wt%, whatever unit its bands, counted from 1, store them in."""

    def __init__(
        self,
        raster: Raster,
        numbers: Iterable[int],
        oxides: Iterable[str],
        unit: ContentUnit = ContentUnit.OXIDE_PERCENT,
    ) -> None:
        self.raster = raster
        self.numbers, self.oxides = list(numbers), list(oxides)
        factors = [unit.factor(oxide) for oxide in self.oxides]
        limits = map(valid_range, self.oxides)
        raster.expect(
            {number: limit.before(by) for number, limit, by in zip(self.numbers, limits, factors)}
        )
        self._factors = np.array(factors, np.float32)[:, np.newaxis, np.newaxis]

    def values(self, window: Window) -> NDArray[np.float32]:
        """wt% [oxides, height, width] of a window, NaN where not valid."""
        values = self.raster.values(window, self.numbers)
        values *= self._factors
        return values

    @property
    def pixel_area(self) -> float:
        """Mean area in km2 of its pixels on the Moon, by samples; 0 without any."""
        grid = self.raster.grid
        areas = PixelAreas(grid, self.raster.name)
        found = [
            np.broadcast_to(areas.of(window), (window.height, window.width))
            for window in sample_windows(grid.window)
        ]
        count = sum(int(np.count_nonzero(each)) for each in found)
        return sum(float(each.sum()) for each in found) / count if count else 0.0


class Reference(NamedTuple):
    """What a map is compared with: another map, or the cells of a table in wt% of oxides."""

    source: Raster | Cells
    name: str
    unit: ContentUnit

    @property
    def is_raster(self) -> bool:
        """Whether it is a map."""
        return isinstance(self.source, Raster)

    @property
    def names(self) -> list[str]:
        """Descriptions of its bands, or oxides of its columns."""
        if isinstance(self.source, Raster):
            return self.source.band_names
        return list(self.source.oxides)

    @property
    def oxides(self) -> dict[str, int]:
        """Band numbers by oxide; 0 in a table."""
        if isinstance(self.source, Raster):
            return _named(self.unit.oxide_named, self.names)
        return dict.fromkeys(self.source.oxides, 0)


def chosen_bands(
    raster: Raster, reference: Reference, oxide: str | None, given: Sequence[int | None]
) -> dict[str, tuple[int, int]]:
    """The oxides to compare, with the band numbers of both (0 in a table of cells).

    By default, all that both have. `oxide` is the one to compare, `given` are its bands in both
    where their descriptions do not say so. What cannot be determined is refused.
    """
    ours, theirs = _named(oxide_described, raster.band_names), reference.oxides
    unit = reference.unit
    if oxide is None and any(given):
        described = [
            name
            for number, named in zip(given, (ours, theirs))
            for name, of in named.items()
            if of == number
        ]
        if len(set(described)) != 1:
            raise RasterError(
                "INPUT_BAND and REFERENCE_BAND do not say which oxide they hold"
                + (f" ({' and '.join(described)})." if described else ": they have no description.")
                + " Give it as OXIDE."
            )
        oxide = described[0]
    if oxide is None:
        common = [name for name in OXIDES if name in ours and name in theirs]
        if not common:
            wanted = [element_of(name) if unit.elemental else name for name in OXIDES]
            raise RasterError(
                f"{raster.name} and {reference.name} have no oxide in common: the first has "
                f"{_quoted(raster.band_names)}, the second {_quoted(reference.names)}; names "
                f"accepted for {unit.title} are {', '.join(wanted)}. Give OXIDE, INPUT_BAND and "
                "REFERENCE_BAND, or another REFERENCE_UNIT."
            )
        return {name: (ours[name], theirs[name]) for name in common}
    numbers = []
    choose = f" in {reference.name}. Choose"
    if reference.is_raster:
        choose = ". Give its number in REFERENCE_BAND, or"
    for number, named, names, remedy in (
        (given[0], ours, raster.band_names, ". Give its number in INPUT_BAND, or"),
        (given[1], theirs, reference.names, choose),
    ):
        if number is None and oxide not in named:
            raise RasterError(
                f"No single one of {_quoted(names)} is named {oxide}{remedy} another OXIDE."
            )
        numbers.append(number or named[oxide])
    return {oxide: (numbers[0], numbers[1])}


def _named(oxide_of: Callable[[str], str | None], names: Sequence[str]) -> dict[str, int]:
    """Band numbers by oxide, of those that exactly one band is named after."""
    oxides = [oxide_of(name) for name in names]
    return {
        oxide: number
        for number, oxide in enumerate(oxides, start=1)
        if oxide and oxides.count(oxide) == 1
    }


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def with_feo(raster: Raster, bands: Mapping[str, tuple[int, int]]) -> OxideMap:
    """The bands of a map to compare, by `chosen_bands`, and last that of FeO for the classes."""
    numbers = {oxide: number for oxide, (number, _) in bands.items()}
    if feo := _named(oxide_described, raster.band_names).get("FeO"):
        numbers.setdefault("FeO", feo)
    return OxideMap(raster, list(numbers.values()), list(numbers))


def require_unit(
    raster: Raster,
    contents: dict[int, str],
    unit: ContentUnit,
    check: Callable[[], None] = lambda: None,
) -> None:
    """Refuse a reference whose values do not fit the unit that was given, naming one that fits.

    Judged on samples spread over the raster; where these are nodata, block by block until one
    does. `contents` are oxides by band number; `check` is called before each window is read.
    """
    # A map in per cent that is said to hold fractions is recognised by its values.
    raster.expect({number: valid_range(oxide) for number, oxide in contents.items()})
    for number, oxide in contents.items():
        found = _samples(raster, number, check)
        if not found.size and raster.out_of_range(number).many_values:
            raise RasterError(f"REFERENCE {raster.described_out_of_range(number)}.")
        if unit.contradicted(oxide, found):
            raise RasterError(
                f"{raster.name} (REFERENCE): band {number}, {oxide}, reaches {found.max():.3g}, "
                f"which does not fit {unit.title}. Set REFERENCE_UNIT to {unit.other:d} "
                f"({unit.other.title})."
            )


def _samples(raster: Raster, number: int, check: Callable[[], None]) -> NDArray[np.float32]:
    """Valid values [n] of a band; none where there are none."""

    def valid(window: Window) -> NDArray[np.float32]:
        check()
        values = raster.values(window, [number])
        return values[np.isfinite(values)]

    found = np.concatenate([valid(window) for window in sample_windows(raster.grid.window, 8)])
    for window in raster.plan().blocks(raster.grid.window) if not found.size else ():
        found = valid(window)
        if found.size:
            break
    return found
