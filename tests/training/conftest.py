import json

import onnx
import pytest

from training import tables
from training.__main__ import BUNDLED


@pytest.fixture(scope="session")
def table():
    return tables.load_sites()


@pytest.fixture(scope="session")
def record():
    """The bundled record, read without the check of its tables."""
    return json.loads(BUNDLED.record.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def bundled_model():
    return onnx.load(BUNDLED.model)


@pytest.fixture(scope="session")
def bundled_metadata(bundled_model):
    return {prop.key: prop.value for prop in bundled_model.metadata_props}
