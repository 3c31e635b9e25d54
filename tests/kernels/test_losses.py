"""Losses worked out by hand, against float64, and where numbers are so large that formulas overflow."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from archc.kernels import loss as kernels

RANDOM = np.random.default_rng(8)
K = 5
Z = RANDOM.normal(size=(6, K)).astype(np.float32)
NUMBERS = RANDOM.normal(size=(6, K)).astype(np.float32)
LABELS = np.array([0, 1, 2, 3, 4, 0])
SHARES = RANDOM.dirichlet(np.ones(K), 6).astype(np.float32)
SHARES[0] = [0, 0, 1, 0, 0]
DISTANCES = np.abs(RANDOM.normal(size=(6, 1))).astype(np.float32)
PAIRS = np.array([0, 1, 0, 1, 1, 0])


def log_softmax(z: np.ndarray) -> np.ndarray:
    z = z.astype(np.float64)
    return z - np.logaddexp.reduce(z, axis=-1, keepdims=True)  # type: ignore[no-any-return]


def own(values: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return np.array([row[label] for row, label in zip(values.astype(np.float64), labels, strict=True)])


def smoothed(z: np.ndarray, labels: np.ndarray, smoothing: float) -> np.ndarray:
    wanted = np.full(z.shape, smoothing / z.shape[-1]) + (1 - smoothing) * np.eye(z.shape[-1])[labels]
    return -(wanted * log_softmax(z)).sum(-1)  # type: ignore[no-any-return]


def divergence(z: np.ndarray, t: np.ndarray) -> np.ndarray:
    t = t.astype(np.float64)
    inner = np.where(t > 0, t * np.log(np.where(t > 0, t, 1)), 0)
    return (inner - t * log_softmax(z)).sum(-1)  # type: ignore[no-any-return]


def class_hinge(z: np.ndarray, labels: np.ndarray) -> np.ndarray:
    rows = zip(z.astype(np.float64), labels, strict=True)
    return np.array([max(0, 1 + max(np.delete(row, label)) - row[label]) for row, label in rows])


def hinge(y: np.ndarray, t: np.ndarray) -> np.ndarray:
    return np.maximum(0, 1 - np.where(t > 0, 1, -1) * y.astype(np.float64)).mean(-1)  # type: ignore[no-any-return]


def huber(y: np.ndarray, t: np.ndarray, delta: float) -> np.ndarray:
    gap = np.abs(y.astype(np.float64) - t)
    return np.where(gap <= delta, gap**2 / 2, delta * (gap - delta / 2)).mean(-1)  # type: ignore[no-any-return]


def contrastive(d: np.ndarray, t: np.ndarray, margin: float, same: int) -> np.ndarray:
    d, apart = d[:, 0].astype(np.float64), (t != same).astype(float)
    return (1 - apart) * d**2 / 2 + apart * np.maximum(0, margin - d) ** 2 / 2  # type: ignore[no-any-return]


def map_distance(y: np.ndarray, labels: np.ndarray, j: float) -> np.ndarray:
    rest = np.concatenate([np.full((len(y), 1), -j), -y.astype(np.float64)], axis=1)
    return own(y, labels) + np.logaddexp.reduce(rest, axis=1)  # type: ignore[no-any-return]


def squares(y: np.ndarray, t: np.ndarray) -> np.ndarray:
    return ((y.astype(np.float64) - t) ** 2).sum(-1)  # type: ignore[no-any-return]


def sizes(y: np.ndarray, t: np.ndarray) -> np.ndarray:
    return np.abs(y.astype(np.float64) - t).sum(-1)  # type: ignore[no-any-return]


CASES: list[tuple[str, Callable[..., np.ndarray], np.ndarray, np.ndarray, dict[str, Any]]] = [
    ("smoothed_cross_entropy", smoothed, Z, LABELS, {"smoothing": 0.1}),
    ("smoothed_cross_entropy", smoothed, Z, LABELS, {"smoothing": 0.9}),
    ("kl_divergence", divergence, Z, SHARES, {}),
    ("class_hinge", class_hinge, Z, LABELS, {}),
    ("hinge", hinge, Z, NUMBERS, {}),
    ("huber", huber, 2 * Z, NUMBERS, {"delta": 1.0}),
    ("huber", huber, 2 * Z, NUMBERS, {"delta": 0.3}),
    ("contrastive", contrastive, DISTANCES, PAIRS, {"margin": 1.0, "same": 1}),
    ("contrastive", contrastive, DISTANCES, PAIRS, {"margin": 0.5, "same": 0}),
    ("map_distance", map_distance, np.abs(Z), LABELS, {"j": 0.1}),
    ("map_distance", map_distance, 10 * np.abs(Z), LABELS, {"j": 2.0}),
    ("squared_error", squares, Z, NUMBERS, {}),
    ("summed_absolute_error", sizes, Z, NUMBERS, {}),
]


def test_one_example_by_hand() -> None:
    # softmax of (log 1, log 2, log 5) is (1, 2, 5) / 8
    z, label = jnp.log(jnp.array([[1.0, 2.0, 5.0]])), jnp.array([1])
    for found, expected in (
        # 0.7 · log 4 + 0.1 · (log 8 + log 4 + log 1.6)
        (kernels.smoothed_cross_entropy(z, label, smoothing=0.3), 0.7 * 1.3862944 + 0.1 * 3.9357395),
        # ½ log(½ · 8) + ½ log(½ · 4) = log 4 - ½ log 2
        (kernels.kl_divergence(z, jnp.array([[0.5, 0.5, 0.0]])), 1.0397208),
        # 1 + 3 - 2
        (kernels.class_hinge(jnp.array([[3.0, 2.0, 0.0]]), label), 2.0),
        (kernels.class_hinge(jnp.array([[3.0, 4.5, 0.0]]), label), 0.0),
        # t = 1: 1 - 0.25; t = -1: 1 + 0.5; the mean
        (kernels.hinge(jnp.array([[0.25, 0.5]]), jnp.array([[1, -1]])), 1.125),
        # ½ · 0.25 near, 1 · (3 - ½) far; the mean
        (kernels.huber(jnp.array([[0.5, -3.0]]), jnp.zeros((1, 2)), delta=1.0), 1.3125),
        # a pair that belongs together at 0.5; another at 0.25 with the margin 1
        (kernels.contrastive(jnp.array([[0.5]]), jnp.array([1]), margin=1.0, same=1), 0.125),
        (kernels.contrastive(jnp.array([[0.25]]), jnp.array([0]), margin=1.0, same=1), 0.28125),
        # y = (0, log 2), j = log 4, the second is right: log 2 + log(1/4 + 1 + 1/2) = log 3.5
        (kernels.map_distance(jnp.array([[0, 0.6931472]]), label, j=1.3862944), 1.2527630),
        (kernels.squared_error(jnp.array([[1.0, 3.0]]), jnp.array([[0, 1]])), 5.0),
        (kernels.summed_absolute_error(jnp.array([[1.0, -3.0]]), jnp.array([[0, 1]])), 5.0),
    ):
        np.testing.assert_allclose(found, [expected], rtol=1e-6)


@pytest.mark.parametrize(("name", "formula", "outputs", "targets", "named"), CASES)
def test_formulas(
    name: str, formula: Callable[..., np.ndarray], outputs: np.ndarray, targets: np.ndarray, named: dict[str, Any]
) -> None:
    kernel = getattr(kernels, name)
    np.testing.assert_allclose(kernel(outputs, targets, **named), formula(outputs, targets, **named), rtol=2e-5)
    # the gradient of the sum, against differences in float64
    slope = jax.grad(lambda y: kernel(y, targets, **named).sum())(outputs)
    wide, h = outputs.astype(np.float64), 1e-6
    expected = np.zeros_like(wide)
    for at in np.ndindex(wide.shape):
        step = np.zeros_like(wide)
        step[at] = h
        expected[at] = (formula(wide + step, targets, **named) - formula(wide - step, targets, **named)).sum() / (2 * h)
    np.testing.assert_allclose(slope, expected, rtol=2e-4, atol=2e-6)


@pytest.mark.parametrize("size", [0.0, 1000.0, 1e4])
@pytest.mark.parametrize(("name", "formula", "outputs", "targets", "named"), CASES)
def test_large_numbers_stay_finite(
    name: str,
    formula: Callable[..., np.ndarray],
    outputs: np.ndarray,
    targets: np.ndarray,
    named: dict[str, Any],
    size: float,
) -> None:
    kernel, large = getattr(kernels, name), (size * np.sign(outputs)).astype(np.float32)
    values, pull = jax.vjp(lambda y: kernel(y, targets, **named), large)
    np.testing.assert_allclose(values, formula(large, targets, **named), rtol=1e-6, atol=1e-6)
    assert np.isfinite(pull(jnp.ones_like(values))[0]).all()


def test_weights_are_those_of_the_classes() -> None:
    np.testing.assert_array_equal(kernels.class_weight(jnp.array([1, 0, 2]), weights=(1.0, 5.0, 0.0)), [5, 1, 0])
    image = kernels.class_weight(jnp.array([[[1, 0]]]), weights=(1.0, 5.0))
    np.testing.assert_array_equal(image, [[[5, 1]]])


def test_maps_of_classes_are_smoothed_cell_by_cell() -> None:
    z = RANDOM.normal(size=(2, 3, 4, K)).astype(np.float32)
    labels = RANDOM.integers(0, K, (2, 3, 4))
    found = kernels.mean_of_each(kernels.smoothed_cross_entropy(z, labels, smoothing=0.2))
    cells = smoothed(z.reshape(-1, K), labels.ravel(), 0.2).reshape(2, -1)
    np.testing.assert_allclose(found, cells.mean(1), rtol=1e-5)
