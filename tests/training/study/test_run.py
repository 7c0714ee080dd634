import json

import pytest

from training.evaluate import QUICK
from training.methods import DEFAULT, METHODS
from training.protocols import K_FOLD, MISSION
from training.record import read_record
from training.study.report import write_study
from training.study.run import make_study, variants

SECTIONS = ("What was tried", "The ceiling", "More sites", "What CE-5", "Four sites", "Shuffled")


@pytest.fixture(scope="module")
def quick(everything):
    return read_record(everything / "study.json")


def test_the_first_variant_is_the_default():
    first = variants(quick=False)[0]
    assert (first.method, first.extended) == (METHODS[DEFAULT], METHODS[DEFAULT].extended)


def test_quick_study_says_what_its_parts_say(table, quick):
    default = quick["tried"][0]
    assert default["name"] == "default"
    assert quick["ceiling"]["hindsight"][K_FOLD]["r2"] == [
        max(row[K_FOLD][column] for row in quick["tried"]) for column in range(5)
    ]
    # No other site has as much FeO: a model that has not seen CE-5 gives it less.
    spectra = {spectrum["name"]: spectrum for spectrum in quick["farthest"]["spectra"]}
    assert spectra["CE-5"]["known"] == table.oxides[-1].tolist()
    assert spectra["CE-5"]["without"][2] < spectra["CE-5"]["with"][2]
    assert len(default[MISSION]) == 5
    # TiO2 alone was given other labels: the other oxides hardly move.
    largest = quick["other_tio2"]["largest"]["wt%"]
    assert max(largest[:4]) < 0.05 < largest[4]


@pytest.mark.usefixtures("undrawn")
def test_quick_study_is_written_and_repeats_itself(tmp_path, table, quick):
    again = make_study(table, QUICK, True, lambda _: None)
    first, second = (
        write_study(one, tmp_path / name) for one, name in ((quick, "a"), (again, "b"))
    )
    written = sorted(path.name for path in first.parent.iterdir())
    assert written == ["study.json", "study.md", "study_learning.png", "study_tried.png"]
    for name in written:
        assert (first.parent / name).read_bytes() == (second.parent / name).read_bytes()
    text = first.read_text(encoding="utf-8")
    for number, title in enumerate(SECTIONS, start=1):
        assert f"## {number}. {title}" in text
    assert all(f"]({name})" in text for name in written if name.endswith(".png"))
    assert "nan" not in text.lower().split()
    assert read_record(first.parent / "study.json") == json.loads(json.dumps(again))
