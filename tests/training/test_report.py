import pytest

from training import tables
from training.__main__ import BUNDLED, NAME, main
from training.record import read_record
from training.report import worst_sites, write_report

FIGURES = ("predicted_vs_measured", "worst_sites", "error_vs_distance")


def test_committed_report_is_what_its_record_gives(tmp_path, record):
    write_report(record, tmp_path)
    assert (tmp_path / f"{NAME}.md").read_text() == (BUNDLED.reports / f"{NAME}.md").read_text()
    for figure in FIGURES:
        name = f"{NAME}_{figure}.png"
        assert (tmp_path / name).stat().st_size < 150_000
        assert (BUNDLED.reports / name).is_file()


def test_figures_are_reproducible(tmp_path, record):
    for name in ("first", "second"):
        write_report(record, tmp_path / name)
    for figure in FIGURES:
        path = f"{NAME}_{figure}.png"
        assert (tmp_path / "first" / path).read_bytes() == (tmp_path / "second" / path).read_bytes()


def test_report_says_what_it_must(record):
    text = (BUNDLED.reports / f"{NAME}.md").read_text()
    for words in ("Leave one mission out", "mean squared error", "CE-5", "seed 115505"):
        assert words in text
    assert worst_sites(record)[0] == "CE-5"


def test_quick_run_of_all_steps_repeats_itself(tmp_path):
    for name in ("first", "second"):
        assert main(["all", "--quick", "--output", str(tmp_path / name)]) == 0
    written = sorted(path.name for path in (tmp_path / "first").iterdir())
    assert len(written) == 6
    for name in written:
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()


def test_quick_never_replaces_the_bundled_model(capsys):
    with pytest.raises(SystemExit):
        main(["all", "--quick"])
    assert "--output" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["all", "evaluate", "export", "report"])
def test_commands_have_help(command, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([command, "--help"])
    assert stopped.value.code == 0
    assert "--output" in capsys.readouterr().out


def test_missing_record_is_said_plainly(tmp_path, capsys):
    assert main(["report", "--output", str(tmp_path)]) == 1
    assert NAME in capsys.readouterr().err


def test_record_of_other_tables_is_refused(monkeypatch):
    monkeypatch.setattr(tables, "tables_sha256", lambda _: "other")
    with pytest.raises(ValueError, match="tables have changed"):
        read_record(BUNDLED.record)
