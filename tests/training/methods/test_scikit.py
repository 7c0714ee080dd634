"""The methods of the literature: what scikit-learn itself gives, and where settings come from."""

from dataclasses import replace

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType
from sklearn.cross_decomposition import PLSRegression
from sklearn.model_selection import KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from lunar_oxide_plugin.core.oxides.oxides import OXIDES
from training.graph import IR_VERSION, OPSET, Graph
from training.methods import METHODS

SEED = (1, 2, 3)
SCIKIT = ("plsr", "mlp", "svr", "random_forest")


def state():
    return int(np.random.SeedSequence(SEED).generate_state(1)[0])


def standardised(table):
    return (table.oxides - table.oxides.mean(axis=0)) / table.oxides.std(axis=0)


def test_components_are_those_of_the_inner_cross_validation(table):
    fitted = METHODS["plsr"].fit(table, SEED)
    folds = KFold(5, shuffle=True, random_state=state())
    target = standardised(table)
    scores = [
        cross_val_score(
            make_pipeline(StandardScaler(), PLSRegression(n, scale=False)),
            table.reflectance,
            target,
            scoring="neg_mean_squared_error",
            cv=folds,
        ).mean()
        for n in range(1, 8)
    ]
    best = 1 + int(np.argmax(scores))
    assert fitted.choices() == {"all oxides": {"n_components": best}}
    model = make_pipeline(StandardScaler(), PLSRegression(best, scale=False))
    expected = model.fit(table.reflectance, target).predict(table.reflectance)
    expected = expected * table.oxides.std(axis=0) + table.oxides.mean(axis=0)
    np.testing.assert_allclose(fitted.oxides(table.reflectance), expected)


def test_support_vectors_are_scikit_learns(table):
    fitted = METHODS["svr"].fit(table, SEED)
    target = standardised(table)
    for column, (oxide, chosen) in enumerate(fitted.choices().items()):
        assert oxide == OXIDES[column]
        model = make_pipeline(StandardScaler(), SVR(epsilon=0.05, tol=1e-5, **chosen))
        expected = model.fit(table.reflectance, target[:, column]).predict(table.reflectance)
        expected = expected * table.oxides[:, column].std() + table.oxides[:, column].mean()
        np.testing.assert_allclose(fitted.oxides(table.reflectance)[:, column], expected)


def test_shared_kernels_are_nearer_to_scikit_learn_than_the_stock_export(table):
    """One kernel per support vector and width, in float64; skl2onnx has a machine per oxide."""
    fitted = METHODS["svr"].fit(table, SEED)
    rng = np.random.default_rng(1)
    spectra = table.reflectance[rng.integers(0, 38, 2000)] * rng.uniform(0.8, 1.2, (2000, 8))
    spectra = spectra.astype(np.float32)
    expected = fitted.oxides(spectra.astype(np.float64))

    graph = Graph()
    result = graph.node("Identity", [fitted.add_to(graph)], "oxides")
    ours = run_graph(graph, result, spectra.T).T

    stock = np.concatenate(
        [run_model(convert_sklearn(e, initial_types=ROWS), spectra) for e in fitted.estimators], 1
    )
    stock = stock * fitted.scale + fitted.mean
    assert np.abs(ours - expected).max() < 5e-6
    assert np.abs(ours - stock).max() < 5e-3
    assert np.abs(ours - expected).max() < np.abs(stock - expected).max() / 10


def test_every_kernel_is_computed_once(table):
    fitted = METHODS["svr"].fit(table, SEED)
    graph = Graph()
    fitted.add_to(graph)
    (vectors,) = (c for c in graph.constants if c.name == "machine_vectors")
    widths = {choice["gamma"] for choice in fitted.choices().values()}
    total = sum(len(e[-1].support_vectors_) for e in fitted.estimators)
    assert vectors.dims[0] <= min(38 * len(widths), total - 1)


ROWS = [("spectra", FloatTensorType([None, 8]))]


def run_graph(graph, result, spectra):
    """What a graph under construction gives for float32 spectra (8, n)."""
    entry = helper.make_tensor_value_info("reflectance", TensorProto.FLOAT, [8, "n"])
    exit_ = helper.make_tensor_value_info(result, TensorProto.FLOAT, [5, "n"])
    made = helper.make_graph(graph.nodes, "graph", [entry], [exit_], initializer=graph.constants)
    opsets = [helper.make_opsetid("", OPSET)]
    return run_model(helper.make_model(made, opset_imports=opsets, ir_version=IR_VERSION), spectra)


def run_model(model, values):
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return session.run(None, {session.get_inputs()[0].name: values})[0]


@pytest.mark.parametrize("name", SCIKIT)
def test_same_seed_same_model(table, name):
    method = METHODS[name].quick()
    one, two = (method.fit(table, SEED).predict(table.reflectance) for _ in range(2))
    np.testing.assert_array_equal(one, two)
    other = method.fit(table, (4, 5, 6)).predict(table.reflectance)
    if method.random:
        assert np.abs(one - other).max() > 1e-6


@pytest.mark.parametrize("name", SCIKIT)
def test_learns_the_sites(table, name):
    """Shuffled chemistry cannot be learnt as well by any of them."""
    method = METHODS[name].quick()
    order = np.random.default_rng(0).permutation(38)
    shuffled = replace(table, oxides=table.oxides[order])
    errors = [
        np.sqrt(((method.fit(t, SEED).predict(t.reflectance) - t.oxides) ** 2).mean())
        for t in (table, shuffled)
    ]
    assert errors[0] < 0.7 * errors[1]
