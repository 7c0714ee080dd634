"""Many runs one after the other in one QGIS process: memory, open files and temporary files.

    python -m tests.soak [RUNS]          (Linux, in the plugin's environment)

Prints a line for each cycle of the runs and ends with 1 when anything grows.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import tempfile
from pathlib import Path

from osgeo import gdal
from qgis.core import (
    QgsApplication,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingUtils,
)
from qgis.PyQt.QtCore import QCoreApplication, QEvent

from tests import mi_tiles

#: Memory may grow by this part from the middle of the runs to their end: what is freed is not
#: given back at once, and comes and goes by some per cent.
GROWTH = 0.03

UNIT = "POLYGON((-49.998 43.998, -49.98 43.995, -49.985 43.985, -49.998 43.998))"


class Cancelling(QgsProcessingFeedback):
    """A user who changes their mind at once."""

    def __init__(self) -> None:
        super().__init__()
        self.progressChanged.connect(lambda _: self.cancel())


def runs(folder: Path) -> list[tuple[str, dict[str, object], bool]]:
    """A cycle: (algorithm, parameters, whether it is cancelled); outputs are replaced each time."""
    tile = str(mi_tiles.write_tile(folder, mi_tiles.soils(300, 300), name="TILE"))
    zones = folder / "zones.geojson"
    points = [[-49.998, 43.998], [-49.98, 43.995], [-49.985, 43.985], [-49.998, 43.998]]
    crs = {"type": "name", "properties": {"name": "IAU_2015:30100"}}
    feature = {
        "type": "Feature",
        "properties": {"unit": "a"},
        "geometry": {"type": "Polygon", "coordinates": [points]},
    }
    collection = {"type": "FeatureCollection", "crs": crs, "features": [feature]}
    zones.write_text(json.dumps(collection), "utf-8")

    def at(name: str) -> str:
        return str(folder / name)

    oxides = at("oxides.tif")
    return [
        (
            "predictoxides",
            {"INPUT": tile, "OUTPUT": oxides, "OUTPUT_UNCERTAINTY": at("s.tif")},
            False,
        ),
        ("mgnumber", {"INPUT": oxides, "OUTPUT": "TEMPORARY_OUTPUT"}, False),
        ("oxidergb", {"INPUT": oxides, "OUTPUT": at("rgb.tif"), "LEGEND": at("rgb.png")}, False),
        (
            "zonaloxides",
            {
                **{"INPUT": oxides, "ZONES": str(zones), "NAME_FIELD": "unit"},
                **{"OUTPUT": at("units.gpkg"), "REPORT": at("units.html")},
            },
            False,
        ),
        ("oxidehistogram", {"INPUT": [oxides], "REPORT": at("h.html")}, False),
        (
            "classifyterrain",
            {"INPUT": oxides, "OUTPUT": at("c.tif"), "REPORT": at("c.html")},
            False,
        ),
        ("predictoxides", {"INPUT": tile, "OUTPUT": at("never.tif"), "MODEL": 5}, True),
        ("predictoxides", {"INPUT": oxides, "OUTPUT": at("never.tif")}, False),  # is refused
    ]


def measured() -> dict[str, int]:
    """What must not grow, of this process."""
    # As the loop of events does in QGIS: it closes files of layers that are no longer in use.
    QCoreApplication.processEvents()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    temporary = Path(QgsProcessingUtils.tempFolder())
    return {
        "memory": pages * os.sysconf("SC_PAGE_SIZE"),
        "files open": len(os.listdir("/proc/self/fd")),  # noqa: PTH208 - a list of names is all
        "threads": len(os.listdir("/proc/self/task")),  # noqa: PTH208 - as above
        "temporary files": sum(1 for path in temporary.rglob("*") if path.is_file()),
    }


def soak(count: int) -> list[dict[str, int]]:
    """Run, and measure after each cycle."""
    from processing.core.Processing import Processing

    from lunar_oxide_plugin.plugin import LunarOxidePlugin

    Processing.initialize()
    plugin = LunarOxidePlugin(None)
    plugin.initProcessing()
    registry = QgsApplication.processingRegistry()
    found = []
    with tempfile.TemporaryDirectory() as name:
        cycle = runs(Path(name))
        for number in range(count):
            algorithm, parameters, cancelled = cycle[number % len(cycle)]
            context = QgsProcessingContext()
            feedback = Cancelling() if cancelled else QgsProcessingFeedback(False)
            made = registry.createAlgorithmById(f"lunaroxide:{algorithm}")
            accepted, _ = made.checkParameterValues(parameters, context)
            _, succeeded = made.run(parameters, context, feedback) if accepted else ({}, False)
            if succeeded == ("never" in str(parameters.get("OUTPUT"))):
                raise RuntimeError(f"{algorithm} ended in another way: {feedback.textLog()}")
            if number % len(cycle) == len(cycle) - 1:
                found.append(measured())
                print(number + 1, "runs:", found[-1], flush=True)
        if sorted(Path(name).glob("*never*")) or sorted(Path(name).glob("*partial*")):
            raise RuntimeError("A cancelled or refused run left files.")
    plugin.unload()
    return found


def growth(found: list[dict[str, int]]) -> list[str]:
    """What grew from the middle of the runs to their end.

    A temporary output belongs to the user's session: one for each cycle is what was asked for.
    """
    middle, end = found[len(found) // 2], found[-1]
    cycles = len(found) - 1 - len(found) // 2
    allowed = {
        "memory": int(middle["memory"] * (1 + GROWTH)),
        "temporary files": middle["temporary files"] + 2 * cycles,
    }
    return [
        f"{name}: {middle[name]} after half of the runs, {end[name]} at their end"
        for name in end
        if end[name] > allowed.get(name, middle[name])
    ]


def main() -> int:
    """Run as many as are asked for."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    QgsApplication.setPrefixPath("/usr", True)
    application = QgsApplication([], False)
    application.initQgis()
    sys.path.append(str(Path(application.pkgDataPath()) / "python" / "plugins"))
    grew = growth(soak(count))
    print("\n".join(grew) or "Nothing grew.")
    sys.stdout.flush()
    gdal.ErrorReset()
    os._exit(1 if grew else 0)  # QGIS 3.22 may crash at its end outside a window


if __name__ == "__main__":
    main()
