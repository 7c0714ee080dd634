"""Figures as SVG, drawn with matplotlib where QGIS's Python has it."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from ..core.colours import VIRIDIS, Scale

#: Colours of series that differ in brightness too, for grey prints and colour-blind readers
#: (Okabe and Ito 2008, "Color Universal Design").
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")

#: Markers beside them.
MARKERS = ("o", "s", "^", "D", "v", "P", "X")

#: Oxides as figures print them. With letters, not mathtext ("Al$_2$O$_3$"): matplotlib's parser
#: keeps exceptions, these the frames of all that called it, and so QGIS's objects beyond their end.
FORMULAS = {"Al2O3": "Al\N{SUBSCRIPT TWO}O\N{SUBSCRIPT THREE}", "TiO2": "TiO\N{SUBSCRIPT TWO}"}


def formula(name: str) -> str:
    """An oxide's name as figures print it; other names as they are, with nothing to typeset."""
    return FORMULAS.get(name, name.replace("$", r"\$"))


def drawn(draw: Callable[[Any], None], width: float, height: float) -> str | None:
    """Draw a figure.

    Parameters
    ----------
    draw : callable
        Draws into an empty `matplotlib.figure.Figure`.
    width, height : float
        Inches.

    Returns
    -------
    str or None
        SVG, with letters as outlines: it looks the same everywhere. None where there is no
        matplotlib. The same drawing gives the same text.
    """
    try:
        import matplotlib as mpl
        from matplotlib.backends.backend_svg import FigureCanvasSVG
        from matplotlib.figure import Figure
    except ImportError:
        return None
    with mpl.rc_context({"svg.hashsalt": "lunar oxide", "font.size": 9, "axes.axisbelow": True}):
        figure = Figure(figsize=(width, height), constrained_layout=True)
        FigureCanvasSVG(figure)  # without pyplot, which belongs to the main thread
        draw(figure)
        text = io.StringIO()
        figure.savefig(text, format="svg", dpi=150, metadata={"Date": None, "Creator": None})
    return text.getvalue()


def colour_map(scale: Scale) -> dict[str, Any]:
    """How `imshow` and `pcolormesh` draw a map by its fixed scale: their cmap, vmin and vmax.

    Raises
    ------
    ImportError
        Without matplotlib; within `drawn` it is there.
    """
    from matplotlib.colors import LinearSegmentedColormap

    colours = LinearSegmentedColormap.from_list("lunar oxide", list(VIRIDIS), N=1024)
    return {"cmap": colours, "vmin": scale.low, "vmax": scale.high}
