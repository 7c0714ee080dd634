"""Take the pictures of the tutorial inside QGIS (`qgis --code`), see scripts/docs/tutorial.py.

The working folder holds what the tutorial's commands wrote; pictures go to its folder `screens`.
All names are relative to it, so that no picture shows a path of this machine.
"""

from __future__ import annotations

import os
from pathlib import Path

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsFillSymbol,
    QgsLayoutExporter,
    QgsPalLayerSettings,
    QgsPrintLayout,
    QgsProject,
    QgsRasterLayer,
    QgsReadWriteContext,
    QgsRectangle,
    QgsTextBufferSettings,
    QgsTextFormat,
    QgsVectorLayer,
    QgsVectorLayerSimpleLabeling,
)
from qgis.PyQt.QtCore import QEventLoop, QPoint, QSize, Qt, QUrl
from qgis.PyQt.QtGui import QColor, QFont, QImage, QPainter, QPixmap
from qgis.PyQt.QtWebKit import QWebSettings
from qgis.PyQt.QtWebKitWidgets import QWebPage
from qgis.PyQt.QtWidgets import QDockWidget, QMainWindow, QToolBar, QTreeView
from qgis.PyQt.QtXml import QDomDocument
from qgis.utils import iface

from scripts.docs.windows import dialog_picture, save, settle, take

TEMPLATE = Path(os.environ["QGIS_PLUGINPATH"]) / "lunar_oxide_plugin/layouts/lunar_map_sheet.qpt"
TOOLBOX = "ProcessingToolbox"
PROVIDER = "Lunar Oxide Mapper"
SMOOTH = Qt.TransformationMode.SmoothTransformation
MOON = QgsCoordinateReferenceSystem("IAU_2015:30100")
#: West, south, east, north in degrees: the patch of Sosigenes is small in its tile.
PATCH = QgsRectangle(19.002, 8.225, 19.28, 8.445)


def polygons(file: str) -> QgsVectorLayer:
    """Polygons as outlines, black on white to be visible on every map, with the names of units."""
    layer = QgsVectorLayer(file, Path(file).stem, "ogr")
    outline = {"style": "no", "joinstyle": "round"}
    white, black = (
        QgsFillSymbol.createSimple({**outline, "outline_color": colour, "outline_width": width})
        for colour, width in (("white", "0.9"), ("black", "0.35"))
    )
    white.appendSymbolLayer(black.symbolLayer(0).clone())
    layer.renderer().setSymbol(white)
    halo = QgsTextBufferSettings()
    halo.setEnabled(True)
    halo.setSize(0.8)
    halo.setColor(QColor("white"))
    text = QgsTextFormat()
    text.setFont(QFont("Open Sans"))
    text.setSize(9)
    text.setColor(QColor("black"))
    text.setBuffer(halo)
    settings = QgsPalLayerSettings()
    settings.fieldName = "unit"
    settings.setFormat(text)
    layer.setLabeling(QgsVectorLayerSimpleLabeling(settings))
    layer.setLabelsEnabled(True)
    return layer


def project(*layers: str) -> None:
    """Begin a new project with layers by their files, the lowest first."""
    iface.newProject(False)
    for file in layers:
        # A raster gets the style beside it.
        is_raster = not file.endswith(".gpkg")
        name = f"{Path(file).stem} (SYNTHETIC)"
        layer = QgsRasterLayer(file, name) if is_raster else polygons(file)
        if not layer.isValid():
            raise OSError(f"{file} cannot be loaded.")
        QgsProject.instance().addMapLayer(layer)
    # The first layer has changed it.
    QgsProject.instance().setCrs(QgsCoordinateReferenceSystem("IAU_2015:30110"))
    settle(100)


def zoom(place: QgsRectangle | None) -> None:
    """Show all layers, or a place in degrees."""
    canvas = iface.mapCanvas()
    if place is None:
        canvas.zoomToFullExtent()
    else:
        there = QgsCoordinateTransform(MOON, QgsProject.instance().crs(), QgsProject.instance())
        canvas.setExtent(there.transformBoundingBox(place))
    canvas.refresh()
    settle()


def window(width: int, height: int, toolbox: bool) -> QMainWindow:
    """QGIS's window: layers and map, on request with bars and toolbox."""
    main = iface.mainWindow()
    for dock in main.findChildren(QDockWidget):
        dock.setVisible(dock.objectName() == "Layers" or (toolbox and dock.objectName() == TOOLBOX))
    for bar in main.findChildren(QToolBar):
        bar.setVisible(toolbox and bar.objectName() in ("mFileToolBar", "mMapNavToolBar"))
    main.menuBar().setVisible(toolbox)
    main.statusBar().hide()  # its texts are cut in a small window
    main.resize(width, height)
    layers = main.findChild(QDockWidget, "Layers")
    docks = [layers]
    if toolbox:
        dock = main.findChild(QDockWidget, TOOLBOX)
        docks.append(dock)
        tree = dock.findChild(QTreeView)
        for row in range(tree.model().rowCount()):
            index = tree.model().index(row, 0)
            if tree.model().data(index) == PROVIDER:
                tree.expandRecursively(index)
                tree.scrollTo(index, QTreeView.ScrollHint.PositionAtTop)
    main.resizeDocks(docks, [310] * len(docks), Qt.Orientation.Horizontal)
    iface.layerTreeView().expandAll()
    settle()
    iface.messageBar().clearWidgets()
    return main


def map_picture(
    name: str,
    place: QgsRectangle | None,
    legend: str | None = None,
    size: tuple[int, int] = (820, 500),
    toolbox: bool = False,
) -> None:
    """Keep the window, on request with the legend of a composite beside it."""
    main = window(*size, toolbox)
    zoom(place)
    iface.messageBar().clearWidgets()
    picture = main.grab()
    if legend is not None:
        beside = QPixmap(legend).scaledToWidth(300, SMOOTH)
        picture = blank(picture.width() + beside.width(), picture.height())
        painter = QPainter(picture)
        painter.drawPixmap(0, 0, main.grab())
        painter.drawPixmap(main.width(), (main.height() - beside.height()) // 2, beside)
        painter.end()
    save(name, picture)


def blank(width: int, height: int) -> QImage:
    """A white picture."""
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    return image


def heading(page: QWebPage, text: str) -> int:
    """Place of a heading in a page, from its top."""
    for element in page.mainFrame().findAllElements("h1, h2, h3"):
        if element.toPlainText().strip() == text:
            return element.geometry().top()
    raise ValueError(f"The report has no heading {text}.")


def page_picture(name: str, file: str, first: str, following: str, width: int = 1000) -> None:
    """Keep a report from one heading to above another one."""
    page = QWebPage()
    # Narrow enough for the tables; scripts/setup.sh installs it.
    page.settings().setFontFamily(QWebSettings.FontFamily.SansSerifFont, "Open Sans")
    loop = QEventLoop()
    page.loadFinished.connect(loop.quit)
    page.setViewportSize(QSize(width, 800))
    page.mainFrame().load(QUrl.fromLocalFile(str(Path(file).resolve())))
    loop.exec()
    page.setViewportSize(QSize(width, page.mainFrame().contentsSize().height()))
    settle()
    top, bottom = heading(page, first) - 8, heading(page, following) - 8
    image = blank(width, bottom - top)
    painter = QPainter(image)
    painter.translate(QPoint(0, -top))
    page.mainFrame().render(painter)
    painter.end()
    save(name, image)


def sheet_picture(name: str, title: str, place: QgsRectangle, legend: str) -> None:
    """Keep the map sheet, made of the plugin's template as the layout manager does."""
    document = QDomDocument()
    document.setContent(TEMPLATE.read_text(encoding="utf-8"))
    layout = QgsPrintLayout(QgsProject.instance())
    layout.loadFromTemplate(document, QgsReadWriteContext())
    layout.setName(title)
    QgsProject.instance().layoutManager().addLayout(layout)
    layout.itemById("Map").zoomToExtent(place)
    layout.itemById("Composite legend").setPicturePath(str(Path(legend).resolve()))
    layout.refresh()
    settle()
    # QGIS does not smooth pictures: drawn large, then made small.
    large = QgsLayoutExporter(layout).renderPageToImage(0, dpi=200)
    save(name, large.scaledToWidth(1000, SMOOTH))


def results(scene: str, **files: str) -> dict[str, str]:
    """Parameters of an algorithm whose values are files of a scene."""
    return {name: f"{scene}_{file}" for name, file in files.items()}


def mairan() -> None:
    """Take the pictures of exercise A."""
    project("mairan_zones.gpkg")
    files = results(
        "mairan",
        INPUT="SYNTHETIC.lbl",
        OUTPUT="oxides.tif",
        OUTPUT_UNCERTAINTY="sigma.tif",
        OUTPUT_DOMAIN="domain.tif",
    )
    dialog_picture("predict", "predictoxides", {"MODEL": 1, **files}, (800, 560))
    project("mairan_domain.tif", "mairan_zones.gpkg")
    map_picture("domain", None)
    project("mairan_oxides.tif", "mairan_zones.gpkg")
    map_picture("window", None, size=(1180, 700), toolbox=True)
    files = results(
        "mairan",
        ZONES="zones.gpkg",
        INPUT="oxides.tif",
        UNCERTAINTY="sigma.tif",
        DOMAIN="domain.tif",
        OUTPUT="units.gpkg",
        TABLE="units.csv",
        SEPARATION="separation.csv",
        REPORT="units.html",
    )
    dialog_picture("units", "zonaloxides", {"NAME_FIELD": "unit", **files}, (800, 740))
    project("mairan_rgb.tif", "mairan_zones.gpkg")
    map_picture("rgb", None, "mairan_legend.png")
    page_picture("report", "mairan_units.html", "Unit statistics", "Spread within units")
    page_picture("spread", "mairan_units.html", "Spread within units", "Separation of units")


def sosigenes() -> None:
    """Take the pictures of exercise B."""
    project("sosigenes_zones.gpkg")
    files = {
        "INPUT": "SYNTHETIC.lbl",
        "ZONES": "zones.gpkg",
        "predict:Oxides": "oxides.tif",
        "predict:Uncertainty": "sigma.tif",
        "predict:Domain": "domain.tif",
        "mg:MgNumber": "mg.tif",
        "rgb:RGB": "rgb.tif",
        "units:Units": "units.gpkg",
        "units:Table": "units.csv",
        "units:Report": "units.html",
    }
    parameters = {"NAME_FIELD": "unit", "STRETCH": 3, **results("sosigenes", **files)}
    dialog_picture("workflow", "oxideworkflow", parameters, (800, 980))
    page_picture("histograms", "histograms.html", "Oxide histograms", "Means")
    project("sosigenes_terrain.tif", "sosigenes_zones.gpkg")
    map_picture("terrain", PATCH)
    page_picture("models", "sosigenes_models.html", "TiO2", "Mean contents")
    project("sosigenes_rgb.tif", "sosigenes_zones.gpkg")
    zoom(PATCH)
    sheet_picture("sheet", "Sosigenes, demo scene", PATCH, "sosigenes_legend.png")


take(mairan, sosigenes)
