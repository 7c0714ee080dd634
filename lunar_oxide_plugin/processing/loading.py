"""Results that Processing loads into a project, with the style that lies beside them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsMapLayer,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingLayerPostProcessorInterface,
)
from qgis.PyQt import sip


class _StyleBeside(QgsProcessingLayerPostProcessorInterface):
    """Applies the .qml beside a layer: Processing, unlike the rest of QGIS, passes it over."""

    def postProcessLayer(
        self, layer: QgsMapLayer, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> None:
        """Style a layer; QGIS calls this in its main thread once the layer is in the project."""
        layer.loadDefaultStyle()
        layer.triggerRepaint()


#: QGIS's context deletes its post-processors at its end, each once: every layer has its own. Until
#: then their Python parts have to live.
_kept: set[_StyleBeside] = set()


def style_when_loaded(paths: Iterable[Any], context: QgsProcessingContext) -> None:
    """Have the results among some values styled, where they are to be loaded into a project."""
    _kept.difference_update([old for old in tuple(_kept) if sip.isdeleted(old)])
    for path in paths:
        if (
            isinstance(path, str)
            and context.willLoadLayerOnCompletion(path)
            and Path(path).with_suffix(".qml").is_file()
        ):
            processor = _StyleBeside()
            _kept.add(processor)
            context.layerToLoadOnCompletionDetails(path).setPostProcessor(processor)
