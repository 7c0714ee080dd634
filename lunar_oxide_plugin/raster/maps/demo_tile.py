"""Writing a synthetic scene as an MI MAP V3 tile: detached PDS3 label and image.

Layout of SLN-L-MI-5-MAP-V3.0, so that whatever reads the archive's tiles reads
these: a float32 altitude plane, then nine bands of int16, all big-endian and
band sequential. The label says in several places that the tile is synthetic,
and names no spacecraft file that it was not made from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...core.demo.scene import TILE_SIZE, Scene
from ...core.demo.surface import Surface
from ...core.errors import RasterError
from ...core.spectra.bands import ARCHIVE_BANDS, DN_SCALE, SHADOW_REFLECTANCE
from ...core.spectra.invalid_codes import InvalidCode
from ..writing.outputs import OutputFiles

#: Part of every name that a synthetic tile goes by.
SYNTHETIC = "SYNTHETIC"

#: Byte, counted from 1 as in labels, at which the image begins: after the altitude plane.
IMAGE_START = TILE_SIZE * TILE_SIZE * 4 + 1

_SHADOW_DN = round(SHADOW_REFLECTANCE / DN_SCALE)


class BandCounts(NamedTuple):
    """What a label says of one band's DN; statistics are over valid pixels."""

    minimum: int
    maximum: int
    mean: float
    deviation: float
    mode: int
    #: Whole percent of all pixels with 0-500 DN.
    shadow_percent: int
    #: Pixels with each `InvalidCode`; the last is "outside the image".
    invalid: tuple[int, ...]


def image_path(label: Path) -> Path:
    """The image beside a label: ``<stem>.img``, and SYNTHETIC in its name in any case."""
    marked = SYNTHETIC in label.stem.upper()
    return label.with_name(f"{label.stem}{'' if marked else '_' + SYNTHETIC}.img")


def product_id(scene: Scene) -> str:
    """Name of a scene's tile, after the archive's file names."""
    return f"MI_MAP_03_{scene.corners}SC_{SYNTHETIC}"


def write_tile(
    files: OutputFiles,
    label: str | Path,
    surface: Surface,
    progress: Callable[[float], None] = lambda _: None,
) -> Path:
    """Write a surface as a tile.

    Parameters
    ----------
    files : OutputFiles
        Brings label and image to their names together, when its block ends.
    label : path
        Name of the label, ending in .lbl. The image goes beside it, under the
        name that `image_path` gives.
    surface : Surface
        What to write.
    progress : callable
        Called with the share done, 0 < x <= 1, after each band; may raise to
        stop, for example `CancelledError`.

    Returns
    -------
    Path
        Where the image will be.

    Raises
    ------
    RasterError
        When the name is not fit for a label or the files cannot be written.
    """
    label = Path(label)
    require_label_name(label)
    image = image_path(label)
    partial = files.path(image)
    try:
        with partial.open("wb") as file:
            counts = _write_planes(file, surface, progress)
    except OSError as error:
        raise RasterError(f"{image} cannot be written: {error.strerror}.") from error
    files.text(label, label_text(surface.scene, image.name, counts))
    return image


def require_label_name(label: Path) -> None:
    """Refuse a name that no label of the archive could have.

    Raises
    ------
    RasterError
        It does not end in .lbl, or is not plain ASCII.
    """
    if label.suffix.lower() != ".lbl":
        raise RasterError(
            f"{label} cannot be written: a tile is named by its label, give a .lbl name."
        )
    if not label.name.isascii() or not label.name.isprintable() or '"' in label.name:
        raise RasterError(
            f"{label} cannot be written: the label holds the image's name, and PDS labels are "
            "plain ASCII. Choose a file name of unaccented letters, digits, _ and -."
        )


def _write_planes(
    file: BinaryIO, surface: Surface, progress: Callable[[float], None]
) -> list[BandCounts]:
    file.write(surface.altitude.astype(">f4").tobytes())
    counts = []
    for index in range(len(ARCHIVE_BANDS)):
        dn = surface.dn(index)
        file.write(dn.astype(">i2").tobytes())
        counts.append(band_counts(dn))
        progress((index + 1) / len(ARCHIVE_BANDS))
    return counts


def band_counts(dn: NDArray[np.int16]) -> BandCounts:
    """Statistics of one band as MI MAP labels give them: over DN of 0 to 32767."""
    valid = dn[dn >= 0]
    return BandCounts(
        minimum=int(valid.min()),
        maximum=int(valid.max()),
        mean=float(valid.mean(dtype=np.float64)),
        deviation=float(valid.std(dtype=np.float64)),
        mode=int(np.bincount(valid).argmax()),
        shadow_percent=round(100 * np.count_nonzero(valid <= _SHADOW_DN) / dn.size),
        invalid=tuple(int(np.count_nonzero(dn == code)) for code in InvalidCode),
    )


def label_text(scene: Scene, image: str, counts: list[BandCounts]) -> str:
    """The label of a scene's tile, lines ended by CR LF.

    Parameters
    ----------
    scene : Scene
        Names and position.
    image : str
        File name of the image.
    counts : list of BandCounts
        One per band, in the order of the archive.
    """
    west = scene.west % 360
    last = (TILE_SIZE - 1) / TILE_SIZE
    bands = len(ARCHIVE_BANDS)
    text = _LABEL.format(
        image=image,
        start=IMAGE_START,
        product=product_id(scene),
        note=_NOTE.format(scene=scene.name),
        filters=_sequence(f'"{band.filter}"' for band in ARCHIVE_BANDS),
        wavelengths=_sequence(f"{band.centre} <nm>" for band in ARCHIVE_BANDS),
        size=TILE_SIZE,
        bands=bands,
        zeros=_sequence(["0"] * bands),
        highest=_sequence(["32767"] * bands),
        maxima=_sequence(str(band.maximum) for band in counts),
        minima=_sequence(str(band.minimum) for band in counts),
        means=_sequence(f"{band.mean:.1f}" for band in counts),
        deviations=_sequence(f"{band.deviation:.1f}" for band in counts),
        modes=_sequence(str(band.mode) for band in counts),
        shadow=_sequence([str(_SHADOW_DN)] * bands),
        shadow_percent=_sequence(str(band.shadow_percent) for band in counts),
        codes=_sequence(str(int(code)) for code in list(InvalidCode)[:-1]),
        invalid=_sequence(_sequence(map(str, band.invalid[:-1])) for band in counts),
        outside_code=int(InvalidCode.OUTSIDE_IMAGE),
        outside=_sequence(str(band.invalid[-1]) for band in counts),
        north=f"{scene.north:.1f}",
        south=f"{scene.north - last:.8f}",
        east=f"{west + last:.8f}",
        west=f"{west:.1f}",
        line_offset=f"{scene.north * TILE_SIZE:.1f}",
        sample_offset=f"{-west * TILE_SIZE:.1f}",
    )
    return text.replace("\n", "\r\n")


def _sequence(items: Iterable[str]) -> str:
    return f"({', '.join(items)})"


_NOTE = (
    "SYNTHETIC demo scene {scene}, laid out after a study area of Zhang et al. (2023), Icarus 397, "
    "115505. Not a measurement of this place: units are mixed from MI spectra of sample return "
    "sites; places and shapes of units, relief, noise and faulty pixels are invented."
)

#: Keywords, objects and their order as in the labels of MI_MAP_03 products. Those
#: that name the inputs of the real processing (kernels, flat fields ...) are left out.
_LABEL = """\
PDS_VERSION_ID                       = "PDS3"
/* SYNTHETIC TILE: NOT A MEASUREMENT */
RECORD_TYPE                          = "UNDEFINED"
FILE_NAME                            = "{image}"
^GEOMETRIC_DATA_ALTITUDE             = ("{image}", 1 <BYTES>)
^IMAGE                               = ("{image}", {start} <BYTES>)
MISSION_NAME                         = "SELENE"
DATA_SET_ID                          = "SLN-L-MI-5-MAP-V3.0"
DATA_SET_NAME                        = "SYNTHETIC, FORMAT OF SELENE MOON MI 5 MAP V3.0"
L2DB_ORIGINAL_ID                     = "MI_MAP"
PRODUCT_ID                           = "{product}"
NOTE                                 = "{note}"
INSTRUMENT_TYPE                      = "IMAGER"
INSTRUMENT_ID                        = "MI"
INSTRUMENT_NAME                      = "MULTIBAND IMAGER"
INSTRUMENT_HOST_NAME                 = "SELENE MAIN ORBITER"
TARGET_TYPE                          = "SATELLITE"
TARGET_NAME                          = "MOON"
START_TIME                           = "N/A"
STOP_TIME                            = "N/A"
SOFTWARE_NAME                        = "LUNAR OXIDE MAPPER"
PROCESS_VERSION_ID                   = "MAP"
PRODUCT_CREATION_TIME                = "N/A"
PRODUCER_ID                          = "LUNAR OXIDE MAPPER"
PRODUCT_SET_ID                       = "MI_MAP"
PRODUCT_VERSION_ID                   = "03"
REGISTERED_PRODUCT                   = "N"
OBSERVATION_MODE_ID                  = "NORMAL"
FILTER_NAME                          = {filters}
CENTER_FILTER_WAVELENGTH             = {wavelengths}
BANDWIDTH                            = (20.0 <nm>, 12.0 <nm>, 21.0 <nm>, 30.0 <nm>, 42.0 <nm>,
                                        27.0 <nm>, 28.0 <nm>, 33.0 <nm>, 48.0 <nm>)
BASE_BAND                            = "MV5"
OBJECT                               = GEOMETRIC_DATA_ALTITUDE
    BINNING_START_PIXEL_POSITION     = (1, 1)
    BINNING_INTERVAL                 = 1
    LINES                            = {size}
    LINE_SAMPLES                     = {size}
    SAMPLE_TYPE                      = "IEEE_REAL"
    SAMPLE_BITS                      = 32
    UNIT                             = "km"
END_OBJECT                           = GEOMETRIC_DATA_ALTITUDE
OBJECT                               = IMAGE
    BANDS                            = {bands}
    BAND_STORAGE_TYPE                = "BAND_SEQUENTIAL"
    LINES                            = {size}
    LINE_SAMPLES                     = {size}
    SAMPLE_TYPE                      = "MSB_INTEGER"
    SAMPLE_BITS                      = 16
    IMAGE_VALUE_TYPE                 = "REFLECTANCE"
    UNIT                             = "ND"
    SCALING_FACTOR                   = 2.0e-05
    OFFSET                           = 0.0
    MIN_FOR_STATISTICAL_EVALUATION   = {zeros}
    MAX_FOR_STATISTICAL_EVALUATION   = {highest}
    SCENE_MAXIMUM_DN                 = {maxima}
    SCENE_MINIMUM_DN                 = {minima}
    SCENE_AVERAGE_DN                 = {means}
    SCENE_STDEV_DN                   = {deviations}
    SCENE_MODE_DN                    = {modes}
    SHADOWED_AREA_MINIMUM            = {zeros}
    SHADOWED_AREA_MAXIMUM            = {shadow}
    SHADOWED_AREA_PERCENTAGE         = {shadow_percent}
    INVALID_TYPE                     = ("SATURATION", "MINUS", "DUMMY_DEFECT", "OTHER")
    INVALID_VALUE                    = {codes}
    INVALID_PIXELS                   = {invalid}
    OUT_OF_IMAGE_BOUNDS_VALUE        = {outside_code}
    OUT_OF_IMAGE_BOUNDS_PIXELS       = {outside}
    STRETCHED_FLAG                   = "FALSE"
END_OBJECT                           = IMAGE
OBJECT                               = IMAGE_MAP_PROJECTION
    ^DATA_SET_MAP_PROJECTION         = "DSMAP.CAT"
    MAP_PROJECTION_TYPE              = "SIMPLE CYLINDRICAL"
    COORDINATE_SYSTEM_TYPE           = "BODY-FIXED ROTATING"
    COORDINATE_SYSTEM_NAME           = "PLANETOCENTRIC"
    A_AXIS_RADIUS                    = 1737.4 <km>
    B_AXIS_RADIUS                    = 1737.4 <km>
    C_AXIS_RADIUS                    = 1737.4 <km>
    FIRST_STANDARD_PARALLEL          = "N/A"
    SECOND_STANDARD_PARALLEL         = "N/A"
    POSITIVE_LONGITUDE_DIRECTION     = "EAST"
    CENTER_LATITUDE                  = 0.0 <deg>
    CENTER_LONGITUDE                 = 0.0 <deg>
    REFERENCE_LATITUDE               = "N/A"
    REFERENCE_LONGITUDE              = "N/A"
    LINE_FIRST_PIXEL                 = 1
    LINE_LAST_PIXEL                  = {size}
    SAMPLE_FIRST_PIXEL               = 1
    SAMPLE_LAST_PIXEL                = {size}
    MAP_PROJECTION_ROTATION          = 0.0 <deg>
    MAP_RESOLUTION                   = 2048.0 <pixel/deg>
    MAP_SCALE                        = 0.014806323445 <km/pixel>
    MAXIMUM_LATITUDE                 = {north} <deg>
    MINIMUM_LATITUDE                 = {south} <deg>
    EASTERNMOST_LONGITUDE            = {east} <deg>
    WESTERNMOST_LONGITUDE            = {west} <deg>
    LINE_PROJECTION_OFFSET           = {line_offset} <pixel>
    SAMPLE_PROJECTION_OFFSET         = {sample_offset} <pixel>
END_OBJECT                           = IMAGE_MAP_PROJECTION
OBJECT                               = PROCESSING_PARAMETERS
    STANDARD_GEOMETRY                = (30.0, 0.0, 30.0)
    REF_SATURATION_THRESHOLD         = 0.65534 <ND>
END_OBJECT                           = PROCESSING_PARAMETERS
END
"""
