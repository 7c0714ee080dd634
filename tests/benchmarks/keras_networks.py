"""The networks in Keras, as published code of the method uses them: one model per oxide."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from training.methods.network import KERNEL, Network


class KerasNetworks:
    """One model per oxide."""

    def __init__(self, networks: Sequence[Network]) -> None:
        self._networks = networks
        self._models = [_model(network) for network in networks]

    def predict(self, rows: NDArray[np.float32], width: int) -> NDArray[np.float32]:
        """Oxides (n, 5) of reflectance (n, 8), by `Model.predict` of one image row at a time."""
        image = rows.reshape(-1, width, rows.shape[1])
        return np.concatenate([self._predict_row(row) for row in image])

    def _predict_row(self, row: NDArray[np.float32]) -> NDArray[np.float32]:
        first = self._networks[0]
        standardised = ((row - first.input_mean) / first.input_sd)[:, :, None]
        columns = [
            model.predict(standardised, batch_size=len(row), verbose=0) * network.target_sd
            + network.target_mean
            for model, network in zip(self._models, self._networks)
        ]
        return np.concatenate(columns, axis=1)


def _model(network: Network) -> keras.Model:
    model = keras.Sequential(
        [
            layers.Input((8, 1)),
            layers.Conv1D(16, KERNEL, activation="relu"),
            layers.Conv1D(16, KERNEL, activation="relu"),
            layers.MaxPooling1D(2),
            layers.Conv1D(128, KERNEL, activation="relu"),
            layers.Conv1D(128, KERNEL, activation="relu"),
            layers.Permute((2, 1)),  # pairs of maps are pooled
            layers.MaxPooling1D(2),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )
    *convolutions, dense = network.parameters
    weights = [
        array
        for layer in convolutions
        for array in (layer.weights.reshape(KERNEL, -1, layer.weights.shape[1]), layer.bias)
    ]
    model.set_weights([*weights, dense.weights, dense.bias])
    return model
