"""Sites to sample: those that come with the plugin, or the points of a user's layer."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from qgis.core import (
    QgsFeature,
    QgsWkbTypes,
)

from ..core.errors import RasterError
from ..core.oxides.oxides import OXIDES
from ..core.sites.ground_truth import load_ground_truth
from ..core.sites.site_samples import SOURCE_COLUMNS, Site
from .attributes import attribute, attribute_text
from .vector_input import VectorInput


def bundled_sites() -> list[Site]:
    """The sites of Table 1 of Zhang et al. (2023)."""
    return [
        Site(
            site.site,
            site.mission,
            site.position,
            site.oxides,
            {name: getattr(site, name) for name in SOURCE_COLUMNS},
        )
        for site in load_ground_truth()
    ]


def in_clementine_frame(site: Site) -> bool:
    """Whether a site's position may be kilometres off."""
    return "Clementine" in site.sources.get("position_quality", "")


def sites_of_layer(
    layer: VectorInput, site_field: str, mission_field: str, check: Callable[[], None]
) -> list[Site]:
    """The points of a layer, with what its fields say.

    Fields are found by name, in capitals or not. A site without a name is
    called by its number, one without a geometry has no position. `check` is called before each
    and raises to stop.

    Raises
    ------
    RasterError
        When there is no point, a name occurs twice, an oxide is not a number, or two fields have a
        name that is looked for.
    """
    title = f"The layer {layer.name} (SITES)"
    fields = layer.source.fields().names()
    for parameter, field in (("SITE_FIELD", site_field), ("MISSION_FIELD", mission_field)):
        if field and field not in fields:
            raise RasterError(
                f"{parameter} is {field}, but {title} has the fields {', '.join(fields)}. Choose "
                "one of them, or leave it empty."
            )
    known = {name: _field_named(name, fields, title) for name in (*OXIDES, *SOURCE_COLUMNS)}
    for name in ("site", "name"):
        site_field = site_field or _field_named(name, fields, title)
    mission_field = mission_field or _field_named("mission", fields, title)
    sites = []
    for number, feature in enumerate(layer.features(check), start=1):
        site = (_text(feature, site_field) if site_field else "") or str(number)
        where = f"Site '{site}' of SITES"
        oxides = {
            oxide: value
            for oxide in OXIDES
            if known[oxide] and (value := _number(feature[known[oxide]], oxide, where)) is not None
        }
        sources = {
            column: _text(feature, known[column]) for column in SOURCE_COLUMNS if known[column]
        }
        mission = _text(feature, mission_field) if mission_field else ""
        sites.append(Site(site, mission, _point(feature, where), oxides, sources))
    if not sites:
        raise RasterError(f"{title} has no point.")
    names = [site.site for site in sites]
    twice = sorted({site for site in names if names.count(site) > 1})
    if twice:
        raise RasterError(
            f"{title} names these sites twice: {', '.join(twice)}. Training needs each once; "
            "rename them, or choose another SITE_FIELD."
        )
    return sites


def _field_named(name: str, fields: Sequence[str], layer: str) -> str:
    """The field of this name, or else the one in other letter case; "" without any."""
    if name in fields:
        return name
    alike = [field for field in fields if field.lower() == name.lower()]
    if len(alike) > 1:
        raise RasterError(
            f"{layer} has the fields {' and '.join(alike)}, which differ in letter case only. "
            f"Rename the one that holds no {name}."
        )
    return alike[0] if alike else ""


def _point(feature: QgsFeature, where: str) -> tuple[float, float] | None:
    geometry = feature.geometry()
    if geometry.isEmpty():
        return None
    if geometry.type() != QgsWkbTypes.GeometryType.PointGeometry:
        raise RasterError(f"{where} is not a point. Use a layer of points.")
    points = [(point.x(), point.y()) for point in geometry.vertices()]
    if len(points) != 1:
        raise RasterError(f"{where} has {len(points)} points. Give each its own name.")
    return points[0]


def _text(feature: QgsFeature, field: str) -> str:
    return attribute_text(feature[field]).strip()


def _number(given: Any, field: str, where: str) -> float | None:
    value = attribute(given)
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        number = math.nan if isinstance(value, (bool, bytes)) else float(value)
    except ValueError:
        number = math.nan
    if not 0 <= number <= 100:
        raise RasterError(
            f"{where}: {field} is '{attribute_text(value)}', which is not a valid wt% value."
        )
    return number
