"""The plugin's algorithms in a QGIS without windows."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from qgis.core import QgsApplication, QgsProcessingContext, QgsProcessingFeedback

from lunar_oxide_plugin.plugin import LunarOxidePlugin


@contextmanager
def algorithms() -> Iterator[Callable[..., bool]]:
    """Runs an algorithm: (name, parameters, feedback) -> whether it was not cancelled.

    Raises
    ------
    RuntimeError
        When it fails.
    """
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QgsApplication.instance() or QgsApplication([], False)
    application.initQgis()
    plugin = LunarOxidePlugin(None)
    plugin.initProcessing()

    def run(
        name: str, parameters: dict[str, Any], feedback: QgsProcessingFeedback | None = None
    ) -> bool:
        feedback = feedback or QgsProcessingFeedback(False)
        found = QgsApplication.processingRegistry().algorithmById(f"lunaroxide:{name}")
        _, finished = found.create().run(parameters, QgsProcessingContext(), feedback)
        if not finished and not feedback.isCanceled():
            raise RuntimeError(feedback.textLog())
        return finished

    yield run
    plugin.unload()
