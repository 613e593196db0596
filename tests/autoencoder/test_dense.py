"""Dense networks in NumPy against slow twins and against Keras."""

import numpy as np
import pytest

from recs_anomaly.autoencoder import dense as core
from recs_anomaly.autoencoder.dense import (
    ACTIVATIONS,
    Layer,
    forward,
    layers_of,
    n_weights,
)
from tests import naive_autoencoder as naive


def stack(sizes: list[int], activations: list[str], seed: int = 0) -> list[Layer]:
    rng = np.random.default_rng(seed)
    return layers_of(rng.normal(0, 0.5, n_weights(sizes)), sizes, activations)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_layers_compute_what_one_unit_at_a_time_gives(activation: str) -> None:
    layers = stack([5, 4, 3], [activation, "linear"])
    rows = np.random.default_rng(1).normal(size=(6, 5))
    expected = [naive.forward(layers, row) for row in rows]
    np.testing.assert_allclose(forward(layers, rows), expected, rtol=1e-12)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_layers_compute_what_keras_gives(activation: str) -> None:
    from recs_anomaly.autoencoder.network import keras_stack

    layers = stack([5, 4, 3], [activation, "linear"])
    rows = np.random.default_rng(1).normal(size=(6, 5)).astype(np.float32)
    given = np.asarray(keras_stack(layers, "twin")(rows))
    np.testing.assert_allclose(forward(layers, rows), given, atol=1e-6)


def test_weights_are_cut_in_the_order_of_keras() -> None:
    from recs_anomaly.autoencoder.network import build_stack
    from recs_anomaly.core.flat_weights import flat_weights

    network = build_stack([3, 4, 2], ["relu", "linear"], 0, "stack")
    weights = flat_weights(network)
    assert len(weights) == n_weights([3, 4, 2]) == 3 * 4 + 4 + 4 * 2 + 2
    for layer, arrays in zip(
        layers_of(weights, [3, 4, 2], ["relu", "linear"]), network.layers, strict=True
    ):
        kernel, bias = arrays.get_weights()
        np.testing.assert_array_equal(layer.kernel, kernel)
        np.testing.assert_array_equal(layer.bias, bias)


def test_initial_weights_depend_on_the_seed_alone() -> None:
    from recs_anomaly.autoencoder.network import build_stack
    from recs_anomaly.core.flat_weights import flat_weights

    first, again, other = (
        flat_weights(build_stack([3, 2], ["relu"], seed, "stack")) for seed in (1, 1, 2)
    )
    assert first.tobytes() == again.tobytes()
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("noise_variance", [0.3, None])
def test_the_bound_is_that_of_one_value_at_a_time(noise_variance: float | None) -> None:
    encoder, decoder = stack([4, 6], ["linear"]), stack([3, 4], ["linear"], 1)
    rng = np.random.default_rng(2)
    rows, noise = rng.random((5, 4)), rng.normal(size=(3, 3))
    model = core.DenseAutoencoder(np.zeros(4), 1.0, encoder, decoder)
    expected = [
        naive.evidence_bound(encoder, decoder, row, noise, noise_variance)
        for row in rows
    ]
    found = core.evidence_bound(model, rows, noise, noise_variance)
    np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_the_bound_does_not_depend_on_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    encoder, decoder = stack([4, 6], ["linear"]), stack([3, 4], ["linear"], 1)
    rng = np.random.default_rng(2)
    rows, noise = rng.random((5, 4)), rng.normal(size=(3, 3))
    model = core.DenseAutoencoder(rows.mean(axis=0), 0.5, encoder, decoder)
    whole = core.evidence_bound(model, rows, noise, 0.1)
    monkeypatch.setattr(core, "BLOCK_ENTRIES", 8)
    np.testing.assert_allclose(core.evidence_bound(model, rows, noise, 0.1), whole)


def test_the_bound_of_a_linear_gaussian_model_is_its_likelihood() -> None:
    # With the true posterior the bound is tight; here it is known in closed form.
    loading, variance = np.array([[2.0, -1.0]]), 0.5
    precision = 1.0 + (loading**2).sum() / variance
    outputs = np.column_stack([loading[0] / variance / precision, np.zeros(2)])
    encoder = [Layer(outputs, np.array([0.0, -np.log(precision)]), "linear")]
    decoder = [Layer(loading, np.zeros(2), "linear")]
    model = core.DenseAutoencoder(np.zeros(2), 1.0, encoder, decoder)
    rows = np.array([[0.3, 1.0], [-2.0, 0.5]])
    covariance = loading.T @ loading + variance * np.eye(2)
    squares = np.einsum("nv,vw,nw->n", rows, np.linalg.inv(covariance), rows)
    log_density = -0.5 * (
        squares + np.linalg.slogdet(covariance)[1] + 2 * np.log(2 * np.pi)
    )
    # Two opposite draws of size 1 have mean 0 and variance 1, all that matters here.
    found = core.evidence_bound(model, rows, np.array([[1.0], [-1.0]]), variance)
    np.testing.assert_allclose(found, log_density)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_one_scale_for_all_features_and_1_for_constant_ones(dtype: type) -> None:
    mean, scale = core.mean_and_scale(np.array([[1.0, 10.0], [3.0, 10.0]], dtype))
    assert (mean.tolist(), scale) == ([2.0, 10.0], pytest.approx(np.sqrt(0.5)))
    assert core.mean_and_scale(np.full((7, 2), 0.1, dtype))[1] == 1.0
