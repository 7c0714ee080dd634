"""Command line: ``python -m training all`` rebuilds the bundled model and its report.

With ``--sites TABLE.csv --output FOLDER`` the same is done for a table of your own, as the
algorithm lunaroxide:samplesites writes it; the .onnx then is a MODEL_FILE for predictoxides.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import tables
from .card import metadata, sigma
from .domain import fit_domain, pixel_covariance
from .empirical_report import write_empirical_report
from .evaluate import Configuration, require_enough_sites, train_final
from .export import build_model, save_model
from .network import Settings
from .record import configuration_of, make_record, read_record, write_record
from .report import write_report

NAME = "zhang2023_cnn"
ROOT = Path(__file__).resolve().parent.parent

#: Small enough for a test of the commands; its scores mean nothing.
QUICK = Configuration(network=Settings(epochs=5), folds=3, repeats=1)


@dataclass(frozen=True)
class Places:
    """Where the model and the report go, and the user's own table when they are made from one."""

    model: Path
    reports: Path
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


def places_of(output: Path | None, sites: Path | None) -> Places:
    """Where the results go: over the bundled ones, or into a folder.

    A model of a user's own table is called own_TABLE: no bundled model ever is.
    """
    if output is None:
        return BUNDLED
    name = f"own_{re.sub('[^A-Za-z0-9]+', '_', sites.stem).strip('_')}" if sites else NAME
    return Places(output / f"{name}.onnx", output, sites)


BUNDLED = Places(ROOT / "lunar_oxide_plugin" / "models" / f"{NAME}.onnx", ROOT / "training/reports")


def run_evaluate(places: Places, configuration: Configuration) -> None:
    """Train and judge under the three protocols; write the record."""
    table = places.table()
    require_enough_sites(table, configuration)
    record = make_record(places.name, table, configuration, _say)
    write_record(record, places.record)
    _say(f"wrote {places.record}")


def run_export(places: Places, _: Configuration) -> None:
    """Train the five final networks as the record says; write the model."""
    table = places.table()
    record = read_record(places.record, table)
    networks = train_final(table, configuration_of(record).network)
    domain = fit_domain(table.reflectance, pixel_covariance(tables.load_apollo12_pixels()))
    save_model(build_model(networks, domain, sigma(record), metadata(record, table)), places.model)
    _say(f"wrote {places.model}")


def run_report(places: Places, _: Configuration) -> None:
    """Write the report and its figures from the record."""
    write_report(read_record(places.record, places.table()), places.reports)
    _say(f"wrote {places.reports / places.name}.md")


def run_all(places: Places, configuration: Configuration) -> None:
    """Evaluate, export and report."""
    table = places.table()
    _say(f"tables: {len(table.sites)} sites, content {tables.tables_sha256(table)[:16]}")
    for step in (run_evaluate, run_export, run_report):
        step(places, configuration)


def run_empirical(places: Places, _: Configuration) -> None:
    """Judge the angle equations beside the bundled networks; a second's work, never shortened."""
    if places.sites:
        raise ValueError("empirical judges the bundled sites alone; leave --sites out")
    _say(f"wrote {write_empirical_report(read_record(BUNDLED.record), places.reports)}")


COMMANDS: dict[str, tuple[Callable[[Places, Configuration], None], str]] = {
    "all": (run_all, "evaluate, export and report (make train)"),
    "evaluate": (run_evaluate, "train under the three protocols and write the record (.json)"),
    "export": (run_export, "train the final networks and write the model (.onnx)"),
    "report": (run_report, "write the report (.md) and figures from the record"),
    "empirical": (run_empirical, "fit and judge the angle equations (reports/empirical.md)"),
}


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, (_, text) in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument(
            "--output", type=Path, help="write model and report here, not over the bundled ones"
        )
        command.add_argument(
            "--sites", type=Path, help="learn from this table (.csv) and not from the bundled one"
        )
        command.add_argument(
            "--quick", action="store_true", help="few epochs and folds, to try the commands"
        )
    options = parser.parse_args(arguments)
    if options.quick and options.output is None:
        parser.error("--quick needs --output: it must not replace the bundled model")
    if options.sites and options.output is None:
        parser.error("--sites needs --output: it must not replace the bundled model")
    places = places_of(options.output, options.sites)
    try:
        COMMANDS[options.command][0](places, QUICK if options.quick else Configuration())
    except (OSError, ValueError) as error:
        sys.stderr.write(f"training: {error}\n")
        return 1
    return 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
