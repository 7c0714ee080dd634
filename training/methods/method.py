"""The interface of a method: train, predict, export."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, ClassVar

import numpy as np

from lunar_oxide_plugin.core.oxides.oxides import within_limits

from ..graph import Graph
from ..tables import FloatArray, SiteTable


class Fitted(ABC):
    """A trained method."""

    def predict(self, reflectance: FloatArray) -> FloatArray:
        """Oxides in wt%, shape (n, 5), within the physical limits, of reflectance (n, 8)."""
        return np.asarray(within_limits(self.oxides(reflectance).T).T, dtype=np.float64)

    @abstractmethod
    def oxides(self, reflectance: FloatArray) -> FloatArray:
        """Oxides before the physical limits."""

    @abstractmethod
    def add_to(self, graph: Graph) -> str:
        """Add the same computation to a graph; returns the name of a float32 (5, n) tensor."""

    def choices(self) -> dict[str, object]:
        """Settings chosen inside the training sites, JSON-ready."""
        return {}


class Method(ABC):
    """A way to learn oxides from spectra. Instances are frozen dataclasses of their settings."""

    #: Id of the model, also its file name.
    id: ClassVar[str]
    #: As users see it in the list of models.
    title: ClassVar[str]
    #: One paragraph: the method and its settings here.
    description: ClassVar[str]
    #: Publications of the method for the Moon.
    citation: ClassVar[str]
    #: Whether two trainings on one table differ by their random numbers.
    random: ClassVar[bool] = False
    #: Whether the bundled model also learns from the extended set. It is never judged by it.
    extended: ClassVar[bool] = False

    @abstractmethod
    def fit(self, table: SiteTable, seed: Sequence[int]) -> Fitted:
        """Learn from the training sites of one split, and from nothing else.

        The seed names the split; it seeds all random numbers.
        """

    def quick(self) -> Method:
        """The same with settings so small that only the commands can be tried."""
        return self

    def settings(self) -> dict[str, Any]:
        """The fields of the dataclass that every method is."""
        return dict(asdict(self))  # type: ignore[call-overload]
