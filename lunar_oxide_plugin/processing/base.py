"""What all our algorithms share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from typing import Any, TypeVar

from qgis.core import (
    QgsApplication,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingOutputDefinition,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterNumber,
    QgsVectorLayer,
)
from qgis.PyQt.QtGui import QIcon

from ..about import help_url, icon, provenance
from ..core.errors import LunarOxideError, RasterError
from ..core.oxides.oxides import oxide_described
from ..core.threads import available_cores
from ..raster.gdal_io.file_state import file_states, require_no_input
from ..raster.gdal_io.read_ahead import read_ahead
from ..raster.moon.extent import Extent
from ..raster.sources.location import Location
from ..raster.sources.mosaic import Mosaic
from ..raster.sources.raster import Raster
from ..raster.writing.outputs import OutputFiles
from ..translation import tr
from .extent_input import extent_inputs
from .inputs import (
    checked_inputs,
    other_crs_in_project,
    plain_value,
    raster_paths,
    require_plain_files,
)
from .layer_files import layer_files
from .loading import style_when_loaded
from .progress import stop_if_cancelled
from .values import understood, warn_of_unknown
from .vector_input import VectorInput, vector_inputs

T = TypeVar("T")


class LunarOxideAlgorithm(QgsProcessingAlgorithm):
    """An algorithm described by class attributes, with errors that users can read.

    A subclass sets the attributes, declares its parameters in `initAlgorithm`
    with `add`, and does its work in `compute`.
    """

    #: Id within the provider; never changes.
    NAME = ""
    TITLE = ""
    GROUP = ""
    #: What it does, in a sentence.
    SUMMARY = ""
    #: What to know of the method, with its source.
    DETAILS = ""
    TAGS: tuple[str, ...] = ()

    THREADS = "THREADS"

    _rasters: Sequence[Raster] = ()
    _vectors: Mapping[str, VectorInput]
    _values: dict[str, Any]

    def createInstance(self) -> LunarOxideAlgorithm:
        """Make another one; QGIS runs copies."""
        return type(self)()

    def name(self) -> str:
        """Id within the provider."""
        return self.NAME

    def displayName(self) -> str:
        """Name in the toolbox."""
        return tr(self.TITLE)

    def group(self) -> str:
        """Group in the toolbox."""
        return tr(self.GROUP)

    def groupId(self) -> str:
        """Id of the group."""
        return self.GROUP.lower().replace(" ", "")

    def shortDescription(self) -> str:
        """Tooltip in the toolbox."""
        return tr(self.SUMMARY)

    def tags(self) -> list[str]:
        """Words the toolbox also finds it by."""
        return ["moon", "lunar", "kaguya", "oxide", *self.TAGS]

    def icon(self) -> QIcon:
        """The group's icon in the toolbox."""
        return QIcon(str(icon(self.groupId())))

    def shortHelpString(self) -> str:
        """Help in plain text: qgis_process prints it as it is."""
        return plain_help([tr(self.SUMMARY), tr(self.DETAILS)], self.parameterDefinitions())

    def helpUrl(self) -> str:
        """Where the button Help of the dialog leads."""
        return help_url(self.NAME)

    def add(
        self, parameter: QgsProcessingParameterDefinition, help_text: str, advanced: bool = False
    ) -> None:
        """Declare a parameter together with its help."""
        parameter.setHelp(help_text)
        translate(parameter)
        if advanced:
            parameter.setFlags(
                parameter.flags() | QgsProcessingParameterDefinition.Flag.FlagAdvanced
            )
        self.addParameter(parameter)

    def add_file(
        self, name: str, title: str, kind: str, help_text: str, create: bool = False
    ) -> None:
        """Declare an optional text file to write, of a kind such as "CSV (*.csv)"."""
        self.add(
            QgsProcessingParameterFileDestination(
                name, title, kind, optional=True, createByDefault=create
            ),
            help_text,
        )

    def addOutput(self, output: QgsProcessingOutputDefinition) -> bool:
        """Declare an output that is not a parameter."""
        output.setDescription(tr(output.description()))
        return bool(super().addOutput(output))

    def add_threads(self) -> None:
        """Declare how many threads compute."""
        self.add(
            QgsProcessingParameterNumber(
                self.THREADS,
                "Threads",
                QgsProcessingParameterNumber.Type.Integer,
                optional=True,
                minValue=1,
            ),
            "How many threads compute. Empty: QGIS's own setting (Options > Rendering), which "
            "without a limit is one for each processor core. Results are the same with any number.",
            advanced=True,
        )

    def threads(self, parameters: dict[str, Any], context: QgsProcessingContext) -> int:
        """THREADS, or what QGIS is set to use, or all cores."""
        if self.THREADS in parameters:
            return self.parameterAsInt(parameters, self.THREADS, context)
        of_qgis = QgsApplication.maxThreads()
        return of_qgis if of_qgis > 0 else available_cores()

    def checkParameterValues(
        self, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> tuple[bool, str]:
        """Refuse values and files that cannot be used, saying why in our words."""
        definitions = self.parameterDefinitions()
        try:
            given = understood(definitions, parameters, context)
            require_plain_files(definitions, given)
            self.check(given, context)
            vector_inputs(definitions, given, context)
            extent_inputs(definitions, given, context)
            checked = checked_inputs(definitions, given, self.check_input)
        except LunarOxideError as error:
            return False, str(error)
        return super().checkParameterValues(checked, context)

    def check(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Refuse parameters that do not go together, as `LunarOxideError`."""

    def check_input(self, path: str) -> None:
        """Refuse an input file that cannot be read, as `LunarOxideError`."""
        Raster(path)

    def validateInputCrs(self, parameters: dict[str, Any], context: QgsProcessingContext) -> bool:
        """Accept inputs in different CRSs: each algorithm checks the body and transforms."""
        return True

    def prepareAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> bool:
        """Read the parameters: layers may not be touched in a worker thread.

        A model does not ask `checkParameterValues` of its steps, so all is checked here again.
        """
        definitions = self.parameterDefinitions()
        warn_of_unknown(definitions, parameters, feedback)
        self._values = dict(parameters)
        del parameters  # an error that is kept, see `_as_processing`, would keep their layers

        def prepare() -> None:
            self._prepare(definitions, context, feedback)
            self._say_crs(context, feedback)

        try:
            _as_processing(prepare)
        except QgsProcessingException:
            self._forget()
            raise
        return True

    def _forget(self) -> None:
        """Let go of layers and rasters: QGIS may keep an algorithm until it ends."""
        self._rasters, self._vectors, self._values = (), {}, {}

    def _prepare(
        self,
        definitions: list[QgsProcessingParameterDefinition],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> None:
        self._values = understood(definitions, self._values, context)
        require_plain_files(definitions, self._values)
        self.check(self._values, context)
        self._paths = raster_paths(definitions, self._values, context)
        self._vectors = vector_inputs(definitions, self._values, context)
        self._extents = extent_inputs(definitions, self._values, context)
        self._kept: dict[str, list[str]] = {}
        self._doubts: dict[str, str] = {}
        for definition in definitions:
            if definition.type() == QgsProcessingParameterFile.typeName():
                path = self.parameterAsFile(self._values, definition.name(), context)
                self.keep_files(definition.name(), [path] if path else [])
        for name, vector in self._vectors.items():
            self.keep(name, vector.layer)
            for note in vector.notes:
                feedback.pushWarning(note)

    def _say_crs(self, context: QgsProcessingContext, feedback: QgsProcessingFeedback) -> None:
        """Log whether the CRS that a user has set for a layer takes the place of the file's."""
        places = [place for places in self._paths.values() for place in places]
        for place in places:
            note = place.note(place.dataset()) if place.wkt else ""
            if note:
                feedback.pushInfo(note)
        for note in other_crs_in_project(places, context):
            feedback.pushWarning(note)

    def processAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Compute, with our errors as Processing's."""
        del parameters  # which `prepareAlgorithm` has read
        try:
            _as_processing(lambda: self._reach(feedback))
            results = _as_processing(lambda: self.compute(self._values, context, feedback))
            for remark in self.remarks():
                feedback.pushWarning(remark)
        finally:
            self._forget()
        style_when_loaded(results.values(), context)
        return results

    def _reach(self, feedback: QgsProcessingFeedback) -> None:
        """Open what lies on a network, so that Cancel is answered while a server is silent.

        GDAL keeps what it learns of the files; why one cannot be opened is said by `compute`.
        """

        def reach(place: Location) -> None:
            with suppress(RasterError):
                place.dataset()

        addresses = [place for places in self._paths.values() for place in places]
        addresses = [place for place in addresses if place.is_address]
        with closing(read_ahead(reach, addresses, lambda: stop_if_cancelled(feedback))) as reached:
            for _ in reached:
                pass

    def compute(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Do the work and return the outputs. Errors are raised as `LunarOxideError`.

        Parameters are as `values.understood` gives them.
        """
        raise NotImplementedError(type(self).__name__)

    def keep(self, name: str, layer: QgsVectorLayer) -> None:
        """Note the files of a vector layer, which no output may replace."""
        self.keep_files(name, _as_processing(lambda: layer_files(layer)))

    def keep_files(self, name: str, files: list[str]) -> None:
        """Note the files of an input that is not a raster, which no output may replace."""
        self._kept[name] = files

    def vector(self, name: str) -> VectorInput:
        """The features of a parameter that is not optional."""
        return self._vectors[name]

    def optional_vector(self, name: str) -> VectorInput | None:
        """The features of a parameter; None when it is left empty."""
        return self._vectors.get(name)

    def extent(self, name: str, feedback: QgsProcessingFeedback) -> Extent | None:
        """The extent of a parameter, None when it is left empty; says what was assumed of it."""
        if name not in self._extents:
            return None
        given = self._extents[name]
        if given.assumed:
            feedback.pushWarning(given.assumed)
        return given.extent

    def input_paths(self, name: str) -> list[Location]:
        """Where the rasters of a parameter come from."""
        return self._paths[name]

    def oxide_band(
        self,
        parameters: dict[str, Any],
        name: str,
        raster: Raster,
        oxide: str,
        context: QgsProcessingContext,
    ) -> int:
        """Band number a parameter names, or when it is empty the band described as the oxide.

        A band that is described as another oxide is taken, with a remark.

        Raises
        ------
        RasterError
            When there is no such band, or it holds no measurement.
        """
        names = raster.band_names
        if parameters.get(name) is not None:
            number = self.parameterAsInt(parameters, name, context)
            if not 1 <= number <= len(names):
                raise RasterError(
                    f"{name} is {number}, but {raster.name} has the bands 1 to {len(names)}."
                )
            raster.require_measurement([number], f" ({name})")
            described = oxide_described(names[number - 1])
            if described not in (None, oxide) and name == f"{oxide.upper()}_BAND":
                self._doubts[name] = (
                    f"{name} is {number}, which {raster.name} describes as {names[number - 1]}; it "
                    f"was taken as {oxide}."
                )
            return number
        return raster.band_described(oxide, name)

    def output_path(
        self, parameters: dict[str, Any], name: str, context: QgsProcessingContext
    ) -> str:
        """Where an output goes, "" when it is not wanted.

        Raises
        ------
        RasterError
            When it would overwrite an input.
        """
        if isinstance(self.parameterDefinition(name), QgsProcessingParameterFileDestination):
            path = self.parameterAsFileOutput(parameters, name, context)
        else:
            path = self.parameterAsOutputLayer(parameters, name, context)
        if path:
            require_no_input(path, self._input_files(), name)
        return path

    def output_paths(
        self, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> dict[str, str]:
        """Where all outputs that are wanted go, by their names; as `output_path`."""
        names = [definition.name() for definition in self.destinationParameterDefinitions()]
        paths = {name: self.output_path(parameters, name, context) for name in names}
        return {name: path for name, path in paths.items() if path}

    def _input_files(self) -> Iterator[str]:
        """All files of all inputs."""
        for places in self._paths.values():
            for place in places:
                yield from place.files
        for files in self._kept.values():
            yield from files
        for extent in self._extents.values():
            yield from extent.files

    def output_files(self, *rasters: Raster | Mosaic) -> OutputFiles:
        """The files to be written, none of which may be a part of what these rasters read."""
        self._rasters = [raster for raster in rasters if isinstance(raster, Raster)]
        files = file_states(file for kept in self._kept.values() for file in kept)
        files.update(item for raster in rasters for item in raster.files.items())
        return OutputFiles(files, alone=True, remarks=self.remarks)

    def remarks(self) -> list[str]:
        """What is to be said of the rasters of `output_files`, as far as they have been read."""
        remarks = [remark for raster in self._rasters for remark in raster.remarks()]
        return [*self._doubts.values(), *remarks]

    def provenance(self, parameters: dict[str, Any], *rasters: Raster | Mosaic) -> dict[str, str]:
        """Metadata of a result: algorithm, version, every parameter, and its inputs."""
        given = {
            definition.name(): plain_value(
                parameters.get(definition.name(), definition.defaultValue())
            )
            for definition in self.parameterDefinitions()
        }
        given.update({name: list(map(str, places)) for name, places in self._paths.items()})
        given.update({name: files[:1] for name, files in self._kept.items()})
        given.update({name: vector.described for name, vector in self._vectors.items()})
        return provenance(self.id(), given, any(raster.synthetic for raster in rasters))


def _as_processing(work: Callable[[], T]) -> T:
    """Do some work, with our errors as Processing's.

    QGIS never frees an exception that an algorithm raises. Ours must not refer to where it went
    wrong: the files that were open there would stay open until QGIS ends.
    """
    try:
        return work()
    except LunarOxideError as error:
        message = str(error)
    raise QgsProcessingException(message)


def translate(parameter: QgsProcessingParameterDefinition) -> None:
    """Put what a dialog shows of a parameter into the language of QGIS."""
    parameter.setDescription(tr(parameter.description()))
    parameter.setHelp(tr(parameter.help()))
    if isinstance(parameter, QgsProcessingParameterEnum):
        parameter.setOptions([tr(option) for option in parameter.options()])


def plain_help(
    paragraphs: Iterable[str], definitions: Iterable[QgsProcessingParameterDefinition]
) -> str:
    """Help of an algorithm: paragraphs, and one more for each parameter that has help."""
    parameters = [f"{d.description()}: {d.help()}" for d in definitions if d.help()]
    return "\n\n".join(filter(None, [*paragraphs, *parameters]))
