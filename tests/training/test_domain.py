import numpy as np
import pytest

from training import probes, tables
from training.domain import fit_domain, pixel_covariance


@pytest.fixture(scope="module")
def domain(table):
    return fit_domain(table.reflectance, pixel_covariance(tables.load_apollo12_pixels()))


def test_farthest_training_site_is_at_one(domain, table):
    distance = domain.distance(table.reflectance)
    assert distance.max() == pytest.approx(1.0)
    assert np.median(distance) < 0.6


def test_is_the_mahalanobis_distance(domain, table):
    noise = pixel_covariance(tables.load_apollo12_pixels())
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
