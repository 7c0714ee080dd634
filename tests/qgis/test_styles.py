"""The styles in real layers: QGIS draws what the colour scales of the core say."""

import numpy as np
import pytest
from osgeo import gdal
from qgis.core import QgsColorRampLegendNode, QgsLayerTreeLayer, QgsRasterLayer

from lunar_oxide_plugin.about import style
from lunar_oxide_plugin.core.oxides.colours import DOMAIN_CLASSES, SCALES, UNCERTAINTY_SCALES

from .conftest import OXIDES

#: Style -> band and scale.
SCALED = {
    "oxides": (3, SCALES["FeO"]),
    "uncertainty": (3, UNCERTAINTY_SCALES["FeO"]),
    "feo": (1, SCALES["FeO"]),
    "mgnumber": (1, SCALES["Mg#"]),
    "mgnumber_uncertainty": (1, UNCERTAINTY_SCALES["Mg#"]),
    **{f"oxides_{oxide.lower()}": (i + 1, SCALES[oxide]) for i, oxide in enumerate(OXIDES)},
    **{
        f"uncertainty_{oxide.lower()}": (i + 1, UNCERTAINTY_SCALES[oxide])
        for i, oxide in enumerate(OXIDES)
    },
}


def styled(name, path):
    layer = QgsRasterLayer(str(path), "map")
    message, ok = layer.loadNamedStyle(str(style(name)))
    assert ok, message
    return layer


def drawn(layer, width, height):
    """RGBA [4, height, width] as QGIS draws it, a pixel each."""
    block = layer.renderer().block(1, layer.extent(), width, height)
    image = block.image().convertToFormat(block.image().Format_RGBA8888)
    pixels = np.frombuffer(image.constBits().asstring(image.sizeInBytes()), np.uint8)
    return pixels.reshape(height, width, 4).transpose(2, 0, 1).astype(int)


@pytest.mark.parametrize("name", SCALED)
def test_scale(qgis_app, oxide_raster, name):
    band, scale = SCALED[name]
    values = np.full((5, 4, 50), -9999, np.float32)
    beyond = (scale.high - scale.low) / 10
    values[band - 1] = np.linspace(scale.low - beyond, scale.high + beyond, 200).reshape(4, 50)
    values[band - 1, 0, 0] = -9999
    path, expected, *_ = oxide_raster(values=values)
    layer = styled(name, path)
    renderer = layer.renderer()
    assert renderer.type() == "singlebandpseudocolor"
    assert renderer.band() == band
    assert (renderer.classificationMin(), renderer.classificationMax()) == scale[1:3]
    ramp = renderer.shader().rasterShaderFunction()
    assert (ramp.minimumValue(), ramp.maximumValue()) == scale[1:3]
    found = [(item.value, item.color.name()) for item in ramp.colorRampItemList()]
    assert found == scale.stops()
    colours = drawn(layer, 50, 4)
    assert (colours[3, 0, 0], colours[3, 1:].min()) == (0, 255)
    assert np.abs(colours - scale.colours(expected[band - 1])).max() <= 1


@pytest.mark.parametrize("name", SCALED)
def test_legend_says_what_its_limits_are(qgis_app, oxide_raster, name):
    _, scale = SCALED[name]
    layer = styled(name, oxide_raster()[0])
    nodes = layer.renderer().createLegendNodes(QgsLayerTreeLayer(layer))
    (bar,) = [node for node in nodes if isinstance(node, QgsColorRampLegendNode)]
    ends = bar.settings().minimumLabel(), bar.settings().maximumLabel()
    assert ends == scale.legend()


def test_domain_classes(qgis_app, oxide_raster):
    values = np.array([[[0.2, 1, 1.2, 1.8, 2.5, 3.5, 90]]], np.float32)
    layer = styled("domain", oxide_raster(values=values, names=["domain distance"])[0])
    classes = [DOMAIN_CLASSES[index] for index in (0, 0, 1, 2, 3, 4, 4)]
    found = drawn(layer, 7, 1)[:3, 0].T
    assert ["#" + bytes(colour.tolist()).hex() for colour in found] == [c.colour for c in classes]


def test_styles_without_a_scale_load(qgis_app, oxide_raster):
    values = np.full((8, 4, 4), 0.1, np.float32)
    layer = styled("reflectance", oxide_raster(values=values, names=["reflectance"] * 8)[0])
    assert layer.renderer().type() == "multibandcolor"


def test_result_is_drawn_by_the_scale(succeed, oxide_raster, tmp_path):
    """The style that lies beside a result, found by QGIS itself."""
    path, *_ = oxide_raster(width=50)
    succeed("mgnumber", {"INPUT": path, "OUTPUT": tmp_path / "mg.tif"})
    layer = QgsRasterLayer(str(tmp_path / "mg.tif"), "mg")
    values = gdal.Open(str(tmp_path / "mg.tif")).ReadAsArray().astype(float)
    values[values == -9999] = np.nan
    difference = drawn(layer, 50, 40) - SCALES["Mg#"].colours(values)
    assert np.abs(difference).max() <= 1
