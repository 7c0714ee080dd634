"""Small MI MAP tiles in the archive's own format, written byte by byte.

Independent of the code under test: nothing of the plugin is imported, and the
numbers are those of the archive's labels (V3 and V2 tiles, level 3C5 strips).
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import NamedTuple

import numpy as np

FILTERS = ("MV1", "MV2", "MV3", "MV4", "MV5", "MN1", "MN2", "MN3", "MN4")
CENTRES = (414.0, 749.0, 901.0, 950.0, 1001.0, 1000.0, 1049.0, 1248.0, 1548.0)

#: Position in the file (from 0) of the eight bands a model reads: all but MN1.
MODEL_PLANES = (0, 1, 2, 3, 4, 6, 7, 8)

INVALID_CODES = (-20000, -21000, -22000, -23000, -30000)

#: SCENE_AVERAGE_DN of two tiles of the archive: N51E124 (highlands) and S16E035 (mare).
HIGHLANDS_DN = (3740, 6791, 7729, 7955, 8313, 8081, 8416, 9692, 11512)
MARE_DN = (2016, 3624, 3950, 4000, 4146, 4084, 4291, 5298, 6594)


def scene(height=32, width=48, average=MARE_DN, seed=0):
    """DN [9, height, width] around a scene's average, every one valid."""
    random = np.random.default_rng(seed)
    brightness = random.normal(1, 0.08, (1, height, width)).clip(0.7, 1.3)
    noise = random.normal(1, 0.01, (9, height, width))
    return np.rint(np.array(average)[:, None, None] * brightness * noise).astype(np.int16)


def soils(height=40, width=60, seed=0):
    """DN [9, height, width] between those of highlands and mare, every one valid."""
    share = np.random.default_rng(seed).uniform(0, 1, (1, height, width))
    highlands, mare = (
        np.array(average, float)[:, None, None] for average in (HIGHLANDS_DN, MARE_DN)
    )
    return np.rint(share * highlands + (1 - share) * mare).astype(np.int16)


class Product(NamedTuple):
    """What differs between the labels of the products."""

    version: str
    process: str
    product_set: str
    data_set: str
    storage: str
    shadow: int
    projection: str


V3 = Product(
    "03", "MAP", "MI_MAP", "SLN-L-MI-5-MAP-V3.0", "BAND_SEQUENTIAL", 500, "SIMPLE CYLINDRICAL"
)
V2 = Product("02", "MAP", "MI_MAP", "MI_MAP", "BAND SEQUENTIAL", 327, "SIMPLE CYLINDRICAL")
STRIP = Product("03", "L3C", "MI_Level3C5", "MI_L3C", "BAND SEQUENTIAL", 500, "Simple Cylindrical")


def label_lines(
    name, north, west, shape, *, image, altitude, product, resolution, quoted, sample_offset
):
    """(object or "", keyword, value) of a label, in the archive's order."""

    def text(value):
        return f'"{value}"' if quoted else value

    height, width = shape
    every = ", ".join
    lines = [
        ("", "PDS_VERSION_ID", "PDS3"),
        ("", "RECORD_TYPE", "UNDEFINED"),
        ("", "FILE_NAME", text(f"{name}.img")),
        ("", "^GEOMETRIC_DATA_ALTITUDE", altitude),
        ("", "^IMAGE", image),
        ("", "MISSION_NAME", "SELENE"),
        ("", "DATA_SET_ID", text(product.data_set)),
        ("", "PROCESS_VERSION_ID", text(product.process)),
        ("", "PRODUCT_SET_ID", text(product.product_set)),
        ("", "PRODUCT_ID", text(name)),
        ("", "INSTRUMENT_ID", "MI"),
        ("", "TARGET_NAME", "MOON"),
        ("", "PRODUCT_CREATION_TIME", "2015-01-02T01:45:16"),
        ("", "PRODUCT_VERSION_ID", f'"{product.version}"'),
        ("", "REV_STRIP", '("04406_005", "04407_005")'),
        ("", "FILTER_NAME", f"({every(map(text, FILTERS))})"),
        ("", "CENTER_FILTER_WAVELENGTH", f"({every(f'{c} <nm>' for c in CENTRES)})"),
        ("GEOMETRIC_DATA_ALTITUDE", "LINES", height),
        ("GEOMETRIC_DATA_ALTITUDE", "LINE_SAMPLES", width),
        ("GEOMETRIC_DATA_ALTITUDE", "SAMPLE_TYPE", "IEEE_REAL"),
        ("GEOMETRIC_DATA_ALTITUDE", "SAMPLE_BITS", 32),
        ("GEOMETRIC_DATA_ALTITUDE", "UNIT", "km"),
        ("IMAGE", "BANDS", 9),
        (
            "IMAGE",
            "BAND_STORAGE_TYPE",
            f'"{product.storage}"' if " " in product.storage else product.storage,
        ),
        ("IMAGE", "LINES", height),
        ("IMAGE", "LINE_SAMPLES", width),
        ("IMAGE", "SAMPLE_TYPE", "MSB_INTEGER"),
        ("IMAGE", "SAMPLE_BITS", 16),
        ("IMAGE", "UNIT", "ND"),
        ("IMAGE", "SCALING_FACTOR", "2e-05"),
        ("IMAGE", "OFFSET", "0.0"),
        ("IMAGE", "SHADOWED_AREA_MAXIMUM", f"({every([str(product.shadow)] * 9)})"),
        ("IMAGE", "INVALID_TYPE", "(SATURATION, MINUS, DUMMY_DEFECT, OTHER)"),
        ("IMAGE", "INVALID_VALUE", "(-20000, -21000, -22000, -23000)"),
        ("IMAGE", "OUT_OF_IMAGE_BOUNDS_VALUE", -30000),
        ("IMAGE_MAP_PROJECTION", "^DATA_SET_MAP_PROJECTION", text("DSMAP.CAT")),
        ("IMAGE_MAP_PROJECTION", "MAP_PROJECTION_TYPE", f'"{product.projection}"'),
        ("IMAGE_MAP_PROJECTION", "COORDINATE_SYSTEM_NAME", "PLANETOCENTRIC"),
        ("IMAGE_MAP_PROJECTION", "A_AXIS_RADIUS", "1737.4 <km>"),
        ("IMAGE_MAP_PROJECTION", "B_AXIS_RADIUS", "1737.4 <km>"),
        ("IMAGE_MAP_PROJECTION", "C_AXIS_RADIUS", "1737.4 <km>"),
        ("IMAGE_MAP_PROJECTION", "FIRST_STANDARD_PARALLEL", '"N/A"'),
        ("IMAGE_MAP_PROJECTION", "POSITIVE_LONGITUDE_DIRECTION", "EAST"),
        ("IMAGE_MAP_PROJECTION", "CENTER_LATITUDE", "0.0 <deg>"),
        ("IMAGE_MAP_PROJECTION", "CENTER_LONGITUDE", "0.0 <deg>"),
        ("IMAGE_MAP_PROJECTION", "LINE_FIRST_PIXEL", 1),
        ("IMAGE_MAP_PROJECTION", "SAMPLE_FIRST_PIXEL", 1),
        ("IMAGE_MAP_PROJECTION", "MAP_PROJECTION_ROTATION", "0.0 <deg>"),
        ("IMAGE_MAP_PROJECTION", "MAP_RESOLUTION", f"{float(resolution)} <pixel/deg>"),
        ("IMAGE_MAP_PROJECTION", "MAP_SCALE", f"{30.3233504 / resolution:.9f} <km/pixel>"),
        ("IMAGE_MAP_PROJECTION", "MAXIMUM_LATITUDE", f"{north:.10f} <deg>"),
        (
            "IMAGE_MAP_PROJECTION",
            "MINIMUM_LATITUDE",
            f"{north - (height - 1) / resolution:.8f} <deg>",
        ),
        (
            "IMAGE_MAP_PROJECTION",
            "EASTERNMOST_LONGITUDE",
            f"{west + (width - 1) / resolution:.8f} <deg>",
        ),
        ("IMAGE_MAP_PROJECTION", "WESTERNMOST_LONGITUDE", f"{west:.10f} <deg>"),
        ("IMAGE_MAP_PROJECTION", "LINE_PROJECTION_OFFSET", f"{north * resolution} <pixel>"),
        ("IMAGE_MAP_PROJECTION", "SAMPLE_PROJECTION_OFFSET", f"{sample_offset} <pixel>"),
        ("PROCESSING_PARAMETERS", "REF_SATURATION_THRESHOLD", "0.65534 <ND>"),
    ]
    return [(block, keyword, str(value)) for block, keyword, value in lines]


def label_text(lines, newline):
    """The label of (object, keyword, value) lines."""
    out, current = [], ""
    for block, keyword, value in lines:
        if block != current:
            out += [f"END_OBJECT = {current}"] if current else []
            out += [f"OBJECT = {block}"] if block else []
            current = block
        out.append(f"{'  ' if block else ''}{keyword} = {value}")
    out += [f"END_OBJECT = {current}"] if current else []
    return newline.join([*out, "END", ""])


def write_tile(
    folder,
    dn,
    *,
    name="MI_MAP_03_N44E310N43E311SC",
    north=44.0,
    west=310.0,
    resolution=2048,
    newline="\r\n",
    quoted=True,
    attached=False,
    strip=False,
    image_file=None,
    changes=None,
):
    """Write a tile; return the path to open (the label, or the image with its label attached).

    Parameters
    ----------
    dn : int array [9, height, width]
    north, west : float
        Centre of the first pixel in degrees, longitude 0-360.
    attached : bool
        V2 layout: the label at the head of the image, "BAND SEQUENTIAL", shadow up to 327 DN and,
        east of 180 degrees, the wrong sign of SAMPLE_PROJECTION_OFFSET. Else V3: a detached
        label, and an altitude plane before the bands.
    strip : bool
        Layout of level 3C5 strips: as V2, but shadow up to 500 DN, and the sign of
        SAMPLE_PROJECTION_OFFSET is wrong everywhere.
    image_file : str
        Name of the .img on disk when it differs from the label's.
    changes : dict
        "KEYWORD" or "OBJECT.KEYWORD" to another value, or to None to leave it out.
    """
    folder = Path(folder)
    dn = np.asarray(dn)
    height, width = dn.shape[1:]
    bands = b"".join(plane.astype(">i2").tobytes() for plane in dn)
    altitudes = struct.pack(f">{height * width}f", *([-1.5] * (height * width)))
    product = STRIP if strip else V2 if attached else V3
    if product is not V3:
        start = 16384
        image, altitude = f"{start + 1} <BYTES>", f"{start + len(bands) + 1} <BYTES>"
        wrapped = west - 360 if west > 180 else west
        sample_offset = (wrapped if strip or west > 180 else -west) * resolution
    else:
        start = len(altitudes)
        quote = '"' if quoted else ""
        image = f"({quote}{name}.img{quote}, {start + 1} <BYTES>)"
        altitude = f"({quote}{name}.img{quote}, 1 <BYTES>)"
        sample_offset = -west * resolution
    lines = label_lines(
        name,
        north,
        west,
        (height, width),
        image=image,
        altitude=altitude,
        product=product,
        resolution=resolution,
        quoted=quoted,
        sample_offset=sample_offset,
    )
    for key, value in (changes or {}).items():
        block, _, keyword = key.rpartition(".")
        assert any(line[:2] == (block, keyword) for line in lines), key
        lines = [
            (b, k, str(value) if (b, k) == (block, keyword) else v)
            for b, k, v in lines
            if (b, k) != (block, keyword) or value is not None
        ]
    text = label_text(lines, newline).encode("latin-1")
    image_path = folder / (image_file or f"{name}.img")
    if product is not V3:
        assert len(text) < start
        image_path.write_bytes(text.ljust(start) + bands + altitudes)
        return image_path
    image_path.write_bytes(altitudes + bands)
    path = folder / f"{name}.lbl"
    path.write_bytes(text)
    return path
