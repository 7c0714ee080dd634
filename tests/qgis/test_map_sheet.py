"""The layout template of a map sheet in a real QGIS."""

import re

import numpy as np
import pytest
from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsExpression,
    QgsExpressionContextScope,
    QgsExpressionContextUtils,
    QgsLayoutExporter,
    QgsLayoutObject,
    QgsPrintLayout,
    QgsProject,
    QgsRasterLayer,
    QgsReadWriteContext,
    QgsRectangle,
)
from qgis.PyQt.QtGui import QImage
from qgis.PyQt.QtWidgets import QMenu
from qgis.PyQt.QtXml import QDomDocument

from lunar_oxide_plugin.about import FOLDER, VERSION, style
from lunar_oxide_plugin.map_sheet import SPHERE, search_in
from lunar_oxide_plugin.plugin import LunarOxidePlugin
from tests.polygons import lunar_crs

TEMPLATE = FOLDER / "layouts" / "lunar_map_sheet.qpt"
RADIUS_KM = 1737.4
ITEMS = {
    "Map",
    "Title",
    "Synthetic warning",
    "Legend",
    "Composite legend",
    "Scale bar",
    "Ellipsoid warning",
    "North arrow",
    "Credits",
}


@pytest.fixture()
def project(qgis_app):
    found = QgsProject.instance()
    found.clear()
    yield found
    found.clear()


@pytest.fixture()
def plugin(monkeypatch, qgis_iface):
    """In QGIS's window, without its provider: the other tests have registered that."""
    monkeypatch.setattr(LunarOxidePlugin, "initProcessing", lambda self: None)
    plugins = QMenu()
    monkeypatch.setattr(qgis_iface, "pluginMenu", lambda: plugins, raising=False)
    found = LunarOxidePlugin(None)
    yield found
    found.unload()


@pytest.fixture()
def active(plugin):
    plugin.initGui()
    return plugin


def sheet(project, name="Mairan", crs="IAU_2015:30110", ellipsoid=SPHERE):
    """A sheet as QGIS makes one of the template."""
    project.setCrs(QgsCoordinateReferenceSystem(crs), adjustEllipsoid=True)
    if ellipsoid is not None:
        project.setEllipsoid(ellipsoid)
    document = QDomDocument()
    assert document.setContent(TEMPLATE.read_text(encoding="utf-8"))
    layout = QgsPrintLayout(project)
    items, ok = layout.loadFromTemplate(document, QgsReadWriteContext())
    assert ok
    layout.setName(name)
    assert {item.id() for item in items if item.id()} == ITEMS
    return layout


def great_circle_km(west, east, latitude):
    """By the haversine formula."""
    half = np.radians(east - west) / 2
    return 2 * RADIUS_KM * np.arcsin(np.cos(np.radians(latitude)) * np.sin(half))


@pytest.mark.parametrize("crs", ["IAU_2015:30100", "IAU_2015:30110"])
@pytest.mark.parametrize(
    ("west", "south", "size"), [(-50, 43, 1), (18.5, 8, 0.5), (-10, -70, 2), (170, -0.5, 1)]
)
def test_scale_bar_is_true_on_the_moon(project, crs, west, south, size):
    """Kilometres of a segment and its length on the paper beside the distance on the sphere."""
    layout = sheet(project, crs=crs)
    chart, bar = layout.itemById("Map"), layout.itemById("Scale bar")
    chart.zoomToExtent(QgsRectangle(west, south, west + size, south + size))
    layout.refresh()
    extent = chart.extent()
    paper = chart.rect().width()
    drawn = bar_length_mm(layout, bar)
    shown = bar.unitsPerSegment() * bar.numberOfSegments()
    degrees = drawn / paper * extent.width()
    middle = great_circle_km(0, degrees, extent.center().y())
    lower = great_circle_km(0, degrees, extent.yMinimum())
    assert shown == pytest.approx(lower, rel=0.01)  # a pixel of the drawing is 0.4 % of it
    edges = np.cos(np.radians([extent.yMinimum(), extent.center().y()]))
    assert shown == pytest.approx(middle, rel=0.01 + abs(edges[0] / edges[1] - 1))
    assert bar.unitLabel() == "km on the Moon"


#: Undistorted around 43.5 N 49.5 W.
LOCAL = """PROJCRS["Moon around Mairan",
    BASEGEOGCRS["Moon", DATUM["Moon", ELLIPSOID["Moon", 1737400, 0, LENGTHUNIT["metre", 1]]],
        PRIMEM["Reference Meridian", 0, ANGLEUNIT["degree", 0.0174532925199433]]],
    CONVERSION["local", METHOD["Lambert Azimuthal Equal Area (Spherical)", ID["EPSG", 1027]],
        PARAMETER["Latitude of natural origin", 43.5, ANGLEUNIT["degree", 0.0174532925199433]],
        PARAMETER["Longitude of natural origin", -49.5, ANGLEUNIT["degree", 0.0174532925199433]],
        PARAMETER["False easting", 0, LENGTHUNIT["metre", 1]],
        PARAMETER["False northing", 0, LENGTHUNIT["metre", 1]]],
    CS[Cartesian, 2], AXIS["x", east], AXIS["y", north], LENGTHUNIT["metre", 1]]"""


def test_scale_bar_of_a_local_projection_is_true_too(project):
    """With the ellipsoid None, as the warning's absence says."""
    layout = sheet(project, ellipsoid="NONE")
    chart, bar = layout.itemById("Map"), layout.itemById("Scale bar")
    crs = QgsCoordinateReferenceSystem.fromWkt(LOCAL)
    assert crs.isValid()
    chart.setCrs(crs)
    chart.zoomToExtent(QgsRectangle(-15000, -15000, 15000, 15000))
    layout.refresh()
    assert layout.itemById("Ellipsoid warning").currentText() == ""
    length = bar_length_mm(layout, bar) / chart.rect().width() * chart.extent().width() / 1000
    assert bar.unitsPerSegment() * bar.numberOfSegments() == pytest.approx(length, rel=0.01)
    # and its metres are those of the sphere
    transform = QgsCoordinateTransform(
        crs, QgsCoordinateReferenceSystem("IAU_2015:30100"), project.transformContext()
    )
    west, east = transform.transform(-10000, 0), transform.transform(10000, 0)
    assert great_circle_km(west.x(), east.x(), west.y()) == pytest.approx(20, rel=1e-3)


def drawn(layout, dpi=100):
    """The sheet as an image."""
    image = QgsLayoutExporter(layout).renderPageToImage(0, dpi=dpi)
    assert not image.isNull()
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits().asstring(image.sizeInBytes()), np.uint8)
    rows = rows.reshape(image.height(), image.bytesPerLine())[:, : 3 * image.width()]
    return rows.reshape(image.height(), image.width(), 3).astype(int)


def bar_length_mm(layout, bar, dpi=254):
    """Length of the scale bar as it is drawn: its longest dark line."""
    left, top = bar.pos().x(), bar.pos().y()
    part = drawn(layout, dpi)[round(top * 10) : round((top + 11) * 10), round(left * 10) :][
        :, : round(bar.rect().width() * 10)
    ]
    dark = (part.max(axis=2) < 60).sum(axis=1)
    return dark.max() / 10


def test_scale_bar_of_an_earthly_ellipsoid_would_be_wrong_and_is_told_so(project):
    for ellipsoid, warned in ((SPHERE, False), ("EPSG:7030", True), ("NONE", True), (None, True)):
        layout = sheet(project, ellipsoid=ellipsoid)
        text = layout.itemById("Ellipsoid warning").currentText()
        assert ("THE SCALE BAR IS NOT TRUE YET" in text) == warned, ellipsoid
        assert ("1737400" in text) == warned


def test_sheet_shows_map_graticule_legend_and_credits(project, oxide_raster):
    path, *_ = oxide_raster(height=64, width=64, west=310 - 360, north=44, step=1 / 64)
    layer = QgsRasterLayer(str(path), "FeO")
    layer.loadNamedStyle(str(style("oxides")))
    project.addMapLayer(layer)
    layout = sheet(project)
    chart = layout.itemById("Map")
    chart.zoomToExtent(layer.extent())
    layout.refresh()
    assert layout.itemById("Title").currentText() == "Mairan"
    credit = layout.itemById("Credits").currentText()
    for words in ("JAXA/SELENE", f"Lunar Oxide Mapper {VERSION} ", "QGIS 3"):
        assert words in credit
    assert "[%" not in credit
    assert "Method" not in credit
    assert layout.itemById("Synthetic warning").currentText() == ""
    (page,) = layout.pageCollection().pages()
    size = page.pageSize()
    assert (size.width(), size.height()) == (297, 210)
    pixels = drawn(layout)
    box = chart.sceneBoundingRect()
    inside = pixels[round(box.top() * 4) : round(box.bottom() * 4)][:, 200:600]
    assert np.unique(inside.reshape(-1, 3), axis=0).shape[0] > 50  # colours of the map
    below = pixels[round((chart.pos().y() + 148.6) / 25.4 * 100) :][:14, 90:820]
    assert (below.max(axis=2) < 120).sum() > 50  # labels of the graticule


def test_graticule_counts_in_degrees_of_the_moon(project):
    layout = sheet(project)
    chart = layout.itemById("Map")
    grid = chart.grid()
    assert grid.crs().authid() == "IAU_2015:30100"
    context = chart.createExpressionContext()

    def evaluated(text, **variables):
        scope = QgsExpressionContextScope()
        for key, value in variables.items():
            scope.setVariable(key, value)
        context.appendScope(scope)
        expression = QgsExpression(text)
        value = expression.evaluate(context)
        assert not expression.hasEvalError(), expression.evalErrorString()
        context.popScope()
        return value

    label = grid.annotationExpression()
    for number, axis, text in (
        (-49.5, "x", "49.5°W"),
        (310.5, "x", "49.5°W"),
        (19.0, "x", "19°E"),
        (0, "x", "0°"),
        (180, "x", "180°"),
        (43.300000000000004, "y", "43.3°N"),
        (-8.25, "y", "8.25°S"),
        (0, "y", "0°"),
    ):
        assert evaluated(label, grid_number=number, grid_axis=axis) == text
    every = grid.dataDefinedProperties().property(QgsLayoutObject.MapGridIntervalX)
    for size, step in ((1, 0.2), (0.2, 0.05), (20, 5), (160, 50)):
        chart.zoomToExtent(QgsRectangle(0, 0, size, size * 148 / 186))
        context = chart.createExpressionContext()
        assert evaluated(every.expressionString()) == pytest.approx(step)


@pytest.mark.parametrize("name", ["oxides", "SYNTHETIC demo"])
def test_demo_maps_say_so(project, oxide_raster, name):
    layer = QgsRasterLayer(str(oxide_raster()[0]), name)
    project.addMapLayer(layer)
    layout = sheet(project)
    layout.itemById("Map").zoomToExtent(layer.extent())
    warning = layout.itemById("Synthetic warning")
    assert ("SYNTHETIC" in warning.currentText()) == (name != "oxides")
    credit = layout.itemById("Credits").currentText()
    assert ("JAXA" in credit) == (name == "oxides")
    assert ("Data: a synthetic scene." in credit) == (name != "oxides")
    QgsExpressionContextUtils.setLayoutVariable(layout, "synthetic", "yes")
    assert "no measurement of the Moon" in warning.currentText()


def test_template_is_offered_while_the_plugin_is_there(qgis_app, plugin):
    before = QgsApplication.layoutTemplatePaths()
    for _ in range(2):
        plugin.initGui()
        assert QgsApplication.layoutTemplatePaths() == [*before, str(TEMPLATE.parent)]
        plugin.unload()
        assert QgsApplication.layoutTemplatePaths() == before


def test_folders_of_the_user_stay(qgis_app, plugin):
    search_in(["/mine"])
    try:
        plugin.initGui()
        assert QgsApplication.layoutTemplatePaths() == ["/mine", str(TEMPLATE.parent)]
        plugin.unload()
        assert QgsApplication.layoutTemplatePaths() == ["/mine"]
    finally:
        search_in([])
    assert QgsApplication.layoutTemplatePaths() == []


@pytest.mark.usefixtures("active")
@pytest.mark.parametrize("metadata", [{"SYNTHETIC": "YES"}, {"OTHER": "SYNTHETIC NO"}])
def test_taking_the_sheet_marks_maps_of_demo_rasters(project, oxide_raster, metadata):
    """Known from the file, whatever the layer is called."""
    project.addMapLayer(QgsRasterLayer(str(oxide_raster(metadata=metadata)[0]), "FeO"))
    layout = sheet(project)
    project.layoutManager().addLayout(layout)
    warning = layout.itemById("Synthetic warning").currentText()
    assert ("no measurement" in warning) == ("SYNTHETIC" in metadata)


@pytest.mark.usefixtures("active")
@pytest.mark.parametrize("title", ["1D-CNN (Zhang et al. 2023)", "A & B", None])
def test_taking_the_sheet_credits_the_model_of_the_map(project, oxide_raster, title):
    """And no other: the default is not that of the paper."""
    items = {} if title is None else {"LUNAR_OXIDE_MODEL_TITLE": title}
    for name in ("FeO", "again"):
        project.addMapLayer(QgsRasterLayer(str(oxide_raster(metadata=items)[0]), name))
    layout = sheet(project)
    project.layoutManager().addLayout(layout)
    credit = layout.itemById("Credits").currentText()
    assert credit.count("Method: ") == (title is not None)
    assert f"Method: {title}. " in credit or title is None


@pytest.mark.usefixtures("active")
@pytest.mark.parametrize(
    ("crs", "ellipsoid"), [("IAU_2015:30110", SPHERE), ("EPSG:4326", "EPSG:7030")]
)
def test_taking_the_sheet_makes_a_lunar_project_measure_on_the_moon(project, crs, ellipsoid):
    other = QgsPrintLayout(project)
    other.setName("another")
    layout = sheet(project, crs=crs, ellipsoid=None)
    before = project.ellipsoid()
    project.layoutManager().addLayout(other)
    assert project.ellipsoid() == before != SPHERE
    project.layoutManager().addLayout(layout)
    assert project.ellipsoid() == ellipsoid


def test_template_holds_nothing_of_a_machine():
    text = TEMPLATE.read_text(encoding="utf-8")
    found = re.findall(r'="(?:file:|/|[A-Za-z]:[\\/])[^"]*"', text)
    assert found == []
    assert lunar_crs().GetName() in text
