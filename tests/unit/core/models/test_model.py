"""Model files: what is accepted, what is refused and why, and predictions in chunks."""

import hashlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest

from lunar_oxide_plugin.core.errors import ModelError, OnnxruntimeError
from lunar_oxide_plugin.core.models.model import (
    BUNDLED,
    CHUNK,
    OxideModel,
    Prediction,
    bundled_path,
)
from lunar_oxide_plugin.core.models.onnx_runtime import OLDEST, import_onnxruntime
from tests.folders import DATA, ROOT

FILES = DATA / "onnx"

#: What the linear models compute, see the README beside them.
WEIGHTS = np.outer(np.arange(1, 6), np.arange(1, 9)).astype(np.float64)


def linear(reflectance):
    return WEIGHTS @ reflectance + np.arange(5)[:, None]


def spectra(n, seed=0):
    return np.random.default_rng(seed).uniform(0.01, 0.6, (8, n)).astype(np.float32)


@pytest.mark.parametrize("n", [0, 1, 2, CHUNK - 1, CHUNK, CHUNK + 1, 5000])
def test_predictions_in_chunks(n):
    reflectance = spectra(n)
    found = OxideModel(FILES / "full.onnx").predict(reflectance)
    np.testing.assert_allclose(found.oxides, linear(reflectance.astype(float)), rtol=1e-5)
    np.testing.assert_allclose(found.uncertainty, found.oxides / 10, rtol=1e-6)
    np.testing.assert_allclose(found.domain_distance, reflectance.mean(axis=0), rtol=1e-5)
    assert found.oxides.shape == found.uncertainty.shape == (5, n)
    assert found.domain_distance.shape == (n,)
    assert {array.dtype for array in found} == {np.dtype(np.float32)}


def recorded(model, monkeypatch):
    """The (outputs, inputs) of every call of a model's session from now on."""
    calls = []
    session = model._session

    def run(names, inputs):
        calls.append((names, inputs))
        return session.run(names, inputs)

    monkeypatch.setattr(model, "_session", SimpleNamespace(run=run))
    return calls


def test_chunks_are_no_longer_than_said_and_whole_granules(monkeypatch):
    model = OxideModel(FILES / "full.onnx")
    calls = recorded(model, monkeypatch)
    reflectance = spectra(2100)
    model.predict(reflectance)
    called = [inputs["reflectance"] for _, inputs in calls]
    assert [part.shape[1] for part in called] == [1024, 1024, 64]
    np.testing.assert_array_equal(called[2][:, :52], reflectance[:, 2048:])
    np.testing.assert_array_equal(called[2][:, 52:], reflectance[:, 2048:2060])


@pytest.mark.parametrize("model_id", [model_id for model_id, _ in BUNDLED])
def test_a_pixel_has_the_same_values_to_the_last_bit_whatever_is_computed_with_it(model_id):
    model = OxideModel(bundled_path(model_id))
    reflectance = spectra(1500)
    together = model.predict(reflectance)
    parts = [0, 1, 3, 10, 23, 68, 200, 1100, 1499, 1500]
    grouped = Prediction.joined(
        [model.predict(reflectance[:, a:b]) for a, b in zip(parts, parts[1:])]
    )
    for expected, found in zip(together, grouped):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("model_id", [model_id for model_id, _ in BUNDLED])
def test_threads_share_a_model(model_id):
    model = OxideModel(bundled_path(model_id))
    reflectance = spectra(6000)
    with ThreadPoolExecutor(4) as pool:
        parts = list(pool.map(model.predict, np.split(reflectance, 6, axis=1)))
    for expected, found in zip(model.predict(reflectance), Prediction.joined(parts)):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("model_id", [model_id for model_id, _ in BUNDLED])
def test_what_is_not_wanted_is_not_computed(model_id, monkeypatch):
    model = OxideModel(bundled_path(model_id))
    reflectance = spectra(100)
    everything = model.predict(reflectance)
    calls = recorded(model, monkeypatch)
    only = model.predict(reflectance, wanted=())
    np.testing.assert_array_equal(only.oxides, everything.oxides)
    assert only.uncertainty is None
    assert only.domain_distance is None
    (names, inputs), *_ = calls
    assert names == ["oxides"]
    assert inputs["with_uncertainty"] == np.array(False)
    both = model.predict(reflectance, wanted=("oxides", "uncertainty"))
    np.testing.assert_array_equal(both.uncertainty, everything.uncertainty)


def test_switch_that_changes_the_oxides_is_refused():
    with pytest.raises(ModelError, match="its oxides depend on with_uncertainty"):
        OxideModel(FILES / "switched_oxides.onnx")


def test_any_layout_of_the_array_gives_the_same():
    model = OxideModel(FILES / "oxides_only.onnx")
    reflectance = spectra(30)
    expected = model.predict(reflectance).oxides
    for other in (
        np.asfortranarray(reflectance),
        np.repeat(reflectance, 2, axis=1)[:, ::2],
        reflectance.astype(np.float64),
    ):
        np.testing.assert_array_equal(model.predict(other).oxides, expected)


def test_optional_outputs():
    plain, full = OxideModel(FILES / "oxides_only.onnx"), OxideModel(FILES / "full.onnx")
    optional = ("uncertainty", "domain_distance")
    assert [plain.gives(name) for name in optional] == [False, False]
    assert [full.gives(name) for name in optional] == [True, True]
    prediction = plain.predict(spectra(3))
    assert prediction.uncertainty is None
    assert prediction.domain_distance is None


def test_it_is_told_by_the_file_as_it_was_loaded(tmp_path):
    path = tmp_path / "my.onnx"
    content = bundled_path("plsr").read_bytes()
    path.write_bytes(content)
    model = OxideModel(path)
    path.write_bytes(bundled_path("mlp").read_bytes())
    assert model.sha256 == hashlib.sha256(content).hexdigest()


def test_metadata():
    full = OxideModel(str(FILES / "full.onnx"))
    assert (full.id, full.title) == ("linear", "Linear")
    card = full.card()
    assert card["metrics"] == {"FeO": {"rmse": 1.5}}
    assert card["protocol"] == "none {"
    assert list(card) == sorted(card)
    plain = OxideModel(FILES / "oxides_only.onnx")
    assert (plain.id, plain.title, plain.card()) == ("oxides_only", "oxides_only", {})


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("input_name", r"its inputs are 'x' \[8, 'n'\]"),
        ("input_rows", r"'reflectance' is tensor\(float\) \[9, 'n'\]"),
        ("pixels_first", r"'reflectance' is tensor\(float\) \['n', 8\]"),
        ("two_inputs", r"its inputs are 'reflectance' .*, 'extra'"),
        ("double", r"'reflectance' is tensor\(double\)"),
        ("fixed_n", r"'reflectance' is tensor\(float\) \[8, 1\]"),
        ("output_name", r"its outputs are 'y'"),
        ("output_rows", r"'oxides' is tensor\(float\) \[6, 'n'\]"),
        ("distance_shape", r"'domain_distance' is tensor\(float\) \[1, 'n'\]"),
        ("band_order", r"band_centres_nm = 1550 .* where 415 750 .* is needed"),
        ("oxide_order", r"oxides = TiO2 .* where Al2O3 CaO FeO MgO TiO2 is needed"),
        ("mean_of_pixels", r"gives 'oxides' of shape \[5, 1\] for 64 spectra"),
        ("centred_on_pixels", r"depend on which others are computed with it"),
        ("not_finite", r"no finite oxides for a plain test spectrum"),
        ("only_three", r"fails on a test spectrum: .*requested shape:\{5,3\}"),
        ("too_new", r"ONNX model: .*Unsupported model IR version: 99"),
    ],
)
def test_foreign_models_are_refused_with_the_reason(name, reason):
    with pytest.raises(ModelError, match=reason) as caught:
        OxideModel(FILES / f"{name}.onnx")
    assert f"{name}.onnx" in str(caught.value)


def test_every_fixture_is_explained_and_small():
    readme = (FILES / "README.md").read_text("utf-8")
    for path in FILES.glob("*.onnx"):
        assert path.stem in readme
        assert path.stat().st_size < 2048


@pytest.mark.parametrize("content", [b"", b"not a model at all", b"\x08\x08" * 50, bytes(1000)])
def test_what_is_no_onnx(tmp_path, content):
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"model\.onnx"):
        OxideModel(path)


def test_missing_file_and_folder(tmp_path):
    for path in (tmp_path / "none.onnx", tmp_path):
        with pytest.raises(ModelError, match="does not exist"):
            OxideModel(path)


def test_bundled_models():
    """Each is there under its title with all outputs, and nothing else lies beside them."""
    for model_id, title in BUNDLED:
        model = OxideModel(bundled_path(model_id))
        assert (model.id, model.title) == (model_id, title)
        assert all(model.gives(name) for name in ("oxides", "uncertainty", "domain_distance"))
    folder = bundled_path(BUNDLED[0][0]).parent
    assert {path.stem for path in folder.glob("*.onnx")} == {model_id for model_id, _ in BUNDLED}


def test_onnxruntime_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(OnnxruntimeError, match="cannot be loaded"):
        OxideModel(FILES / "full.onnx")


@pytest.mark.parametrize("version", ["1.18.1", "1.9.0", "0.30.0"])
def test_onnxruntime_too_old(monkeypatch, version):
    monkeypatch.setitem(
        sys.modules, "onnxruntime", SimpleNamespace(__version__=version, InferenceSession=None)
    )
    with pytest.raises(OnnxruntimeError, match=rf"onnxruntime {version} is too old; 1\.19 or"):
        import_onnxruntime()


@pytest.mark.parametrize("version", ["1.19.0", "1.32.0", "2.0.0rc1", "1.20"])
def test_onnxruntime_new_enough(monkeypatch, version):
    calls = []
    fake = SimpleNamespace(
        __version__=version,
        InferenceSession=None,
        set_default_logger_severity=calls.append,
        disable_telemetry_events=lambda: calls.append("nothing is reported"),
    )
    monkeypatch.setitem(sys.modules, "onnxruntime", fake)
    assert import_onnxruntime() is fake
    assert calls == ["nothing is reported", 3]
    assert OLDEST == (1, 19)


@pytest.mark.parametrize("there", [{}, {"__version__": "1.30.0"}])
def test_a_folder_of_that_name_is_not_onnxruntime(monkeypatch, there):
    """As an installation that was interrupted leaves it: Python imports it without an error."""
    monkeypatch.setitem(sys.modules, "onnxruntime", SimpleNamespace(**there))
    with pytest.raises(OnnxruntimeError, match="cannot be loaded"):
        import_onnxruntime()


def test_importing_the_core_does_not_import_onnxruntime():
    code = (
        "import sys; sys.path.insert(0, '.')\n"
        "import lunar_oxide_plugin.core.models.model\n"
        "sys.exit('onnxruntime' in sys.modules)"
    )
    root = ROOT
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0


@pytest.mark.parametrize("name", [name for name, _ in BUNDLED])
@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_a_spectrum_that_is_not_finite_has_no_oxides(name, odd):
    spectra = np.full((8, 3), 0.1, np.float32)
    spectra[2, 1] = odd
    found = OxideModel(bundled_path(name)).predict(spectra)
    for values in found:
        assert np.isnan(values[..., 1]).all()
        assert np.isfinite(values[..., [0, 2]]).all()


@pytest.mark.parametrize("shape", [(8,), (3, 8), (7, 3), (8, 2, 2), ()])
def test_spectra_of_another_shape_are_refused(shape):
    with pytest.raises(ModelError, match=r"\[8, n\]"):
        OxideModel(bundled_path("plsr")).predict(np.full(shape, 0.1, np.float32))
