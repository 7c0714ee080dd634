"""What all benchmarks share: where rows go, how large a run is, and spectra."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from .machine import versions
from .measure import take_turns
from .report import line
from .rows import Part, Row, write_part


def pytest_addoption(parser):
    group = parser.getgroup("lunar oxide benchmarks")
    group.addoption("--quick", action="store_true", help="small and few: tries the code alone")
    group.addoption("--rows", type=Path, required=True, metavar="JSON", help="rows go here")


@pytest.fixture(scope="session")
def quick(request):
    return request.config.getoption("quick")


@pytest.fixture(scope="session")
def record(request):
    """Takes rows of the report."""
    rows: list[Row] = []

    def add(section, what, *measured, **described):
        rows.append(Row(section, what, *measured, **described))
        print(f"\n{line(rows[-1])}")

    yield add
    write_part(Part(versions(), rows), request.config.getoption("rows"))


@pytest.fixture()
def missing(record):
    """Leaves a row that says so, and skips, where a module is not installed."""

    def check(module, section, what):
        if importlib.util.find_spec(module) is None:
            record(section, what, to=f"{module} is not installed")
            pytest.skip(f"{module} is not installed")

    return check


@pytest.fixture()
def turns(benchmark, quick):
    """Times work by turns with others: (work, others, rounds) -> Turns."""
    return lambda work, others, rounds: take_turns(benchmark, work, others, 2 if quick else rounds)


@pytest.fixture(scope="session")
def tile(tmp_path_factory, quick):
    """Label of a full synthetic tile, of a small one in a quick run."""
    from . import tiles

    make = tiles.small_tile if quick else tiles.full_tile
    return make(tmp_path_factory.mktemp("tile"))


@pytest.fixture(scope="session")
def source(tile):
    """The tile, opened."""
    from lunar_oxide_plugin.raster.sources.mi_source import open_mi_source

    return open_mi_source(str(tile))


@pytest.fixture(scope="session")
def tile_spectra(source):
    """The tile's valid spectra (8, n) in memory."""
    from .tiles import spectra_in_memory

    return spectra_in_memory(source)
