"""QGIS with the oldest onnxruntime that the plugin accepts in its profile."""

import numpy as np
from osgeo import gdal

from tests import mi_tiles

from .conftest import ROOT, bands

PACKAGES = next((ROOT / ".venv-oldest" / "lib").glob("python*/site-packages"))


def test_maps_what_the_newest_maps(qgis, bare, tmp_path):
    folder = bare.profile / "profiles" / "default" / "python"
    folder.mkdir(parents=True, exist_ok=True)
    for path in PACKAGES.glob("onnxruntime*"):
        (folder / path.name).symlink_to(path)
    text = bare.succeed("checkinstallation", {})
    assert "READY:\ttrue" in text
    assert "onnxruntime 1.19." in text
    tile = mi_tiles.write_tile(tmp_path, mi_tiles.soils(), name="TILE")
    made = []
    for name, program in {"oldest": bare, "newest": qgis}.items():
        paths = {
            kind: tmp_path / name / f"{kind.lower()}.tif"
            for kind in ("OUTPUT", "OUTPUT_UNCERTAINTY", "OUTPUT_DOMAIN")
        }
        (tmp_path / name).mkdir()
        program.succeed("predictoxides", {"INPUT": tile, **paths})
        made.append(paths)
    for oldest, newest in zip(made[0].values(), made[1].values()):
        assert gdal.Open(str(oldest)).GetGeoTransform() == gdal.Open(str(newest)).GetGeoTransform()
        assert np.isfinite(bands(newest)).any()
        np.testing.assert_allclose(bands(oldest), bands(newest), rtol=2e-5, atol=1e-4)
