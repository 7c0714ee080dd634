"""The report of a classified map: areas, means beside Table 2, the dividing FeO and the map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..core.mathematics.mixture import Histogram, Mixture
from ..core.oxides.oxides import MG_NUMBER
from ..core.oxides.published import ZHANG
from ..core.results.histogram import decimals_of
from ..core.results.terrain import CLASSES, ClassSummary, Limits, Scheme, rules
from .figures import COLOURS, drawn
from .page import UNITS, Page

_MG_OF_MEANS = f"{MG_NUMBER} of means"

#: Bins of the histogram in one of the figure: 0.2 wt%.
_COARSER = 10

_TERRANES = (
    "These classes are compositions, not the terranes of Jolliff et al. (2000, JGR 105, 4197), "
    "which are regions drawn from thorium, FeO and position. Thorium is not known here, and the "
    "numbers behind Fig. 4f of Zhang et al. (2023) are not available. The rule was made for this "
    "plugin; unless others were given, its limits are the means of the whole Moon in Table 2. "
    "Mafic and feldspathic are distinguished by FeO and Mg#; mafic ground inside the South "
    "Pole-Aitken basin by its position, the ellipse of Garrick-Bethell and Zuber (2009, Icarus "
    "204, 399). A mare outside both terranes, such as Crisium, is mafic (PKT-like) here too."
)
_BASALTS = (
    "Basalt types by TiO2 after Neal and Taylor (1992, Geochim. Cosmochim. Acta 56, 2177), who "
    "classify rocks; the soil of a mare also contains other material. Giguere et al. (2000) divide "
    "maps at other values."
)
_TABLE_2 = (
    "Table 2 describes the whole Moon, all of its maria and all of its highlands. A smaller region "
    "naturally differs from them, as does a division by FeO from other outlines of the maria. Its "
    "Mg# is compared with the mean of the pixels' Mg#."
)


class Picture(NamedTuple):
    """A small map."""

    #: Class numbers [rows, columns], 0 where there is none
    classes: NDArray[np.uint8]
    #: West, east, south and north in degrees; None where the map has no such edges
    extent: tuple[float, float, float, float] | None
    #: Height of a pixel over its width
    aspect: float


class Terrain(NamedTuple):
    """A classified map, for its report."""

    scheme: Scheme
    limits: Limits
    summaries: Sequence[ClassSummary]
    histogram: Histogram
    #: The fit behind the limit of FeO; None when it was given
    mixture: Mixture | None
    picture: Picture


def html_report(
    terrain: Terrain, notes: Sequence[str], warnings: Sequence[str], provenance: Mapping[str, str]
) -> str:
    """Make a self-contained page: warnings and notes, the numbers, where they come from."""
    page = Page("Terrain classes")
    for text in warnings:
        page.warning(text)
    for text in notes:
        page.paragraph(text)
    if terrain.scheme is Scheme.TERRANES:
        page.warning(_TERRANES)
    if terrain.scheme is Scheme.BASALTS:
        page.paragraph(_BASALTS)
    _classes(page, terrain)
    _means(page, terrain.summaries)
    _published(page, terrain.summaries)
    page.provenance(provenance)
    return page.html()


def _classes(page: Page, terrain: Terrain) -> None:
    page.heading("Classes")
    said = rules(terrain.scheme, terrain.limits)
    page.table(
        ["class", "pixels", "area (km²)", "% of area"],
        [
            [f"{one.name}: {rule}" if rule else one.name, one.pixels, one.area_km2, one.percent]
            for one, rule in zip_longest(terrain.summaries, said)
        ],
        [0, 0, 1, 2],
    )
    page.figure(drawn(lambda figure: _draw_map(figure, terrain), 7, 5), "The classes on the map.")
    caption = "FeO of all classified pixels, by area, and the FeO that divides the classes."
    if terrain.mixture:
        caption += " Curves: the two Gaussians fitted to it (dashed), and their sum."
    page.figure(drawn(lambda figure: _draw_histogram(figure, terrain), 7, 3.5), caption)


def _means(page: Page, summaries: Sequence[ClassSummary]) -> None:
    names = list(summaries[0].quantities)
    for title, index in (("Means", 0), ("Standard deviations", 1)):
        page.heading(title)
        shown = [*names, *([_MG_OF_MEANS] if index == 0 and MG_NUMBER in names else [])]
        rows = [
            [one.name, *(one.quantities[name][index] for name in names), one.mg_number_of_means]
            for one in summaries
        ]
        page.table(["class", *shown], rows, [0, *map(decimals_of, shown)], UNITS)


def _published(page: Page, summaries: Sequence[ClassSummary]) -> None:
    names = list(summaries[0].quantities)
    page.heading("Beside Table 2 of Zhang et al. (2023)")
    page.paragraph(_TABLE_2)
    rows: list[list[object]] = []
    for one in summaries:
        if one.region is None or one.pixels == 0:
            continue
        rows.append([one.name, *(one.quantities[name].mean for name in names)])
        rows.append([f"Table 2, {one.region}", *(one.published(name) for name in names)])
        rows.append(["difference", *(one.difference(name) for name in names)])
    page.table(["", *names], rows, [0, *map(decimals_of, names)], ZHANG)


def _draw_map(figure: Any, terrain: Terrain) -> None:
    from matplotlib.colors import ListedColormap
    from matplotlib.patches import Patch

    classes, picture = CLASSES[terrain.scheme], terrain.picture
    axes = figure.subplots()
    axes.imshow(
        np.ma.masked_equal(picture.classes, 0),
        cmap=ListedColormap([one.colour for one in classes]),
        vmin=0.5,
        vmax=len(classes) + 0.5,
        extent=picture.extent,
        aspect="equal" if picture.extent else picture.aspect,
        interpolation="nearest",
    )
    if picture.extent:
        axes.set(xlabel="longitude (degrees east)", ylabel="latitude (degrees)")
        axes.ticklabel_format(useOffset=False)
    else:
        axes.set(xticks=[], yticks=[])
    patches = [
        Patch(facecolor=one.colour, edgecolor="#555", label=f"{one.name}: {found.percent:.1f} %")
        for one, found in zip(classes, terrain.summaries)
    ]
    # Above the map, where there are no labels of an axis.
    axes.legend(handles=patches, loc="lower center", bbox_to_anchor=(0.5, 1), ncol=2, frameon=False)


def _draw_histogram(figure: Any, terrain: Terrain) -> None:
    edges, weights = terrain.histogram.coarser(_COARSER)
    share = 100 * weights / weights.sum() / np.diff(edges)
    axes = figure.subplots()
    axes.stairs(share, edges, fill=True, color="#c8c8c8", label="this raster")
    axes.axvline(terrain.limits.feo, color=COLOURS[1], label=f"{terrain.limits.feo:.2f} wt%")
    if terrain.mixture:
        x = np.linspace(edges[0], edges[-1], 1000)
        parts = 100 * np.exp(terrain.mixture.log_densities(x))
        for part, label in zip(parts, ("two Gaussians", None)):
            axes.plot(x, part, "--", color=COLOURS[0], linewidth=1, label=label)
        axes.plot(x, parts.sum(axis=0), color=COLOURS[0], linewidth=1, label="their sum")
    filled = np.flatnonzero(weights)
    shown = [edges[filled[0]], edges[filled[-1] + 1], terrain.limits.feo]
    axes.set(
        xlim=(max(min(shown) - 1, edges[0]), min(max(shown) + 1, edges[-1])),
        ylim=(0, 1.08 * share.max()),
        xlabel="FeO (wt%)",
        ylabel="% of area per wt%",
    )
    axes.legend(frameon=False)
