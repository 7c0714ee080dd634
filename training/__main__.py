"""Command line: train, evaluate and export oxide models.

A model of your own table (as the algorithm lunaroxide:samplesites writes it):

    python -m training fit --sites TABLE.csv --output FOLDER

writes the .onnx (a MODEL_FILE for lunaroxide:predictoxides), its report (.md) and its record
(.json). `make train` runs `all`, which rebuilds the bundled models and training/reports.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from . import robustness, tables
from .card import metadata, sigma_scale
from .doc_scores import Records, write_docs
from .empirical.refit import angle_scores
from .empirical.report import write_empirical_report
from .evaluate import QUICK, Configuration, require_enough_sites, train_final
from .export import build_model, save_model
from .files import require_writable
from .methods import DEFAULT, METHODS, Method
from .methods.convolutional import ConvolutionalNetworks
from .paper import report as paper_report
from .paper.study import make_paper_record
from .record import (
    Record,
    configuration_of,
    make_record,
    method_of,
    read_json,
    read_record,
    write_record,
)
from .report import write_report
from .robustness import make_robustness, write_robustness
from .spread import BRIGHTNESS_ERROR
from .study import report as study_report
from .study.comparison import write_comparison
from .study.run import make_study

ROOT = Path(__file__).resolve().parent.parent
MODELS, REPORTS = ROOT / "lunar_oxide_plugin/models", ROOT / "training/reports"


@dataclass(frozen=True)
class Job:
    """One model: the paths of its files, and its method, settings and sites."""

    model: Path
    reports: Path
    method: Method
    configuration: Configuration
    sites: Path | None = None

    @property
    def name(self) -> str:
        """The model's id."""
        return self.model.stem

    @property
    def record(self) -> Path:
        """The JSON that the steps share."""
        return self.reports / f"{self.name}.json"

    def table(self) -> tables.SiteTable:
        """The sites to learn from."""
        return tables.load_own_sites(self.sites) if self.sites else tables.load_sites()

    def read(self, table: tables.SiteTable) -> Record:
        """The record of this job; ValueError if it is of another table or method."""
        record = read_record(self.record, table)
        if record["method"] != self.method.id:
            raise ValueError(
                f"{self.record} is of the method {record['method']}, not {self.method.id}; run the "
                "evaluation again"
            )
        return record


def bundled(method_id: str) -> Job:
    """The job of a bundled model."""
    return Job(MODELS / f"{method_id}.onnx", REPORTS, METHODS[method_id], Configuration())


def job_of(options: argparse.Namespace, method_id: str) -> Job:
    """Where the results go: over the bundled ones, or into a folder.

    A model of a user's own table is called own_TABLE, or own_TABLE-METHOD when the method is not
    the default. No bundled model has such a name, and no table's name can contain the hyphen.
    """
    job = bundled(method_id)
    if options.quick:
        job = replace(job, method=job.method.quick(), configuration=QUICK)
    if options.output is None:
        return job
    error = getattr(options, "brightness_error", None)
    if error is not None:
        job = replace(job, configuration=replace(job.configuration, brightness_error=error / 100))
    sites, name = getattr(options, "sites", None), method_id
    if sites:
        stem = re.sub(r"\W+", "_", sites.stem).strip("_")
        name = f"own_{stem}" if method_id == DEFAULT else f"own_{stem}-{method_id}"
    model, folder = options.output / f"{name}.onnx", options.output
    return replace(job, model=model, reports=folder, sites=sites)


def run_evaluate(job: Job) -> None:
    """Evaluate under the three protocols; write the record."""
    table = job.table()
    require_enough_sites(table, job.configuration)
    record = make_record(job.name, table, job.method, job.configuration, _say)
    write_record(record, job.record)
    _say(f"wrote {job.record}")


def run_export(job: Job) -> None:
    """Train on all sites with the settings of the record; write the model."""
    table = job.table()
    record = job.read(table)
    trained = train_final(table, method_of(record), configuration_of(record).brightness_error)
    model = build_model(trained, sigma_scale(record), metadata(record, table))
    save_model(model, job.model)
    _say(f"wrote {job.model}")


def run_report(job: Job) -> None:
    """Write the report and its figures from the record."""
    write_report(job.read(job.table()), job.reports)
    _say(f"wrote {job.reports / job.name}.md")


def run_fit(job: Job) -> None:
    """Evaluate, export and report."""
    table = job.table()
    _say(f"tables: {len(table.sites)} sites, content {tables.tables_sha256(table)[:16]}")
    for step in (run_evaluate, run_export, run_report):
        step(job)


def run_all(jobs: list[Job], quick: bool) -> None:
    """Make every bundled model and record, then all the reports."""
    folder, table = jobs[0].reports, tables.load_sites()
    for job in jobs:
        run_evaluate(job)
        run_export(job)
    models = {job.method.id: job.model for job in jobs}
    write_record(make_robustness(table, models), folder / robustness.RECORD)
    networks = read_record(folder / f"{ConvolutionalNetworks.id}.json")
    write_record(make_paper_record(table, networks, quick, _say), folder / paper_report.RECORD)
    study = make_study(table, jobs[0].configuration, quick, _say)
    write_record(study, folder / study_report.RECORD)
    run_reports(jobs)


def run_reports(jobs: list[Job]) -> None:
    """Write every report and figure again from the records, without training."""
    folder = jobs[0].reports
    records = {job.method.id: read_record(job.record) for job in jobs}
    for record in records.values():
        write_report(record, folder)
    written = (
        write_comparison(list(records.values()), folder),
        write_empirical_report(records[ConvolutionalNetworks.id], folder),
        paper_report.write_paper_report(read_json(folder / paper_report.RECORD), folder),
        study_report.write_study(read_json(folder / study_report.RECORD), folder),
        write_robustness(read_json(folder / robustness.RECORD), folder),
    )
    for path in written:
        _say(f"wrote {path}")
    if folder == REPORTS:
        write_docs(doc_records(folder), ROOT)


def doc_records(folder: Path) -> Records:
    """The records of the pages with scores."""
    default, networks, study, robust = (
        read_json(folder / f"{name}.json")
        for name in (DEFAULT, ConvolutionalNetworks.id, "study", "robustness")
    )
    angles = angle_scores(tables.load_sites(), configuration_of(networks))
    return Records(default, networks, study, robust, angles)


STEPS: dict[str, tuple[Callable[[Job], None], str]] = {
    "fit": (run_fit, "evaluate, export and report one model"),
    "evaluate": (run_evaluate, "train under the three protocols and write the record (.json)"),
    "export": (
        run_export,
        "train on all sites with the settings of the record and write the model (.onnx)",
    ),
    "report": (run_report, "write the report (.md) and figures from the record"),
}


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        prog="python -m training",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = made.add_subparsers(dest="command", required=True, metavar="COMMAND")
    texts = {"all": "rebuild all bundled models and training/reports (make train)"}
    for name, text in (texts | {step: text for step, (_, text) in STEPS.items()}).items():
        add = commands.add_parser(name, help=text, description=text).add_argument
        folder = "write model and reports here instead of over the bundled ones"
        add("--output", type=Path, metavar="FOLDER", help=folder)
        add("--quick", action="store_true", help="few folds and epochs, to try the commands")
        if name == "all":
            again = "only write the reports again from their records (.json), without training"
            add("--from-records", action="store_true", help=again)
            continue
        sites = (
            "train with this table, as lunaroxide:samplesites writes it, instead of the bundled "
            "one; needs --output"
        )
        add("--sites", type=Path, metavar="TABLE.csv", help=sites)
        brightness = (
            "error of a pixel's brightness in per cent that the uncertainty contains (default: "
            f"{100 * BRIGHTNESS_ERROR:g}); needs --output"
        )
        add("--brightness-error", type=_percent, metavar="PERCENT", help=brightness)
        add("--model", choices=METHODS, default=DEFAULT, help=f"the method (default: {DEFAULT})")
    return made


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    made = parser()
    options = made.parse_args(arguments)
    for option in ("quick", "sites", "brightness_error"):
        if getattr(options, option, None) not in (None, False) and options.output is None:
            name = option.replace("_", "-")
            made.error(f"--{name} needs --output: it must not replace a bundled model")
    try:
        if options.output:
            require_writable(options.output)
        if options.command == "all":
            jobs = [job_of(options, name) for name in METHODS]
            run_reports(jobs) if options.from_records else run_all(jobs, options.quick)
        else:
            STEPS[options.command][0](job_of(options, options.model))
    except (OSError, ValueError) as error:
        sys.stderr.write(f"training: {error}\n")
        return 1
    return 0


def _percent(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 50:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 50 per cent")
    return value


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
