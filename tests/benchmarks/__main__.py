"""Run all benchmarks, each part in its environment, and write docs/performance.md."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from .machine import this_machine
from .report import report
from .rows import read_part

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "bench"
PAGE = ROOT / "docs" / "performance.md"


class Environment(NamedTuple):
    """Where a part runs."""

    title: str
    python: Path
    files: tuple[str, ...]


ENVIRONMENTS = {
    "models": Environment(
        "Models and frameworks",
        ROOT / ".venv-bench/bin/python",
        ("bench_models.py", "bench_frameworks.py", "bench_scikit.py"),
    ),
    "plugin": Environment(
        "Plugin",
        ROOT / ".venv/bin/python",
        (
            "bench_tile.py",
            "bench_process.py",
            "bench_cancel.py",
            "bench_pixels.py",
            "bench_units.py",
        ),
    ),
}


def measure(name: str, quick: bool) -> Path:
    """Run one part; the file of its rows.

    Raises
    ------
    subprocess.CalledProcessError
        Something failed, or did not give the same results as ours.
    """
    environment = ENVIRONMENTS[name]
    rows = BUILD / f"{name}.json"
    folder = Path(__file__).parent
    subprocess.run(
        [
            environment.python,
            *("-W", "ignore", "-m", "pytest", "-p", "no:cacheprovider", "-q", "-s"),
            *("-p", "no:pytest_qgis"),
            *("-o", "python_files=bench_*.py", "-o", "python_functions=bench_*"),
            *("--benchmark-quiet", "--rows", rows),
            *(["--quick"] if quick else []),
            *(folder / file for file in environment.files),
        ],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        check=True,
    )
    return rows


def main() -> int:
    """Measure and write the page; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="try the code: writes build/bench/quick.md"
    )
    quick = parser.parse_args().quick
    try:
        parts = {name: read_part(measure(name, quick)) for name in ENVIRONMENTS}
    except subprocess.CalledProcessError as error:
        sys.stderr.write(f"benchmarks: {error.cmd[0]} failed, see above; no page was written\n")
        return 1
    page = BUILD / "quick.md" if quick else PAGE
    rows = [row for part in parts.values() for row in part.rows]
    versions = {ENVIRONMENTS[name].title: part.versions for name, part in parts.items()}
    page.write_text(report(rows, this_machine(), versions, quick), encoding="utf-8")
    sys.stdout.write(f"{page}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
