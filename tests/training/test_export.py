"""The model files: what the trained methods give, in onnxruntime."""

import json

import numpy as np
import onnx
import onnxruntime
import pytest

from lunar_oxide_plugin.core.models.model import BUNDLED, DEFAULT_MODEL, OxideModel
from lunar_oxide_plugin.core.oxides.oxides import OXIDES, SUM_LIMIT
from training import probes, tables
from training.__main__ import MODELS, bundled
from training.card import metadata, sigma_scale
from training.evaluate import train_final
from training.export import build_model, save_model
from training.graph import IR_VERSION, OPSET
from training.methods import DEFAULT, METHODS
from training.methods.network import Settings
from training.protocols import FIT, K_FOLD, PROTOCOLS
from training.record import method_of


@pytest.fixture(scope="module")
def trained(each_record, table):
    """The final model trained again, with the sites it learns from."""
    return train_final(table, method_of(each_record))


@pytest.fixture(scope="module")
def build(trained, each_record, table):
    """Build the model as an export now does."""
    scale, props = sigma_scale(each_record), metadata(each_record, table)
    return lambda: build_model(trained, scale, props)


@pytest.fixture(scope="module")
def run(each_record):
    """Run the bundled model on reflectances (n, 8)."""
    return _runner(str(bundled(each_record["method"]).model))


@pytest.fixture(scope="module")
def spectra(table):
    """100,000 plausible spectra: mixtures of two sites, brighter or darker, with noise."""
    rng = np.random.default_rng(5)
    pairs = rng.integers(0, 38, (100_000, 2))
    share = rng.uniform(size=(100_000, 1))
    mixed = table.reflectance[pairs[:, 0]] * share + table.reflectance[pairs[:, 1]] * (1 - share)
    return mixed * np.exp(rng.normal(0, 0.2, (100_000, 1)) + rng.normal(0, 0.02, (100_000, 8)))


def test_the_plugin_lists_every_method():
    assert {model_id for model_id, _ in BUNDLED} == set(METHODS)
    assert all(METHODS[model_id].title == title for model_id, title in BUNDLED)
    assert BUNDLED[DEFAULT_MODEL][0] == DEFAULT


def test_all_models_together_are_small():
    assert sum(path.stat().st_size for path in MODELS.glob("*.onnx")) < 5_000_000


def test_belongs_to_the_tables(each_metadata):
    assert each_metadata["tables_sha256"] == tables.tables_sha256()


def test_training_again_gives_the_bundled_predictions(trained, run, table):
    again = trained.fitted.predict(table.reflectance)
    np.testing.assert_allclose(run(table.reflectance)[0].T, again, atol=1e-3)


def test_predictions_are_those_of_the_report(run, each_record, table):
    reported = np.array(each_record["protocols"][FIT]["predicted"])[0]
    np.testing.assert_allclose(run(table.reflectance)[0].T, reported, atol=1e-3)


def test_onnx_and_framework_agree(build, trained, each_record, table, spectra):
    fitted, learnt, spread, domain = trained
    run_rebuilt = _runner(build().SerializeToString())
    for reflectance in (table.reflectance, learnt.reflectance, spectra):
        single = reflectance.astype(np.float32).astype(np.float64)
        oxides, uncertainty, distance = run_rebuilt(reflectance)
        expected = fitted.predict(single)
        np.testing.assert_allclose(oxides.T, expected, rtol=0, atol=5e-4)
        np.testing.assert_allclose(distance, domain.distance(single), rtol=1e-4, atol=1e-4)
        sigma = spread.stated(single, expected, sigma_scale(each_record))
        np.testing.assert_allclose(uncertainty.T, sigma, rtol=1e-3)


def test_same_training_same_bytes(build, each_record, tmp_path):
    for name in ("first", "second"):
        save_model(build(), tmp_path / name)
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


def test_uncertainty_can_be_left_out(each_record, table):
    session = onnxruntime.InferenceSession(bundled(each_record["method"]).model)
    assert [tensor.name for tensor in session.get_inputs()] == ["reflectance"]
    (switch,) = session.get_overridable_initializers()
    assert (switch.name, switch.type, switch.shape) == ("with_uncertainty", "tensor(bool)", [])
    inputs = {"reflectance": table.reflectance.T.astype(np.float32)}
    given = session.run(None, inputs)
    on, off = (session.run(None, {**inputs, switch.name: np.array(v)}) for v in (True, False))
    for values in zip(given, on):
        np.testing.assert_array_equal(*values)
    np.testing.assert_array_equal(off[0], given[0])
    np.testing.assert_array_equal(off[2], given[2])
    assert off[1].shape == given[1].shape
    assert np.isnan(off[1]).all()


@pytest.mark.parametrize("n", [0, 1, 2, 7, 4097])
def test_any_number_of_pixels(each_record, n):
    model = OxideModel(bundled(each_record["method"]).model)
    oxides, uncertainty, distance = model.predict(np.full((8, n), 0.1))
    assert oxides.shape == uncertainty.shape == (5, n)
    assert distance.shape == (n,)
    assert oxides.dtype == uncertainty.dtype == distance.dtype == np.float32


def test_pixels_do_not_influence_each_other(run, spectra):
    together = run(spectra[:300])[0]
    alone = np.concatenate([run(spectra[i : i + 1])[0] for i in range(0, 300, 50)], axis=1)
    np.testing.assert_allclose(together[:, ::50], alone, atol=5e-4)


def test_dark_and_foreign_pixels_are_flagged(run, table):
    inside = np.median(run(table.reflectance)[1], axis=1)
    oxides, uncertainty, distance = run(np.array([[0.0] * 8, [-0.5] * 8]))
    assert np.isfinite(oxides).all()
    assert (distance > 10).all()
    assert (uncertainty > 2 * inside[:, None]).all()
    for spectra in probes.foreign_probes().values():
        oxides, uncertainty, distance = run(spectra)
        assert distance.min() > 3
        assert np.isfinite(oxides).all()
        assert (uncertainty.min(axis=1) > 2 * inside).all()


def test_oxides_stay_within_physical_limits(run, spectra):
    rng = np.random.default_rng(8)
    wild = np.concatenate([spectra, rng.uniform(-0.1, 1.2, (10000, 8)), rng.normal(0, 1, (99, 8))])
    oxides, uncertainty, _ = run(wild)
    assert oxides.min() >= 0
    assert oxides.sum(axis=0).max() <= SUM_LIMIT * (1 + 1e-6)
    assert (uncertainty > 0).all()
    assert np.isfinite(uncertainty).all()
    # Two standard deviations among the training sites, at the most.
    assert (uncertainty.max(axis=1) <= [11.8, 4.2, 10.2, 4.2, 6.2]).all()


def test_mean_spectra_of_real_tiles_give_plausible_oxides(run):
    """Ranges of lunar soils: highlands rich in Al2O3 and CaO, poor in FeO and TiO2; mare not."""
    highlands, mare = (run(spectrum)[0][:, 0] for spectrum in probes.lunar_probes().values())
    lowest = np.array([[24, 14, 0, 2, 0], [9, 9, 11, 5, 0.5]])
    highest = np.array([[33, 18, 7.5, 8.5, 1.5], [18, 13, 20, 13, 6]])
    for oxides, low, high in zip((highlands, mare), lowest, highest):
        assert (oxides >= low).all(), oxides
        assert (oxides <= high).all(), oxides
        assert 48 <= oxides.sum() <= 60


def test_versions_and_interface(each_model):
    onnx.checker.check_model(each_model, full_check=True)
    assert each_model.ir_version == IR_VERSION == 8
    assert {o.domain: o.version for o in each_model.opset_import}[""] == OPSET
    assert {o.domain for o in each_model.opset_import} <= {"", "ai.onnx.ml"}
    assert [i.name for i in each_model.graph.input] == ["reflectance", "with_uncertainty"]
    names = [o.name for o in each_model.graph.output]
    assert names == ["oxides", "uncertainty", "domain_distance"]


def test_metadata_describe_the_model(each_metadata, each_record, table):
    assert each_metadata == metadata(each_record, table)
    assert all(each_metadata.values())
    assert each_metadata["id"] == each_record["method"]
    assert each_metadata["title"] == METHODS[each_record["method"]].title
    assert each_metadata["band_centres_nm"] == "415 750 900 950 1001 1050 1250 1550"
    assert each_metadata["oxides"] == "Al2O3 CaO FeO MgO TiO2"
    metrics = json.loads(each_metadata["metrics"])
    assert tuple(metrics) == PROTOCOLS
    assert tuple(metrics[K_FOLD]) == OXIDES
    assert json.loads(each_metadata["training_range"])["FeO"] == [4.1, 22.2]
    correlation = np.array(json.loads(each_metadata["error_correlation"]))
    np.testing.assert_allclose(correlation, correlation.T)
    np.testing.assert_allclose(np.diag(correlation), 1)
    extended = "extended set" in each_metadata["training_set"]
    assert extended == METHODS[each_record["method"]].extended


def test_networks_of_another_kernel_are_not_exported(table):
    method = type(METHODS["zhang2023_cnn"])(Settings(epochs=1, kernel=3))
    trained = train_final(table, method)
    with pytest.raises(ValueError, match="only networks with a kernel of 2"):
        build_model(trained, np.ones(5), {})


def _runner(model):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # several would only wait for the other suites
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return lambda spectra: session.run(None, {"reflectance": spectra.T.astype(np.float32)})
