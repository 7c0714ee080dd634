import numpy as np
import pytest

from training import probes, tables
from training.domain import fit_domain


@pytest.fixture(scope="module")
def domain(table):
    return fit_domain(table.reflectance)


@pytest.fixture(scope="module", params=["38 sites", "with the extended set"])
def either(request, table):
    """The domain of most models, and that of the default."""
    learnt = table if request.param == "38 sites" else table.and_(tables.load_extended_sites())
    return fit_domain(learnt.reflectance)


#: Soils of a kind, of which a map holds mixtures.
KINDS = {
    "highlands": ("Apollo16LM", "Apollo16S8", "Apollo16S13", "Luna20", "Apollo17S2"),
    "mare": ("Apollo12LM", "Apollo15LM", "Luna16", "Apollo17LRV3"),
    "high-Ti": ("Apollo17S1", "Apollo17S5", "Apollo17LRV12", "Apollo17LM"),
    "CE-5-like": ("CE-5", "CE-5", "Apollo12LM"),
}


def test_farthest_training_site_is_at_one(domain, table):
    distance = domain.distance(table.reflectance)
    assert distance.max() == pytest.approx(1.0)
    assert np.median(distance) < 0.6


def test_is_the_mahalanobis_distance(domain, table):
    noise = np.cov(np.log(tables.load_apollo12_pixels()).T)
    logarithm = np.log(table.reflectance)
    offset = logarithm - logarithm.mean(axis=0)
    inverse = np.linalg.inv(np.cov(logarithm.T) + noise)
    squared = np.einsum("ij,jk,ik->i", offset, inverse, offset)
    np.testing.assert_allclose(
        domain.distance(table.reflectance), np.sqrt(squared / squared.max()), rtol=1e-6
    )


def test_lunar_spectra_are_inside(domain, table):
    assert (domain.distance(probes.mixtures(table)) <= 1).all()
    assert (domain.distance(tables.load_apollo12_pixels()) <= 1).all()
    for spectrum in probes.lunar_probes().values():
        assert domain.distance(spectrum) < 1


@pytest.mark.parametrize("name", probes.foreign_probes())
def test_foreign_shapes_are_far_outside(domain, name):
    assert domain.distance(probes.foreign_probes()[name]).min() > 3


def test_twice_and_half_brightness_are_outside(domain, table):
    for name, spectrum in probes.scaled_sites(table).items():
        assert domain.distance(spectrum)[0] > 1, name


def test_any_input_gives_a_finite_distance(domain):
    positive = np.exp(np.random.default_rng(0).uniform(-30, 5, (1000, 8)))
    assert np.isfinite(domain.distance(positive)).all()
    assert (domain.distance(np.array([[0.0] * 8, [-1.0] * 8])) > 10).all()


@pytest.mark.parametrize("kind", KINDS)
def test_soils_of_every_kind_are_inside(either, table, kind):
    """Mixtures of soils of a kind, up to 3 % brighter or darker than what was mixed."""
    rng = np.random.default_rng(6)
    members = table.reflectance[[table.sites.index(name) for name in KINDS[kind]]]
    shares = rng.dirichlet(np.ones(len(members)), 500)
    soils = (shares @ members) * rng.uniform(0.97, 1.03, (500, 1))
    assert (either.distance(soils) <= 1).all()


def test_what_is_no_lunar_soil_is_outside(either, table):
    rng = np.random.default_rng(7)
    highlands = table.reflectance[table.sites.index("Apollo16S13")]
    no_soil = {
        "flat": np.outer(np.linspace(0.02, 0.5, 50), np.ones(8)),
        "noise": rng.uniform(0, 1, (500, 8)),
        "shadow": np.abs(rng.normal(0.002, 0.002, (500, 8))),
        "saturated": np.minimum(highlands * np.linspace(4, 8, 50)[:, None], 0.6),
        "vegetation": np.array([[0.04, 0.30, 0.45, 0.46, 0.46, 0.45, 0.40, 0.25]]),
    }
    for name, spectra in no_soil.items():
        assert either.distance(spectra).min() > 1.5, name
