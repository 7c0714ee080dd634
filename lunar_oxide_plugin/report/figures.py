"""Figures as SVG, drawn with matplotlib where QGIS's Python has it."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from ..core.oxides.colours import VIRIDIS, Scale

#: Colours of series that differ in brightness too, for grey prints and colour-blind readers
#: (Okabe and Ito 2008, "Color Universal Design").
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")

#: Markers beside them.
MARKERS = ("o", "s", "^", "D", "v", "P", "X")

#: Oxides as figures print them. In Unicode, not mathtext ("Al$_2$O$_3$"): matplotlib's parser keeps
#: exceptions, and with their frames QGIS's objects beyond their end.
FORMULAS = {"Al2O3": "Al\N{SUBSCRIPT TWO}O\N{SUBSCRIPT THREE}", "TiO2": "TiO\N{SUBSCRIPT TWO}"}


#: Fonts of Linux, macOS and Windows with scripts, in which units and files may be named, that
#: matplotlib's own (Latin, Greek and Cyrillic) lacks.
_OTHER_SCRIPTS = (
    *("Noto Sans CJK JP", "Noto Sans JP", "IPAexGothic", "IPAGothic", "Droid Sans Fallback"),
    *("Hiragino Sans", "PingFang SC", "Arial Unicode MS"),
    *("Yu Gothic", "Meiryo", "Microsoft YaHei", "Malgun Gothic"),
)


def formula(name: str) -> str:
    """An oxide's name as figures print it; other names unchanged, without mathtext."""
    return FORMULAS.get(name, name.replace("$", r"\$"))


def drawn(draw: Callable[[Any], None], width: float, height: float) -> str | None:
    """A figure as SVG, or None without matplotlib.

    `draw` draws into an empty `matplotlib.figure.Figure` of this size in inches. Letters become
    outlines, so that it looks the same everywhere; the same drawing gives the same text.
    """
    try:
        import matplotlib as mpl
        from matplotlib.backends.backend_svg import FigureCanvasSVG
        from matplotlib.figure import Figure
    except ImportError:
        return None
    settings: dict[Any, Any] = {"svg.hashsalt": "lunar oxide", "font.family": _fonts()}
    with mpl.rc_context({**settings, "font.size": 9, "axes.axisbelow": True}):
        figure = Figure(figsize=(width, height), dpi=72, constrained_layout=True)
        FigureCanvasSVG(figure)  # without pyplot, which belongs to the main thread
        draw(figure)
        _lay_out(figure)
        text = io.StringIO()
        figure.savefig(text, format="svg", dpi=150, metadata={"Date": None, "Creator": None})
    return text.getvalue()


def _lay_out(figure: Any) -> None:
    """Arrange the axes, and free what matplotlib does not.

    The grids of its constrained layout and the variables of its solver refer to each other, which
    Python's garbage collector does not see: 0.2 MB for each report.
    """
    if not hasattr(figure, "get_layout_engine"):  # matplotlib 3.5
        return
    grids = figure.get_layout_engine().execute(figure)
    figure.set_layout_engine("none")
    for grid in grids.values():
        getattr(grid, "__dict__", {}).clear()


@lru_cache(1)
def _fonts() -> list[str]:
    """Matplotlib's font, and installed ones for what it lacks."""
    from matplotlib.font_manager import fontManager

    here = {font.name for font in fontManager.ttflist}
    return ["sans-serif", *(name for name in _OTHER_SCRIPTS if name in here)]


def shortened(name: str, longest: int) -> str:
    """A name in one line, without its middle when it is too long for a figure."""
    line = " ".join(name.split())
    half = (longest - 3) // 2
    return line if len(line) <= longest else f"{line[: longest - 3 - half]}...{line[-half:]}"


def colour_map(scale: Scale) -> dict[str, Any]:
    """Arguments of `imshow` for the fixed scale of a map, within `drawn`: cmap, vmin, vmax."""
    from matplotlib.colors import LinearSegmentedColormap

    colours = LinearSegmentedColormap.from_list("lunar oxide", list(VIRIDIS), N=1024)
    return {"cmap": colours, "vmin": scale.low, "vmax": scale.high}
