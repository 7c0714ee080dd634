import numpy as np
import pytest

from training import probes, tables
from training.domain import fit_domain


@pytest.fixture(scope="module")
def domain(table):
    """The domain of all bundled models."""
    return fit_domain(table.and_(tables.load_extended_sites()).reflectance)


#: Soils of a kind, of which a map holds mixtures.
KINDS = {
    "highlands": ("Apollo16LM", "Apollo16S8", "Apollo16S13", "Luna20", "Apollo17S2"),
    "mare": ("Apollo12LM", "Apollo15LM", "Luna16", "Apollo17LRV3"),
    "high-Ti": ("Apollo17S1", "Apollo17S5", "Apollo17LRV12", "Apollo17LM"),
    "CE-5-like": ("CE-5", "CE-5", "Apollo12LM"),
}


def mahalanobis(logarithm, spectra):
    """Of ln reflectance from some sites, beside the definition."""
    step = np.outer([-1] * 5 + [1] * 3, [-1] * 5 + [1] * 3) * 0.01**2
    pixels = np.cov(np.log(tables.load_apollo12_pixels()).T) + 0.01**2 * np.eye(8) + step
    inverse = np.linalg.inv(np.cov(logarithm.T) + pixels)
    offset = spectra - logarithm.mean(axis=0)
    return np.sqrt(np.einsum("ij,jk,ik->i", offset, inverse, offset))


def test_is_the_mahalanobis_distance_over_its_edge(table):
    """The edge of 48 sites is the second largest of their distances from the others."""
    learnt = table.and_(tables.load_extended_sites())
    logarithm = np.log(learnt.reflectance)
    left_out = [
        mahalanobis(np.delete(logarithm, row, axis=0), logarithm[[row]])[0] for row in range(48)
    ]
    expected = mahalanobis(logarithm, logarithm) / np.sort(left_out)[-2]
    found = fit_domain(learnt.reflectance).distance(learnt.reflectance)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert found.max() < 1


def test_new_sites_are_inside_as_often_as_promised():
    """Sites of one distribution: 95 % of new ones are inside, on average over the tables."""
    rng = np.random.default_rng(4)
    shape = np.linspace(0.06, 0.2, 8)
    inside = []
    for _ in range(40):
        sites, new = (shape * np.exp(rng.normal(0, 0.3, (n, 8))) for n in (48, 500))
        inside.append((fit_domain(sites).distance(new) <= 1).mean())
    assert np.mean(inside) == pytest.approx(0.95, abs=0.015)


def test_lunar_spectra_are_inside(domain, table):
    assert (domain.distance(probes.mixtures(table)) <= 1).all()
    assert (domain.distance(tables.load_apollo12_pixels()) <= 1).all()
    for spectrum in probes.lunar_probes().values():
        assert domain.distance(spectrum) < 1


@pytest.mark.parametrize("name", probes.foreign_probes())
def test_foreign_shapes_are_far_outside(domain, name):
    assert domain.distance(probes.foreign_probes()[name]).min() > 3


def test_rates_of_the_report(table, each_record):
    """Few false alarms by noise, and most spectra of twice and half the brightness are outside."""
    found = each_record["domain_distance"]
    assert found["false_alarms"]["0.3%"] < 1
    assert found["false_alarms"]["0.6%"] < 2
    assert min(found["detected"].values()) > 80


def test_any_input_gives_a_finite_distance(domain):
    positive = np.exp(np.random.default_rng(0).uniform(-30, 5, (1000, 8)))
    assert np.isfinite(domain.distance(positive)).all()
    assert (domain.distance(np.array([[0.0] * 8, [-1.0] * 8])) > 10).all()


@pytest.mark.parametrize("kind", KINDS)
def test_soils_of_every_kind_are_inside(domain, table, kind):
    """Mixtures of soils of a kind, up to 3 % brighter or darker than what was mixed."""
    rng = np.random.default_rng(6)
    members = table.reflectance[[table.sites.index(name) for name in KINDS[kind]]]
    shares = rng.dirichlet(np.ones(len(members)), 500)
    soils = (shares @ members) * rng.uniform(0.97, 1.03, (500, 1))
    assert (domain.distance(soils) <= 1).all()


def test_what_is_no_lunar_soil_is_outside(domain, table):
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
        assert domain.distance(spectra).min() > 1.5, name
