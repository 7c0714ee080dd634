import json
from contextlib import contextmanager
from pathlib import Path

import onnx
import pytest
from matplotlib.figure import Figure

from training import tables
from training.__main__ import bundled, main
from training.methods import DEFAULT, METHODS


@pytest.fixture(scope="session")
def table():
    return tables.load_sites()


@contextmanager
def _undrawn():
    """Figures are made up to their layout; test_report.py draws each from the real records."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Figure, "savefig", lambda self, path, **options: Path(path).touch())
        yield


@pytest.fixture
def undrawn():
    """Layout and drawing take most of the time of a quick run."""
    with _undrawn():
        yield


@pytest.fixture(scope="session")
def everything(tmp_path_factory):
    """A quick run of all models and reports; its folder."""
    folder = tmp_path_factory.mktemp("all")
    with _undrawn():
        assert main(["all", "--quick", "--output", str(folder)]) == 0
    return folder


def read(method_id):
    """A bundled record, read without the check of its tables."""
    return json.loads(bundled(method_id).record.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def record():
    """The record of the default model."""
    return read(DEFAULT)


@pytest.fixture(scope="session", params=METHODS)
def each_record(request):
    """The record of every model in turn."""
    return read(request.param)


@pytest.fixture(scope="session")
def each_model(each_record):
    return onnx.load(bundled(each_record["method"]).model)


@pytest.fixture(scope="session")
def each_metadata(each_model):
    return {prop.key: prop.value for prop in each_model.metadata_props}
