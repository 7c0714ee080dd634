"""A computer that writes numbers with a decimal comma."""

import subprocess

import pytest

from tests import mi_tiles
from tests.polygons import write_units

from .conftest import contents, side_by_side

LANGUAGE = "de_DE"


@pytest.fixture(scope="module")
def german(tmp_path_factory):
    """Environment of a process in German, with a locale made for it."""
    folder = tmp_path_factory.mktemp("locale")
    made = subprocess.run(
        ["localedef", "-i", LANGUAGE, "-f", "UTF-8", str(folder / f"{LANGUAGE}.UTF-8")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (folder / f"{LANGUAGE}.UTF-8").is_dir(), made.stderr
    names = {"LOCPATH": str(folder), "LC_ALL": f"{LANGUAGE}.UTF-8", "LANG": f"{LANGUAGE}.UTF-8"}
    seen = subprocess.run(
        ["locale", "decimal_point"],
        env={**names, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert seen.stdout.strip() == ","
    return names


def test_the_same_results(qgis, german, tmp_path):
    """To the last byte: numbers that are typed, read from labels, and written to tables."""
    (tmp_path / "in").mkdir()
    tile = mi_tiles.write_tile(tmp_path / "in", mi_tiles.soils(), name="TILE")
    units = write_units(tmp_path / "in" / "units.gpkg")

    def run_all(environment):
        folder = tmp_path / ("comma" if environment else "point")
        folder.mkdir()
        oxides = folder / "oxides.tif"
        extent = "-49.995,-49.98,43.985,43.995 [IAU_2015:30100]"
        limits = {"STRETCH": 4, "LIMITS": "0.5,12.5,1.25,20.75,0,6.5"}
        steps = [
            ("importmimap", {"INPUT": tile, "EXTENT": extent, "OUTPUT": folder / "mi.tif"}),
            ("predictoxides", {"INPUT": tile, "SCALE": "0.00002", "OUTPUT": oxides}),
            ("oxidergb", {"INPUT": oxides, **limits, "OUTPUT": folder / "rgb.tif"}),
            (
                "zonaloxides",
                {
                    **{"INPUT": oxides, "ZONES": units, "NAME_FIELD": "unit"},
                    **{"OUTPUT": folder / "units.gpkg", "TABLE": folder / "units.csv"},
                    "REPORT": folder / "units.html",
                },
            ),
        ]
        for algorithm, parameters in steps:
            qgis.succeed(algorithm, parameters, environment=environment)
        found = contents(folder)
        assert len(found) == 9
        return {
            str(name): data.replace(folder.name.encode(), b"")
            for name, data in found.items()
            if name.suffix != ".gpkg"  # which holds the time
        }

    environments = {"C": None, LANGUAGE: german}
    found = side_by_side(lambda name: run_all(environments[name]), environments)
    assert found["C"] == found[LANGUAGE]
