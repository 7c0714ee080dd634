"""QGIS with the oldest onnxruntime that the plugin accepts in its profile."""

import numpy as np

from tests import mi_tiles

from .conftest import ROOT, bands

PACKAGES = next((ROOT / ".venv-oldest" / "lib").glob("python*/site-packages"))


def test_maps_what_the_newest_maps(qgis, bare, tmp_path):
    bare.python_folder.mkdir(parents=True, exist_ok=True)
    for path in PACKAGES.glob("onnxruntime*"):
        (bare.python_folder / path.name).symlink_to(path)
    text = bare.succeed("checkinstallation", {})
    assert "READY:\ttrue" in text
    assert "onnxruntime 1.19." in text
    assert "onnxruntime 1.19." not in qgis.succeed("checkinstallation", {})
    tile = mi_tiles.write_tile(tmp_path, mi_tiles.soils(), name="TILE")
    maps = ("OUTPUT", "OUTPUT_UNCERTAINTY", "OUTPUT_DOMAIN")
    for program, name in [(bare, "oldest"), (qgis, "newest")]:
        outputs = {key: tmp_path / f"{name}_{key}.tif" for key in maps}
        program.succeed("predictoxides", {"INPUT": tile, **outputs})
    for key in maps:
        oldest, newest = (bands(tmp_path / f"{name}_{key}.tif") for name in ("oldest", "newest"))
        assert (newest > 0).any(axis=(1, 2)).all()
        np.testing.assert_allclose(oldest, newest, rtol=2e-4, atol=5e-4)
