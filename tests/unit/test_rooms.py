"""Dependencies point one way: processing, scaleout -> raster -> core; training uses core only."""

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

ROOMS = {
    f"{PLUGIN}/core": Room(("numpy", f"{PLUGIN}.core"), ("onnxruntime",), NO_NETWORK),
    f"{PLUGIN}/raster": Room(
        ("numpy", "osgeo", f"{PLUGIN}.core", f"{PLUGIN}.raster"), (), NO_NETWORK
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
TRAINING_NEVER = ("qgis", "osgeo", f"{PLUGIN}.raster", f"{PLUGIN}.processing")


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
    """(dotted name, source) of the modules in a folder; none when there is no such folder."""
    return [
        (".".join(path.relative_to(ROOT).with_suffix("").parts), path.read_text("utf-8"))
        for path in sorted(folder.rglob("*.py"))
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
    for folder in ("core", "raster", "scaleout"):
        assert len(modules(ROOT / PLUGIN / folder)) > 5


def test_training_uses_only_the_core():
    found = {
        module: bad
        for module, source in modules(ROOT / "training")
        if (bad := [name for name, _ in imported(source, module) if within(name, TRAINING_NEVER)])
    }
    assert found == {}


@pytest.mark.parametrize(
    ("folder", "source", "breach"),
    [
        ("core", "import osgeo", "osgeo"),
        ("core", "from osgeo import gdal", "osgeo.gdal"),
        ("core", "import onnxruntime", "onnxruntime"),
        ("core", "class A:\n    import onnxruntime", "onnxruntime"),
        ("core", "try:\n    import scipy.stats\nexcept ImportError:\n    pass", "scipy.stats"),
        ("core", "from ..raster import blocks", f"{PLUGIN}.raster.blocks"),
        ("core", "from ..raster.blocks import Window", f"{PLUGIN}.raster.blocks.Window"),
        ("core", "from .. import raster", f"{PLUGIN}.raster"),
        ("core", f"import {PLUGIN}.processing", f"{PLUGIN}.processing"),
        ("core", "def f():\n    import urllib.request", "urllib.request"),
        ("core", "import numpylike", "numpylike"),
        ("raster", "def f():\n    from qgis.core import QgsProject", "qgis.core.QgsProject"),
        ("raster", "from ..processing.provider import P", f"{PLUGIN}.processing.provider.P"),
        ("processing", "from osgeo import gdal", "osgeo.gdal"),
        ("processing", "import jax", "jax"),
        ("scaleout", "import distributed", "distributed"),
        ("scaleout", "def f():\n    import qgis", "qgis"),
        ("scaleout", "from ..processing.base import L", f"{PLUGIN}.processing.base.L"),
        ("raster", "from ..scaleout.job import Job", f"{PLUGIN}.scaleout.job.Job"),
    ],
)
def test_the_check_finds_a_breach(folder, source, breach):
    room = ROOMS[f"{PLUGIN}/{folder}"]
    assert breaches(source, f"{PLUGIN}.{folder}.sample", room) == [breach]


def test_the_check_lets_the_allowed_pass():
    source = (
        "from __future__ import annotations\nimport json\nimport numpy as np\n"
        "from numpy.typing import NDArray\nfrom .bands import MODEL_BANDS\n"
        "def load():\n    import onnxruntime\n"
    )
    assert breaches(source, f"{PLUGIN}.core.sample", ROOMS[f"{PLUGIN}/core"]) == []


def test_folders_that_are_missing_or_empty_hold_no_breach(tmp_path):
    assert modules(tmp_path / "nothing") == []
    assert modules(tmp_path) == []
