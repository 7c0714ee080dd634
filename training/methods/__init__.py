"""The methods of training, all evaluated on the same folds."""

from __future__ import annotations

from .convolutional import ConvolutionalNetworks
from .gaussian_process import GaussianProcesses
from .method import Fitted, Method
from .scikit import MultilayerPerceptron, PartialLeastSquares, RandomForest, SupportVectors

#: Every method by its id, which is also the file name of its model. The first is the default.
METHODS: dict[str, Method] = {
    method.id: method
    for method in (
        GaussianProcesses(),
        ConvolutionalNetworks(),
        PartialLeastSquares(),
        MultilayerPerceptron(),
        SupportVectors(),
        RandomForest(),
    )
}

DEFAULT = next(iter(METHODS))

__all__ = ["DEFAULT", "METHODS", "Fitted", "Method"]
