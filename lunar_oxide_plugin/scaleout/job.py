"""What a run computes: a mosaic, a model, and the windows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from ..about import FOLDER, VERSION, provenance
from ..core.errors import LunarOxideError, RasterError, SpectraError
from ..core.models.model import BUNDLED, bundled_path
from ..core.models.onnx_runtime import import_onnxruntime
from ..raster.gdal_io.blocks import Window, blocks
from ..raster.gdal_io.virtual_files import is_file
from ..raster.maps.prediction import DOMAIN_MAP, OXIDE_MAP, UNCERTAINTY_MAP, Product
from ..raster.mi.mi_folder import mi_products
from ..raster.moon.crs import GEOGRAPHIC_WKT, Grid
from ..raster.moon.extent import Extent
from ..raster.sources.mi_source import open_mi_sources
from ..raster.sources.mosaic import Mosaic
from ..raster.writing.encoding import Encoding, encoding_of
from ..raster.writing.storage import Kind, Layout, Storage, require_available
from ..raster.writing.vrt import absolute
from .models import load_model
from .tiles import PlacedTile, Reading, sample_of, state_of

#: The rasters that a run may write, by name.
PRODUCTS = {product.values: product for product in (OXIDE_MAP, UNCERTAINTY_MAP, DOMAIN_MAP)}

#: At least one of this many first tiles must be readable, so that a wrong scale or wrong bands are
#: found before the work starts.
_TRIED = 3


def code_sha256(folder: Path) -> str:
    """SHA-256 of the Python files in a folder, regardless of their line endings."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py"), key=lambda path: path.relative_to(folder).as_posix()):
        content = path.read_bytes().replace(b"\r\n", b"\n")
        digest.update(f"{path.relative_to(folder).as_posix()}\n{len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


#: Of the code that this process imported: the code on the disk may change during its life.
CODE_SHA256 = code_sha256(FOLDER)

#: Version of job.json and the records; since 2, records name the tiles they were computed from.
FORMAT = 2


@dataclass(frozen=True)
class Job:
    """Everything that determines the pixels: equal jobs give equal pixels."""

    #: Files and folders, and the part to map in degrees: west, south, east, north
    inputs: tuple[str, ...]
    extent: tuple[float, float, float, float] | None
    reading: Reading
    #: Id of a bundled model, or an .onnx file
    model: str
    model_sha256: str
    products: tuple[str, ...]
    #: Name of a `Kind`
    storage: str
    #: Width and height of a window, in pixels
    window: int
    grid: Grid
    #: SHA-256 of the tiles' names and positions; their contents are compared window by window
    tiles_sha256: str
    #: Version of onnxruntime, which affects the last bits
    onnxruntime: str
    version: str = VERSION
    code_sha256: str = CODE_SHA256
    format: int = FORMAT

    def provenance(self, synthetic: bool) -> dict[str, str]:
        """Metadata of every result of the run."""
        return provenance("lunar_oxide_plugin.scaleout", self.described(), synthetic)

    def described(self) -> dict[str, Any]:
        """The job as plain JSON values."""
        plain: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return plain

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the whole description."""
        return sha256(json.dumps(self.described(), sort_keys=True).encode())

    @property
    def model_path(self) -> Path:
        """File of the model, wherever the plugin is installed."""
        return model_path(self.model)

    @property
    def rasters(self) -> list[Product]:
        """The products to write."""
        return [PRODUCTS[name] for name in self.products]

    @property
    def stored(self) -> Storage:
        """How the rasters of a window are stored."""
        return Storage(Kind[self.storage], Layout.COG)

    def encoding(self, product: Product) -> Encoding:
        """How the rasters of a product encode their values."""
        return encoding_of(self.stored.kind, product.bands)


class Part(NamedTuple):
    """One window of the mosaic, with everything its prediction needs."""

    row: int
    column: int
    #: In pixels of the mosaic
    window: Window
    #: The tiles that touch it, preferred first
    tiles: tuple[PlacedTile, ...]

    @property
    def name(self) -> str:
        """Base name of its files."""
        return f"R{self.row:04}C{self.column:04}"

    def sha256(self, job: Job) -> str:
        """SHA-256 of everything that determines its pixels: the job, and the tiles' contents."""
        return sha256(repr((job.sha256, self)).encode())


def open_mosaic(
    inputs: Sequence[str],
    extent: tuple[float, float, float, float] | None,
    reading: Reading,
    check: Callable[[], None],
) -> Mosaic:
    """Make a mosaic of files and of the MI products in folders.

    Parameters
    ----------
    inputs : sequence of str
        Names as `absolute_name` makes them.
    extent : tuple of float, optional
        West, south, east and north of the part to map, in degrees.
    reading : Reading
    check : callable
        Called before each file is opened; raises to stop.

    Raises
    ------
    LunarOxideError
        When the files cannot be mosaicked, or the first of them cannot be read as spectra.
    """
    wanted = Extent(GEOGRAPHIC_WKT, *extent) if extent else None
    paths: list[str] = []
    for name in inputs:
        paths += mi_products(name, wanted) if Path(name).is_dir() else [name]
    sources = open_mi_sources(paths, reading.bands, reading.scale, reading.mask_shadow, check)
    mosaic = Mosaic(sources, wanted)
    _require_readable(mosaic)
    return mosaic


def absolute_name(name: str) -> str:
    """The absolute path of a file or folder; other names (of GDAL) are returned unchanged."""
    return absolute(name) if is_file(name) or Path(name).is_dir() else name


def model_path(model: str) -> Path:
    """The file of a bundled model, given its id, or else the given file."""
    return bundled_path(model) if model in dict(BUNDLED) else Path(model)


def make_job(
    mosaic: Mosaic,
    inputs: Sequence[str],
    extent: tuple[float, float, float, float] | None,
    reading: Reading,
    model: str,
    products: Sequence[str],
    storage: Kind,
    window: int,
) -> tuple[Job, list[Part]]:
    """Make a job, and the parts of the mosaic that contain at least one tile.

    Raises
    ------
    LunarOxideError
        When the model does not load or lacks a product, or GDAL cannot write that storage.
    """
    require_available(storage)
    model = model if model in dict(BUNDLED) else str(Path(model).absolute())
    loaded = load_model(model_path(model))
    for name in products:
        if not loaded.gives(name):
            raise LunarOxideError(f"{loaded.title} does not provide {name.replace('_', ' ')}.")
    parts = cut(mosaic, window)
    tiles = [(source.names, place) for source, place in mosaic.tiles]
    job = Job(
        tuple(inputs),
        extent,
        reading,
        model,
        loaded.sha256,
        tuple(products),
        storage.name,
        window,
        mosaic.grid,
        sha256(repr(tiles).encode()),
        import_onnxruntime().__version__,
    )
    return job, parts


def cut(mosaic: Mosaic, size: int) -> list[Part]:
    """The windows that a tile touches, row by row from the upper left corner of the mosaic."""
    touched: dict[tuple[int, int], list[PlacedTile]] = {}
    digests = {source: (state_of(source), sample_of(source)) for source in mosaic.sources}
    for source, place in mosaic.tiles:
        names = tuple(source.names)
        common = mosaic.grid.window.intersection(place)
        for x, y, _, _ in blocks(common, size, size) if common else ():
            row, column = y // size, x // size
            inside = place.relative_to(column * size, row * size)
            tile = PlacedTile(names, inside, *digests[source])
            touched.setdefault((row, column), []).append(tile)
    parts = []
    for (row, column), tiles in sorted(touched.items()):
        window = Window(column * size, row * size, size, size).intersection(mosaic.grid.window)
        if window is not None:  # never: a tile touches it
            parts.append(Part(row, column, window, tuple(tiles)))
    return parts


def sha256(content: bytes) -> str:
    """SHA-256 of some bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def _require_readable(mosaic: Mosaic) -> None:
    """Refuse a mosaic if the scale of none of its first tiles can be determined."""
    refused: SpectraError | None = None
    for source in mosaic.sources[:_TRIED]:
        try:
            _ = source.scaling
        except RasterError:
            continue  # empty or damaged: reported for its windows
        except SpectraError as error:
            refused = refused or error
        else:
            return
        finally:
            source.close()
    if refused:
        raise refused
