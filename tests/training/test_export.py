import json

import numpy as np
import onnx
import onnxruntime
import pytest

from lunar_oxide_plugin.core.oxides import OXIDES
from training import probes, tables
from training.__main__ import BUNDLED
from training.card import metadata, sigma
from training.domain import fit_domain, pixel_covariance
from training.evaluate import train_final
from training.export import IR_VERSION, OPSET, build_model, save_model
from training.protocols import FIT, K_FOLD, PROTOCOLS
from training.record import configuration_of


@pytest.fixture(scope="module")
def networks(table, record):
    """The five final networks, trained again."""
    return train_final(table, configuration_of(record).network)


@pytest.fixture(scope="module")
def domain(table):
    return fit_domain(table.reflectance, pixel_covariance(tables.load_apollo12_pixels()))


@pytest.fixture
def build(networks, domain, record, table):
    """Build the model as an export now does."""
    return lambda: build_model(networks, domain, sigma(record), metadata(record, table))


@pytest.fixture(scope="module")
def run():
    """Run the bundled model on reflectances (n, 8)."""
    return _runner(str(BUNDLED.model))


@pytest.fixture(scope="module")
def spectra(table):
    """10,000 plausible spectra: mixtures of two sites, brighter or darker, with noise."""
    rng = np.random.default_rng(5)
    pairs = rng.integers(0, 38, (10000, 2))
    share = rng.uniform(size=(10000, 1))
    mixed = table.reflectance[pairs[:, 0]] * share + table.reflectance[pairs[:, 1]] * (1 - share)
    return mixed * np.exp(rng.normal(0, 0.2, (10000, 1)) + rng.normal(0, 0.02, (10000, 8)))


def test_belongs_to_the_tables(bundled_metadata):
    assert bundled_metadata["tables_sha256"] == tables.tables_sha256()


def test_training_again_gives_the_bundled_predictions(networks, run, table):
    again = np.stack([network.predict(table.reflectance) for network in networks], axis=1)
    np.testing.assert_allclose(run(table.reflectance)[0].T, again, atol=1e-3)


def test_predictions_are_those_of_the_report(run, record, table):
    reported = np.array(record["protocols"][FIT]["predicted"])[0]
    np.testing.assert_allclose(run(table.reflectance)[0].T, reported, atol=1e-3)


def test_onnx_and_jax_agree(build, networks, domain, table, spectra):
    rebuilt = build()
    run_rebuilt = _runner(rebuilt.SerializeToString())
    stated = _initializer(rebuilt, "sigma")
    for reflectance in (table.reflectance, spectra):
        single = reflectance.astype(np.float32).astype(np.float64)
        oxides, uncertainty, distance = run_rebuilt(reflectance)
        expected = np.stack([network.predict(single) for network in networks])
        np.testing.assert_allclose(oxides, expected, atol=1e-4)
        np.testing.assert_allclose(distance, domain.distance(single), rtol=1e-4, atol=1e-4)
        widened = stated[:, None] * np.maximum(1, distance)
        np.testing.assert_allclose(uncertainty, widened, rtol=1e-5)


def test_uncertainty_is_the_k_fold_rmse(build, record):
    metrics = record["protocols"][K_FOLD]["metrics"]
    rmse = [metrics[oxide]["rmse"] for oxide in OXIDES]
    np.testing.assert_allclose(_initializer(build(), "sigma"), rmse, rtol=1e-6)


def test_same_networks_same_bytes(build, tmp_path):
    for name in ("first", "second"):
        save_model(build(), tmp_path / name)
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


@pytest.mark.parametrize("n", [0, 1, 2, 7, 4097])
def test_any_number_of_pixels(run, n):
    oxides, uncertainty, distance = run(np.full((n, 8), 0.1))
    assert oxides.shape == uncertainty.shape == (5, n)
    assert distance.shape == (n,)
    assert oxides.dtype == uncertainty.dtype == distance.dtype == np.float32


def test_pixels_do_not_influence_each_other(run, spectra):
    together = run(spectra[:300])[0]
    alone = np.concatenate([run(spectra[i : i + 1])[0] for i in range(0, 300, 50)], axis=1)
    np.testing.assert_allclose(together[:, ::50], alone, atol=1e-4)


def test_dark_and_foreign_pixels_are_flagged(run):
    _, uncertainty, distance = run(np.array([[0.0] * 8, [-0.5] * 8]))
    assert np.isfinite(distance).all()
    assert (distance > 10).all()
    assert np.isfinite(uncertainty).all()
    for spectra in probes.foreign_probes().values():
        assert run(spectra)[2].min() > 3


def test_versions_and_interface(bundled_model):
    onnx.checker.check_model(bundled_model, full_check=True)
    assert bundled_model.ir_version == IR_VERSION == 8
    assert [(o.domain, o.version) for o in bundled_model.opset_import] == [("", OPSET)]
    assert [i.name for i in bundled_model.graph.input] == ["reflectance"]
    names = [o.name for o in bundled_model.graph.output]
    assert names == ["oxides", "uncertainty", "domain_distance"]


def test_metadata_describe_the_model(bundled_metadata, record, table):
    assert bundled_metadata == metadata(record, table)
    assert all(bundled_metadata.values())
    assert bundled_metadata["id"] == "zhang2023_cnn"
    assert bundled_metadata["band_centres_nm"] == "415 750 900 950 1001 1050 1250 1550"
    assert bundled_metadata["oxides"] == "Al2O3 CaO FeO MgO TiO2"
    expected = {
        "title",
        "description",
        "training_set",
        "citation",
        "protocol",
        "metrics",
        "training_range",
        "uncertainty",
        "domain",
        "licence",
    }
    assert expected < set(bundled_metadata)
    metrics = json.loads(bundled_metadata["metrics"])
    assert tuple(metrics) == PROTOCOLS
    assert tuple(metrics[K_FOLD]) == OXIDES
    assert json.loads(bundled_metadata["training_range"])["FeO"] == [4.1, 22.2]


def test_networks_of_different_sites_are_refused(networks, domain):
    other = type(networks[0])(**{**vars(networks[0]), "input_mean": networks[0].input_mean + 1})
    with pytest.raises(ValueError, match="share their training sites"):
        build_model([other, *networks[1:]], domain, np.ones(5), {})


def _initializer(model, name):
    (found,) = [t for t in model.graph.initializer if t.name == name]
    return onnx.numpy_helper.to_array(found).ravel()


def _runner(model):
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return lambda spectra: session.run(None, {"reflectance": spectra.T.astype(np.float32)})
