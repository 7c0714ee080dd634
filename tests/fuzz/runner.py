"""Scenes by seed, and what each of them said."""

from __future__ import annotations

import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from qgis.core import (
    QgsFeatureRequest,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProject,
)

from .checks import CHECKS, DifferenceError


class Failure(NamedTuple):
    """A scene in which plugin and oracle differ, or that ended in another error."""

    seed: int
    said: str


class _Quiet(QgsProcessingFeedback):
    def __init__(self):
        super().__init__()
        self.errors = []

    def reportError(self, error, fatalError=False):
        self.errors.append(error)


def as_in_the_window(name, parameters, refusable=False):
    """Run an algorithm as QGIS's window does: project set, invalid geometries stop a run.

    Returns
    -------
    dict or None
        Results; None where it was refused and might be.
    """
    import processing

    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    context.setInvalidGeometryCheck(QgsFeatureRequest.InvalidGeometryCheck.GeometryAbortOnInvalid)
    feedback = _Quiet()
    context.setFeedback(feedback)
    try:
        return processing.run(f"lunaroxide:{name}", parameters, context=context, feedback=feedback)
    except QgsProcessingException as error:
        said = f"{error} {' '.join(feedback.errors)}"
        if refusable and "Traceback" not in said:
            return None
        raise DifferenceError(f"{name} was refused: {said}") from None


def run_scene(seed: int) -> tuple[str, str]:
    """Draw a check and a scene from a seed and run it: (check, what the scene was).

    Raises
    ------
    DifferenceError
    """
    random = np.random.default_rng(seed)
    names = list(CHECKS)
    odds = np.array([CHECKS[check] for check in names], float)
    check = names[random.choice(len(names), p=odds / odds.sum())]
    with tempfile.TemporaryDirectory(prefix="lunar-oxide-fuzz-") as folder:
        return check.__name__, check(random, Path(folder), as_in_the_window)


def run_scenes(
    first: int, count: int, seconds: float, say: Callable[[str], None]
) -> tuple[Counter, list[Failure]]:
    """Run scenes one after the other, until all are done or the time is up."""
    done: Counter = Counter()
    failures: list[Failure] = []
    end = time.monotonic() + seconds
    for seed in range(first, first + count):
        if time.monotonic() > end:
            say(f"Time is up before seed {seed}.")
            break
        try:
            check, _ = run_scene(seed)
            done[check] += 1
        except DifferenceError as error:
            failures.append(Failure(seed, str(error)))
        except Exception:
            failures.append(Failure(seed, traceback.format_exc()))
        if failures and failures[-1].seed == seed:
            say(f"seed {seed}: {failures[-1].said}")
    return done, failures
