"""Numbers, choices and switches as users type them: right, or refused by name and value."""

import numpy as np
import pytest
from qgis.core import QgsApplication, QgsProperty

from .conftest import Feedback, read, window_context

#: Algorithm, its numeric parameter, and what is in range.
NUMBERS = [
    ("classifyterrain", "THRESHOLD", 12.5),
    ("classifyterrain", "MG_THRESHOLD", 0.5),
    ("classifyterrain", "MINIMUM_AREA", 5.5),
    ("classifyterrain", "FEO_BAND", 3),
    ("mgnumber", "MGO_BAND", 4),
    ("oxidergb", "RED_BAND", 3),
    ("comparemaps", "CLASS_THRESHOLD", 10.6),
    ("comparemaps", "INPUT_BAND", 1),
    ("predictoxides", "SCALE", 2e-5),
    ("predictoxides", "THREADS", 2),
    ("importmimap", "RESOLUTION", 512),
    ("samplesites", "WINDOW", 2),
]

BAD = {
    "12,5": "with a decimal comma. Write it with a point: 12.5",
    "12.5 wt%": "which is not a number",
    "all": "which is not a number",
    "nan": "which is not a number",
    "inf": "which is not a number",
    "-1": "-1",
}


@pytest.fixture()
def files(tile, oxide_raster, tmp_path):
    """Inputs of every algorithm above."""
    oxides = str(oxide_raster()[0])
    return {
        name: {"INPUT": str(tile[0]) if name == "predictoxides" else [str(tile[0])]}
        if name in ("predictoxides", "importmimap", "samplesites")
        else {"INPUT": oxides}
        for name, _, _ in NUMBERS
    }


def test_every_numeric_parameter_is_asked_here(provider):
    """One that is added later belongs into the list above, or is one of these."""
    kinds = {"number", "band", "distance", "area", "duration", "scale", "range"}
    asked = {name for _, name, _ in NUMBERS} | {"GREEN_BAND", "BLUE_BAND", "TIO2_BAND"}
    asked |= {"REFERENCE_BAND"}
    for algorithm in provider.algorithms():
        for definition in algorithm.parameterDefinitions():
            assert definition.type() not in kinds or definition.name() in asked


@pytest.mark.parametrize("given", BAD)
@pytest.mark.parametrize(("algorithm", "name", "_"), NUMBERS)
def test_what_is_no_number_is_refused(files, refused, tmp_path, algorithm, name, _, given):
    output = tmp_path / ("o.gpkg" if algorithm == "samplesites" else "o.tif")
    message = refused(algorithm, {**files[algorithm], name: given, "OUTPUT": output})
    assert message.startswith(f"{name} is ")
    assert BAD[given] in message


@pytest.mark.parametrize(("algorithm", "name", "_"), NUMBERS)
def test_also_where_nobody_asks_for_a_check(files, provider, tmp_path, algorithm, name, _):
    """A step of a model is run without `checkParameterValues`."""
    feedback = Feedback()
    made = QgsApplication.processingRegistry().createAlgorithmById(f"lunaroxide:{algorithm}")
    given = {**files[algorithm], name: "12,5", "OUTPUT": str(tmp_path / "o.tif")}
    _, ok = made.run(given, window_context(), feedback)
    assert not ok
    assert f"{name} is '12,5', with a decimal comma" in " ".join(feedback.errors)


@pytest.mark.parametrize("given", [None, "", " ", 12.5, "12.5", " 12.5 ", "1.25e1"])
def test_a_threshold_is_what_was_typed_or_the_default(succeed, oxide_raster, tmp_path, given):
    path, values, *_ = oxide_raster()
    output = tmp_path / "classes.tif"
    succeed("classifyterrain", {"INPUT": path, "OUTPUT": output, "THRESHOLD": given})
    threshold = 12.5 if given and str(given).strip() else 10.6
    feo = values[2]
    expected = np.where(np.isfinite(feo), np.where(feo >= threshold, 2, 1), np.nan)
    np.testing.assert_array_equal(read(output)[0], expected)


def test_expressions_are_evaluated(succeed, refused, oxide_raster, tmp_path):
    path, values, *_ = oxide_raster()
    output = tmp_path / "classes.tif"
    given = {"INPUT": path, "OUTPUT": output}
    succeed("classifyterrain", {**given, "THRESHOLD": QgsProperty.fromExpression("10 + 5")})
    assert (read(output)[0] == 2).sum() == (values[2] >= 15).sum()
    bad = QgsProperty.fromExpression("'12,5'")
    assert "THRESHOLD is '12,5'" in refused("classifyterrain", {**given, "THRESHOLD": bad})


@pytest.mark.parametrize(
    ("given", "expected"),
    [("THREADS", "1.5"), ("THREADS", "0")],
)
def test_counts_are_whole_and_in_range(refused, tile, tmp_path, given, expected):
    parameters = {"INPUT": tile[0], "OUTPUT": tmp_path / "o.tif", given: expected}
    assert f"{given} is {expected}" in refused("predictoxides", parameters)


@pytest.mark.parametrize("given", [0, "0", "1D-CNN after Zhang et al. (2023)", "0.0"])
def test_a_choice_is_a_position_or_the_option_itself(succeed, tile, tmp_path, given):
    output = tmp_path / "o.tif"
    succeed("predictoxides", {"INPUT": tile[0], "OUTPUT": output, "MODEL": given})
    from osgeo import gdal

    assert gdal.Open(str(output)).GetMetadataItem("LUNAR_OXIDE_MODEL") == "zhang2023_cnn"


@pytest.mark.parametrize("given", ["1D-CNN", "0.5", "-1", 6, "nan"])
def test_another_choice_is_refused_with_those_there_are(refused, tile, tmp_path, given):
    message = refused(
        "predictoxides", {"INPUT": tile[0], "OUTPUT": tmp_path / "o.tif", "MODEL": given}
    )
    assert f"MODEL is {given}. Choose one of: 0 (1D-CNN" in message


@pytest.mark.parametrize(
    ("given", "masked"),
    [
        *((given, True) for given in (True, "true", "yes", "", None, 1)),
        *((given, False) for given in (False, "False", "no", "0", 0)),
    ],
)
def test_a_switch_is_what_was_said(succeed, tile, tmp_path, given, masked):
    output = tmp_path / "o.tif"
    succeed("predictoxides", {"INPUT": tile[0], "OUTPUT": output, "MASK_SHADOW": given})
    assert np.isnan(read(output)[0, 20, 20:30]).all() == masked


def test_another_switch_is_refused(refused, tile, tmp_path):
    given = {"INPUT": tile[0], "OUTPUT": tmp_path / "o.tif", "MASK_SHADOW": "perhaps"}
    assert "MASK_SHADOW is 'perhaps'. Give true or false" in refused("predictoxides", given)


def test_a_parameter_there_is_not_is_said_and_does_no_harm(succeed, oxide_raster, tmp_path):
    given = {"INPUT": oxide_raster()[0], "OUTPUT": tmp_path / "mg.tif"}
    _, feedback = succeed("mgnumber", {**given, "THREADS": "0", "THRESOLD": 3})
    said = " ".join(feedback.warnings)
    assert "lunaroxide:mgnumber has no parameter THREADS; it was ignored" in said
    assert "no parameter THRESOLD" in said
