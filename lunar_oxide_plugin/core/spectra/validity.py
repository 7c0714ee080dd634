"""From stored pixel values to reflectance spectra: scale and validity.

MI MAP files store DN (reflectance = DN x 2e-5), derived files often store
reflectance. Applying the factor twice, or never, gives a map that looks right
and is wrong everywhere, so the factor taken from the metadata is checked
against what the Moon reflects.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import SpectraError
from .bands import DN_SCALE, MODEL_BANDS, SATURATED_REFLECTANCE, SHADOW_REFLECTANCE

#: Range of a scene's median reflectance at 750 nm. The training sites span
#: 0.051 (Luna 16) to 0.180 (Apollo 16, station 11); the margin
#: below them is kept under a factor of 2 so that integers scaled by 1e4
#: instead of 5e4 do not pass as dark mare.
PLAUSIBLE_750 = (0.04, 0.45)

#: Without a scale in the metadata, DN are distinguished from reflectance times 10,000 by their
#: size alone. A scene taken for DN must be brighter then: to pass as DN in error, its
#: reflectance would have to lie above 0.25, which no lunar scene's median does.
PLAUSIBLE_750_UNDECLARED = (0.05, 0.45)

#: Range of the median reflectance of every band.
PLAUSIBLE_ANY = (0.015, 0.6)

#: From band to band, a scene's median spectrum falls at most to this part. Of 55 real site pixels
#: it is 0.992 from 900 to 950 nm; at 1550 nm, pixels of high latitudes fall by up to 3.5 %, while
#: 1250 and 1550 nm in each other's place fall by 13 % or more.
_LARGEST_FALL = (0.99, 0.99, 0.99, 0.99, 0.99, 0.99, 0.95)

#: From 1001 to 1050 nm, where the pixels themselves show that the VIS detector ends there: both
#: detectors are misregistered, by up to 12 % of a pixel's reflectance at 57 N.
_LARGEST_STEP = 0.85

#: How much less the bands of one detector must scatter against each other than against those of
#: the other, and in how many pixels, for the scatter to decide.
_CLEARLY_LESS, _ENOUGH_PIXELS = 0.8, 100

#: No stored value of a measurement is larger: the largest are reflectance times 10,000 and DN.
LARGEST_STORED = 1e6

_INDEX_750 = next(i for i, band in enumerate(MODEL_BANDS) if band.nominal == 750)

#: Other scalings met in practice, to name the fix when a raster is refused.
_KNOWN_MISTAKES = (
    (1 / DN_SCALE, "reflectance that was scaled by 2e-5 a second time"),
    (0.01, "reflectance in percent"),
    (1e-4, "reflectance times 10000"),
    (DN_SCALE, "MI DN"),
    (1.0, "reflectance"),
)


class Scaling(NamedTuple):
    """How stored values become reflectance: value * scale + offset, [8, 1] each."""

    scale: NDArray[np.float64]
    offset: NDArray[np.float64]
    #: What decided it, for the report.
    told_by: str
    #: A sentence for the log when the metadata did not decide alone, else "".
    note: str = ""
    #: Median reflectance of the sample, [8].
    medians: NDArray[np.floating] = np.full(len(MODEL_BANDS), np.nan)

    @property
    def median_750(self) -> float:
        """Median reflectance of the sample at 750 nm."""
        return float(self.medians[_INDEX_750])

    def apply(
        self, stored: NDArray[np.floating], out: NDArray[np.float32] | None = None
    ) -> NDArray[np.float32]:
        """Reflectance, float32, of stored values [8, n]; `out` may be these themselves."""
        scaled = np.multiply(stored, self.scale.astype(np.float32), out=out)
        scaled += self.offset.astype(np.float32)
        return scaled.astype(np.float32, copy=False)


def valid_spectra(
    reflectance: NDArray[np.floating], shadow: float = SHADOW_REFLECTANCE
) -> NDArray[np.bool_]:
    """Where all bands [bands, ...] hold a measurement, bool [...].

    That is where each is finite, above the shadow threshold and below saturation (0.65534). The
    invalid DN codes of MI MAP are negative and so fail here whatever the scale.

    `shadow` is the reflectance up to which a band counts as shadow; by default that of MI MAP V3
    (500 DN, reflectance 0.01). 0 keeps shadowed pixels.
    """
    # Half a DN, so that float32 rounding cannot move a value across a threshold.
    half = DN_SCALE / 2
    inside = np.ones(reflectance.shape[1:], bool)
    for band in reflectance:
        inside &= (band > shadow + half) & (band < SATURATED_REFLECTANCE - half)
    return inside


def one_value(stored: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Where all bands [bands, ...] have the same stored value: a fill value, as 9999 or 255.

    Such a "spectrum" can look like reflectance, in a wrong scale even where the others do not. No
    ground of the Moon is so: 1550 nm has at least twice the reflectance of 415 nm.
    """
    same: NDArray[np.bool_] = stored[0] == stored[-1]
    if same.any():
        for band in stored[1:-1]:
            same &= band == stored[0]
    return same


def choose_scaling(
    stored: NDArray[np.floating],
    declared_scale: NDArray[np.float64],
    declared_offset: NDArray[np.float64],
    user_scale: float | None = None,
) -> Scaling:
    """Decide how stored values [8, n] in model band order, NaN where nodata, become reflectance.

    The declared scale and offset [8] are those of the file's metadata (1 and 0 when they say
    nothing); a user's own factor replaces them. Taken is the declared reading when it gives
    plausible lunar reflectance, else the other usual one (values are already reflectance, or are
    DN), with a note.

    SpectraError when no reading is plausible, which names the factor that would fit, or when the
    bands cannot be in the models' order.
    """
    scale, offset = declared_scale[:, np.newaxis], declared_offset[:, np.newaxis]
    ones, zeros = np.ones(scale.shape), np.zeros(scale.shape)
    if user_scale is not None:
        candidates = [(Scaling(ones * user_scale, zeros, "from SCALE"), PLAUSIBLE_750)]
    elif not np.allclose(scale, 1):
        note = (
            f"The file declares a scale of {scale[_INDEX_750, 0]:g}, but its values already "
            "are reflectance; the scale was not applied."
        )
        candidates = [
            (Scaling(scale, offset, "as the metadata say"), PLAUSIBLE_750),
            (Scaling(ones, zeros, "against the metadata", note), PLAUSIBLE_750),
        ]
    else:
        told_by = "as the metadata say" if np.any(offset) else "as no scale is given"
        note = "The file declares no scale; its values were read as MI DN (x 2e-05)."
        dn = Scaling(ones * DN_SCALE, zeros, "as the values can only be MI DN", note)
        candidates = [
            (Scaling(scale, offset, told_by), PLAUSIBLE_750),
            (dn, PLAUSIBLE_750_UNDECLARED),
        ]
    for scaling, (low, high) in candidates:
        medians = _median_spectrum(scaling.apply(stored))
        if _plausible(medians):
            _check_order(medians)
            if low <= medians[_INDEX_750] <= high:
                return scaling._replace(medians=medians)
    raise SpectraError(_refusal(stored, candidates[0][0], user_scale))


def declared_scaling(
    stored: NDArray[np.floating],
    declared_scale: NDArray[np.float64],
    declared_offset: NDArray[np.float64],
) -> Scaling:
    """The reading that a product's own label declares, not judged by its few pixels [8, n]."""
    scale, offset = declared_scale[:, np.newaxis], declared_offset[:, np.newaxis]
    medians = np.median(stored * scale + offset, axis=1)
    return Scaling(scale, offset, "as the label says", medians=medians)


def _median_spectrum(reflectance: NDArray[np.float32]) -> NDArray[np.float32]:
    """Median of the lit pixels of each band; NaN when too few pixels are valid."""
    spectra = reflectance[:, valid_spectra(reflectance, shadow=0)]
    positive = int((reflectance > 0).all(axis=0).sum())
    # A factor too large must not pass on the few pixels that it leaves unsaturated.
    if spectra.shape[1] == 0 or spectra.shape[1] < 0.5 * positive:
        return np.full(len(MODEL_BANDS), np.nan, np.float32)
    lit = spectra[:, (spectra > SHADOW_REFLECTANCE).all(axis=0)]
    return np.asarray(np.median(lit if lit.shape[1] else spectra, axis=1))


def _plausible(medians: NDArray[np.float32]) -> bool:
    return bool(
        PLAUSIBLE_750[0] <= medians[_INDEX_750] <= PLAUSIBLE_750[1]
        and medians.min() >= PLAUSIBLE_ANY[0]
        and medians.max() <= PLAUSIBLE_ANY[1]
    )


def _check_order(medians: NDArray[np.float32]) -> None:
    """Refuse bands out of order: the Moon is darkest at 415 nm and reddens to 1550 nm.

    In 55 real site pixels 415 nm has at most 0.64 of any other band, and 1550 nm at least 1.5 times
    750 nm. Whether 1550 nm is the brightest is not asked: at high latitudes it may fall.
    """
    if medians[0] > medians.min() or medians[-1] < medians[_INDEX_750]:
        raise SpectraError(
            "The bands are not in the order they were taken to be in: the Moon is darkest at "
            "415 nm and brighter at 1550 than at 750 nm, but the medians here are "
            f"{_listed(medians)}. Give the eight band numbers in BANDS."
        )


def _listed(medians: NDArray[np.floating]) -> str:
    return ", ".join(f"{band.nominal} nm: {value:.3g}" for band, value in zip(MODEL_BANDS, medians))


def require_rising(
    medians: NDArray[np.floating], name: str, numbers: Sequence[int], split: bool = False
) -> None:
    """Ask for BANDS where a scene's median spectrum [8] falls in the assumed order of bands.

    In 52 of 55 real site pixels every band is brighter than the one before; in three, 950 nm is
    darker than 900 nm by up to 0.8 %. A fall does not prove another order (fresh pyroxene-rich
    ground absorbs near 950 nm), so the SpectraError says how to confirm the assumed one. `split`:
    the pixels show that 1001 and 1050 nm are of two detectors (`split_of_detectors`).
    """
    steps = zip(MODEL_BANDS, MODEL_BANDS[1:], medians, medians[1:], _LARGEST_FALL)
    for before, after, low, high, least in steps:
        if high < (_LARGEST_STEP if split and before.filter == "MV5" else least) * low:
            given = " ".join(map(str, numbers))
            raise SpectraError(
                f"{name} does not name its bands, and in the order they were taken to be in the "
                f"spectrum falls from {low:.4g} at {before.nominal} nm to {high:.4g} at "
                f"{after.nominal} nm, as few lunar spectra do. If that order is right, set BANDS "
                f"to {given}; else give the eight band numbers in BANDS."
            )


def split_of_detectors(pixels: NDArray[np.floating]) -> bool | None:
    """Whether the second of four neighbouring bands is of the VIS, the third of the NIR detector.

    MI's two detectors see a place at different times and angles, and are registered to a part of
    a pixel. So bands of one detector scatter less against each other, pixel by pixel, than
    against bands of the other, whatever their brightness.

    From values [4, n] in pixels where all four are above zero; the first band is of the VIS, the
    last of the NIR detector. False when it is the other way round; None when they cannot decide.
    """
    if pixels.shape[1] < _ENOUGH_PIXELS:
        return None
    vis, first, second, nir = np.log(pixels.astype(np.float64))

    def scatter(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
        ratio = one - other
        return float(np.median(np.abs(ratio - np.median(ratio))))

    as_assumed = scatter(first, vis) + scatter(second, nir)
    exchanged = scatter(second, vis) + scatter(first, nir)
    if as_assumed < _CLEARLY_LESS * exchanged:
        return True
    return False if exchanged < _CLEARLY_LESS * as_assumed else None


def _refusal(stored: NDArray[np.floating], reading: Scaling, user_scale: float | None) -> str:
    values = stored[_INDEX_750]
    values = values[np.isfinite(values) & (values > 0)]
    if values.size == 0:
        return "The 750 nm band has no value above zero: nothing here can be reflectance."
    median = float(np.median(values))
    factor, offset = (float(part[_INDEX_750, 0]) for part in (reading.scale, reading.offset))
    reflectance = median * factor + offset
    source = "the SCALE parameter" if user_scale is not None else "the file's metadata"
    added = f" and the offset {offset:g}" if offset else ""
    low, high = PLAUSIBLE_750
    text = (
        f"The values fit neither MI DN nor reflectance: the median at 750 nm is {median:.4g}, "
        f"which with the scale {factor:g}{added} from {source} gives a reflectance of "
        f"{reflectance:.4g}"
    )
    if low <= reflectance <= high:
        text += f", as the Moon's, but {_beside_750(stored, reading)}."
    else:
        text += f"; the Moon's lies between {low} and {high}."
    fitting = [
        (meaning, f"{candidate:g}")
        for candidate, meaning in _KNOWN_MISTAKES
        if _plausible(_median_spectrum((stored * candidate).astype(np.float32)))
    ]
    if fitting:
        meanings, factors = zip(*fitting)
        return (
            f"{text} They look like {' or '.join(meanings)}: if so, set SCALE to "
            f"{' or '.join(factors)}."
        )
    return (
        f"{text} Check that the eight bands are MI reflectance in the order "
        "415 750 900 950 1001 1050 1250 1550 nm (BANDS), or give the factor in SCALE."
    )


def _beside_750(stored: NDArray[np.floating], reading: Scaling) -> str:
    """What is implausible where the median at 750 nm is not."""
    reflectance = stored * reading.scale + reading.offset
    reflectance = reflectance[:, (reflectance > 0).all(axis=0)]
    saturated = (reflectance >= SATURATED_REFLECTANCE).any(axis=0)
    if saturated.sum() > 0.5 * saturated.size:
        return (
            "more than half of the pixels are above saturation "
            f"({SATURATED_REFLECTANCE}) in some band. If these are fill values, set the nodata "
            "value of the file to them"
        )
    low, high = PLAUSIBLE_ANY
    medians = _listed(np.median(reflectance, axis=1))
    return f"not all medians lie between {low} and {high} ({medians})"
