"""The bundled sites: what must hold for every row, and rows known from the literature."""

import math

import pytest

from lunar_oxide_plugin.core.sites.ground_truth import CLEMENTINE, LRO, TABLE, load_ground_truth

SITES = {site.site: site for site in load_ground_truth()}


def distance_km(first, second):
    """Great-circle distance, by the dot product of unit vectors."""

    def vector(place):
        lon, lat = map(math.radians, place)
        return math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)

    dot = sum(a * b for a, b in zip(vector(first), vector(second)))
    return 1737.4 * math.acos(min(1.0, dot))


def test_frames():
    frames = {name: site.frame for name, site in SITES.items()}
    landers = [name for name, frame in frames.items() if frame == LRO]
    assert landers == [
        *("Apollo12LM", "Apollo14LM", "Apollo15LM", "Apollo16LM", "Apollo17LM"),
        *("Luna16", "Luna20", "Luna24", "CE-3", "CE-5"),
    ]
    assert [name for name, frame in frames.items() if not frame] == ["Apollo17S4"]
    assert sum(frame == CLEMENTINE for frame in frames.values()) == 29
    for site in SITES.values():
        assert (site.position is None) == (site.position_quality == "no position")
        assert (site.frame == CLEMENTINE) == ("Clementine frame" in site.position_quality)
        assert bool(site.position_source) == (site.position is not None)


@pytest.mark.parametrize(
    ("site", "kilometres"),
    [
        ("Apollo12LM", 3.37),
        ("Apollo14LM", 2.43),
        ("Apollo15LM", 1.13),
        ("Apollo16LM", 0.63),
        ("Apollo17LM", 0.87),
        ("Luna16", 37.0),
        ("Luna20", 9.18),
        ("Luna24", 5.19),
    ],
)
def test_offset_between_the_frames(site, kilometres):
    """As stated in docs/science.md: hundreds of MI pixels of 15 m."""
    found = distance_km(SITES[site].position, SITES[site].clementine)
    assert found == pytest.approx(kilometres, abs=0.01 if kilometres < 30 else 0.1)


def test_doubtful_rows_say_so():
    latitudes = {SITES[f"Apollo16{name}"].clementine[1] for name in ("LM", "S1", "S2")}
    assert latitudes == {-8.9548}
    for name in ("Apollo16S1", "Apollo16S2"):
        assert "latitude probably wrong" in SITES[name].position_quality
    assert "latitude" in SITES["Apollo16LM"].note
    assert "sign" in SITES["Luna16"].note


def test_stations_of_a_landing_area_are_near_their_lander():
    """Within the longest traverse of a rover (7.6 km at Apollo 17) and the frames' offset."""
    for site in SITES.values():
        lander = SITES.get(f"{site.mission}LM")
        if lander and site.position:
            assert distance_km(site.position, lander.position) < 10, site.site


def test_mg_number():
    mg, fe = 5.8 / 40.304, 22.2 / 71.844
    assert SITES["CE-5"].mg_number == pytest.approx(mg / (mg + fe))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (",LRO,lander (LRO frame),\"LROC team, featured image \"\"Still", ",Clementine,x,\"a \"\"",
         "CE-3.*differ"),
        ("44.1214,-19.5116,LRO", ",,LRO", "CE-3: frame"),
        ("44.1214,-19.5116", "44.1214,340.4884", "CE-3: 340.4884"),
    ],
)  # fmt: skip
def test_bad_rows_are_refused(tmp_path, old, new, message):
    text = TABLE.read_text(encoding="utf-8")
    assert text.count(old) == 1
    (tmp_path / "sites.csv").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        load_ground_truth(tmp_path / "sites.csv")
