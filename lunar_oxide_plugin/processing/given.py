"""What a user gives to an algorithm, and where its results go."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Any, TypeVar

from qgis.core import (
    QgsApplication,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
)

from ..core.errors import LunarOxideError, RasterError
from ..core.oxides.oxides import oxide_described
from ..core.threads import available_cores
from ..raster.gdal_io.file_state import require_no_input
from ..raster.moon.extent import Extent
from ..raster.sources.location import Location
from ..raster.sources.raster import Raster
from .extent_input import ExtentInput, extent_inputs
from .inputs import plain_value, raster_paths, require_plain_files
from .layer_files import layer_files
from .progress import FeedbackWatch
from .values import understood
from .vector_input import VectorInput, vector_inputs

T = TypeVar("T")

THREADS = "THREADS"


class GivenParameters(QgsProcessingAlgorithm):
    """An algorithm that has read its parameters, and hands them out by their names."""

    context: QgsProcessingContext | None = None
    #: What is to be said of inputs that were taken as the user gave them, by parameter.
    doubts: dict[str, str]
    _values: Mapping[str, Any] = {}
    _paths: Mapping[str, list[Location]] = {}
    _vectors: Mapping[str, VectorInput] = {}
    _extents: Mapping[str, ExtentInput] = {}
    _kept: dict[str, list[str]]

    def understand(
        self, parameters: Mapping[str, Any], context: QgsProcessingContext
    ) -> Mapping[str, Any]:
        """Take parameters for all that follows, as `values.understood` gives them.

        Raises
        ------
        LunarOxideError
            When one is not what its parameter takes.
        """
        definitions = self.parameterDefinitions()
        self._values, self.context = understood(definitions, parameters, context), context
        require_plain_files(definitions, self._values)
        return self._values

    def read_inputs(self, watch: FeedbackWatch) -> None:
        """Find the files and read the layers: these may not be touched in a worker thread.

        Raises
        ------
        LunarOxideError
            When one cannot be read.
        """
        definitions, given = self.parameterDefinitions(), (self._values, self.context)
        self._paths = raster_paths(definitions, *given)
        self._vectors = vector_inputs(definitions, *given)
        self._extents = extent_inputs(definitions, *given)
        self._kept, self.doubts = {}, {}
        for definition in definitions:
            if definition.type() == QgsProcessingParameterFile.typeName():
                path = self.file(definition.name())
                self.keep_files(definition.name(), [path] if path else [])
        for name, vector in self._vectors.items():
            self.keep_files(name, layer_files(vector.layer))
            for note in vector.notes:
                watch.warn(note)

    def forget(self) -> None:
        """Let go of layers: QGIS may keep an algorithm until it ends."""
        self._vectors, self._values, self.context = {}, {}, None

    def value(self, name: str) -> Any:
        """A parameter as it was given; None when it is left empty."""
        return self._values.get(name)

    def number(self, name: str) -> float:
        """A number, or its default."""
        return float(self.parameterAsDouble(self._values, name, self.context))

    def whole(self, name: str) -> int:
        """A whole number, or its default."""
        return int(self.parameterAsInt(self._values, name, self.context))

    def choice(self, name: str) -> int:
        """Position of a choice, counted from 0."""
        return int(self.parameterAsEnum(self._values, name, self.context))

    def flag(self, name: str) -> bool:
        """Whether a box is ticked."""
        return bool(self.parameterAsBool(self._values, name, self.context))

    def text(self, name: str) -> str:
        """A text; "" when it is left empty."""
        return str(self.parameterAsString(self._values, name, self.context))

    def file(self, name: str) -> str:
        """Path of a file or folder to read; "" when it is left empty."""
        return str(self.parameterAsFile(self._values, name, self.context))

    def threads(self) -> int:
        """THREADS, or what QGIS is set to use, or all cores."""
        if self.value(THREADS) is not None:
            return self.whole(THREADS)
        of_qgis = QgsApplication.maxThreads()
        return of_qgis if of_qgis > 0 else available_cores()

    def keep_files(self, name: str, files: list[str]) -> None:
        """Note the files of an input that is not a raster, which no output may replace."""
        self._kept[name] = files

    def kept_files(self, name: str = "") -> list[str]:
        """The files of all such inputs, or of one."""
        return self._kept[name] if name else [*chain.from_iterable(self._kept.values())]

    def vector(self, name: str) -> VectorInput:
        """The features of a parameter that is not optional."""
        return self._vectors[name]

    def optional_vector(self, name: str) -> VectorInput | None:
        """The features of a parameter; None when it is left empty."""
        return self._vectors.get(name)

    def extent(self, name: str, watch: FeedbackWatch) -> Extent | None:
        """The extent of a parameter, None when it is left empty; says what was assumed of it."""
        if name not in self._extents:
            return None
        given = self._extents[name]
        if given.assumed:
            watch.warn(given.assumed)
        return given.extent

    def places(self) -> list[Location]:
        """Where all rasters come from."""
        return [*chain.from_iterable(self._paths.values())]

    def input_paths(self, name: str) -> list[Location]:
        """Where the rasters of a parameter come from."""
        return self._paths[name]

    def oxide_band(self, name: str, raster: Raster, oxide: str) -> int:
        """Band number a parameter names, or when it is empty the band described as the oxide.

        A band that is described as another oxide is taken, with a remark.

        Raises
        ------
        RasterError
            When there is no such band, or it holds no measurement.
        """
        if self.value(name) is None:
            return raster.band_described(oxide, name)
        names, number = raster.band_names, self.whole(name)
        if not 1 <= number <= len(names):
            raise RasterError(
                f"{name} is {number}, but {raster.name} has the bands 1 to {len(names)}."
            )
        raster.require_measurement([number], f" ({name})")
        described = oxide_described(names[number - 1])
        if described not in (None, oxide) and name == f"{oxide.upper()}_BAND":
            self.doubts[name] = (
                f"{name} is {number}, which {raster.name} describes as {names[number - 1]}; it "
                f"was taken as {oxide}."
            )
        return number

    def output_path(self, name: str) -> str:
        """Where an output goes, "" when it is not wanted.

        Raises
        ------
        RasterError
            When it would overwrite an input.
        """
        if isinstance(self.parameterDefinition(name), QgsProcessingParameterFileDestination):
            path = self.parameterAsFileOutput(self._values, name, self.context)
        else:
            path = self.parameterAsOutputLayer(self._values, name, self.context)
        if path:
            require_no_input(path, self._input_files(), name)
        return str(path)

    def output_paths(self) -> dict[str, str]:
        """Where all outputs that are wanted go, by their names; as `output_path`."""
        names = [definition.name() for definition in self.destinationParameterDefinitions()]
        paths = {name: self.output_path(name) for name in names}
        return {name: path for name, path in paths.items() if path}

    def described(self) -> dict[str, Any]:
        """Every parameter as the metadata of a result state it."""
        given = {
            definition.name(): plain_value(
                self._values.get(definition.name(), definition.defaultValue())
            )
            for definition in self.parameterDefinitions()
        }
        given.update({name: list(map(str, places)) for name, places in self._paths.items()})
        given.update({name: files[:1] for name, files in self._kept.items()})
        given.update({name: vector.described for name, vector in self._vectors.items()})
        return given

    def _input_files(self) -> Iterator[str]:
        """All files of all inputs."""
        for part in (self.places(), self._extents.values()):
            for each in part:
                yield from each.files
        yield from self.kept_files()


def as_processing(work: Callable[[], T]) -> T:
    """Do some work, with our errors as Processing's.

    QGIS never frees an exception that an algorithm raises. Ours must not refer to where it went
    wrong: the files that were open there would stay open until QGIS ends.
    """
    try:
        return work()
    except LunarOxideError as error:
        message = str(error)
    raise QgsProcessingException(message)
