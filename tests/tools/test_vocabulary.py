"""The check of words finds what it refuses, also across lines, and nothing else."""

import pytest

from scripts.check import vocabulary


@pytest.mark.parametrize(
    "text",
    ["it lies on a body of 6378 km", "which\n    QGIS does not\n    bring", "IT IS NO FOLDER"],
)
def test_stilted_phrases_are_found(text):
    assert len(vocabulary.found(text)) == 1


def test_line_and_remedy_are_named():
    assert vocabulary.found("first\npixels where no data\n") == [
        (2, "where no data", "where nodata")
    ]


def test_plain_sentences_pass():
    text = "There is no file. It is not a folder. No data were lost. The tile lies at 310 E."
    assert vocabulary.found(text) == []


def test_the_repository_is_plain(capsys):
    assert vocabulary.main() == 0, capsys.readouterr().out
