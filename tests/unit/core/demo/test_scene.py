"""The demo scenes: zones, units and the rendered surface."""

import numpy as np
import pytest

from lunar_oxide_plugin.core.demo.scene import MAIRAN, SCENES, TILE_SIZE, Outline, unit_spectra
from lunar_oxide_plugin.core.demo.surface import Surface
from lunar_oxide_plugin.core.mathematics.sphere import ring_area
from lunar_oxide_plugin.core.spectra.bands import (
    ARCHIVE_BANDS,
    DN_SCALE,
    MODEL_BANDS,
)
from lunar_oxide_plugin.core.spectra.invalid_codes import InvalidCode
from lunar_oxide_plugin.core.spectra.validity import valid_spectra
from tests.unit.scenes import dn_of, surface_of

PAPER_UNITS = {
    "Mairan": {"Northeast", "Mairan T", "Middle", "South", "mare", "highlands"},
    "Sosigenes": {"Mound", "Hummocky", "Blocky", "mare"},
}

# MV2 (750 nm): mean, standard deviation and 5th, 50th, 95th percentile of the lit ground, DN.
# What a change of the generator or a platform's arithmetic would move.
COARSE = {
    "Mairan": (3407.40, 702.72, 2749, 3064, 4987),
    "Sosigenes": (2686.71, 88.22, 2567, 2683, 2813),
}


@pytest.fixture(scope="module", params=SCENES)
def scene(request):
    return SCENES[request.param]


@pytest.fixture(scope="module")
def surface(scene):
    return surface_of(scene.name)


@pytest.fixture(scope="module")
def dn(scene):
    return dn_of(scene.name)


def inside(scene, ring):
    """Pixels whose centre lies in a ring: even-odd rule, row by row of its bounding box."""
    column = (ring[:, 0] - scene.west) * TILE_SIZE
    row = (scene.north - ring[:, 1]) * TILE_SIZE
    result = np.zeros((TILE_SIZE, TILE_SIZE), bool)
    left, top = int(column.min()), int(row.min())
    box = result[top : int(row.max()) + 2, left : int(column.max()) + 2]
    x = left + np.arange(box.shape[1])[np.newaxis, :]
    y = top + np.arange(box.shape[0])[:, np.newaxis]
    for x0, y0, x1, y1 in zip(column[:-1], row[:-1], column[1:], row[1:]):
        if y0 != y1:
            crosses = (y0 <= y) != (y1 <= y)
            box ^= crosses & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
    return result


def test_units_are_those_of_the_papers_tables(scene):
    assert {unit.name for unit in scene.units} == PAPER_UNITS[scene.name]
    assert set(unit_spectra(scene)) == PAPER_UNITS[scene.name]


def test_spectra_are_lunar(scene):
    for unit in unit_spectra(scene).values():
        assert unit.reflectance.shape == (8,)
        assert (np.diff(unit.reflectance) > 0).all()
        assert valid_spectra(unit.reflectance)
        assert 45 < unit.oxides.sum() < 62


def test_rings_are_closed_and_within_the_tile(scene):
    for unit in scene.units:
        ring = unit.ring
        np.testing.assert_array_equal(ring[0], ring[-1])
        lon, lat = ring.T
        assert (lon > scene.west).all() and (lon < scene.west + 1 - 0.02).all()
        assert (lat < scene.north).all() and (lat > scene.north - 1).all()
        assert lon.min() >= -180 and lon.max() <= 180


def test_zones_do_not_overlap(scene):
    assert np.sum([inside(scene, unit.ring) for unit in scene.units], axis=0).max() == 1


def test_zones_have_the_size_of_their_units(scene):
    smallest, largest = {"Mairan": (8, 80), "Sosigenes": (0.5, 80)}[scene.name]
    for unit in scene.units:
        assert smallest < ring_area(*unit.ring.T) < largest


def test_study_area_of_the_paper_is_in_a_unit():
    # 43.76 N 49.90 W of the paper's Fig. 8 lies on a dome here.
    column, row = round((-49.90 - MAIRAN.west) * TILE_SIZE), round((44 - 43.76) * TILE_SIZE)
    dome = next(unit for unit in MAIRAN.units if unit.name == "Mairan T")
    assert inside(MAIRAN, dome.ring)[row, column]


def test_outline_is_where_its_level_is_one():
    outline = Outline(0.0, 0.0, 3.0, 2.0, ((0.1, 0.5), (0.08, 2.0)))
    ring = outline.ring() * np.pi / 180 * 1737.4
    np.testing.assert_allclose(outline.level(ring[:, 0], ring[:, 1]), 1, atol=1e-12)


def test_zone_means_are_the_units_spectra(scene, dn):
    model = [band.filter != "MN1" for band in ARCHIVE_BANDS]
    reflectance = dn[model] * DN_SCALE
    valid = valid_spectra(reflectance)
    for unit in scene.units:
        pixels = inside(scene, unit.ring) & valid
        assert pixels.sum() > 2500
        mean = reflectance[:, pixels].mean(axis=1)
        np.testing.assert_allclose(mean, unit_spectra(scene)[unit.name].reflectance, rtol=0.05)


def test_brightness_varies_but_spectral_shape_hardly(scene, dn):
    mare = inside(scene, scene.units[0].ring) & (dn > 500).all(axis=0)
    brightness = dn[1][mare] / dn[1][mare].mean()
    ratio = dn[0][mare] / dn[1][mare]
    assert 0.02 < brightness.std() < 0.08
    assert ratio.std() / ratio.mean() < 0.01


def test_mn1_has_the_mean_of_mv5_but_its_own_noise(dn):
    both = (dn[4] > 500) & (dn[5] > 500)
    difference = dn[5][both].astype(int) - dn[4][both]
    assert abs(difference.mean()) < 1
    assert 10 < difference.std() < 100


def test_every_invalid_code_occurs(dn):
    for code in InvalidCode:
        assert 0 < (dn == code).sum() < 0.03 * dn.size
    other = dn[(dn < 1)]
    assert set(np.unique(other)) == set(InvalidCode)


def test_outside_is_a_strip_along_one_edge(dn):
    outside = (dn == InvalidCode.OUTSIDE_IMAGE).any(axis=0)
    assert outside[:, -1].all()
    assert not outside[:, : TILE_SIZE - 50].any()


def test_mn1_is_at_fault_where_no_band_of_a_model_is(dn):
    model = [band in MODEL_BANDS for band in ARCHIVE_BANDS]
    assert ((dn[5] < 0) & (dn[model] > 0).all(axis=0)).any()


def test_shadow_is_a_patch_in_its_crater(scene, dn):
    dark = ((dn >= 0) & (dn <= 500)).all(axis=0)
    assert 500 < dark.sum() < 20000
    rows, columns = np.nonzero(dark)
    column, row = (
        (scene.shadow_crater.lon - scene.west) * TILE_SIZE,
        (scene.north - scene.shadow_crater.lat) * TILE_SIZE,
    )
    assert np.hypot(rows - row, columns - column).max() < 120


def test_altitude(surface):
    assert surface.altitude.dtype == np.float32
    assert -1 < surface.altitude.min() < surface.altitude.max() < 2


def test_domes_and_highlands_stand_above_the_mare_and_the_patch_lies_in_a_pit(scene, surface):
    means = {unit.name: surface.altitude[inside(scene, unit.ring)].mean() for unit in scene.units}
    ground = means.pop("mare")
    if scene.name == "Mairan":
        assert all(mean > ground + 0.05 for mean in means.values())
    else:
        assert all(mean < ground - 0.05 for mean in means.values())
        assert means["Mound"] == max(means.values())


def test_scene_is_the_same_every_time(scene, surface, dn):
    again = Surface(scene)
    np.testing.assert_array_equal(again.altitude, surface.altitude)
    np.testing.assert_array_equal(again.dn(8), dn[8])


def test_scene_is_the_same_everywhere(scene, dn):
    lit = dn[1][dn[1] > 500]
    coarse = (lit.mean(), lit.std(), *np.percentile(lit, [5, 50, 95]))
    np.testing.assert_allclose(coarse, COARSE[scene.name], atol=1)
