"""Spectra of the units of the demo scenes: mixtures of the training sites.

The demo scenes are synthetic, but every spectrum in them comes from the Moon. A unit is a patchwork
of soils measured at the training sites, in shares that bring its chemistry as near as possible to
the unit mean in Tables 5 and 6 of Zhang et al. (2023). Reflectance and oxide content of a patchwork
(areal mixing) are the same weighted means, so one set of shares gives both. Chemistry outside the
range of the sites cannot be reached; nothing is extrapolated. Shares are chosen by chemistry alone,
never by what a model predicts.

``python -m training.demo_units`` rewrites the table and prints the comparison.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import linprog, nnls

from lunar_oxide_plugin.core.demo import scene as demo_scene
from lunar_oxide_plugin.core.oxides.oxides import OXIDES

from . import markdown
from .metrics import rmse
from .tables import BAND_COLUMNS, DATA, FloatArray, SiteTable, load_paper_predictions, load_sites

#: Largest change of the nearest chemistry by the second step, in units of `oxide_scale`
#: (0.02-0.04 wt%): only tolerance for the solver.
_TOLERANCE = 0.1

#: Smaller shares are solver residue or negligible; they are left out.
_SMALLEST_SHARE = 0.005

#: Weight of "the shares sum to 1" against the chemistry in the first step.
_SUM_WEIGHT = 1e4

_HEADER = """\
# SYNTHETIC. Units of the demo scenes, made by `python -m training.demo_units`; do not edit.
# Every row is a mixture of the training sites named in `mixture` with the shares given there.
# The shares bring the oxides (wt%) as near as the sites permit to the unit means in Tables 5
# and 6 of Zhang et al. (2023), Icarus 397, 115505. Not a measurement of Mairan or Sosigenes.
# Reflectance (i=30 e=0 g=30): MI pixels of the sites, published with Yang et al. (2023),
# doi 10.1038/s41467-023-43358-0, mixed with the same shares.
"""


@dataclass(frozen=True)
class UnitTarget:
    """A unit of the paper: scene, name and mean oxides in wt%, shape (5,)."""

    scene: str
    unit: str
    oxides: FloatArray


@dataclass(frozen=True)
class Mixture:
    """Shares of the sites, shape (n,), and the reflectance (8,) and oxides (5,) of the mixture."""

    shares: FloatArray
    reflectance: FloatArray
    oxides: FloatArray


def load_targets(path: Path = DATA / "paper_units.csv") -> list[UnitTarget]:
    """Unit means of the paper's Tables 5 (Mairan) and 6 (Sosigenes)."""
    with path.open(newline="", encoding="utf-8") as file:
        return [
            UnitTarget(row["scene"], row["unit"], np.array([float(row[name]) for name in OXIDES]))
            for row in csv.DictReader(file)
        ]


def oxide_scale(table: SiteTable) -> FloatArray:
    """Unit in which misfits of different oxides are compared, wt%, shape (5,).

    The RMSE of the paper's own predictions (its Table 3) at the sites: how well its method
    determines an oxide, and so how accurate a printed unit mean is.
    """
    predicted = load_paper_predictions()
    return rmse(table.oxides, np.array([predicted[site] for site in table.sites]))


def mix(table: SiteTable, target: FloatArray, scale: FloatArray) -> Mixture:
    """The mixture of sites nearest to a chemistry (5,) in wt%, in units of a scale (5,).

    Of all mixtures with the nearest chemistry, the one from the sites that resemble the target
    most: real soils of about this composition have spectra typical of it, a mixture of extremes
    need not.
    """
    nearest = _nearest_chemistry(table.oxides / scale, target / scale)
    shares = _similar_sites(table.oxides / scale, nearest, target / scale)
    return Mixture(shares, shares @ table.reflectance, shares @ table.oxides)


def _nearest_chemistry(oxides: FloatArray, target: FloatArray) -> FloatArray:
    """Point of the sites' convex hull with the smallest squared distance to the target."""
    matrix = np.vstack([oxides.T, np.full(len(oxides), _SUM_WEIGHT)])
    shares, _ = nnls(matrix, np.append(target, _SUM_WEIGHT))
    return np.asarray(shares / shares.sum() @ oxides)


def _similar_sites(oxides: FloatArray, chemistry: FloatArray, target: FloatArray) -> FloatArray:
    """Shares that mix to a chemistry with the least mean squared distance of the sites.

    A linear programme: its solutions are corners, so at most six sites have a share.
    """
    distance = ((oxides - target) ** 2).sum(axis=1)
    solution = linprog(
        distance,
        A_ub=np.vstack([oxides.T, -oxides.T]),
        b_ub=np.concatenate([chemistry + _TOLERANCE, _TOLERANCE - chemistry]),
        A_eq=np.ones((1, len(oxides))),
        b_eq=[1.0],
    )
    shares = np.where(solution.x < _SMALLEST_SHARE, 0.0, solution.x)
    # As written in the table: three digits with a sum of exactly 1.
    shares = np.round(shares / shares.sum(), 3)
    shares[shares.argmax()] += 1 - shares.sum()
    return np.asarray(np.round(shares, 3))


def build() -> list[tuple[UnitTarget, Mixture]]:
    """Mixtures for all units of the paper's two tables."""
    table = load_sites()
    scale = oxide_scale(table)
    return [(target, mix(table, target.oxides, scale)) for target in load_targets()]


def table_text(units: list[tuple[UnitTarget, Mixture]]) -> str:
    """The table that the plugin ships."""
    sites = load_sites().sites
    lines = [_HEADER + ",".join(("scene", "unit", *BAND_COLUMNS, *OXIDES, "mixture"))]
    for target, mixture in units:
        recipe = " + ".join(
            f"{mixture.shares[i]:.3f} {sites[i]}" for i in np.flatnonzero(mixture.shares)
        )
        numbers = [f"{value:.5f}" for value in mixture.reflectance]
        numbers += [f"{value:.2f}" for value in mixture.oxides]
        lines.append(",".join((target.scene, target.unit, *numbers, recipe)))
    return "\n".join(lines) + "\n"


def comparison(units: list[tuple[UnitTarget, Mixture]]) -> str:
    """Paper and mixture side by side, as a Markdown table."""
    rows = [
        [
            target.scene,
            target.unit,
            *(f"{paper:.2f} / {mixed:.2f}" for paper, mixed in zip(target.oxides, mixture.oxides)),
        ]
        for target, mixture in units
    ]
    return markdown.table(["scene", "unit", *(f"{name} paper / mixed" for name in OXIDES)], rows)


def main() -> None:
    """Rewrite the table and print the comparison."""
    units = build()
    demo_scene.TABLE.write_text(table_text(units), encoding="utf-8", newline="\n")
    print(comparison(units))


if __name__ == "__main__":
    main()
