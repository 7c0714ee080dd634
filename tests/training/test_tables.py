import numpy as np
import pytest

from lunar_oxide_plugin.core.spectra.bands import DN_SCALE
from training import tables

MISSIONS = {
    "Apollo12": 1,
    "Apollo14": 1,
    "Apollo15": 1,
    "Apollo16": 10,
    "Apollo17": 21,
    "CE-5": 1,
    "Luna16": 1,
    "Luna20": 1,
    "Luna24": 1,
}


def test_sites_are_the_38_of_the_paper(table):
    assert len(table.sites) == 38
    assert {m: table.missions.count(m) for m in set(table.missions)} == MISSIONS
    paper = set(tables.load_paper_predictions())
    assert len(paper) == 40
    assert paper - set(table.sites) == {"Apollo17S4", "CE-3"} == set(tables.load_missing_sites())


def test_known_rows(table):
    ce5 = table.sites.index("CE-5")
    np.testing.assert_array_equal(table.oxides[ce5], [11.6, 10.9, 22.2, 5.8, 5.7])
    assert table.reflectance[ce5, 0] == 0.0344
    assert np.flatnonzero(table.oxides[:, 2] > 18).tolist() == [ce5]


def test_single_pixels_are_multiples_of_the_archive_scale(table):
    single = np.array([site != "Apollo12LM" for site in table.sites])
    pixels = [
        table.reflectance[single],
        tables.load_apollo12_pixels(),
        tables.load_extended_sites().reflectance,
    ]
    for reflectance in pixels:
        dn = reflectance / DN_SCALE
        np.testing.assert_allclose(dn, np.round(dn), atol=1e-6)


def test_apollo12_is_the_mean_of_its_pixels(table):
    mean = tables.load_apollo12_pixels().mean(axis=0)
    np.testing.assert_allclose(table.reflectance[table.sites.index("Apollo12LM")], mean, atol=1e-12)


def test_extended_set_is_apart(table):
    extended = tables.load_extended_sites()
    assert len(extended.sites) == 10
    assert not set(extended.sites) & set(table.sites)
    assert not {tuple(s) for s in extended.reflectance} & {tuple(s) for s in table.reflectance}


def test_printed_scores_are_complete():
    found = tables.load_published_scores()
    assert sum(len(oxides) for oxides in found.values()) == 15


def test_sha_ignores_line_endings_and_spelling(tmp_path, monkeypatch):
    expected, load, text = tables.tables_sha256(), tables.load_sites, _text("sites.csv")

    def sha_with(changed):
        path = tmp_path / "sites.csv"
        path.write_text(changed, newline="")
        monkeypatch.setattr(tables, "load_sites", lambda source=path: load(source))
        return tables.tables_sha256()

    assert text.count(",13.8,") == 1
    assert sha_with(text.replace("\n", "\r\n").replace(",13.8,", ",13.80,")) == expected
    assert sha_with(text.replace(",13.8,", ",13.81,")) != expected


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (",0.0344,", ",,", "not a number"),
        (",0.0344,", ",nan,", "not finite"),
        (",0.0344,", ",1720,", "fraction"),
        (",22.2,", ",222,", "sum to"),
        ("CE-5,CE-5", "Luna16,CE-5", "twice"),
        ("r1001", "r1000", "missing columns r1001"),
    ],
)
def test_bad_tables_are_refused(tmp_path, old, new, message):
    text = _text("sites.csv")
    assert text.count(old) == 1
    path = tmp_path / "sites.csv"
    path.write_text(text.replace(old, new))
    with pytest.raises(ValueError, match=message):
        tables.load_sites(path)


def _text(name):
    return (tables.DATA / name).read_text(encoding="utf-8")
