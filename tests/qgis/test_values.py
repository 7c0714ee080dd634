"""Numbers, choices and switches as users write them: what is computed with, or what is said."""

import numpy as np
import pytest
from qgis.core import (
    NULL,
    QgsApplication,
    QgsProcessingContext,
    QgsProcessingModelAlgorithm,
    QgsProcessingModelChildAlgorithm,
    QgsProcessingModelChildParameterSource,
    QgsProcessingModelOutput,
    QgsProcessingParameterBand,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterEnum,
    QgsProcessingParameterNumber,
    QgsProperty,
)

from .conftest import Feedback, read
from .test_provider import CONTRACT, OPTIONAL

NUMBERS = (QgsProcessingParameterNumber, QgsProcessingParameterBand)
CHOICES = (QgsProcessingParameterEnum, QgsProcessingParameterBoolean)

#: Of all algorithms and workflows: (algorithm, parameter, whether it is a number).
READ_STRICTLY = [
    (name, parameter.rstrip("?"))
    for name, (parameters, _) in sorted(CONTRACT.items())
    for parameter in parameters.split()
]

#: What is not a number, and what is said of it.
NOT_NUMBERS = {
    "12,5": "is '12,5', which is not a number. It has a decimal comma; write 12.5 with a point",
    "-,5e-3": "write -.5e-3 with a point",
    "12.5 wt%": "without a unit",
    "1_0": "is not a number",
    "0x10": "is not a number",
    "\u0661\u0662": "is not a number",
    "nan": "has to be a finite number",
    "-inf": "has to be a finite number",
    "1e400": "has to be a finite number",
    True: "is not a number",
    (1, 2): "is not a number",
}


def said_by(algorithm, parameters):
    """What the check says, and what is said when nobody asks it, as in a model."""
    accepted, message = algorithm.checkParameterValues(parameters, QgsProcessingContext())
    assert not accepted
    if isinstance(algorithm, QgsProcessingModelAlgorithm):
        return [message]  # its steps check
    feedback = Feedback()
    assert not algorithm.create().prepare(parameters, QgsProcessingContext(), feedback)
    return [message, " ".join(feedback.errors)]


@pytest.mark.parametrize(("name", "parameter"), READ_STRICTLY)
def test_what_is_no_value_is_named_by_every_algorithm(provider, name, parameter):
    algorithm = provider.algorithm(name)
    definition = algorithm.parameterDefinition(parameter)
    bad = {}
    if isinstance(definition, NUMBERS):
        bad = NOT_NUMBERS
    elif isinstance(definition, QgsProcessingParameterEnum):
        count = len(definition.options())
        choose = "Choose one of: 0 ("
        bad = dict.fromkeys((-1, count, str(count), 0.5, "0,1", "nan", "no option"), choose)
    elif isinstance(definition, QgsProcessingParameterBoolean):
        bad = dict.fromkeys((2, "perhaps", "nan"), "Give true or false")
    for value, part in bad.items():
        given = list(value) if isinstance(value, tuple) else value
        for said in said_by(algorithm, {parameter: given}):
            assert said.startswith(f"{parameter} is "), value
            assert part in said
    if isinstance(definition, (*NUMBERS, *CHOICES)) and not definition.flags() & OPTIONAL:
        for said in said_by(algorithm, {parameter: " "}):
            assert f"{parameter} is empty" in said


@pytest.mark.parametrize(
    ("name", "parameters", "part"),
    [
        ("classifyterrain", {"THRESHOLD": "-1"}, "THRESHOLD is -1, but it has to be at least 0"),
        ("classifyterrain", {"MG_THRESHOLD": 1.5}, "has to be at least 0 and at most 1"),
        ("samplesites", {"WINDOW": "4"}, "WINDOW is 4, but it has to be at least 2 and at most 3"),
        ("samplesites", {"WINDOW": 2.5}, "WINDOW is 2.5, but it has to be a whole number"),
        ("predictoxides", {"THREADS": 0}, "THREADS is 0, but it has to be at least 1"),
        ("predictoxides", {"THREADS": "1e10"}, "THREADS is 1e10, but it has to be at most 2147"),
        ("classifyterrain", {"THRESHOLD": QgsProperty.fromExpression("'12,5'")}, "12.5 with a po"),
        ("classifyterrain", {"THRESHOLD": QgsProperty.fromExpression("NULL")}, "gives no value"),
        ("classifyterrain", {"THRESHOLD": QgsProperty.fromExpression("12 +")}, "gives no value"),
    ],
)
def test_out_of_range(provider, name, parameters, part):
    for said in said_by(provider.algorithm(name), parameters):
        assert part in said


@pytest.mark.parametrize(
    ("given", "threshold"),
    [
        (None, 10.6),
        ("", 10.6),
        (NULL, 10.6),
        (12.5, 12.5),
        (" +12.5 ", 12.5),
        ("1.25e1", 12.5),
        (np.float32(12.5), 12.5),
        (np.int64(12), 12.0),
        (QgsProperty.fromExpression("10 + 2.5"), 12.5),
        (QgsProperty.fromValue("12.5"), 12.5),
    ],
)
def test_a_number_in_any_form(succeed, oxide_raster, tmp_path, given, threshold):
    path, values, *_ = oxide_raster()
    output = tmp_path / "classes.tif"
    results, _ = succeed(
        "classifyterrain", {"INPUT": path, "OUTPUT": output, "THRESHOLD": given, "FEO_BAND": ""}
    )
    assert results["FEO_THRESHOLD"] == threshold
    feo = values[2]
    expected = np.where(feo >= threshold, 2.0, np.where(feo < threshold, 1.0, np.nan))
    np.testing.assert_array_equal(read(output)[0], expected)


@pytest.mark.parametrize("given", [1, 1.0, "1", " 1.0 ", "two-component FIT of FeO"])
def test_a_choice_in_any_form(refused, oxide_raster, tmp_path, given):
    path, *_ = oxide_raster()
    parameters = {"INPUT": path, "OUTPUT": tmp_path / "c.tif", "METHOD": given, "THRESHOLD": 1}
    assert "METHOD is the fit" in refused("classifyterrain", parameters)


@pytest.mark.parametrize("given", [False, 0, "false", "No", "0", "off"])
def test_a_switch_in_any_form(succeed, tile, tmp_path, given):
    label, _ = tile  # with DN 400 in a row of ten, which is shadow
    parameters = {"INPUT": [str(label)], "OUTPUT": tmp_path / "r.tif", "MASK_SHADOW": given}
    results, _ = succeed("importmimap", parameters)
    assert np.isfinite(read(results["OUTPUT"])[0, 20, 20:30]).all()
    results, _ = succeed("importmimap", {**parameters, "MASK_SHADOW": "yes"})
    assert np.isnan(read(results["OUTPUT"])[0, 20, 20:30]).all()


def test_numbers_in_texts(refused, oxide_raster, tile, tmp_path):
    path, *_ = oxide_raster()
    for limits in ("0,25,4,12,8,inf", "nan,25,4,12,8,30", "0,25,4,12,8"):
        parameters = {"INPUT": path, "STRETCH": 4, "LIMITS": limits, "OUTPUT": tmp_path / "c.tif"}
        assert f"LIMITS is '{limits}'" in refused("oxidergb", parameters)
    bands = {"INPUT": tile[0], "OUTPUT": tmp_path / "p.tif", "MODEL": 2}
    for text in ("1,2,3,4,5,7,8,\u00b2", "1,2,3,4,5,7,8,9.5", "1,2,3,4,5,7,8,nan"):
        assert "it needs whole numbers" in refused("predictoxides", {**bands, "BANDS": text})
    # A list, for which QGIS would take no text at all, and so the bands in their usual order.
    twice = [2, 2, 3, 4, 5, 7, 8, 9]
    for given in (twice, ", ".join(map(str, twice))):
        said = refused("predictoxides", {**bands, "BANDS": given})
        assert "needs 8 different band numbers" in said
        assert "it has: 2 2 3 4 5 7 8 9" in said


def test_a_parameter_that_there_is_not(succeed, oxide_raster, tmp_path):
    path, *_ = oxide_raster()
    given = {"INPUT": path, "OUTPUT": tmp_path / "mg.tif", "THREADS": "0", "MG0_BAND": 5}
    _, feedback = succeed("mgnumber", given)
    assert "There is no parameter MG0_BAND; it is not used." in feedback.warnings
    assert "There is no parameter THREADS; it is not used." in feedback.warnings


def model_of(path, source):
    """A user's model of one step, `classifyterrain` with a THRESHOLD."""
    model = QgsProcessingModelAlgorithm("own", "own")
    child = QgsProcessingModelChildAlgorithm("lunaroxide:classifyterrain")
    child.setChildId("terrain")
    static = QgsProcessingModelChildParameterSource.fromStaticValue
    sources = {"INPUT": static(str(path)), "THRESHOLD": source, "METHOD": static("0")}
    for name, value in sources.items():
        child.addParameterSources(name, [value])
    output = QgsProcessingModelOutput("Classes", "Classes")
    output.setChildId("terrain")
    output.setChildOutputName("OUTPUT")
    child.setModelOutputs({"Classes": output})
    model.addChildAlgorithm(child)
    return model


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (QgsProcessingModelChildParameterSource.fromExpression("10 + 2.5"), ""),
        (QgsProcessingModelChildParameterSource.fromStaticValue("12.5"), ""),
        (QgsProcessingModelChildParameterSource.fromStaticValue("12,5"), "decimal comma"),
        (QgsProcessingModelChildParameterSource.fromExpression("'x' || 5"), "'x5'"),
    ],
)
def test_in_a_model_which_checks_nothing(provider, oxide_raster, tmp_path, source, said):
    path, values, *_ = oxide_raster()
    assert QgsApplication.processingRegistry().algorithmById("lunaroxide:classifyterrain")
    output, feedback = tmp_path / "c.tif", Feedback()
    parameters = {"terrain:Classes": str(output)}
    _, ok = model_of(path, source).run(parameters, QgsProcessingContext(), feedback)
    assert ok == (not said), feedback.errors
    assert said in " ".join(feedback.errors)
    assert output.exists() == ok
    if ok:
        assert (read(output)[0] == 2).sum() == (values[2] >= 12.5).sum()
