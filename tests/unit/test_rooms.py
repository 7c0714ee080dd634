"""Dependencies point one way: processing, scaleout -> raster -> core; training uses core only.

Within core, raster and training each room uses only those that ``ROOMS`` names before it.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLUGIN = "lunar_oxide_plugin"


class Room(NamedTuple):
    """What the modules of a folder may import at their top, and inside functions too."""

    always: tuple[str, ...]
    lazily: tuple[str, ...] = ()
    never: tuple[str, ...] = ()


#: Of the standard library, what a map needs no network and no other process for.
NO_NETWORK = ("socket", "ssl", "http", "urllib.request", "ftplib", "subprocess")


def _core(*below: str) -> Room:
    names = ("errors", "tables", "threads", "watch", *below)
    return Room(("numpy", *(f"{PLUGIN}.core.{name}" for name in names)), (), NO_NETWORK)


def _raster(*below: str, about: bool = False) -> Room:
    rooms = [f"{PLUGIN}.raster.{name}" for name in below]
    rooms += [f"{PLUGIN}.about"] if about else []  # for the styles of products
    return Room(("numpy", "osgeo", f"{PLUGIN}.core", *rooms), (), NO_NETWORK)


ROOMS = {
    # What is used everywhere, then each sub-room above those it may import from.
    f"{PLUGIN}/core/*": _core(),
    f"{PLUGIN}/core/mathematics": _core("mathematics"),
    f"{PLUGIN}/core/spectra": _core("spectra"),
    f"{PLUGIN}/core/oxides": _core("mathematics", "oxides"),
    f"{PLUGIN}/core/models": _core("spectra", "oxides", "models")._replace(lazily=("onnxruntime",)),
    f"{PLUGIN}/core/sites": _core("spectra", "oxides", "sites"),
    f"{PLUGIN}/core/demo": _core("mathematics", "spectra", "oxides", "demo"),
    f"{PLUGIN}/core/results": _core("mathematics", "oxides", "results"),
    f"{PLUGIN}/raster/*": _raster(),
    f"{PLUGIN}/raster/gdal_io": _raster("gdal_io"),
    f"{PLUGIN}/raster/moon": _raster("gdal_io", "moon"),
    f"{PLUGIN}/raster/mi": _raster("gdal_io", "moon", "mi"),
    f"{PLUGIN}/raster/writing": _raster("gdal_io", "moon", "writing"),
    f"{PLUGIN}/raster/sources": _raster("gdal_io", "moon", "mi", "writing", "sources"),
    f"{PLUGIN}/raster/maps": _raster(
        "gdal_io", "moon", "mi", "writing", "sources", "maps", about=True
    ),
    # Without QGIS: what a notebook needs.
    f"{PLUGIN}/api.py": Room(
        ("numpy", f"{PLUGIN}.about", f"{PLUGIN}.core", f"{PLUGIN}.raster"), (), NO_NETWORK
    ),
    f"{PLUGIN}/report": Room(
        ("numpy", f"{PLUGIN}.core", f"{PLUGIN}.report"), ("matplotlib",), NO_NETWORK
    ),
    f"{PLUGIN}/processing": Room(
        (
            "numpy",
            "qgis",
            f"{PLUGIN}.about",
            f"{PLUGIN}.core",
            f"{PLUGIN}.raster",
            f"{PLUGIN}.report",
            f"{PLUGIN}.translation",
            f"{PLUGIN}.processing",
        ),
        ("osgeo", "pip"),  # pip on the user's word alone, to install onnxruntime
        NO_NETWORK,
    ),
    # Without QGIS, and without Dask until a cluster is asked for.
    f"{PLUGIN}/scaleout": Room(
        (
            "numpy",
            f"{PLUGIN}.about",
            f"{PLUGIN}.core",
            f"{PLUGIN}.raster",
            f"{PLUGIN}.scaleout",
        ),
        ("dask", "distributed"),
        NO_NETWORK,
    ),
}
#: Of training's own modules, those below the methods; everything else may use the methods.
BELOW_METHODS = ("training.tables", "training.graph", "training.domain")
STUDIES = ("study", "paper", "empirical")


def _training(*more: str, without: tuple[str, ...] = ()) -> Room:
    return Room(("numpy", f"{PLUGIN}.core", *more), (), (*NO_NETWORK, *without))


#: The studies use training's modules and methods; nothing uses a study but the command line.
TRAINING = {
    "training/methods": _training(
        *BELOW_METHODS, "training.methods", "scipy", "jax", "optax", "sklearn", "skl2onnx"
    ),
    "training/*": _training(
        *("training", "matplotlib", "onnx", "scipy", "threadpoolctl"),
        without=tuple(f"training.{study}" for study in STUDIES),
    ),
    **{
        f"training/{study}": _training(
            *("training", "matplotlib", "threadpoolctl"),
            without=tuple(f"training.{other}" for other in STUDIES if other != study),
        )
        for study in STUDIES
    },
}


def imported(source: str, module: str) -> list[tuple[str, bool]]:
    """(absolute name, whether inside a function) of everything a module imports."""
    package = module.split(".")[:-1]
    found = []

    def visit(node: ast.AST, lazy: bool) -> None:
        if isinstance(node, ast.Import):
            found.extend((alias.name, lazy) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            start = ".".join([*base, *([node.module] if node.module else [])])
            # "from . import raster" names a module where "from numpy import array" does not.
            found.extend((f"{start}.{alias.name}", lazy) for alias in node.names)
        inside = lazy or isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        for child in ast.iter_child_nodes(node):
            visit(child, inside)

    visit(ast.parse(source), lazy=False)
    return found


def within(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def breaches(source: str, module: str, room: Room) -> list[str]:
    """What a module imports against the rules of its room."""
    return [
        name
        for name, lazy in imported(source, module)
        if within(name, room.never)
        or not (
            name.split(".")[0] in sys.stdlib_module_names
            or within(name, room.always)
            or (lazy and within(name, room.lazily))
        )
    ]


def modules(folder: Path) -> list[tuple[str, str]]:
    """(dotted name, source) of a module, or of all in a folder: with ``*`` not below it."""
    if folder.suffix == ".py":
        found = [folder]
    else:
        found = folder.parent.glob("*.py") if folder.name == "*" else folder.rglob("*.py")
    return [
        (".".join(path.relative_to(ROOT).with_suffix("").parts), path.read_text("utf-8"))
        for path in sorted(found)
    ]


@pytest.mark.parametrize("folder", ROOMS)
def test_plugin_room(folder):
    found = {
        module: bad
        for module, source in modules(ROOT / folder)
        if (bad := breaches(source, module, ROOMS[folder]))
    }
    assert found == {}


def test_rooms_are_there_to_be_checked():
    for folder in ROOMS:
        assert len(modules(ROOT / folder)) >= (1 if folder.endswith(("*", ".py")) else 3), folder


def test_every_module_stands_in_a_room():
    checked = {module for folder in ROOMS for module, _ in modules(ROOT / folder)}
    above = {f"{PLUGIN}.{path.stem}" for path in (ROOT / PLUGIN).glob("*.py")}
    assert {module for module, _ in modules(ROOT / PLUGIN)} == checked | above


@pytest.mark.parametrize(
    ("tests", "source"),
    [
        ("tests/unit/core", f"{PLUGIN}/core"),
        ("tests/unit/raster", f"{PLUGIN}/raster"),
        ("tests/unit/report", f"{PLUGIN}/report"),
        ("tests/training", "training"),
    ],
)
def test_tests_mirror_the_source(tests, source):
    """A file of tests has the name of the module it tests, or of a test on all of its room."""
    rooms = {path.parent.relative_to(ROOT / tests) for path in (ROOT / tests).rglob("test_*.py")}
    assert rooms
    assert all((ROOT / source / room).is_dir() for room in rooms)


@pytest.mark.parametrize("folder", TRAINING)
def test_training_room(folder):
    found = {
        module: bad
        for module, source in modules(ROOT / folder)
        if (bad := breaches(source, module, TRAINING[folder])) and module != "training.__main__"
    }
    assert found == {}


def test_what_the_methods_use_uses_no_method():
    room = _training(*BELOW_METHODS, "onnx")
    for module, source in modules(ROOT / "training/*"):
        if module in BELOW_METHODS:
            assert breaches(source, module, room) == [], module


def test_every_module_of_training_stands_in_a_room():
    checked = {module for folder in TRAINING for module, _ in modules(ROOT / folder)}
    assert {module for module, _ in modules(ROOT / "training")} == checked


@pytest.mark.parametrize(
    ("folder", "source", "breach"),
    [
        ("core/*", "from .spectra.bands import BANDS", f"{PLUGIN}.core.spectra.bands.BANDS"),
        ("core/oxides", "import osgeo", "osgeo"),
        ("core/oxides", "from osgeo import gdal", "osgeo.gdal"),
        ("core/models", "import onnxruntime", "onnxruntime"),
        ("core/models", "class A:\n    import onnxruntime", "onnxruntime"),
        ("core/oxides", "def f():\n    import onnxruntime", "onnxruntime"),
        (
            "core/sites",
            "try:\n    import scipy.stats\nexcept ImportError:\n    pass",
            "scipy.stats",
        ),
        ("core/demo", "from ...raster import blocks", f"{PLUGIN}.raster.blocks"),
        (
            "core/demo",
            "from ...raster.maps.zone_plan import Plan",
            f"{PLUGIN}.raster.maps.zone_plan.Plan",
        ),
        ("core/demo", "from ... import raster", f"{PLUGIN}.raster"),
        (
            "core/mathematics",
            "from ..oxides.oxides import OXIDES",
            f"{PLUGIN}.core.oxides.oxides.OXIDES",
        ),
        ("core/spectra", f"import {PLUGIN}.processing", f"{PLUGIN}.processing"),
        ("core/spectra", "def f():\n    import urllib.request", "urllib.request"),
        ("core/results", "import numpylike", "numpylike"),
        ("raster/gdal_io", "from ..moon.crs import Grid", f"{PLUGIN}.raster.moon.crs.Grid"),
        ("raster/mi", "from ..writing import vrt", f"{PLUGIN}.raster.writing.vrt"),
        ("raster/sources", "from ..maps import zone_plan", f"{PLUGIN}.raster.maps.zone_plan"),
        ("raster/maps", "def f():\n    from qgis.core import QgsProject", "qgis.core.QgsProject"),
        ("raster/maps", "from ...processing.provider import P", f"{PLUGIN}.processing.provider.P"),
        ("raster/maps", "from ...scaleout.job import Job", f"{PLUGIN}.scaleout.job.Job"),
        ("processing", "from osgeo import gdal", "osgeo.gdal"),
        ("processing", "import jax", "jax"),
        ("scaleout", "import distributed", "distributed"),
        ("scaleout", "def f():\n    import qgis", "qgis"),
        ("scaleout", "from ..processing.base import L", f"{PLUGIN}.processing.base.L"),
    ],
)
def test_the_check_finds_a_breach(folder, source, breach):
    room = ROOMS[f"{PLUGIN}/{folder}"]
    module = ".".join([PLUGIN, *folder.removesuffix("/*").split("/"), "sample"])
    assert breaches(source, module, room) == [breach]


@pytest.mark.parametrize(
    ("folder", "source", "breach"),
    [
        ("methods", "from ..spread import Spread", "training.spread.Spread"),
        ("methods", "from ..study import run", "training.study.run"),
        ("*", "from .paper.study import KERNELS", "training.paper.study.KERNELS"),
        ("*", "import sklearn", "sklearn"),
        ("study", "from ..empirical import refit", "training.empirical.refit"),
        ("paper", "import pandas", "pandas"),
        ("empirical", f"import {PLUGIN}.raster", f"{PLUGIN}.raster"),
    ],
)
def test_the_check_finds_a_breach_of_training(folder, source, breach):
    module = ".".join(["training", *([] if folder == "*" else [folder]), "sample"])
    assert breaches(source, module, TRAINING[f"training/{folder}"]) == [breach]


def test_the_check_lets_the_allowed_pass():
    source = (
        "from __future__ import annotations\nimport json\nimport numpy as np\n"
        "from numpy.typing import NDArray\nfrom ..spectra.bands import MODEL_BANDS\n"
        "def load():\n    import onnxruntime\n"
    )
    assert breaches(source, f"{PLUGIN}.core.models.sample", ROOMS[f"{PLUGIN}/core/models"]) == []


def test_folders_that_are_missing_or_empty_hold_no_breach(tmp_path):
    assert modules(tmp_path / "nothing") == []
    assert modules(tmp_path) == []


@pytest.mark.parametrize("folder", ["tests/unit/core", "tests/training"])
def test_tests_of_the_science_need_neither_gdal_nor_qgis(folder):
    """They run for developers who have neither, see CONTRIBUTING."""
    found = {
        module: bad
        for module, source in modules(ROOT / folder)
        if (bad := [n for n, _ in imported(source, module) if within(n, ("osgeo", "qgis"))])
    }
    assert found == {}
