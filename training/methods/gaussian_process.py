"""The project's own model: Gaussian processes on the log-ratios of the oxides.

Gaussian processes, one per description of a spectrum (`features`), share a kernel and are
averaged. They predict the logarithms of the five oxides over the rest (100 wt% minus the five:
SiO2 and minor oxides), Aitchison's additive log-ratio (1982, J. R. Stat. Soc. B 44, 139), so that
no oxide can be negative nor all five exceed 100 wt%, and an oxide falls where others rise.

Every setting is fixed; nothing is chosen by errors when a model is fitted. Per oxide (`SETTINGS`):

- Noise: 0.03 for Al2O3 and CaO, 0.01 for FeO and TiO2, 0.003 for MgO. Choosing it by
  leave-one-out errors among the training sites was worse for places that were never sampled than
  any of these values.
- FeO: sites of one mission share an error with a variance of 0.03 (the same soil types, the same
  light), so that 20 sites of Apollo 17 do not count like 20 landings. The angles are left out of
  its descriptions.
- TiO2: three parts of a power law of Otake's titanium angle (`angles.fit_power_law`, robust: the
  spectrum of Luna 16 is that of an Apollo 17 soil, with 3 to 4.6 wt% less TiO2) and one part of
  the processes.
- Al2O3: the five predictions are moved to the nearest combination of the first three principal
  components of the training soils, all missions with one weight: lunar soils vary in few ways.

The decision and the scores it rests on are in `training/reports/study.md`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from lunar_oxide_plugin.core.oxides.oxides import OXIDES

from ..graph import Graph
from ..tables import FloatArray, SiteTable
from .angles import TITANIUM_ANGLE, PowerLaw, fit_power_law
from .features import FEATURES
from .kernel import LENGTH, Kernel, fit_kernel
from .method import Fitted, Method

#: Smallest oxide in wt% whose logarithm is taken: below the content of soils (TiO2 0.3).
SMALLEST_OXIDE = 0.05

#: Upper limit of the power law of TiO2, in units of the highest TiO2 of the training sites.
ANGLE_REACH = 1.25

_AL2O3, _TIO2 = OXIDES.index("Al2O3"), OXIDES.index("TiO2")


@dataclass(frozen=True)
class Setting:
    """How the processes predict an oxide, variances in units of the sites'.

    The noise of a site, the error that sites of one mission share, and the names of the
    descriptions that are averaged.
    """

    oxide: str
    noise: float
    mission: float = 0.0
    descriptions: tuple[str, ...] = tuple(FEATURES)


SETTINGS = (
    Setting("Al2O3", 0.03),
    Setting("CaO", 0.03),
    Setting("FeO", 0.01, mission=0.03, descriptions=("reflectance", "logarithm", "ratios")),
    Setting("MgO", 0.003),
    Setting("TiO2", 0.01),
)


class SoilPlane(NamedTuple):
    """One oxide of the nearest combination of principal components to five oxides.

    The row (5,) of the projection that gives it, and what is added, in wt%.
    """

    row: FloatArray
    offset: float

    def of(self, oxides: FloatArray) -> FloatArray:
        """The oxide in wt%, shape (n,), of five oxides (n, 5)."""
        return np.asarray(oxides @ self.row + self.offset)


@dataclass(frozen=True, kw_only=True)
class FittedProcesses(Fitted):
    """Fitted processes.

    Weights (5, 4, m, 5) are by oxide, description, training site and log-ratio; mean and scale
    (5,) of the training sites' log-ratios. There is no power law when the TiO2 of the training
    sites does not rise with its angle; the limit is the highest TiO2 in wt% that it may give.
    """

    kernel: Kernel
    weights: FloatArray
    mean: FloatArray
    scale: FloatArray
    share: float
    power_law: PowerLaw | None
    limit: float
    plane: SoilPlane | None

    def oxides(self, reflectance: FloatArray) -> FloatArray:
        """Oxides in wt%, shape (n, 5)."""
        covariance = self.kernel.with_training(reflectance)
        ratios = np.einsum("fnm,ofmr->onr", covariance, self.weights) * self.scale + self.mean
        predicted = np.stack([_from_ratios(r)[:, o] for o, r in enumerate(ratios)], axis=1)
        if self.power_law is not None:
            law = np.minimum(self.power_law.tio2(reflectance), self.limit)
            predicted[:, _TIO2] += self.share * (law - predicted[:, _TIO2])
        if self.plane is not None:
            predicted[:, _AL2O3] = self.plane.of(predicted)
        return predicted

    def choices(self) -> dict[str, object]:
        """The power law of TiO2, which is fitted to the training sites."""
        if self.power_law is None:
            return {}
        factor, exponent, _ = self.power_law
        return {"power law of TiO2": {"factor": factor, "exponent": exponent}}

    def add_to(self, graph: Graph) -> str:
        """Add to a graph, oxides of one setting together."""
        covariance, _ = self.kernel.add_to(graph)
        ratios = self.weights.shape[-1]
        shared = [self._first_like(oxide) for oxide in range(len(OXIDES))]
        groups = list(dict.fromkeys(shared))
        # Rows: log-ratio by log-ratio for the setting of the first group, then of the second, ...
        # One product for each description: of all sites in all descriptions together onnxruntime
        # sums few pixels in another order than many.
        weights = self.weights[groups] * self.scale
        weights = weights.transpose(1, 0, 3, 2).reshape(
            weights.shape[1], len(groups) * ratios, weights.shape[2]
        )
        products = graph.node("MatMul", [graph.floats("weights", weights), covariance], "parts")
        axis = graph.integers("axis0", [0])
        product = graph.node("ReduceSum", [products, axis], "ratio_parts", keepdims=0)
        # The covariance in the graph lacks its constant 1.
        mean = np.tile(self.mean, len(groups)) + weights.sum(axis=(0, 2))
        graph.node("Add", [product, graph.floats("ratio_means", mean[:, None])], "ratios_flat")
        shape = graph.integers("ratio_shape", [len(groups), ratios, -1])
        powers = graph.node("Exp", [graph.node("Reshape", ["ratios_flat", shape], "ratios")], "pow")
        total = graph.node("ReduceSum", [powers, graph.integers("axis1", [1])], "sum", keepdims=1)
        whole = graph.node("Add", [total, graph.floats("one", 1.0)], "pow_total")
        every = graph.node("Div", [powers, whole], "weight_shares")
        every = graph.node(
            "Reshape", [every, graph.integers("share_shape", [len(groups) * ratios, -1])], "shares"
        )
        own = [groups.index(like) * ratios + o for o, like in enumerate(shared)]
        found = graph.node("Gather", [every, graph.integers("own", own)], "weight_share", axis=0)
        predicted = graph.node("Mul", [found, graph.floats("hundred", 100.0)], "processes")
        return self._add_plane(graph, self._add_power_law(graph, predicted))

    def _first_like(self, oxide: int) -> int:
        """The first oxide with the same weights."""
        same = (self.weights == self.weights[oxide]).all(axis=(1, 2, 3))
        return int(same.argmax())

    def _add_power_law(self, graph: Graph, predicted: str) -> str:
        """TiO2 of the power law averaged with that of the processes, as a matrix of shares."""
        if self.power_law is None:
            return predicted
        exponent = graph.floats("ti_exponent", self.power_law.exponent)
        factor = graph.floats("ti_factor", self.power_law.factor)
        zero = graph.floats("zero", 0.0)
        rising = graph.node("Max", [TITANIUM_ANGLE, zero], "theta_ti_rising")
        power = graph.node("Pow", [rising, exponent], "theta_ti_power")
        free = graph.node("Mul", [power, factor], "law_free")
        law = graph.node("Min", [free, graph.floats("law_limit", self.limit)], "law")
        column = np.eye(len(OXIDES))[:, [_TIO2]] * self.share
        theirs = graph.node("Mul", [law, graph.floats("law_share", column)], "law_part")
        mine = graph.node("Mul", [predicted, graph.floats("own_share", 1 - column)], "own_part")
        return graph.node("Add", [mine, theirs], "blended")

    def _add_plane(self, graph: Graph, predicted: str) -> str:
        if self.plane is None:
            return predicted
        matrix, offset = np.eye(len(OXIDES)), np.zeros((len(OXIDES), 1))
        matrix[_AL2O3], offset[_AL2O3] = self.plane.row, self.plane.offset
        moved = graph.node("MatMul", [graph.floats("plane", matrix), predicted], "plane_part")
        return graph.node("Add", [moved, graph.floats("plane_offset", offset)], "in_plane")


@dataclass(frozen=True)
class GaussianProcesses(Method):
    """Gaussian processes on log-ratios, with a power law for TiO2 and a plane for Al2O3.

    `law_share` is the power law's share in TiO2, `components` are the principal components of the
    soils that Al2O3 is limited to (with 5 it is free), `length` is the kernel's.
    """

    oxides: tuple[Setting, ...] = SETTINGS
    law_share: float = 0.75
    components: int = 3
    length: float = LENGTH

    id: ClassVar[str] = "gaussian_process"
    title: ClassVar[str] = "Gaussian processes (default)"
    description: ClassVar[str] = (
        "Gaussian processes on the log-ratios of the oxides, averaged over four descriptions of a "
        "spectrum (reflectance, its logarithm, ratios to 750 nm, and the angles of Otake et al. "
        "2012; FeO without the angles). TiO2 is to three quarters a robustly fitted power law of "
        "Otake's titanium angle; Al2O3 is limited to the first three principal components of the "
        "training soils. All settings are fixed."
    )
    citation: ClassVar[str] = (
        "This project; Rasmussen and Williams (2006), Gaussian Processes for Machine Learning; "
        "Aitchison (1982), J. R. Stat. Soc. B 44, 139; Otake et al. (2012), LPSC 43, abstract 1905"
    )
    extended: ClassVar[bool] = True

    def fit(self, table: SiteTable, seed: Sequence[int] = ()) -> FittedProcesses:
        """Fit in closed form, but for the two constants of the power law; nothing is random."""
        kernel = fit_kernel(table.reflectance, self.length)
        within = kernel.with_training(table.reflectance)
        ratios = _to_ratios(table.oxides)
        mean, scale = ratios.mean(axis=0), ratios.std(axis=0)
        missions = np.array(table.missions)
        shared = (missions[:, None] == missions).astype(np.float64)
        weights = np.zeros((len(self.oxides), *within.shape[:2], ratios.shape[1]))
        for row, setting in enumerate(self.oxides):
            own = [kernel.descriptions.index(name) for name in setting.descriptions]
            noise = setting.noise * np.eye(len(ratios)) + setting.mission * shared
            # Divided by their number: the mean over the descriptions.
            standard = (ratios - mean) / scale / len(own)
            weights[row, own] = [np.linalg.solve(within[each] + noise, standard) for each in own]
        return FittedProcesses(
            kernel=kernel,
            weights=weights,
            mean=mean,
            scale=scale,
            share=self.law_share,
            power_law=fit_power_law(table) if self.law_share else None,
            limit=ANGLE_REACH * table.oxides[:, _TIO2].max(),
            plane=_fit_plane(table, self.components) if self.components < len(OXIDES) else None,
        )


def _fit_plane(table: SiteTable, components: int) -> SoilPlane:
    """Principal components of the soils' oxides in wt%, every mission with the same weight."""
    missions = np.array(table.missions)
    weights = np.array([1 / (missions == mission).sum() for mission in missions])
    weights /= weights.sum()
    centre = weights @ table.oxides
    offsets = (table.oxides - centre) * np.sqrt(weights)[:, None]
    axes = np.linalg.svd(offsets, full_matrices=False)[2][:components]
    row = axes.T @ axes[:, _AL2O3]
    return SoilPlane(row, float(centre[_AL2O3] - row @ centre))


def _to_ratios(oxides: FloatArray) -> FloatArray:
    """Additive log-ratios to the rest, (n, 5)."""
    positive = np.maximum(oxides, SMALLEST_OXIDE)
    return np.asarray(np.log(positive / (100 - positive.sum(axis=1, keepdims=True))))


def _from_ratios(ratios: FloatArray) -> FloatArray:
    powers = np.exp(ratios)
    return np.asarray(100 * powers / (1 + powers.sum(axis=1, keepdims=True)))
