"""Uncertainty of a spectrum: a width that grows away from the training spectra.

The relative width of a prediction is the posterior standard deviation of a Gaussian process
(`methods.kernel`, noise `NOISE`) with the model's training spectra: small near a training spectrum,
larger between and outside them, whatever model gives the oxides. Two of the descriptions of
`methods.features` are enough for it, shape and angles: with all four the intervals contain as many
held-out errors, within two sites of 38, and take twice as long (they were chosen for their speed,
after the coverage of all subsets had been seen). Scaled per oxide so that the intervals contain
what they should at held-out sites (`calibrate`), this is normalised conformal prediction
(Papadopoulos, Gammerman and Vovk 2008, AIA 2008, 64; Lei et al. 2018, JASA 113, 1094) with a
Gaussian process as the measure of difficulty.

Held-out errors of the k-fold are those of places near a known landing site, so the scale is
widened by `WIDENED` for places that were never sampled. It is not calibrated by
leave-one-mission-out: the width itself grows at unseen missions, and the scale came out too small.

The brightness of a pixel is uncertain by more than its noise: slopes, photometric correction and
calibration change all bands together, which no distance from the training spectra shows. So a
photometric term is added in quadrature: the change of an oxide by a stated error of brightness
(`BRIGHTNESS_ERROR`; a slope of 5 degrees makes about 5 %), root mean square over the training
spectra.

Errors of TiO2 also grow with TiO2 itself (0.3 to 10 wt% at the sites), so its width and
photometric term are multiplied by 1 wt% + TiO2.

Far from every training spectrum the width would grow without end, but the range of lunar rocks is
known: sigma approaches `CEILING` standard deviations of the oxide among the training sites, and
never exceeds it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lunar_oxide_plugin.core.oxides.oxides import OXIDES

from .graph import Graph
from .methods.kernel import Kernel, fit_kernel
from .tables import FloatArray, SiteTable

#: What spectra are compared by; these follow each other in `methods.features.FEATURES`.
DESCRIPTIONS = ("ratios", "angles")

#: Noise variance, in units of the sites' variance.
NOISE = 0.001

#: Factor of the scale for places that no mission has sampled.
WIDENED = 1.25

#: Relative error of a pixel's brightness that sigma contains.
BRIGHTNESS_ERROR = 0.05

#: Fractions of errors that 1 and 1.96 sigma should contain.
LEVELS = {0.68: 1.0, 0.95: 1.96}

#: Largest sigma, in standard deviations of the oxide among the training sites.
CEILING = 2.0

#: Oxides whose widths grow with the oxide, and what is added to it, in wt%.
GROWS = np.array([oxide == "TiO2" for oxide in OXIDES])
OFFSET = 1.0


@dataclass(frozen=True)
class Spread:
    """The width of a set of m training spectra.

    Whitening (2, m, m) are the inverse Cholesky factors of the training covariances, photometric
    (5,) the term for the brightness in wt%, over `growth`, and ceiling (5,) the largest sigma in
    wt%.
    """

    kernel: Kernel
    whitening: FloatArray
    photometric: FloatArray
    ceiling: FloatArray

    def width(self, reflectance: FloatArray) -> FloatArray:
        """Relative width, shape (n,), of spectra (n, 8)."""
        covariance = self.kernel.with_training(reflectance)
        explained = ((covariance @ self.whitening.transpose(0, 2, 1)) ** 2).sum(axis=2)
        variance = self.kernel.variance(reflectance) + NOISE - explained
        return np.asarray(np.sqrt(np.maximum(variance, NOISE).mean(axis=0)))

    def stated(self, reflectance: FloatArray, oxides: FloatArray, scale: FloatArray) -> FloatArray:
        """1 sigma in wt%, (n, 5), of oxides (n, 5) that a model predicts for spectra (n, 8)."""
        width = self.width(reflectance)
        return stated(width, oxides, scale, self.photometric, self.ceiling)

    def add_to(self, graph: Graph, oxides: str, scale: FloatArray) -> str:
        """Add ``uncertainty``, float32 (5, n), given the oxides (5, n) and the scale (5,).

        It takes as long as a small model, so the input ``with_uncertainty`` can switch it off; it
        is NaN then.
        """
        since = len(graph.nodes)
        covariance, own = self.kernel.add_to(graph)
        whitened = graph.node(
            "MatMul", [graph.floats("spread_whitening", self.whitening), covariance], "whitened_k"
        )
        # The covariance in the graph lacks its constant 1.
        ones = graph.floats("whitened_ones", self.whitening.sum(axis=2, keepdims=True))
        whitened = graph.node("Add", [whitened, ones], "whitened_whole")
        square = graph.node("Mul", [whitened, whitened], "whitened_square")
        explained = graph.node(
            "ReduceSum", [square, graph.integers("axis1", [1])], "explained", keepdims=1
        )
        noise = graph.floats("spread_noise", NOISE)
        noisy = graph.node("Add", [own, noise], "noisy_variance")
        left = graph.node("Sub", [noisy, explained], "left_variance")
        positive = graph.node("Max", [left, noise], "positive_variance")
        mean = graph.node("ReduceMean", [positive], "mean_variance", axes=[0], keepdims=0)
        squared = graph.floats("sigma_squared", scale[:, None] ** 2)
        photometric = graph.floats("photometric_squared", self.photometric[:, None] ** 2)
        both = graph.node("Mul", [mean, squared], "width_variance")
        width = graph.node("Sqrt", [graph.node("Add", [both, photometric], "variance")], "width")
        share = graph.node("Mul", [oxides, graph.floats("grows", GROWS[:, None])], "growing")
        start = graph.floats("grows_from", np.where(GROWS, OFFSET, 1.0)[:, None])
        growth = graph.node("Add", [share, start], "growth")
        sigma = graph.node("Mul", [growth, width], "sigma_free")
        ceiling = graph.floats("sigma_ceiling", self.ceiling[:, None])
        # Its square must stay a float32, whatever the reflectance.
        ratio = graph.node(
            "Min",
            [graph.node("Div", [sigma, ceiling], "sigma_quotient"), graph.floats("huge", 1e15)],
            "sigma_ratio",
        )
        square = graph.node("Mul", [ratio, ratio], "sigma_ratio_square")
        one = graph.floats("one", 1.0)
        damping = graph.node("Sqrt", [graph.node("Add", [square, one], "sigma_sum")], "sigma_damp")
        stated_sigma = graph.node(
            "Mul", [ceiling, graph.node("Div", [ratio, damping], "sigma_share")], "sigma_stated"
        )
        return graph.add_switch(since, stated_sigma, oxides, "uncertainty")


def fit_spread(
    table: SiteTable,
    predict: Callable[[FloatArray], FloatArray],
    brightness_error: float = BRIGHTNESS_ERROR,
) -> Spread:
    """Fit to training sites and to the oxides (n, 5) that the model predicts of spectra (n, 8)."""
    spectra = table.reflectance
    kernel = fit_kernel(spectra, descriptions=DESCRIPTIONS)
    covariance = kernel.with_training(spectra) + NOISE * np.eye(len(spectra))
    brighter, darker = (
        predict(spectra * (1 + error)) for error in np.array([1, -1]) * brightness_error
    )
    change = (brighter - darker) / 2 / growth(predict(spectra))
    return Spread(
        kernel,
        np.linalg.inv(np.linalg.cholesky(covariance)),
        np.sqrt((change**2).mean(axis=0)),
        highest(table.oxides),
    )


def highest(oxides: FloatArray) -> FloatArray:
    """Largest sigma (5,) in wt% by the oxides of training sites (m, 5)."""
    return np.asarray(CEILING * oxides.std(axis=0))


def stated(
    width: FloatArray,
    oxides: FloatArray,
    scale: FloatArray,
    photometric: FloatArray,
    ceiling: FloatArray,
) -> FloatArray:
    """Uncertainty that a model states: 1 sigma in wt%, shape (..., 5).

    The width (...) and photometric term (..., 5) are of `Spread`, oxides (..., 5) are predicted
    wt%, scale and ceiling (5,) are from `calibrate` and `highest`.
    """
    free = growth(oxides) * np.hypot(scale * width[..., None], photometric)
    return np.asarray(free / np.sqrt(1 + (free / ceiling) ** 2))


def growth(oxides: FloatArray) -> FloatArray:
    """Factor of the width for each oxide, of the shape (..., 5) of the oxides."""
    return np.where(GROWS, OFFSET + np.maximum(oxides, 0), 1.0)


def calibrate(relative: FloatArray) -> FloatArray:
    """Scale (5,) of the width from held-out errors divided by it, shape (n, 5).

    `WIDENED` times the geometric mean of the scales that each of `LEVELS` requires. For a normal
    distribution these are equal; with the heavy tails of few, unlike sites neither interval is
    then far off.
    """
    size = np.abs(relative)
    # A quantile is zero if all errors are zero; its logarithm must stay finite.
    each = [
        np.maximum(np.quantile(size, level, axis=0) / sigma, 1e-9)
        for level, sigma in LEVELS.items()
    ]
    return np.asarray(WIDENED * np.exp(np.mean(np.log(each), axis=0)))
