"""The scores in README and docs are those of the records."""

import re

import pytest

from training.__main__ import REPORTS, ROOT, doc_records
from training.doc_scores import BLOCKS, PAGES, rewritten


@pytest.fixture(scope="module")
def records():
    return doc_records(REPORTS)


@pytest.mark.parametrize("page", PAGES)
def test_pages_have_the_scores_of_the_records(page, records):
    text = (ROOT / page).read_text(encoding="utf-8")
    assert rewritten(text, records) == text


def test_every_block_stands_somewhere():
    pages = "".join((ROOT / page).read_text(encoding="utf-8") for page in PAGES)
    assert set(re.findall(r"<!-- scores: (\w+) -->", pages)) == set(BLOCKS)


def test_a_changed_score_changes_its_page(records):
    """The test above can fail: another R2 in the record gives another README."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    metrics = records.default["protocols"]["leave_one_mission_out"]["metrics"]
    true, metrics["FeO"]["r2"] = metrics["FeO"]["r2"], 0.123
    try:
        assert rewritten(text, records) != text
        assert "0.12 (FeO)" in rewritten(text, records)
    finally:
        metrics["FeO"]["r2"] = true


def test_an_unknown_block_is_refused(records):
    with pytest.raises(KeyError):
        rewritten("<!-- scores: nothing -->\n<!-- end scores -->", records)
