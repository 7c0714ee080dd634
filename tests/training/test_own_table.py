"""Training on a user's own table: the one that the algorithm samplesites writes."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from lunar_oxide_plugin.core.models.model import OxideModel
from lunar_oxide_plugin.core.tables import csv_text
from training import files, tables
from training.__main__ import main
from training.methods import DEFAULT, METHODS

TABLE = Path(__file__).resolve().parents[1] / "data" / "sites" / "synthetic_sites.csv"


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with what a quick run of all steps writes."""
    folder = tmp_path_factory.mktemp("own")
    assert main(["fit", "--sites", str(TABLE), "--quick", "--output", str(folder)]) == 0
    return folder


def test_error_of_brightness_is_the_users(tmp_path):
    """Twice the error gives twice the photometric term, nearly, and the model says which."""
    options = ["--quick", "--model", "plsr", "--sites", str(TABLE)]
    terms = []
    for percent in ("5", "10"):
        folder = tmp_path / percent
        assert main(["fit", *options, "--brightness-error", percent, "--output", str(folder)]) == 0
        (record,) = folder.glob("*.json")
        terms.append(json.loads(record.read_text(encoding="utf-8"))["photometric"])
        (model,) = folder.glob("*.onnx")
        assert OxideModel(model).metadata["brightness_error"] == f"{int(percent) / 100:g}"
    np.testing.assert_allclose(terms[1], np.multiply(terms[0], 2), rtol=0.2)


@pytest.mark.parametrize("text", ["-1", "51", "nan", "five"])
def test_impossible_errors_of_brightness_are_refused(text, tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["fit", "--brightness-error", text, "--output", str(tmp_path)])
    assert "--brightness-error" in capsys.readouterr().err


def test_rows_that_were_not_sampled_are_skipped():
    table = tables.load_own_sites(TABLE)
    assert len(TABLE.read_text(encoding="utf-8").splitlines()) == 1 + 13
    assert table.sites == tuple(f"invented {number}" for number in range(1, 13))
    assert set(table.missions) == {f"mission {number}" for number in range(1, 5)}
    assert (table.own, table.synthetic) == ("synthetic_sites.csv", True)
    assert (tables.load_sites().own, tables.load_sites().synthetic) == ("", False)


def test_all_steps_write_a_model_that_the_plugin_loads(trained):
    assert sorted(path.name for path in trained.iterdir()) == [
        "own_synthetic_sites.json",
        "own_synthetic_sites.md",
        "own_synthetic_sites.onnx",
        "own_synthetic_sites_error_vs_sigma.png",
        "own_synthetic_sites_predicted_vs_measured.png",
        "own_synthetic_sites_worst_sites.png",
    ]
    model = OxideModel(trained / "own_synthetic_sites.onnx")
    table = tables.load_own_sites(TABLE)
    prediction = model.predict(table.reflectance.T.astype(np.float32))
    record = json.loads((trained / "own_synthetic_sites.json").read_text(encoding="utf-8"))
    learnt = np.array(record["protocols"]["fit_on_all"]["predicted"])[0]
    np.testing.assert_allclose(prediction.oxides.T, learnt, atol=1e-3)
    assert 0.5 < prediction.domain_distance.max() < 1  # the edge is that of sites left out


def test_nothing_claims_the_bundled_sites(trained):
    model = OxideModel(trained / "own_synthetic_sites.onnx")
    assert model.id == "own_synthetic_sites"
    assert model.title == "SYNTHETIC Gaussian processes, trained on synthetic_sites.csv (12 sites)"
    assert "12 sites of 4 missions" in model.metadata["training_set"]
    texts = [*model.metadata.values()]
    texts.append((trained / "own_synthetic_sites.md").read_text(encoding="utf-8"))
    texts.append((trained / "own_synthetic_sites.json").read_text(encoding="utf-8"))
    for text in texts:
        for claim in (
            "38 sites",
            "40 sites",
            "CE-5",
            "Apollo17",
            "Yang",
            "make train",
            "zhang2023",
        ):
            assert claim not in text, claim
    assert "SYNTHETIC" in texts[-2]
    assert "synthetic_sites.csv" in texts[-2]


def test_sites_never_replace_the_bundled_model(capsys):
    with pytest.raises(SystemExit):
        main(["fit", "--sites", str(TABLE)])
    assert "--sites needs --output" in capsys.readouterr().err


def test_steps_refuse_another_table_than_the_record_s(trained, tmp_path, capsys):
    changed = tmp_path / TABLE.name
    changed.write_text(TABLE.read_text(encoding="utf-8").replace("invented 3", "other"))
    assert main(["report", "--sites", str(changed), "--output", str(trained)]) == 1
    assert "tables have changed" in capsys.readouterr().err


def test_the_project_s_own_sites_as_own_table(tmp_path):
    """A table with CE-5 and the paper's names is still a user's table."""
    path = tmp_path / "my sites.csv"
    path.write_bytes((tables.DATA / "sites.csv").read_bytes())
    assert main(["fit", "--sites", str(path), "--quick", "--output", str(tmp_path)]) == 0
    report = " ".join((tmp_path / "own_my_sites.md").read_text(encoding="utf-8").split())
    assert "(CE-5 circled)" in report
    assert "Trained on the 38 sites of `my sites.csv`" in report
    assert "paper's 40 sites" not in report


def edited(tmp_path, edit):
    """The table after a change of its rows, a list of lists with the header first."""
    rows = [line.split(",") for line in TABLE.read_text(encoding="utf-8").splitlines()]
    # The one column with a comma inside quotes is of no use here.
    rows = [row if len(row) == len(rows[0]) else [*row[:16], "source", *row[18:]] for row in rows]
    edit(rows)
    path = tmp_path / "bad.csv"
    path.write_text("\n".join(",".join(row) for row in rows) + "\n", encoding="utf-8")
    return path


def put(row, column, value):
    def edit(rows):
        rows[row][rows[0].index(column)] = value

    return edit


def times(row, columns, factor):
    def edit(rows):
        for name in columns:
            column = rows[0].index(name)
            rows[row][column] = repr(float(rows[row][column]) * factor)

    return edit


def one_mission(rows):
    for row in rows[1:]:
        row[rows[0].index("mission")] = "A"


def nothing_sampled(rows):
    for row in rows[1:]:
        row[rows[0].index("status")] = "outside the raster"


def no_oxides(rows):
    first, last = rows[0].index("Al2O3"), rows[0].index("TiO2")
    for row in rows:
        del row[first : last + 1]


def no_titanium(rows):
    for row in rows[1:]:
        row[rows[0].index("TiO2")] = "0"


def keep(count):
    def edit(rows):
        del rows[count + 1 :]

    return edit


OXIDES = ("Al2O3", "CaO", "FeO", "MgO", "TiO2")


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (no_oxides, ["bad.csv", "missing columns Al2O3, CaO, FeO, MgO, TiO2"]),
        (put(3, "FeO", ""), ["bad.csv, row 4 (invented 3), column FeO", "not a number"]),
        (put(3, "mission", ""), ["row 4 (invented 3), column mission is empty"]),
        (times(5, ["r900"], 50000), ["row 6 (invented 5), column r900", "looks like MI DN"]),
        (times(5, ["r900"], 100), ["row 6 (invented 5), column r900", "looks like percent"]),
        (times(2, OXIDES, 0.01), ["row 3 (invented 2)", "look like fractions"]),
        (put(2, "CaO", "-1"), ["row 3 (invented 2), column CaO", "negative"]),
        (put(4, "site", "invented 1"), ["row 5 (invented 1)", "row 2", "twice"]),
        (one_mission, ["bad.csv", "one mission (A)"]),
        (nothing_sampled, ["bad.csv", "no row was sampled"]),
        (times(5, ["r750"], 0.05), ["row 6 (invented 5), column r750", "scale applied twice"]),
        (no_titanium, ["bad.csv: TiO2: a column is the same at all sites", "Sample other"]),
        (keep(4), ["bad.csv", "too few sites"]),
        (keep(2), ["bad.csv", "2 sites are too few", "3-fold"]),
    ],
)
def test_bad_tables_are_refused_with_file_row_and_column(tmp_path, capsys, edit, words):
    path = edited(tmp_path, edit)
    arguments = ["fit", "--sites", str(path), "--quick", "--output", str(tmp_path / "out")]
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert all(word in error for word in words), error
    assert not (tmp_path / "out").exists()


def test_a_spectrum_that_stands_twice_is_refused(tmp_path, capsys):
    def copy(rows):
        for name in tables.BAND_COLUMNS:
            column = rows[0].index(name)
            rows[7][column] = rows[6][column]

    path = edited(tmp_path, copy)
    assert main(["evaluate", "--sites", str(path), "--quick", "--output", str(tmp_path)]) == 1
    assert "row 8 (invented 7), column spectrum: the same spectrum is already in row 7" in (
        capsys.readouterr().err
    )


def test_sites_that_are_all_alike_are_refused(tmp_path, capsys):
    def same_chemistry(rows):
        for row in rows[2:]:
            for name in OXIDES:
                row[rows[0].index(name)] = rows[1][rows[0].index(name)]

    path = edited(tmp_path, same_chemistry)
    assert main(["evaluate", "--sites", str(path), "--quick", "--output", str(tmp_path)]) == 1
    assert "a column is the same at all sites" in capsys.readouterr().err


def test_a_spreadsheet_s_byte_order_mark_is_no_column(tmp_path):
    path = tmp_path / "bom.csv"
    path.write_bytes(b"\xef\xbb\xbf" + TABLE.read_bytes())
    assert tables.load_own_sites(path).sites == tables.load_own_sites(TABLE).sites


def test_blanks_around_a_name_do_not_make_another_mission(tmp_path):
    def pad(rows):
        rows[1][rows[0].index("mission")] += " "

    own = tables.load_own_sites(edited(tmp_path, pad))
    assert own.missions == tables.load_own_sites(TABLE).missions


def test_names_that_a_spreadsheet_would_compute_come_back(tmp_path):
    """samplesites writes them behind a single quote."""
    rows = list(csv.reader(TABLE.read_text(encoding="utf-8").splitlines()))
    column = rows[0].index("mission")
    names = {"mission 1": "=M1", "mission 2": "'-A"}
    for row in rows[1:]:
        row[column] = names.get(row[column], row[column])
    path = tmp_path / "formulas.csv"
    path.write_bytes(csv_text(rows[0], rows[1:]).encode())
    assert "'=M1" in path.read_text(encoding="utf-8")
    expected = [names.get(name, name) for name in tables.load_own_sites(TABLE).missions]
    assert list(tables.load_own_sites(path).missions) == expected


def test_other_encodings_are_named(tmp_path, capsys):
    path = tmp_path / "wide.csv"
    path.write_bytes(TABLE.read_text(encoding="utf-8").encode("utf-16"))
    assert main(["fit", "--sites", str(path), "--quick", "--output", str(tmp_path / "o")]) == 1
    assert "wide.csv is not UTF-8 text" in capsys.readouterr().err


def test_names_in_any_script_stay_apart(tmp_path):
    for name in ("月球", "嫦娥"):
        path = tmp_path / f"{name}.csv"
        path.write_bytes(TABLE.read_bytes())
        arguments = ["evaluate", "--sites", str(path), "--quick", "--output", str(tmp_path)]
        assert main(arguments) == 0
        assert (tmp_path / f"own_{name}.json").is_file()


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("method", METHODS)
def test_every_method_learns_a_table(tmp_path, method):
    arguments = ["--sites", str(TABLE), "--quick", "--output", str(tmp_path), "--model", method]
    assert main(["fit", *arguments]) == 0
    (path,) = tmp_path.glob("*.onnx")
    assert path.stem == "own_synthetic_sites" + ("" if method == DEFAULT else f"-{method}")
    spectra = tables.load_own_sites(TABLE).reflectance.T.astype(np.float32)
    prediction = OxideModel(path).predict(spectra)
    assert np.isfinite(prediction.oxides).all()
    assert (prediction.uncertainty > 0).all()
    text = " ".join(path.with_suffix(".md").read_text(encoding="utf-8").split())
    assert f"--model {method}" in text
    assert "its scores mean nothing" in text


def test_a_record_of_another_method_is_not_exported(tmp_path, capsys):
    common = ["--sites", str(TABLE), "--quick", "--output", str(tmp_path)]
    assert main(["evaluate", *common]) == 0
    (tmp_path / "own_synthetic_sites.json").rename(tmp_path / "own_synthetic_sites-plsr.json")
    assert main(["export", *common, "--model", "plsr"]) == 1
    assert "of the method gaussian_process, not plsr" in capsys.readouterr().err
    assert not list(tmp_path.glob("*.onnx"))


@pytest.mark.parametrize("content", ["", "{}", "[1, 2]", '{"tables_sha256": '])
def test_a_damaged_record_is_named(tmp_path, capsys, content):
    (tmp_path / "own_synthetic_sites.json").write_text(content)
    assert main(["report", "--sites", str(TABLE), "--quick", "--output", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert "own_synthetic_sites.json is not a record of an evaluation" in error


def test_an_output_that_cannot_be_written_is_refused_before_training(tmp_path, capsys):
    (tmp_path / "file").write_text("mine")
    assert main(["fit", "--sites", str(TABLE), "--output", str(tmp_path / "file")]) == 1
    captured = capsys.readouterr()
    assert "file cannot be written" in captured.err
    assert "splits" not in captured.out
    assert (tmp_path / "file").read_text() == "mine"


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "record.json"
    path.write_text("old")

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(files.Path, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        files.write_whole(path, "new")
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["record.json"]
