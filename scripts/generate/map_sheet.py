"""Write the layout template of a map sheet, with the oldest QGIS that has to read it.

usage: QT_HASH_SEED=0 QT_QPA_PLATFORM=offscreen python -m scripts.generate.map_sheet

With that seed QGIS writes attributes in the same order every time.
"""

from __future__ import annotations

import re
import uuid
from typing import TypeVar

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsLayoutItem,
    QgsLayoutItemLabel,
    QgsLayoutItemLegend,
    QgsLayoutItemMap,
    QgsLayoutItemMapGrid,
    QgsLayoutItemPage,
    QgsLayoutItemPicture,
    QgsLayoutItemScaleBar,
    QgsLayoutMeasurement,
    QgsLayoutObject,
    QgsLayoutPoint,
    QgsLayoutSize,
    QgsLegendStyle,
    QgsPrintLayout,
    QgsProject,
    QgsProperty,
    QgsReadWriteContext,
    QgsRectangle,
    QgsScaleBarSettings,
    QgsTextFormat,
    QgsUnitTypes,
)
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor, QFont

from lunar_oxide_plugin.about import NAME, VERSION
from lunar_oxide_plugin.map_sheet import SPHERE
from scripts import PLUGIN
from scripts.generate import qgis_provider

TARGET = PLUGIN / "layouts" / "lunar_map_sheet.qpt"

_BLACK, _RED = "#222222", "#b2182b"

_IS_SYNTHETIC = (
    "lower(coalesce(@synthetic, '')) = 'yes' or array_to_string(array_foreach("
    "coalesce(map_get(item_variables('Map'), 'map_layers'), array()), "
    "coalesce(layer_property(@element, 'name'), '') || ' ' || "
    "coalesce(layer_property(@element, 'source'), ''))) ILIKE '%synthetic%'"
)

_SYNTHETIC = (
    f"[% if({_IS_SYNTHETIC}, 'SYNTHETIC: this map shows not a measurement of the Moon', '') %]"
)

_ELLIPSOID = (
    f"[% if(@project_ellipsoid = if(map_get(item_variables('Map'), 'map_units') = 'degrees', "
    f"'{SPHERE}', 'NONE'), '', 'THE SCALE BAR IS NOT TRUE YET. In Project > Properties > General "
    "set Ellipsoid to Custom, with 1737400 for both axes.') %]"
)

_CREDITS = (
    f"[% if({_IS_SYNTHETIC}, 'Data: a synthetic scene.', 'Data: JAXA/SELENE (Kaguya) Multiband "
    "Imager. SELENE is a Japanese mission developed and operated by JAXA.') %]\n"
    "[% if(coalesce(@map_method, '') = '', '', 'Method: ' || @map_method || '. ') %]"
    f"Made with {NAME} {VERSION} and QGIS [% regexp_substr(@qgis_version, '([0-9.]+)') %].\n"
    "[% @map_author %][% if(coalesce(@map_author, '') = '', '', ', ') %]"
    "[% format_date(now(), 'yyyy-MM-dd') %]. "
    "Coordinates: planetocentric, on a sphere of 1737.4 km. "
    "[% if(map_get(item_variables('Map'), 'map_units') = 'degrees', "
    "'Simple cylindrical: the scale holds along the parallel of the lower edge.', '') %]"
)

_GRID_LABEL = (
    "with_variable('x', round(if(@grid_axis = 'x', "
    "(@grid_number + 540) % 360 - 180, @grid_number), 4), "
    "to_string(abs(@x)) || '°' || if(@x = 0 or abs(@x) = 180, '', "
    "if(@grid_axis = 'x', if(@x < 0, 'W', 'E'), if(@x < 0, 'S', 'N'))))"
)

#: Degrees between the lines of the graticule: 1, 2 or 5 times a power of ten, three to eight lines.
_INTERVAL = (
    "with_variable('w', map_get(item_variables('Map'), 'map_extent_width') / 3 / "
    "if(map_get(item_variables('Map'), 'map_units') = 'degrees', 1, 30323), "
    "with_variable('p', 10 ^ floor(log10(@w)), "
    "@p * if(@w >= 5 * @p, 5, if(@w >= 2 * @p, 2, 1))))"
)

Item = TypeVar("Item", bound=QgsLayoutItem)


def _font(size: float, bold: bool = False) -> QFont:
    font = QFont("Open Sans")
    font.setBold(bold)
    font.setPointSizeF(size)
    return font


def _text(size: float) -> QgsTextFormat:
    text = QgsTextFormat()
    text.setFont(QFont("Open Sans"))
    text.setSize(size)
    text.setSizeUnit(QgsUnitTypes.RenderUnit.RenderPoints)
    text.setColor(QColor(_BLACK))
    return text


def _place(item: QgsLayoutItem, name: str, *place: float) -> None:
    """Name an item, and set its left, top, width and height in mm."""
    item.setId(name)
    item.attemptMove(QgsLayoutPoint(*place[:2]))
    item.attemptResize(QgsLayoutSize(*place[2:]))


def _added(layout: QgsPrintLayout, kind: type[Item], name: str, *place: float) -> Item:
    item = kind(layout)
    layout.addLayoutItem(item)
    _place(item, name, *place)
    return item


def _label(
    layout: QgsPrintLayout, name: str, text: str, font: QFont, colour: str, *place: float
) -> QgsLayoutItemLabel:
    label = QgsLayoutItemLabel(layout)
    label.setText(text)
    label.setFont(font)
    label.setFontColor(QColor(colour))
    label.setMarginX(0)
    label.setMarginY(0)
    layout.addLayoutItem(label)
    _place(label, name, *place)
    return label


def _map(layout: QgsPrintLayout) -> QgsLayoutItemMap:
    item = QgsLayoutItemMap(layout)
    layout.addLayoutItem(item)
    moon = QgsRectangle(-180, -90, 180, 90)
    item.attemptResize(QgsLayoutSize(100, 50))
    item.setExtent(moon)  # an empty one cannot be zoomed from
    _place(item, "Map", 22, 30, 186, 148)
    item.zoomToExtent(moon)
    # QGIS 3.22 cannot measure on the Moon in other CRSs: see docs/qgis-notes.md.
    item.setCrs(QgsCoordinateReferenceSystem("IAU_2015:30100"))
    item.setFrameEnabled(True)
    item.setFrameStrokeWidth(QgsLayoutMeasurement(0.3))
    grid = QgsLayoutItemMapGrid("Latitude and longitude", item)
    grid.setCrs(QgsCoordinateReferenceSystem("IAU_2015:30100"))
    # QGIS's own dynamic intervals count with degrees of the Earth.
    for key in (QgsLayoutObject.MapGridIntervalX, QgsLayoutObject.MapGridIntervalY):
        grid.dataDefinedProperties().setProperty(key, QgsProperty.fromExpression(_INTERVAL))
    grid.setStyle(QgsLayoutItemMapGrid.GridStyle.Solid)
    grid.setGridLineColor(QColor(255, 255, 255, 110))
    grid.setGridLineWidth(0.15)
    grid.setAnnotationEnabled(True)
    grid.setAnnotationFormat(QgsLayoutItemMapGrid.AnnotationFormat.CustomFormat)
    grid.setAnnotationExpression(_GRID_LABEL)
    grid.setAnnotationTextFormat(_text(7))
    grid.setAnnotationFrameDistance(1)
    sides = QgsLayoutItemMapGrid.BorderSide
    for side in (sides.Top, sides.Right):
        grid.setAnnotationDisplay(QgsLayoutItemMapGrid.DisplayMode.HideAll, side)
    grid.setAnnotationDirection(QgsLayoutItemMapGrid.AnnotationDirection.Vertical, sides.Left)
    item.grids().addGrid(grid)
    return item


def _legend(layout: QgsPrintLayout, chart: QgsLayoutItemMap) -> None:
    legend = _added(layout, QgsLayoutItemLegend, "Legend", 214, 30, 73, 70)
    legend.setLinkedMap(chart)
    legend.setLegendFilterByMapEnabled(False)
    legend.setAutoUpdateModel(True)
    legend.setBackgroundEnabled(False)
    legend.setBoxSpace(0)
    styles = QgsLegendStyle.Style
    for style, size in ((styles.Group, 9), (styles.Subgroup, 8), (styles.SymbolLabel, 7.5)):
        legend.setStyleFont(style, _font(size))


def _pictures(layout: QgsPrintLayout, chart: QgsLayoutItemMap) -> None:
    composite = _added(layout, QgsLayoutItemPicture, "Composite legend", 214, 105, 73, 69)
    composite.setResizeMode(QgsLayoutItemPicture.ResizeMode.Zoom)
    arrow = _added(layout, QgsLayoutItemPicture, "North arrow", 194, 186, 14, 15)
    # A part of QGIS itself: no file of this machine.
    arrow.setPicturePath(":/images/north_arrows/layout_default_north_arrow.svg")
    arrow.setLinkedMap(chart)
    arrow.setNorthMode(QgsLayoutItemPicture.NorthMode.TrueNorth)
    arrow.setSvgFillColor(QColor(_BLACK))
    arrow.setSvgStrokeColor(QColor(_BLACK))


def _scale_bar(layout: QgsPrintLayout, chart: QgsLayoutItemMap) -> None:
    bar = QgsLayoutItemScaleBar(layout)
    layout.addLayoutItem(bar)
    bar.setLinkedMap(chart)
    bar.setStyle("Single Box")
    bar.setUnits(QgsUnitTypes.DistanceUnit.DistanceKilometers)
    bar.setUnitLabel("km on the Moon")
    bar.setMapUnitsPerScaleBarUnit(1)
    bar.setNumberOfSegments(2)
    bar.setNumberOfSegmentsLeft(0)
    bar.setSegmentSizeMode(QgsScaleBarSettings.SegmentSizeMode.SegmentSizeFitWidth)
    bar.setMinimumBarWidth(35)
    bar.setMaximumBarWidth(90)
    bar.setHeight(2)
    bar.setTextFormat(_text(8))
    _place(bar, "Scale bar", 22, 186, 110, 11)


def build(layout: QgsPrintLayout) -> None:
    """Put all items onto an empty A4 sheet."""
    layout.initializeDefaults()
    page = layout.pageCollection().page(0)
    page.setPageSize("A4", QgsLayoutItemPage.Orientation.Landscape)
    layout.renderContext().setDpi(300)
    layout.setCustomProperty("lunar_oxide_map_sheet", True)
    layout.setCustomProperty("variableNames", ["map_author", "map_method", "synthetic"])
    layout.setCustomProperty("variableValues", ["", "", ""])
    chart = _map(layout)
    _legend(layout, chart)
    _pictures(layout, chart)
    _scale_bar(layout, chart)
    title, small = _font(18, bold=True), _font(7.5, bold=True)
    _label(layout, "Title", "[% @layout_name %]", title, _BLACK, 22, 9, 265, 10)
    warning = _font(11, bold=True)
    _label(layout, "Synthetic warning", _SYNTHETIC, warning, _RED, 22, 20, 265, 6)
    _label(layout, "Ellipsoid warning", _ELLIPSOID, small, _RED, 22, 198, 172, 4)
    credits_ = _label(layout, "Credits", _CREDITS, _font(6.5), _BLACK, 214, 180, 73, 22)
    credits_.setHAlign(Qt.AlignmentFlag.AlignLeft)


def tidied(text: str) -> str:
    """The same template every time: ids numbered instead of random."""
    found = dict.fromkeys(re.findall(r"\{[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}", text))
    for number, old in enumerate(found):
        text = text.replace(old, f"{{{uuid.uuid5(uuid.NAMESPACE_URL, f'{NAME} {number}')}}}")
    return text


def write() -> None:
    """Write the template."""
    layout = QgsPrintLayout(QgsProject.instance())
    build(layout)
    layout.setName("Lunar map sheet")
    if not layout.saveAsTemplate(str(TARGET), QgsReadWriteContext()):
        raise OSError(f"{TARGET} cannot be written")
    TARGET.write_text(tidied(TARGET.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    with qgis_provider():
        write()
    print(TARGET.name, "written")
