"""Other methods of the field, by scikit-learn: PLSR, neural network, SVR, random forest.

Each uses the eight reflectances, standardised by the training sites where the method needs it.
Settings are chosen inside the training sites only: by five-fold cross-validation, the forest's by
its out-of-bag error.
"""

from __future__ import annotations

import warnings
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType
from sklearn.base import BaseEstimator
from sklearn.cross_decomposition import PLSRegression
from sklearn.ensemble import RandomForestRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from lunar_oxide_plugin.core.oxides.oxides import OXIDES
from lunar_oxide_plugin.core.spectra.bands import MODEL_BANDS

from ..graph import DOUBLE, FLOAT, ML_OPSET, OPSET, Graph
from ..tables import FloatArray, SiteTable
from .method import Fitted, Method

_INNER_FOLDS = 5


@dataclass(frozen=True)
class FittedEstimators(Fitted):
    """One estimator of all oxides, or one per oxide, which predicts them standardised.

    Mean and scale (5,) are of the training sites' oxides. The graph computes in float64 if
    double; the forest's comparisons are of float32.
    """

    estimators: tuple[BaseEstimator, ...]
    mean: FloatArray
    scale: FloatArray
    double: bool
    chosen: dict[str, object]

    def oxides(self, reflectance: FloatArray) -> FloatArray:
        """Oxides in wt%, shape (n, 5)."""
        columns = [
            np.reshape(e.predict(reflectance), (len(reflectance), -1)) for e in self.estimators
        ]
        return np.asarray(np.concatenate(columns, axis=1) * self.scale + self.mean)

    def choices(self) -> dict[str, object]:
        """Settings chosen inside the training sites."""
        return self.chosen

    def add_to(self, graph: Graph) -> str:
        """Convert with skl2onnx, which has a spectrum per row, and transpose."""
        kind, tensor = (DOUBLE, DoubleTensorType) if self.double else (FLOAT, FloatTensorType)
        source = graph.cast("reflectance", kind, "estimator_input")
        rows = graph.node("Transpose", [source], "spectra_rows", perm=[1, 0])
        columns = []
        for index, estimator in enumerate(self.estimators):
            converted = convert_sklearn(
                estimator,
                initial_types=[("spectra", tensor([None, len(MODEL_BANDS)]))],
                target_opset={"": OPSET, "ai.onnx.ml": ML_OPSET},
            )
            result = graph.merge(converted, f"estimator{index}", rows)
            width = len(OXIDES) // len(self.estimators)
            shape = graph.integers("estimator_shape", [-1, width])
            columns.append(graph.node("Reshape", [result, shape], f"estimator{index}_column"))
        joined = graph.node("Concat", columns, "estimator_columns", axis=1)
        turned = graph.node("Transpose", [joined], "estimator_turned", perm=[1, 0])
        add = graph.doubles if self.double else graph.floats
        scaled = graph.node("Mul", [turned, add("oxide_sd", self.scale[:, None])], "oxide_scaled")
        shifted = graph.node("Add", [scaled, add("oxide_mean", self.mean[:, None])], "oxide_sum")
        return graph.cast(shifted, FLOAT, "estimated")


class FittedMachines(FittedEstimators):
    """One support vector machine per oxide, behind identical scalers.

    skl2onnx has a machine per oxide in SVMRegressor, which computes in float32: with the costs
    chosen here it is off by up to 7e-4 wt%. Here machines with kernels of one width share them,
    in float64.
    """

    def add_to(self, graph: Graph) -> str:
        """Add sum_i a_i exp(-gamma |x - v_i|^2) + b of all machines, for spectra in columns."""
        machines = [estimator[-1] for estimator in self.estimators]
        scaler = self.estimators[0][0]
        vectors, gammas, coefficients = _shared_kernels(machines)
        source = graph.cast("reflectance", DOUBLE, "machine_input")
        centred = graph.node(
            "Sub", [source, graph.doubles("input_mean", scaler.mean_[:, None])], "centred"
        )
        x = graph.node(
            "Div", [centred, graph.doubles("input_sd", scaler.scale_[:, None])], "standardised"
        )
        squares = graph.node("Mul", [x, x], "input_squares")
        # -gamma |x - v|^2 = 2 gamma v.x - gamma x.x - gamma v.v, the first two in one product
        entries = graph.node("Concat", [x, squares], "machine_entries", axis=0)
        pairs = np.concatenate([2 * vectors, -np.ones_like(vectors)], axis=1) * gammas
        product = graph.node(
            "MatMul", [graph.doubles("machine_vectors", pairs), entries], "machine_product"
        )
        norms = (vectors**2).sum(axis=1, keepdims=True) * gammas
        exponent = graph.node("Sub", [product, graph.doubles("vector_norms", norms)], "exponent")
        likeness = graph.node("Exp", [exponent], "likeness")
        weights = graph.doubles("machine_weights", coefficients * self.scale[:, None])
        total = graph.node("MatMul", [weights, likeness], "machine_total")
        intercepts = np.array([machine.intercept_ for machine in machines])  # (5, 1)
        rest = intercepts * self.scale[:, None] + self.mean[:, None]
        result = graph.node("Add", [total, graph.doubles("machine_rest", rest)], "machine_oxides")
        return graph.cast(result, FLOAT, "estimated")


def _shared_kernels(machines: Sequence[SVR]) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Support vectors (v, 8), kernel widths (v, 1), coefficients (machines, v): each pair once."""
    pairs = [np.insert(m.support_vectors_, 0, m._gamma, axis=1) for m in machines]
    shared, place = np.unique(np.concatenate(pairs), axis=0, return_inverse=True)
    owner = np.repeat(np.arange(len(machines)), [len(pair) for pair in pairs])
    coefficients = np.zeros((len(machines), len(shared)))
    coefficients[owner, place] = np.concatenate([m.dual_coef_[0] for m in machines])
    return shared[:, 1:], shared[:, :1], coefficients


class ScikitMethod(Method):
    """A method of scikit-learn; `_search` chooses its settings inside the training sites."""

    fitted: ClassVar[type[FittedEstimators]] = FittedEstimators
    double: ClassVar[bool] = True
    #: One estimator per oxide rather than one for all.
    single: ClassVar[bool] = False

    def fit(self, table: SiteTable, seed: Sequence[int]) -> FittedEstimators:
        """Choose the settings and fit."""
        mean, scale = table.oxides.mean(axis=0), table.oxides.std(axis=0)
        target = (table.oxides - mean) / scale
        state = int(np.random.SeedSequence(list(seed)).generate_state(1)[0])
        targets = target.T if self.single else [target]
        found = [self._search(table.reflectance, one, state) for one in targets]
        names = OXIDES if self.single else ("all oxides",)
        chosen: dict[str, object] = {name: best for name, (_, best) in zip(names, found)}
        estimators = tuple(estimator for estimator, _ in found)
        return self.fitted(estimators, mean, scale, self.double, chosen)

    @abstractmethod
    def _search(
        self, reflectance: FloatArray, target: FloatArray, state: int
    ) -> tuple[BaseEstimator, dict[str, Any]]:
        """The fitted estimator and the settings chosen, for standardised oxides."""


class CrossValidated(ScikitMethod):
    """A method with settings chosen by cross-validation inside the training sites."""

    def _search(
        self, reflectance: FloatArray, target: FloatArray, state: int
    ) -> tuple[BaseEstimator, dict[str, Any]]:
        folds = KFold(min(_INNER_FOLDS, len(target)), shuffle=True, random_state=state)
        search = GridSearchCV(
            make_pipeline(StandardScaler(), self._estimator(state)),
            self._grid(len(target)),
            scoring="neg_mean_squared_error",
            cv=folds,
        )
        with warnings.catch_warnings():
            # The small network's optimiser may stop at its last iteration.
            warnings.simplefilter("ignore", ConvergenceWarning)
            search.fit(reflectance, target)
        chosen = {name.split("__")[1]: value for name, value in search.best_params_.items()}
        return search.best_estimator_, chosen

    @abstractmethod
    def _estimator(self, state: int) -> BaseEstimator:
        """The estimator before its settings are chosen."""

    @abstractmethod
    def _grid(self, sites: int) -> dict[str, list[Any]]:
        """The settings to try, for a number of training sites."""


@dataclass(frozen=True)
class PartialLeastSquares(CrossValidated):
    """Partial least squares regression, all oxides together."""

    id: ClassVar[str] = "plsr"
    title: ClassVar[str] = "Partial least squares (Wu 2012, Sun 2016)"
    description: ClassVar[str] = (
        "Partial least squares regression of all five oxides on the eight reflectances; one to "
        "seven components, by cross-validation inside the training sites."
    )
    citation: ClassVar[str] = (
        "Method: Wu (2012); Sun et al. (2016); as cited by Zhang et al. (2023)"
    )

    def _estimator(self, state: int) -> BaseEstimator:
        return PLSRegression(scale=False)

    def _grid(self, sites: int) -> dict[str, list[Any]]:
        return {"plsregression__n_components": list(range(1, max(2, min(8, sites * 4 // 5 - 1))))}


@dataclass(frozen=True)
class MultilayerPerceptron(CrossValidated):
    """A small neural network, all oxides together."""

    hidden: int = 8
    iterations: int = 200

    id: ClassVar[str] = "mlp"
    title: ClassVar[str] = "Neural network (Xia 2019)"
    description: ClassVar[str] = (
        "A neural network with one hidden layer of 8 units (tanh) from the eight reflectances to "
        "all five oxides, fitted by L-BFGS; weight decay by cross-validation inside the training "
        "sites."
    )
    citation: ClassVar[str] = "Method: Xia et al. (2019), as cited by Zhang et al. (2023)"
    random: ClassVar[bool] = True

    def _estimator(self, state: int) -> BaseEstimator:
        return MLPRegressor(
            hidden_layer_sizes=(self.hidden,),
            activation="tanh",
            solver="lbfgs",
            max_iter=self.iterations,
            random_state=state % 2**31,
        )

    def _grid(self, sites: int) -> dict[str, list[Any]]:
        return {"mlpregressor__alpha": [0.3, 1.0]}

    def quick(self) -> MultilayerPerceptron:
        """Twenty iterations."""
        return MultilayerPerceptron(self.hidden, 20)


@dataclass(frozen=True)
class SupportVectors(CrossValidated):
    """Support vector regression with a Gaussian kernel, one per oxide."""

    costs: tuple[float, ...] = (1.0, 10.0, 100.0)
    gammas: tuple[float, ...] = (0.03, 0.1, 0.3)

    id: ClassVar[str] = "svr"
    title: ClassVar[str] = "Support vectors (Wang 2021, Bhatt 2020)"
    description: ClassVar[str] = (
        "Support vector regression with a Gaussian kernel, one per oxide, on the eight "
        "reflectances; cost and kernel width by cross-validation inside the training sites."
    )
    citation: ClassVar[str] = (
        "Method: Wang et al. (2021); Bhatt et al. (2020); as cited by Zhang et al. (2023)"
    )
    fitted: ClassVar[type[FittedEstimators]] = FittedMachines
    single: ClassVar[bool] = True

    def _estimator(self, state: int) -> BaseEstimator:
        return SVR(epsilon=0.05, tol=1e-5)

    def _grid(self, sites: int) -> dict[str, list[Any]]:
        return {"svr__C": list(self.costs), "svr__gamma": list(self.gammas)}

    def quick(self) -> SupportVectors:
        """One cost, two widths of the kernel."""
        return SupportVectors(self.costs[1:2], self.gammas[:2])


@dataclass(frozen=True)
class RandomForest(ScikitMethod):
    """A random forest of all oxides together."""

    trees: int = 200

    id: ClassVar[str] = "random_forest"
    title: ClassVar[str] = "Random forest (Qiu 2021)"
    description: ClassVar[str] = (
        "A random forest of 200 trees that predict all five oxides from the eight reflectances; "
        "bands tried per split by the out-of-bag error of the training sites. It cannot give more "
        "or less of an oxide than its training sites hold."
    )
    citation: ClassVar[str] = "Method: Qiu et al. (2021), as cited by Zhang et al. (2023)"
    random: ClassVar[bool] = True
    double: ClassVar[bool] = False

    def _search(
        self, reflectance: FloatArray, target: FloatArray, state: int
    ) -> tuple[BaseEstimator, dict[str, Any]]:
        shared = {"n_estimators": self.trees, "oob_score": True, "random_state": state}
        forests = [RandomForestRegressor(max_features=bands, **shared) for bands in (2, 4, 8)]
        best = max(forests, key=lambda forest: forest.fit(reflectance, target).oob_score_)
        return best, {"max_features": best.max_features}

    def quick(self) -> RandomForest:
        """Twenty trees."""
        return RandomForest(20)
