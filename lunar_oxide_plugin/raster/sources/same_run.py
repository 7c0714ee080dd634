"""Rasters of the same run as another: on its pixels, of its model."""

from __future__ import annotations

from ...core.errors import RasterError
from ...core.oxides.valid_range import DISTANCE, DOMAIN_DISTANCE
from .location import Location
from .raster import Raster


def require_same_run(raster: Raster, of: Raster, parameter: str, advice: str) -> None:
    """Refuse a raster, given as a parameter, that does not belong to the INPUT.

    RasterError when the pixels are others, or when both state a model and they differ; the advice
    is for the message.
    """
    if not raster.grid.same_pixels(of.grid):
        raise RasterError(
            f"{raster.name} ({parameter}) does not have the pixels of {of.name} (INPUT): "
            f"{raster.grid.described()}; INPUT has {of.grid.described()}. {advice} as INPUT, and "
            "cut or warp both alike."
        )
    said = [one.model_metadata() for one in (raster, of)]
    models = [metadata.get("LUNAR_OXIDE_MODEL") for metadata in said]
    if not all(models) or said[0] == said[1]:
        return
    if models[0] == models[1]:
        raise RasterError(
            f"{raster.name} ({parameter}) and {of.name} (INPUT) are both of the model {models[0]}, "
            f"but of two trainings of it. {advice} as INPUT."
        )
    raise RasterError(
        f"{raster.name} ({parameter}) is of the model {models[0]}, {of.name} (INPUT) of "
        f"{models[1]}, and uncertainties of different models cannot be combined. {advice} as INPUT."
    )


def domain_raster(path: str | Location, of: Raster) -> Raster:
    """Open the distances from the model's training domain that belong to a raster.

    RasterError when it cannot be opened, belongs to another raster, or holds something else.
    """
    raster = Raster(path)
    advice = "Give the domain distance (OUTPUT_DOMAIN) of the same run of Predict oxides"
    require_same_run(raster, of, "DOMAIN", advice)
    names = raster.band_names
    if len(names) != 1 or names[0] not in ("", DOMAIN_DISTANCE):
        raise RasterError(
            f"{raster.name} (DOMAIN) should have one band, '{DOMAIN_DISTANCE}'; it has "
            f"{raster.listed_bands}. {advice}."
        )
    raster.expect({1: DISTANCE})
    return raster
