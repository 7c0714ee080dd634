import jax
import jax.numpy as jnp
import numpy as np
import pytest

from training.methods.network import (
    Settings,
    _batches,
    _loss,
    forward,
    initial_parameters,
    shapes,
    train_network,
)

QUICK = Settings(epochs=30)

#: Positions along the spectrum after each layer, the third being the pooling, by kernel size.
POSITIONS = {1: (8, 8, 4, 4, 4), 2: (7, 6, 3, 2, 1), 3: (7, 6, 3, 2, 1), 4: (7, 6, 3, 2, 1)}


def by_hand(parameters, spectrum):
    """The paper's Fig. 3 written out in loops, maps first, for one standardised spectrum."""
    conv1, conv2, conv3, conv4, (weights, bias) = parameters
    kernel = len(conv1.weights)
    before = {4: 1}.get(kernel, 0)
    after = {3: 1, 4: 1}.get(kernel, 0)

    def convolve(maps, layer):
        weights, bias = layer
        maps = np.array([[*[0] * before, *row, *[0] * after] for row in maps])
        out = np.zeros((len(bias), maps.shape[1] - kernel + 1))
        for k in range(len(bias)):
            for position in range(out.shape[1]):
                total = bias[k]
                for tap in range(kernel):
                    for c in range(len(maps)):
                        total += weights[tap * len(maps) + c, k] * maps[c, position + tap]
                out[k, position] = max(total, 0.0)
        return out

    first, second, pooled, third, last = POSITIONS[kernel]
    maps = convolve(spectrum[None], conv1)
    assert maps.shape == (16, first)
    maps = convolve(maps, conv2)
    assert maps.shape == (16, second)
    maps = np.array([[max(row[2 * i : 2 * i + 2]) for i in range(pooled)] for row in maps])
    maps = convolve(maps, conv3)
    assert maps.shape == (128, third)
    maps = convolve(maps, conv4)
    assert maps.shape == (128, last)
    features = [max(maps[2 * i, p], maps[2 * i + 1, p]) for p in range(last) for i in range(64)]
    assert len(features) == len(weights)
    return sum(f * w for f, w in zip(features, weights[:, 0])) + bias[0]


def make_parameters(kernel):
    rng = np.random.default_rng(1)
    biased = initial_parameters(rng, kernel)
    return tuple(layer._replace(bias=rng.normal(size=layer.bias.shape)) for layer in biased)


@pytest.fixture
def parameters():
    return make_parameters(2)


@pytest.mark.parametrize("kernel", POSITIONS)
def test_forward_is_the_papers_network(kernel):
    parameters = make_parameters(kernel)
    spectra = np.random.default_rng(2).normal(size=(4, 8))
    expected = [by_hand(parameters, spectrum) for spectrum in spectra]
    found = jax.jit(forward)(parameters, jnp.asarray(spectra))
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_kernel_of_a_network_is_that_of_its_settings(table):
    for settings, kernel in ((Settings(epochs=1), 2), (Settings(epochs=1, kernel=3), 3)):
        assert train_network(table.reflectance, table.oxides[:, 0], settings, (0,)).kernel == kernel


def test_number_of_weights():
    # 16*(2+1) + 16*(2*16+1) + 128*(2*16+1) + 128*(2*128+1) + 64+1
    assert sum(rows * columns + columns for rows, columns in shapes(2)) == 37761


def test_gradient_agrees_with_differences(parameters):
    rng = np.random.default_rng(3)
    spectra, target, weights = rng.normal(size=(5, 8)), rng.normal(size=5), np.ones(5)
    loss = jax.jit(_loss)
    gradient = jax.jit(jax.grad(_loss))(parameters, jnp.asarray(spectra), target, weights)
    step = 1e-6
    for layer in (0, 3, 4):
        shifted = []
        for sign in (1, -1):
            moved = parameters[layer].weights.copy()
            moved[1, 0] += sign * step
            changed = list(parameters)
            changed[layer] = parameters[layer]._replace(weights=moved)
            shifted.append(float(loss(tuple(changed), jnp.asarray(spectra), target, weights)))
        slope = (shifted[0] - shifted[1]) / (2 * step)
        assert float(gradient[layer].weights[1, 0]) == pytest.approx(slope, rel=1e-4, abs=1e-7)


def test_every_epoch_visits_every_site_once():
    rows, weights = _batches(np.random.default_rng(0), 34, Settings(epochs=3))
    assert rows.shape == weights.shape == (12, 10)
    for epoch in range(3):
        used = weights[4 * epoch : 4 * epoch + 4] > 0
        assert sorted(rows[4 * epoch : 4 * epoch + 4][used]) == list(range(34))
    orders = [tuple(rows[4 * epoch]) for epoch in range(3)]
    assert len(set(orders)) == 3


def test_learns_the_sites(table):
    network = train_network(table.reflectance, table.oxides[:, 0], Settings(epochs=100), (0,))
    error = network.predict(table.reflectance) - table.oxides[:, 0]
    assert np.std(error) < 0.3 * np.std(table.oxides[:, 0])


def test_same_seed_same_network(table):
    target = table.oxides[:, 2]
    first, again, other = (
        train_network(table.reflectance, target, QUICK, seed).predict(table.reflectance)
        for seed in ((1, 2), (1, 2), (1, 3))
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
