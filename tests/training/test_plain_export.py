"""The bundled graph of the networks against the one that frameworks export, layer by layer."""

import numpy as np

from lunar_oxide_plugin.core.models.model import OxideModel, bundled_path
from lunar_oxide_plugin.core.oxides.oxides import within_limits
from tests.benchmarks.plain_export import PlainExport
from tests.benchmarks.trained import fitted, networks, plausible_spectra


def test_networks_give_what_the_plain_export_gives(table):
    model, plain = OxideModel(bundled_path("zhang2023_cnn")), PlainExport(networks(), 1)
    sites = table.reflectance.T.astype(np.float32)
    for spectra in (sites, plausible_spectra(20_000)):
        oxides = within_limits(plain.predict(spectra.T, threads=1).T)
        exact = fitted("zhang2023_cnn").predict(spectra.T.astype(np.float64)).T
        np.testing.assert_allclose(model.predict(spectra).oxides, oxides, rtol=0, atol=5e-5)
        np.testing.assert_allclose(oxides, exact, rtol=0, atol=5e-5)
