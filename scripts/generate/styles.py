"""Write the QGIS styles of scalar rasters from the colour scales of the core: `make styles`."""

from __future__ import annotations

from collections.abc import Iterable

from lunar_oxide_plugin.core.oxides.colours import (
    DOMAIN_CLASSES,
    SCALES,
    UNCERTAINTY_SCALES,
    Scale,
)
from lunar_oxide_plugin.core.oxides.oxides import MG_NUMBER, OXIDES
from scripts import PLUGIN

FOLDER = PLUGIN / "styles"

#: Value, colour and label of each step.
Items = Iterable[tuple[str, str, str]]

# Only what QGIS needs, so that a changed colour is visible in a diff.
_STYLE = """<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<!-- Lunar Oxide Mapper -->
<qgis version="3.22" styleCategories="Symbology">
  <pipe>
    <rasterrenderer type="singlebandpseudocolor" band="{band}" opacity="1" alphaBand="-1" \
nodataColor="" classificationMin="{low:g}" classificationMax="{high:g}">
      <rastershader>
        <colorrampshader colorRampType="{kind}" classificationMode="1" clip="0" \
minimumValue="{low:g}" maximumValue="{high:g}" labelPrecision="{digits}">
{items}
        </colorrampshader>
      </rastershader>
    </rasterrenderer>
    <brightnesscontrast brightness="0" contrast="0" gamma="1"/>
    <huesaturation saturation="0"/>
    <rasterresampler maxOversampling="2"/>
  </pipe>
  <blendMode>0</blendMode>
</qgis>
"""


def contents() -> dict[str, str]:
    """Text of each style by the name of its file."""
    styles = {
        # A raster has one style beside it; of five oxides, FeO separates mare from highlands.
        "oxides": _scaled(SCALES["FeO"], OXIDES.index("FeO") + 1),
        "uncertainty": _scaled(UNCERTAINTY_SCALES["FeO"], OXIDES.index("FeO") + 1),
        # For empiricaloxides, whose bands are FeO and TiO2.
        "feo": _scaled(SCALES["FeO"], 1),
        "mgnumber": _scaled(SCALES[MG_NUMBER], 1),
        "mgnumber_uncertainty": _scaled(UNCERTAINTY_SCALES[MG_NUMBER], 1),
        "domain": _style(
            1,
            "DISCRETE",
            0,
            4,
            2,
            ((f"{end:g}", *rest) for end, *rest in DOMAIN_CLASSES),
        ),
    }
    for band, oxide in enumerate(OXIDES, 1):
        styles[f"oxides_{oxide.lower()}"] = _scaled(SCALES[oxide], band)
        styles[f"uncertainty_{oxide.lower()}"] = _scaled(UNCERTAINTY_SCALES[oxide], band)
    return {f"{name}.qml": text for name, text in styles.items()}


def _scaled(scale: Scale, band: int) -> str:
    items = [(f"{value:g}", colour, scale.text(value)) for value, colour in scale.stops()]
    digits = 2 if scale.high > 1 else 3
    # The legend is a bar with two numbers, which need the name of the quantity.
    low, high = scale.legend()
    legend = (
        '          <rampLegendSettings useContinuousLegend="1" direction="0" orientation="2" '
        f'prefix="" suffix="" minimumLabel="{low}" maximumLabel="{high}"/>'
    )
    return _style(band, "INTERPOLATED", scale.low, scale.high, digits, items, legend)


def _style(
    band: int, kind: str, low: float, high: float, digits: int, items: Items, *more: str
) -> str:
    lines = [
        f'          <item value="{value}" color="{colour}" alpha="255" label="{label}"/>'
        for value, colour, label in items
    ]
    text = "\n".join([*lines, *more])
    return _STYLE.format(band=band, kind=kind, low=low, high=high, digits=digits, items=text)


if __name__ == "__main__":
    for name, text in contents().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    print(f"{len(contents())} styles written")
