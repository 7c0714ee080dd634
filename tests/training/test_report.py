import re

import pytest

from training import tables
from training.__main__ import REPORTS, main
from training.methods import DEFAULT, METHODS
from training.record import read_record
from training.report import worst_sites

FIGURES = ("predicted_vs_measured", "worst_sites", "error_vs_sigma")


@pytest.fixture(scope="module")
def rewritten(tmp_path_factory):
    """All reports written again from the committed records."""
    folder = tmp_path_factory.mktemp("reports")
    for path in REPORTS.glob("*.json"):
        (folder / path.name).write_bytes(path.read_bytes())
    assert main(["all", "--from-records", "--output", str(folder)]) == 0
    return folder


def test_committed_reports_are_what_their_records_give(rewritten):
    pages = {path.name for path in REPORTS.glob("*.md")}
    assert pages == {path.name for path in rewritten.glob("*.md")}
    assert {f"{name}.md" for name in METHODS} | {"README.md"} < pages
    for name in pages:
        assert (rewritten / name).read_text() == (REPORTS / name).read_text(), name
    figures = {path.name for path in REPORTS.glob("*.png")}
    assert figures == {path.name for path in rewritten.glob("*.png")}
    assert all(path.stat().st_size < 200_000 for path in rewritten.glob("*.png"))


def test_links_and_figures_of_the_reports_exist():
    for path in REPORTS.glob("*.md"):
        for target in re.findall(r"\]\(([^)#]+)", path.read_text()):
            assert (REPORTS / target).exists(), (path.name, target)


def test_report_says_what_it_must(each_record):
    text = " ".join((REPORTS / f"{each_record['model']}.md").read_text().split())
    for words in (
        "Leave one mission out",
        "mean squared error",
        "CE-5",
        "default_rng([115505, i])",
        "Citation:",
    ):
        assert words in text
    assert worst_sites(each_record)[0] == "CE-5"


def test_comparison_states_what_is_missed(record):
    text = " ".join((REPORTS / "README.md").read_text().split())
    for name in METHODS:
        assert f"[{name}]({name}.md)" in text
    k_fold = record["protocols"]["grouped_k_fold"]["metrics"]
    assert f"{k_fold['MgO']['r2']:.3f}" in text
    assert "short by" in text
    assert re.search(r"Missed: .*MgO.* in the k-fold, none at unseen missions", text)


def test_quick_run_of_everything_is_whole(everything):
    written = {path.name for path in everything.iterdir()}
    assert {f"{name}.{end}" for name in METHODS for end in ("onnx", "md", "json")} < written


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("name", [DEFAULT, "zhang2023_cnn"])
def test_made_alone_a_model_is_the_same(everything, tmp_path, name):
    """Of the other methods and of the studies their own tests say so."""
    assert main(["fit", "--quick", "--model", name, "--output", str(tmp_path)]) == 0
    for end in ("onnx", "json", "md"):
        file = f"{name}.{end}"
        assert (tmp_path / file).read_bytes() == (everything / file).read_bytes()


@pytest.mark.parametrize(
    "option", [["--quick"], ["--sites", "table.csv"], ["--brightness-error", "3"]]
)
def test_bundled_models_are_never_replaced_by_others(option, capsys):
    with pytest.raises(SystemExit):
        main(["fit", *option])
    assert "--output" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["all", "fit", "evaluate", "export", "report"])
def test_commands_have_help(command, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([command, "--help"])
    assert stopped.value.code == 0
    assert "--output" in capsys.readouterr().out


def test_help_lists_the_methods_and_the_steps(capsys):
    with pytest.raises(SystemExit):
        main(["fit", "--help"])
    text = capsys.readouterr().out
    assert all(name in text for name in METHODS)
    with pytest.raises(SystemExit):
        main(["--help"])
    text = capsys.readouterr().out
    assert all(word in text for word in ("fit --sites TABLE.csv", "MODEL_FILE", "evaluate"))


def test_missing_record_is_said_plainly(tmp_path, capsys):
    assert main(["report", "--output", str(tmp_path)]) == 1
    assert DEFAULT in capsys.readouterr().err


def test_record_of_other_tables_is_refused(monkeypatch):
    monkeypatch.setattr(tables, "tables_sha256", lambda _: "other")
    with pytest.raises(ValueError, match="tables have changed"):
        read_record(REPORTS / f"{DEFAULT}.json")
