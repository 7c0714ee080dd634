import json

import pytest

from training.__main__ import REPORTS
from training.paper.study import make_paper_record


@pytest.fixture(scope="module")
def record():
    """Of the networks."""
    return json.loads((REPORTS / "zhang2023_cnn.json").read_text())


@pytest.fixture(scope="module")
def committed():
    """The committed record of this report."""
    return json.loads((REPORTS / "paper.json").read_text())


@pytest.fixture(scope="module")
def quick(table, record):
    return make_paper_record(table, record, quick=True, progress=lambda _: None)
