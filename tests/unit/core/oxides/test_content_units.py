"""Units of maps of oxides and elements."""

import numpy as np
import pytest

from lunar_oxide_plugin.core.oxides.content_units import (
    CONTENT_UNITS,
    ContentUnit,
    oxide_per_element,
)
from lunar_oxide_plugin.core.oxides.oxides import MOLAR_MASS, OXIDES

OXIDE, FRACTION, ELEMENT, ELEMENT_FRACTION = ContentUnit


def test_factors():
    """Factors in common use in geochemistry."""
    common = {"Al2O3": 1.8895, "CaO": 1.3992, "FeO": 1.2865, "MgO": 1.6583, "TiO2": 1.6685}
    for oxide, factor in common.items():
        assert oxide_per_element(oxide) == pytest.approx(factor, abs=1e-4)
        assert OXIDE.factor(oxide) == 1
        assert FRACTION.factor(oxide) == 100
        assert ELEMENT.factor(oxide) == oxide_per_element(oxide)
        assert ELEMENT_FRACTION.factor(oxide) == 100 * oxide_per_element(oxide)
    # The same molar masses as Mg# is computed with.
    assert oxide_per_element("MgO") * 24.305 == pytest.approx(MOLAR_MASS["MgO"])
    assert oxide_per_element("FeO") * 55.845 == pytest.approx(MOLAR_MASS["FeO"])


def test_names():
    assert OXIDE.oxide_named("FeO (wt%)") == "FeO"
    assert FRACTION.oxide_named("FeO weight fraction") == "FeO"
    assert FRACTION.oxide_named("TiO2 fraction") == "TiO2"
    assert ELEMENT.oxide_named("Fe") == "FeO"
    assert ELEMENT.oxide_named("Ti [wt%]") == "TiO2"
    assert ELEMENT_FRACTION.oxide_named("mg weight fraction") == "MgO"
    assert ELEMENT.oxide_named("FeO") is None
    assert OXIDE.oxide_named("Fe") is None
    assert ELEMENT.oxide_named("Fe uncertainty") is None


def test_the_other_unit_is_of_the_same_substance():
    for unit in ContentUnit:
        assert unit.other.other is unit
        assert unit.other.elemental == unit.elemental
        assert unit.other.fraction != unit.fraction
    assert len(CONTENT_UNITS) == len(ContentUnit)


@pytest.mark.parametrize("oxide", OXIDES)
def test_values_that_contradict(oxide):
    percent = np.array([4.0, 12.0, np.nan])
    assert not OXIDE.contradicted(oxide, percent)
    assert not FRACTION.contradicted(oxide, percent / 100)
    assert FRACTION.contradicted(oxide, percent)
    assert ELEMENT_FRACTION.contradicted(oxide, percent)
    # TiO2 may be that low.
    assert ELEMENT.contradicted(oxide, percent / 100) == (oxide != "TiO2")
    assert not OXIDE.contradicted(oxide, [])
    assert not FRACTION.contradicted(oxide, [np.nan])
