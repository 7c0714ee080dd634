"""The label of a tile is found and parsed once in a run, whatever is asked of the tile."""

from collections import Counter

from lunar_oxide_plugin import api
from lunar_oxide_plugin.raster.mi import mi_label
from tests.mi_tiles import soils, write_tile


def test_one_label_is_parsed_once(tmp_path, monkeypatch):
    path = write_tile(tmp_path, soils())
    calls = Counter()

    def counted(name):
        original = getattr(mi_label, name)

        def call(*arguments):
            calls[name] += 1
            return original(*arguments)

        monkeypatch.setattr(mi_label, name, call)

    for name in ("parse_label", "_starts_as_label", "is_archive"):
        counted(name)
    source = api.open_mi(path)
    api.predict_to_files(source, api.load_model("plsr"), tmp_path / "o.tif")
    api.sample_spectra(source, [(-49.99, 43.99)])
    source.close()
    assert api.read_spectra(source, (0, 0, 5, 5))[1].all()
    assert calls == {"parse_label": 1, "_starts_as_label": 1, "is_archive": 1}
