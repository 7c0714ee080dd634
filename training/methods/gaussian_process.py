"""The project's own model: Gaussian processes on the log-ratios of the oxides.

Four Gaussian processes, one per description of a spectrum (`features`), share a kernel and are
averaged. They predict the logarithms of the five oxides over the rest (100 wt% minus the five:
SiO2 and minor oxides), Aitchison's additive log-ratio (1982, J. R. Stat. Soc. B 44, 139), so that
no oxide can be negative nor all five exceed 100 wt%, and an oxide falls where others rise.
FeO and TiO2 are averaged with the angle equations of Otake et al. (2012), whose few constants
cannot follow noise. Their values are limited to zero to `ANGLE_REACH` times the highest of the
training sites, as the power law of TiO2 is unbounded.

Per oxide, the noise of the processes and the share of the angle equation are those with the
smallest squared leave-one-out error among the training sites (closed form, Rasmussen and
Williams 2006, section 5.4.2; the equation is fitted again without each site). Nothing else is
chosen by errors when a model is fitted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from lunar_oxide_plugin.core.oxides.oxides import OXIDES
from lunar_oxide_plugin.core.spectra.empirical import AngleConstants

from ..domain import FLOOR
from ..graph import FLOAT, Graph
from ..tables import FloatArray, SiteTable
from .angles import ANGLE_COLUMNS, BAND_INDEX, apply_constants, fit_constants
from .features import DARKEST_750, FEATURES
from .kernel import Kernel, fit_kernel
from .method import Fitted, Method

#: Smallest oxide in wt% whose logarithm is taken: below the content of soils (TiO2 0.3).
SMALLEST_OXIDE = 0.05

#: Upper limit of the angle equations, in units of the highest oxide of the training sites.
ANGLE_REACH = 1.25


class Choice(NamedTuple):
    """Settings chosen for one oxide: noise variance in units of the sites', share of the angle."""

    noise: float
    angle_share: float


@dataclass(frozen=True, kw_only=True)
class FittedProcesses(Fitted):
    """Fitted processes.

    Weights (5, 4, m, 5) are by oxide (each has its own noise), description, training site and
    log-ratio; mean and scale (5,) of the training sites' log-ratios. There are no constants when
    the TiO2 of the training sites does not rise with its angle. Angle limits (2,) are the highest
    FeO and TiO2 in wt% that the angle equations may give.
    """

    kernel: Kernel
    weights: FloatArray
    mean: FloatArray
    scale: FloatArray
    choice: tuple[Choice, ...]
    constants: AngleConstants | None
    angle_limits: FloatArray

    def oxides(self, reflectance: FloatArray) -> FloatArray:
        """Oxides in wt%, shape (n, 5)."""
        covariance = self.kernel.with_training(reflectance)
        ratios = np.einsum("fnm,ofmr->onr", covariance, self.weights) / len(covariance)
        ratios = ratios * self.scale + self.mean
        predicted = np.stack([_from_ratios(r)[:, o] for o, r in enumerate(ratios)], axis=1)
        if self.constants is not None:
            share = np.array([self.choice[column].angle_share for column in ANGLE_COLUMNS])
            angles = np.clip(_angle_oxides(self.constants, reflectance), 0, self.angle_limits)
            blended = (1 - share) * predicted[:, ANGLE_COLUMNS] + share * angles
            predicted[:, ANGLE_COLUMNS] = blended
        return predicted

    def choices(self) -> dict[str, object]:
        """Noise and angle share by oxide."""
        return {oxide: choice._asdict() for oxide, choice in zip(OXIDES, self.choice)}

    def add_to(self, graph: Graph) -> str:
        """Add to a graph, in float64: the weights are large and cancel."""
        covariance, _ = self.kernel.add_to(graph)
        oxides, descriptions, sites, ratios = self.weights.shape
        flat = graph.node(
            "Reshape",
            [covariance, graph.integers("flat_shape", [descriptions * sites, -1])],
            "covariance_flat",
        )
        # Rows: log-ratio by log-ratio for the noise of the first oxide, then of the second, ...
        weights = self.weights.transpose(0, 3, 1, 2) * self.scale[:, None, None] / descriptions
        weights = weights.reshape(oxides * ratios, descriptions * sites)
        product = graph.node("MatMul", [graph.doubles("weights", weights), flat], "ratio_parts")
        mean = graph.doubles("ratio_means", np.tile(self.mean, oxides)[:, None])
        graph.node("Add", [product, mean], "ratios_flat")
        shape = graph.integers("ratio_shape", [oxides, ratios, -1])
        powers = graph.node("Exp", [graph.node("Reshape", ["ratios_flat", shape], "ratios")], "pow")
        axis = graph.integers("axis1", [1])
        total = graph.node("ReduceSum", [powers, axis], "pow_sum", keepdims=0)
        whole = graph.node("Add", [total, graph.doubles("one_double", 1.0)], "pow_total")
        own = graph.node("Mul", [powers, graph.doubles("own", np.eye(oxides)[:, :, None])], "pow_o")
        own = graph.node("ReduceSum", [own, axis], "pow_own", keepdims=0)
        share = graph.node("Div", [own, whole], "weight_share")
        predicted = graph.node("Mul", [share, graph.doubles("hundred", 100.0)], "process_oxides")
        if self.constants is not None:
            predicted = self._add_angles(graph, predicted, self.constants)
        return graph.cast(predicted, FLOAT, "processes")

    def _add_angles(self, graph: Graph, predicted: str, constants: AngleConstants) -> str:
        slope = graph.doubles("angle_feo_slope", constants.fe_slope)
        product = graph.node("Mul", ["theta_fe_rising", slope], "angle_feo_product")
        intercept = graph.doubles("angle_feo_intercept", constants.fe_intercept)
        fe = graph.node("Add", [product, intercept], "angle_feo")
        positive = graph.node("Max", ["theta_ti", graph.doubles("zero_double", 0.0)], "theta_ti_up")
        power = graph.node(
            "Pow", [positive, graph.doubles("ti_exponent", constants.ti_exponent)], "theta_ti_pow"
        )
        ti = graph.node("Mul", [power, graph.doubles("ti_factor", constants.ti_factor)], "angle_ti")
        none = graph.node("Mul", [fe, graph.doubles("zero_double", 0.0)], "angle_none")
        rows = [none] * len(OXIDES)
        for column, name, limit in zip(ANGLE_COLUMNS, (fe, ti), self.angle_limits):
            above = graph.node("Max", [name, graph.doubles("zero_double", 0.0)], f"{name}_above")
            highest = graph.doubles(f"{name}_limit", limit)
            rows[column] = graph.node("Min", [above, highest], f"{name}_within")
        angles = graph.node("Concat", rows, "angle_oxides", axis=0)
        share = np.array([[c.angle_share] for c in self.choice])
        mine = graph.node("Mul", [predicted, graph.doubles("own_share", 1 - share)], "own_part")
        theirs = graph.node("Mul", [angles, graph.doubles("angle_share", share)], "angle_part")
        return graph.node("Add", [mine, theirs], "blended")


@dataclass(frozen=True)
class GaussianProcesses(Method):
    """Gaussian processes on log-ratios, averaged with the angle equations."""

    noises: tuple[float, ...] = (0.001, 0.003, 0.01, 0.03)
    angle_shares: tuple[float, ...] = (0.0, 0.25, 0.5, 0.75)
    descriptions: tuple[str, ...] = tuple(FEATURES)

    id: ClassVar[str] = "gaussian_process"
    title: ClassVar[str] = "Gaussian processes (default)"
    description: ClassVar[str] = (
        "Gaussian processes on the log-ratios of the oxides, averaged over four descriptions of a "
        "spectrum (reflectance, its logarithm, ratios to 750 nm, and the angles of Otake et al. "
        "2012), FeO and TiO2 averaged with the refitted angle equations. Noise and averaging "
        "weight are chosen per oxide by leave-one-out error among the training sites."
    )
    citation: ClassVar[str] = (
        "This project; Rasmussen and Williams (2006), Gaussian Processes for Machine Learning; "
        "Aitchison (1982), J. R. Stat. Soc. B 44, 139; Otake et al. (2012), LPSC 43, abstract 1905"
    )
    extended: ClassVar[bool] = True

    def fit(self, table: SiteTable, seed: Sequence[int] = ()) -> FittedProcesses:
        """Fit in closed form; nothing is random."""
        kernel = fit_kernel(table.reflectance, self.descriptions)
        within = kernel.with_training(table.reflectance)
        ratios = _to_ratios(table.oxides)
        mean, scale = ratios.mean(axis=0), ratios.std(axis=0)
        weights: dict[float, FloatArray] = {}
        left_out: dict[float, FloatArray] = {}
        for noise in self.noises:
            inverse = np.asarray(np.linalg.inv(within + noise * np.eye(len(ratios))), np.float64)
            weights[noise] = np.asarray(inverse @ ((ratios - mean) / scale))
            errors = leave_one_out_errors(inverse, weights[noise])
            left_out[noise] = _from_ratios(ratios - scale * errors.mean(axis=0))
        constants, angles = _fit_angles(table)
        choice = tuple(
            _choose(
                oxide, {n: v[:, o] for n, v in left_out.items()}, angles.get(o), self.angle_shares
            )
            for o, oxide in enumerate(table.oxides.T)
        )
        return FittedProcesses(
            kernel=kernel,
            weights=np.stack([weights[c.noise] for c in choice]),
            mean=mean,
            scale=scale,
            choice=choice,
            constants=constants,
            angle_limits=ANGLE_REACH * table.oxides[:, ANGLE_COLUMNS].max(axis=0),
        )


def leave_one_out_errors(inverse: FloatArray, weights: FloatArray) -> FloatArray:
    """Measured minus predicted (4, m, k) of each site by a process of the others.

    Without refitting, from the inverse covariances (4, m, m) of all sites, noise included, and the
    weights (4, m, k), which are these times the k measured values.
    """
    return np.asarray(weights / np.diagonal(inverse, axis1=1, axis2=2)[:, :, None])


def _choose(
    measured: FloatArray,
    processes: dict[float, FloatArray],
    angle: FloatArray | None,
    shares: Sequence[float],
) -> Choice:
    """Noise and share with the smallest leave-one-out squared error; the first of equals."""
    theirs, shares = (0.0, (0.0,)) if angle is None else (angle, shares)
    errors = {
        Choice(noise, share): (((1 - share) * predicted + share * theirs - measured) ** 2).mean()
        for noise, predicted in processes.items()
        for share in shares
    }
    return min(errors, key=lambda choice: float(errors[choice]))


def _fit_angles(table: SiteTable) -> tuple[AngleConstants | None, dict[int, FloatArray]]:
    """Constants of all sites, and each site's oxides by constants fitted without it."""
    bands = _darkest(table.reflectance)
    oxides = table.oxides[:, ANGLE_COLUMNS]
    left_out = np.empty_like(oxides)
    try:
        for row in range(len(oxides)):
            rest = np.arange(len(oxides)) != row
            constants = fit_constants(bands[rest], oxides[rest])
            reach = ANGLE_REACH * oxides[rest].max(axis=0)
            left_out[row] = np.clip(apply_constants(constants, bands[[row]])[0], 0, reach)
        constants = fit_constants(bands, oxides)
    except (RuntimeError, TypeError, ValueError):  # TypeError: fewer sites than constants
        return None, {}
    if not np.isfinite(left_out).all():
        return None, {}
    return constants, dict(zip(ANGLE_COLUMNS, left_out.T))


def _angle_oxides(constants: AngleConstants, reflectance: FloatArray) -> FloatArray:
    """FeO and TiO2 (n, 2); a negative titanium angle counts as zero."""
    return np.nan_to_num(apply_constants(constants, _darkest(reflectance)), nan=0.0)


def _darkest(reflectance: FloatArray) -> FloatArray:
    """The three bands (n, 3), R750 not below the domain of the angles."""
    bands = np.maximum(reflectance[:, BAND_INDEX], FLOOR)
    bands[:, 1] = np.maximum(bands[:, 1], DARKEST_750)
    return bands


def _to_ratios(oxides: FloatArray) -> FloatArray:
    """Additive log-ratios to the rest, (n, 5)."""
    positive = np.maximum(oxides, SMALLEST_OXIDE)
    return np.asarray(np.log(positive / (100 - positive.sum(axis=1, keepdims=True))))


def _from_ratios(ratios: FloatArray) -> FloatArray:
    powers = np.exp(ratios)
    return np.asarray(100 * powers / (1 + powers.sum(axis=1, keepdims=True)))
