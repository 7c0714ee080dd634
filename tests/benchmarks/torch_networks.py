"""The networks in PyTorch, written as the paper's Fig. 3 reads."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from training.methods.network import Layer, Network

from .plain_export import convolution_weights


class TorchNetworks:
    """One module per oxide."""

    def __init__(self, networks: Sequence[Network]) -> None:
        self._networks = networks
        self._modules = [_module(network).eval() for network in networks]

    def predict(self, rows: NDArray[np.float32], threads: int) -> NDArray[np.float32]:
        """Oxides (n, 5) of reflectance (n, 8)."""
        torch.set_num_threads(threads)
        first = self._networks[0]
        standardised = ((rows - first.input_mean) / first.input_sd).astype(np.float32)
        with torch.inference_mode():
            spectra = torch.from_numpy(standardised)[:, None, :]
            columns = [
                module(spectra) * network.target_sd + network.target_mean
                for module, network in zip(self._modules, self._networks)
            ]
            return torch.cat(columns, dim=1).numpy()


def _module(network: Network) -> nn.Module:
    conv1, conv2, conv3, conv4, dense = network.parameters
    return nn.Sequential(
        _convolution(conv1),
        nn.ReLU(),
        _convolution(conv2),
        nn.ReLU(),
        nn.MaxPool1d(2),
        _convolution(conv3),
        nn.ReLU(),
        _convolution(conv4),
        nn.ReLU(),
        nn.Flatten(1),
        nn.Unflatten(1, (1, 128)),  # pairs of maps are pooled
        nn.MaxPool1d(2),
        nn.Flatten(1),
        _filled(nn.Linear(64, 1), dense.weights.T, dense.bias),
    )


def _convolution(layer: Layer) -> nn.Module:
    weights = convolution_weights(layer)
    maps_out, maps_in, taps = weights.shape
    return _filled(nn.Conv1d(maps_in, maps_out, taps), weights, layer.bias)


def _filled(module: nn.Module, weights: NDArray, bias: NDArray) -> nn.Module:
    with torch.no_grad():
        module.weight.copy_(torch.from_numpy(np.array(weights, np.float32)))
        module.bias.copy_(torch.from_numpy(np.array(bias, np.float32)))
    return module
