"""Losses and metrics against the formulas of textbooks, and on outputs that overflow these."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from archc.kernels.loss import absolute_error, binary_cross_entropy, half_squared, mean_squared, right_side

RANDOM = np.random.default_rng(2)
EXTREME = [1e4, -1e4, 0.0, 88.0, -104.0]
Loss = Callable[..., jax.Array]


def pair(*shape: int) -> tuple[np.ndarray, np.ndarray]:
    return RANDOM.normal(size=shape).astype(np.float32), RANDOM.integers(0, 2, shape).astype(np.float32)


@pytest.mark.parametrize("shape", [(5, 1), (5, 3), (5, 2, 4, 3)])
def test_formulas(shape: tuple[int, ...]) -> None:
    z, t = pair(*shape)
    rows = (len(z), -1)
    p = 1 / (1 + np.exp(-z.astype(np.float64)))
    entropy = -(t * np.log(p) + (1 - t) * np.log(1 - p)).reshape(rows).mean(1)
    np.testing.assert_allclose(binary_cross_entropy(z, t), entropy, rtol=1e-5)
    np.testing.assert_allclose(mean_squared(z, t), ((z - t) ** 2).reshape(rows).mean(1), rtol=1e-5)
    np.testing.assert_allclose(half_squared(z, t), 0.5 * ((z - t) ** 2).reshape(rows).sum(1), rtol=1e-5)
    np.testing.assert_allclose(absolute_error(z, t), np.abs(z - t).reshape(rows).mean(1), rtol=1e-5)
    np.testing.assert_array_equal(right_side(z, t, threshold=0.5), ((z > 0.5) == (t > 0.5)).reshape(rows).all(1))


def test_cross_entropy_is_minus_the_log_of_the_right_class() -> None:
    z, _ = pair(6, 4)
    labels = np.arange(6) % 4
    p = np.exp(z.astype(np.float64)) / np.exp(z.astype(np.float64)).sum(1, keepdims=True)
    losses = optax.softmax_cross_entropy_with_integer_labels(jnp.asarray(z), jnp.asarray(labels))
    np.testing.assert_allclose(losses, -np.log(p[np.arange(6), labels]), rtol=1e-5)


@pytest.mark.parametrize("loss", [binary_cross_entropy, mean_squared, half_squared, absolute_error])
def test_a_number_per_example_may_lack_its_axis(loss: Loss) -> None:
    z, t = pair(7, 1)
    np.testing.assert_array_equal(loss(z, t[:, 0].astype(np.int32)), loss(z, t))


@pytest.mark.parametrize("z", EXTREME)
@pytest.mark.parametrize("t", [0.0, 1.0])
def test_extreme_logits_stay_finite(z: float, t: float) -> None:
    def mean(logits: jax.Array) -> jax.Array:
        return binary_cross_entropy(logits, jnp.full((1, 1), t)).mean()

    value, slope = jax.value_and_grad(mean)(jnp.full((1, 1), z))
    exact = np.logaddexp(0, np.float64(z)) - t * z
    np.testing.assert_allclose(value, exact, rtol=1e-6, atol=1e-30)
    np.testing.assert_allclose(slope, 1 / (1 + np.exp(-np.float64(max(z, -700)))) - t, atol=1e-6)


@pytest.mark.parametrize("z", [-60.0, -11.0, -1.0, -1e-3, 0.0, 1e-3, 1.0, 11.0, 60.0])
@pytest.mark.parametrize("t", [0.0, 0.3, 1.0])
def test_small_losses_keep_their_digits(z: float, t: float) -> None:
    def mean(logits: jax.Array) -> jax.Array:
        return binary_cross_entropy(logits, jnp.full((1, 1), t, jnp.float32)).mean()

    value, slope = jax.value_and_grad(mean)(jnp.full((1, 1), z, jnp.float32))
    z, t = float(np.float32(z)), float(np.float32(t))
    np.testing.assert_allclose(value, t * np.logaddexp(0, -z) + (1 - t) * np.logaddexp(0, z), rtol=1e-6)
    np.testing.assert_allclose(slope, (1 - t) / (1 + np.exp(-z)) - t / (1 + np.exp(z)), rtol=1e-6)


@pytest.mark.parametrize("z", EXTREME)
def test_extreme_class_scores_stay_finite(z: float) -> None:
    def mean(logits: jax.Array) -> jax.Array:
        return optax.softmax_cross_entropy_with_integer_labels(logits, jnp.array([0])).mean()

    value, slope = jax.value_and_grad(mean)(jnp.array([[z, 0.0, -z]]))
    assert np.isfinite(value)
    assert np.isfinite(slope).all()
    np.testing.assert_allclose(value, np.logaddexp.reduce([z, 0, -z]) - z, rtol=1e-6, atol=1e-30)


def test_the_gradient_of_half_a_square_is_the_difference() -> None:
    z, t = pair(4, 3)
    np.testing.assert_allclose(jax.grad(lambda z: half_squared(z, t).sum())(z), z - t, rtol=1e-5)


def test_an_output_on_the_threshold_says_no() -> None:
    agree = right_side(jnp.array([[0.5], [0.5]]), jnp.array([0, 1]), threshold=0.5)
    np.testing.assert_array_equal(agree, [True, False])
