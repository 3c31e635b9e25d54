"""Norms and the statistics of `normalize` against their formulas in float64."""

import jax.numpy as jnp
import numpy as np
import pytest

from archc.kernels.norm import (
    batch_norm,
    batch_norm_frozen,
    fit_center,
    fit_minmax,
    fit_signed,
    fit_standard,
    group_norm,
    instance_norm,
    layer_norm,
    local_response_norm,
)

SHAPES = [(6, 3), (4, 5, 6, 3), (4, 7, 3), (1, 3)]


def values(shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(5).normal(3, 2, shape).astype(np.float32)


def arrays() -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    weights = {"scale": np.float32([1, 2, 0.5]), "shift": np.float32([0, 1, -1])}
    stats = {"mean": np.float32([0, 1, 2]), "variance": np.float32([1, 4, 0.25])}
    return weights, stats


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("momentum", [0.9, 0.0, 0.7])
def test_batch_norm_in_training(shape: tuple[int, ...], momentum: float) -> None:
    x, (weights, stats) = values(shape), arrays()
    rows = x.reshape(-1, 3).astype(np.float64)
    mean, variance = rows.mean(0), rows.var(0)
    y, moved = batch_norm(jnp.asarray(x), weights, stats, epsilon=1e-3, momentum=momentum)
    expected = (x - mean) / np.sqrt(variance + 1e-3) * weights["scale"] + weights["shift"]
    np.testing.assert_allclose(y, expected, atol=2e-4)
    unbiased = rows.var(0, ddof=1) if len(rows) > 1 else variance
    np.testing.assert_allclose(moved["mean"], momentum * stats["mean"] + (1 - momentum) * mean, rtol=1e-5)
    np.testing.assert_allclose(moved["variance"], momentum * stats["variance"] + (1 - momentum) * unbiased, rtol=1e-4)


@pytest.mark.parametrize("shape", SHAPES)
def test_batch_norm_behind_training(shape: tuple[int, ...]) -> None:
    x, (weights, stats) = values(shape), arrays()
    y = batch_norm_frozen(jnp.asarray(x), weights, stats, epsilon=1e-5)
    expected = (x - stats["mean"]) / np.sqrt(stats["variance"] + 1e-5) * weights["scale"] + weights["shift"]
    np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-5)


def test_batch_norm_counts_in_float32() -> None:
    weights, stats = arrays()
    x = jnp.asarray(values((64, 3)) + 1000, jnp.bfloat16)
    y, moved = batch_norm(x, weights, stats, epsilon=1e-5, momentum=0.9)
    assert y.dtype == jnp.bfloat16
    assert moved["variance"].dtype == jnp.float32
    rows = np.asarray(x, np.float64)
    np.testing.assert_allclose(moved["mean"], 0.9 * stats["mean"] + 0.1 * rows.mean(0), rtol=1e-5)


@pytest.mark.parametrize("shape", [(6, 3), (4, 5, 6, 3)])
@pytest.mark.parametrize("fit", [fit_standard, fit_center, fit_minmax, fit_signed])
def test_normalised_training_rows(shape: tuple[int, ...], fit: object) -> None:
    x = values(shape)
    learnt = fit(jnp.asarray(x))  # type: ignore[operator]
    rows = np.asarray((x - learnt["offset"]) * learnt["factor"]).reshape(-1, 3)
    if fit in (fit_standard, fit_center):
        np.testing.assert_allclose(rows.mean(0), 0, atol=1e-5)
    if fit is fit_standard:
        np.testing.assert_allclose(rows.std(0), 1, rtol=1e-4)
    if fit is fit_center:
        np.testing.assert_allclose(rows.std(0), x.reshape(-1, 3).std(0), rtol=1e-4)
    if fit in (fit_minmax, fit_signed):
        low = 0 if fit is fit_minmax else -1
        np.testing.assert_allclose(rows.min(0), low, atol=1e-5)
        np.testing.assert_allclose(rows.max(0), 1, rtol=1e-5)


@pytest.mark.parametrize("fit", [fit_standard, fit_center, fit_minmax, fit_signed])
@pytest.mark.parametrize("constant", [0.0, 7.0, -1e-3, 1e4])
def test_a_channel_that_never_varies_is_only_shifted(fit: object, constant: float) -> None:
    x = np.full((8, 4, 4, 1), constant, np.float32)
    learnt = fit(jnp.asarray(x))  # type: ignore[operator]
    np.testing.assert_allclose((x + 1 - learnt["offset"]) * learnt["factor"], 1, rtol=2e-3)


@pytest.mark.parametrize("shape", [(6, 5), (4, 7, 5), (4, 5, 6, 5)])
def test_layer_norm_is_of_each_position(shape: tuple[int, ...]) -> None:
    x = values(shape).astype(np.float64)
    weights = {"scale": np.float32([1, 2, 0.5, 1, 3]), "shift": np.float32([0, 1, -1, 0, 2])}
    mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    expected = (x - mean) / np.sqrt(variance + 1e-3) * weights["scale"] + weights["shift"]
    found = layer_norm(jnp.asarray(x, jnp.float32), weights, epsilon=1e-3)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("radius", [0, 1, 2, 4])
def test_local_response_norm_is_the_papers(radius: int) -> None:
    x = values((2, 3, 3, 5)).astype(np.float64)
    expected = np.empty_like(x)
    for i in range(5):
        low, high = max(0, i - radius), min(4, i + radius)
        total = sum(x[..., j] ** 2 for j in range(low, high + 1))
        expected[..., i] = x[..., i] / (2 + 0.1 * total) ** 0.75
    found = local_response_norm(jnp.asarray(x, jnp.float32), radius=radius, k=2.0, alpha=0.1, beta=0.75)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize("groups", [1, 2, 6])
@pytest.mark.parametrize("shape", [(3, 6), (3, 7, 6), (3, 4, 5, 6), (2, 2, 3, 4, 6)])
def test_group_norm_is_of_each_example(shape: tuple[int, ...], groups: int) -> None:
    x = values(shape).astype(np.float64)
    scale, shift = np.arange(1.0, 7), np.arange(6.0)
    expected = np.empty_like(x)
    for example, start in np.ndindex(shape[0], groups):
        own = slice(start * 6 // groups, (start + 1) * 6 // groups)
        part = x[example][..., own]
        expected[example][..., own] = (part - part.mean()) / np.sqrt(part.var() + 1e-3) * scale[own] + shift[own]
    weights = {"scale": jnp.asarray(scale, jnp.float32), "shift": jnp.asarray(shift, jnp.float32)}
    found = group_norm(jnp.asarray(x, jnp.float32), weights, groups=groups, epsilon=1e-3)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("shape", [(3, 7, 6), (3, 4, 5, 6)])
def test_instance_norm_is_group_norm_of_single_channels(shape: tuple[int, ...]) -> None:
    x = values(shape)
    weights = {"scale": np.arange(1, 7, dtype=np.float32), "shift": np.arange(6, dtype=np.float32)}
    positions = x.reshape(3, -1, 6).astype(np.float64)
    expected = (positions - positions.mean(1, keepdims=True)) / np.sqrt(positions.var(1, keepdims=True) + 1e-3)
    found = instance_norm(jnp.asarray(x), weights, epsilon=1e-3)
    wanted = expected.reshape(shape) * weights["scale"] + weights["shift"]
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(found, group_norm(jnp.asarray(x), weights, groups=6, epsilon=1e-3), rtol=1e-5, atol=1e-5)
