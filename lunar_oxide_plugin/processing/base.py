"""What all our algorithms share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing, suppress
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingOutputDefinition,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterNumber,
)
from qgis.PyQt.QtGui import QIcon

from ..about import help_url, icon, provenance
from ..core.errors import LunarOxideError, RasterError
from ..raster.gdal_io.file_state import file_states
from ..raster.gdal_io.read_ahead import read_ahead
from ..raster.sources.location import Location
from ..raster.sources.mosaic import Mosaic
from ..raster.sources.raster import Raster
from ..raster.writing.outputs import OutputFiles
from ..translation import tr
from .extent_input import extent_inputs
from .given import THREADS, GivenParameters, as_processing
from .inputs import checked_inputs, other_crs_in_project
from .loading import style_when_loaded
from .progress import FeedbackWatch
from .values import warn_of_unknown
from .vector_input import vector_inputs


class LunarOxideAlgorithm(GivenParameters):
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

    THREADS = THREADS

    _rasters: Sequence[Raster] = ()

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

    def checkParameterValues(
        self, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> tuple[bool, str]:
        """Refuse values and files that cannot be used, saying why in our words."""
        definitions = self.parameterDefinitions()
        try:
            given = self.understand(parameters, context)
            self.check()
            vector_inputs(definitions, given, context)
            extent_inputs(definitions, given, context)
            checked = checked_inputs(definitions, given, self.check_input)
        except LunarOxideError as error:
            return False, str(error)
        finally:
            self.forget()
        return super().checkParameterValues(checked, context)

    def check(self) -> None:
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
        warn_of_unknown(self.parameterDefinitions(), parameters, feedback)
        given = dict(parameters)
        del parameters  # an error that is kept, see `as_processing`, would keep their layers
        watch = FeedbackWatch(feedback)

        def prepare() -> None:
            self.understand(given, context)
            given.clear()
            self.check()
            self.read_inputs(watch)
            self._say_crs(context, watch)

        try:
            as_processing(prepare)
        except QgsProcessingException:
            self.forget()
            raise
        return True

    def forget(self) -> None:
        """Let go of layers and rasters: QGIS may keep an algorithm until it ends."""
        super().forget()
        self._rasters = ()

    def _say_crs(self, context: QgsProcessingContext, watch: FeedbackWatch) -> None:
        """Log whether the CRS that a user has set for a layer takes the place of the file's."""
        places = self.places()
        for place in places:
            note = place.note(place.dataset()) if place.wkt else ""
            if note:
                watch.note(note)
        for note in other_crs_in_project(places, context):
            watch.warn(note)

    def processAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Compute, with our errors as Processing's."""
        del parameters  # which `prepareAlgorithm` has read
        watch = FeedbackWatch(feedback)
        self.context = context  # that of the thread that computes
        try:
            as_processing(lambda: self._reach(watch))
            results = as_processing(lambda: self.compute(watch))
            for remark in self.remarks():
                watch.warn(remark)
        finally:
            self.forget()
        style_when_loaded(results.values(), context)
        return results

    def _reach(self, watch: FeedbackWatch) -> None:
        """Open what lies on a network, so that Cancel is answered while a server is silent.

        GDAL keeps what it learns of the files; why one cannot be opened is said by `compute`.
        """

        def reach(place: Location) -> None:
            with suppress(RasterError):
                place.dataset()

        addresses = [place for place in self.places() if place.is_address]
        with closing(read_ahead(reach, addresses, watch.check)) as reached:
            for _ in reached:
                pass

    def compute(self, watch: FeedbackWatch) -> dict[str, Any]:
        """Do the work and return the outputs. Errors are raised as `LunarOxideError`."""
        raise NotImplementedError(type(self).__name__)

    def output_files(self, *rasters: Raster | Mosaic) -> OutputFiles:
        """The files to be written, none of which may be a part of what these rasters read."""
        self._rasters = [raster for raster in rasters if isinstance(raster, Raster)]
        files = file_states(self.kept_files())
        files.update(item for raster in rasters for item in raster.files.items())
        return OutputFiles(files, alone=True, remarks=self.remarks)

    def remarks(self) -> list[str]:
        """What is to be said of the rasters of `output_files`, as far as they have been read."""
        remarks = [remark for raster in self._rasters for remark in raster.remarks()]
        return [*self.doubts.values(), *remarks]

    def provenance(self, *rasters: Raster | Mosaic) -> dict[str, str]:
        """Metadata of a result: algorithm, version, every parameter, and its inputs."""
        synthetic = any(raster.synthetic for raster in rasters)
        return provenance(self.id(), self.described(), synthetic)


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
