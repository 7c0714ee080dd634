"""What light, maturity and mixing do to each model's oxides: ``training/reports/robustness.md``.

A model's scores are of sites; a map also has slopes, fresh and weathered ground, and pixels that
hold two rocks. Here the spectra of the sites are changed as these would change them, and the model
files are asked again. None of this is a measurement: it says how much a model's numbers move.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lunar_oxide_plugin.core.models.model import OxideModel
from lunar_oxide_plugin.core.oxides.oxides import OXIDES
from lunar_oxide_plugin.core.spectra.bands import MODEL_BANDS
from lunar_oxide_plugin.core.spectra.empirical import OTAKE_PUBLISHED

from .markdown import cells, table, write_page
from .methods.angles import BAND_INDEX
from .record import Record, rounded, write_record
from .tables import FloatArray, SiteTable, tables_sha256

#: The file of the record, beside the page.
RECORD = "robustness.json"

#: Relative errors of brightness.
BRIGHTNESS = (-0.10, -0.05, 0.05, 0.10)

#: Slopes in degrees towards (+) and away from the Sun, and incidence on level ground.
SLOPES = ((5.0, 30.0), (-5.0, 30.0), (5.0, 60.0), (-5.0, 60.0))

#: Change of R750 by weathering.
WEATHERING = (-0.10, 0.10)

#: Shares of one site in mixtures of two.
_SHARES = np.linspace(0, 1, 21)

#: wt% by which a mixture must lie outside its two ends to count as reversed.
_REVERSED = 0.1


def changes(reflectance: FloatArray) -> dict[str, FloatArray]:
    """Spectra (n, 8) of the sites as light and weathering would change them, by title."""
    found = {f"brightness {error:+.0%}": reflectance * (1 + error) for error in BRIGHTNESS}
    for slope, incidence in SLOPES:
        way = "towards" if slope > 0 else "away from"
        name = f"slope of {abs(slope):g} degrees {way} the Sun, incidence {incidence:g}"
        found[name] = reflectance * lambert(slope, incidence)
    for change in WEATHERING:
        word = "more" if change < 0 else "less"
        found[f"{word} mature ({change:+.0%} at 750 nm)"] = weathered(reflectance, change)
    return found


def lambert(slope: float, incidence: float) -> float:
    """Brightness of a slope over that of level ground, of a Lambert surface; degrees."""
    lit, level = np.cos(np.radians([incidence - slope, incidence]))
    return float(lit / level)


def weathered(reflectance: FloatArray, change: float) -> FloatArray:
    """Spectra (n, 8) with R750 changed along a line of one iron angle of Otake et al. (2012).

    Along such a line iron is constant and maturity varies: (R750, R950/R750) moves towards the
    origin of the angle or away from it. The other bands follow the same power of wavelength.
    """
    x0, y0 = OTAKE_PUBLISHED.fe_origin
    wavelength = np.array([band.nominal for band in MODEL_BANDS]) / 750
    _, i750, i950 = BAND_INDEX
    r750, ratio = reflectance[:, i750], reflectance[:, i950] / reflectance[:, i750]
    darker = r750 * (1 + change)
    moved = y0 + (ratio - y0) * (darker - x0) / (r750 - x0)
    power = np.log(moved / ratio) / np.log(wavelength[i950])
    factor = (1 + change) * wavelength ** power[:, np.newaxis]
    return np.asarray(reflectance * factor)


def make_robustness(sites: SiteTable, models: Mapping[str, Path]) -> Record:
    """The record of all models, by id: changes of the oxides in wt% (5,)."""
    return {
        "tables_sha256": tables_sha256(sites),
        "oxides": list(OXIDES),
        "models": {name: _of_model(sites, OxideModel(path)) for name, path in models.items()},
    }


def _of_model(sites: SiteTable, model: OxideModel) -> dict[str, Any]:
    def predict(spectra: FloatArray) -> FloatArray:
        return model.predict(spectra.T.astype(np.float32), ()).oxides.T.astype(np.float64)

    before = predict(sites.reflectance)
    changed = {}
    for title, spectra in changes(sites.reflectance).items():
        difference = predict(spectra) - before
        changed[title] = {
            "mean": rounded(difference.mean(axis=0)),
            "rms": rounded(np.sqrt((difference**2).mean(axis=0))),
        }
    first, second = np.triu_indices(len(sites.sites), 1)
    lines = np.stack(
        [
            predict((1 - share) * sites.reflectance[first] + share * sites.reflectance[second])
            for share in _SHARES
        ]
    )
    low, high = np.sort(lines[[0, -1]], axis=0)
    outside = (lines.max(axis=0) > high + _REVERSED) | (lines.min(axis=0) < low - _REVERSED)
    weight = _SHARES[:, np.newaxis, np.newaxis]
    straight = (1 - weight) * lines[0] + weight * lines[-1]
    return {
        "changes": changed,
        "mixing_rms": rounded(np.sqrt(((lines - straight) ** 2).mean(axis=(0, 1)))),
        "mixing_reversed_percent": rounded(100 * outside.mean(axis=0)),
    }


def write_robustness(record: Record, folder: Path) -> Path:
    """Write ``robustness.md`` and its record into a folder; returns the page."""
    write_record(record, folder / RECORD)
    oxides, models = record["oxides"], record["models"]
    titles = list(next(iter(models.values()))["changes"])
    parts = [
        """# What light, maturity and mixing do to the oxides

The spectra of the 38 sites, changed as illumination, weathering and mixing would change them, and
what the model files then say. **Nothing here is a measurement**: the tables show how far a model's
numbers move, in wt%. Generated by `make train` from `robustness.json`.

Brightness, slope and maturity: mean change, and in brackets its root mean square. MI data are
only partly corrected for slopes. A slope is that of a Lambert surface; "more
mature" moves a spectrum along a line of one iron angle of Otake et al. (2012), so that an ideal
model would not change FeO; the other bands follow the same power of wavelength."""
    ]
    for name, found in models.items():
        rows = [
            [
                title,
                *(
                    f"{mean:+.2f} ({rms:.2f})"
                    for mean, rms in zip(*(found["changes"][title][key] for key in ("mean", "rms")))
                ),
            ]
            for title in titles
        ]
        parts.append(f"## `{name}`\n\n{table(['change', *oxides], rows)}")
    mixing = [
        [f"`{name}`", what, *cells(found[key], form)]
        for name, found in models.items()
        for what, key, form in (
            ("RMS from a straight line (wt%)", "mixing_rms", ".2f"),
            ("lines that reverse (%)", "mixing_reversed_percent", ".0f"),
        )
    ]
    parts.append(
        f"""## Mixing

All pairs of sites mixed in 21 steps. Spectra of areas side by side in a pixel mix linearly, and so
does their chemistry: an ideal model would draw a straight line between its values at the two ends.
A line reverses when the oxide somewhere leaves the interval of its ends by more than {_REVERSED:g}
wt%: there, a contact between two units would look like a third rock.

{table(["model", "", *oxides], mixing)}"""
    )
    return write_page(folder / "robustness.md", parts)
