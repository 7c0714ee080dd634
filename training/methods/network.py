"""The one-dimensional convolutional network of Zhang et al. (2023), one per oxide.

Architecture and optimiser follow the paper's Fig. 3 and section 3. Not printed in
the paper and decided here: inputs and target are standardised with the mean and
standard deviation of the training sites, weights start Glorot-uniform and biases at
zero, and the loss is the mean squared error of the batch.

The paper's kernel is 2, and only a model of that kernel is exported. Others serve its
Table S1. How the layers fit together with them is not printed either: here a kernel k
above 2 gets k - 2 zeros, so that every layer has as many positions as with kernel 2.
With kernel 1 no position is lost, and the dense layer reads all that remain.

Everything is float64 and every random number comes from NumPy, so that a retraining
on another processor agrees closely with the bundled model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from numpy.typing import NDArray

from ..tables import FloatArray

jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]

#: Kernel size of the paper's network, the best of those in its Table S1.
KERNEL = 2


class Layer(NamedTuple):
    """Weights (rows, columns) and bias (columns) of one layer; JAX arrays while training."""

    weights: FloatArray
    bias: FloatArray


Parameters = tuple[Layer, ...]


@dataclass(frozen=True)
class Settings:
    """Settings of the training; the defaults are the paper's, the seed is ours."""

    epochs: int = 500
    batch: int = 10
    learning_rate: float = 0.001
    seed: int = 115505
    kernel: int = KERNEL


@dataclass(frozen=True)
class Network:
    """A trained network for one oxide, with layers of `shapes`.

    It was trained with reflectance and oxide (wt%) standardised by these means and standard
    deviations of the training sites.
    """

    parameters: Parameters
    input_mean: FloatArray
    input_sd: FloatArray
    target_mean: float
    target_sd: float

    @property
    def kernel(self) -> int:
        """Kernel size: the rows of the first convolution, which reads a single map."""
        return len(self.parameters[0].weights)

    def predict(self, reflectance: FloatArray) -> FloatArray:
        """Oxide in wt%, shape (n,), of reflectances of shape (n, 8)."""
        standardised = (reflectance - self.input_mean) / self.input_sd
        output = np.asarray(_forward_jit(self.parameters, jnp.asarray(standardised)))
        return output * self.target_sd + self.target_mean


def shapes(kernel: int) -> tuple[tuple[int, int], ...]:
    """Rows and columns of the weights: four convolutions and the dense output.

    The rows of a convolution are all channels of the first tap, then of the second...
    """
    maps = (1, 16, 16, 128, 128)
    positions = 4 if kernel == 1 else 1  # left after the last convolution
    convolutions = [(kernel * before, after) for before, after in zip(maps, maps[1:])]
    return *convolutions, (64 * positions, 1)


def forward(parameters: Parameters, spectra: jax.Array) -> jax.Array:
    """Standardised oxide (n,) of standardised spectra (n, 8).

    Sizes in comments are those of kernel 2.
    """
    conv1, conv2, conv3, conv4, dense = parameters
    maps = spectra[:, :, None]
    maps = _convolve(conv2, _convolve(conv1, maps))  # (n, 7, 16), then (n, 6, 16)
    maps = jnp.maximum(maps[:, 0::2], maps[:, 1::2])  # (n, 3, 16)
    maps = _convolve(conv4, _convolve(conv3, maps))  # (n, 2, 128), then (n, 1, 128)
    features = jnp.maximum(maps[:, :, 0::2], maps[:, :, 1::2])  # pairs of maps: (n, 1, 64)
    return (features.reshape(len(spectra), -1) @ dense.weights + dense.bias)[:, 0]


def train_network(
    reflectance: FloatArray, target: FloatArray, settings: Settings, seed: Sequence[int]
) -> Network:
    """Train one network with the spectra (m, 8) and an oxide (m,) in wt% of its training sites.

    The seed, which names split and oxide, is appended to that of the settings.
    """
    rng = np.random.default_rng([settings.seed, *seed])
    input_mean, input_sd = reflectance.mean(axis=0), reflectance.std(axis=0)
    target_mean, target_sd = float(target.mean()), float(target.std())
    start = initial_parameters(rng, settings.kernel)
    rows, weights = _batches(rng, len(target), settings)
    parameters = _train(
        start,
        ((reflectance - input_mean) / input_sd)[rows],
        ((target - target_mean) / target_sd)[rows],
        weights,
        learning_rate=settings.learning_rate,
    )
    fixed = tuple(Layer(np.asarray(w), np.asarray(b)) for w, b in parameters)
    return Network(fixed, input_mean, input_sd, target_mean, target_sd)


def initial_parameters(rng: np.random.Generator, kernel: int = KERNEL) -> Parameters:
    """Glorot-uniform weights (Glorot and Bengio, 2010) and zero biases."""
    layers = []
    for rows, columns in shapes(kernel):
        # A map of a convolution feeds one position per tap, so its fan-out counts them all.
        fan_out = columns if columns == 1 else kernel * columns
        limit = np.sqrt(6.0 / (rows + fan_out))
        layers.append(Layer(rng.uniform(-limit, limit, (rows, columns)), np.zeros(columns)))
    return tuple(layers)


def _convolve(layer: Layer, maps: jax.Array) -> jax.Array:
    """Convolution of stride one and ReLU, as one matrix product.

    (n, p, c) -> (n, p - 1, columns), or (n, p, columns) with kernel 1. The kernel size
    follows from the number of rows.
    """
    positions, channels = maps.shape[1:]
    kernel = layer.weights.shape[0] // channels
    zeros = max(kernel - KERNEL, 0)
    padded = jnp.pad(maps, ((0, 0), (zeros // 2, zeros - zeros // 2), (0, 0)))
    kept = positions + zeros - kernel + 1
    taps = [padded[:, tap : tap + kept] for tap in range(kernel)]
    return jax.nn.relu(jnp.concatenate(taps, axis=-1) @ layer.weights + layer.bias)


_forward_jit = jax.jit(forward)


def _batches(
    rng: np.random.Generator, sites: int, settings: Settings
) -> tuple[NDArray[np.int64], FloatArray]:
    """Row numbers and weights of every batch, both (epochs * batches, batch).

    Each epoch visits every site once in a new order. The last batch is filled
    up with repeated rows of weight zero.
    """
    per_epoch = -(-sites // settings.batch)
    size = per_epoch * settings.batch
    orders = rng.permuted(np.tile(np.arange(sites), (settings.epochs, 1)), axis=1)
    rows = np.zeros((settings.epochs, size), dtype=np.int64)
    rows[:, :sites] = orders
    weights = np.zeros((settings.epochs, size))
    weights[:, :sites] = 1.0
    return rows.reshape(-1, settings.batch), weights.reshape(-1, settings.batch)


def _loss(
    parameters: Parameters, spectra: jax.Array, target: jax.Array, weights: jax.Array
) -> jax.Array:
    residual = forward(parameters, spectra) - target
    return jnp.sum(weights * residual**2) / jnp.sum(weights)


@partial(jax.jit, static_argnames="learning_rate")
def _train(
    parameters: Parameters,
    spectra: jax.Array,
    target: jax.Array,
    weights: jax.Array,
    *,
    learning_rate: float,
) -> Parameters:
    """Adam over all batches: (steps, batch, 8), (steps, batch), (steps, batch)."""
    optimiser = optax.adam(learning_rate)

    def step(
        state: tuple[Parameters, optax.OptState], batch: tuple[jax.Array, ...]
    ) -> tuple[tuple[Parameters, optax.OptState], None]:
        current, moments = state
        gradient = jax.grad(_loss)(current, *batch)
        updates, moments = optimiser.update(gradient, moments, current)
        return (optax.apply_updates(current, updates), moments), None

    start = (parameters, optimiser.init(parameters))
    (trained, _), _ = jax.lax.scan(step, start, (spectra, target, weights))
    return trained
