"""Convolutions and pools of sequences, images and volumes against loops in numpy."""

from collections.abc import Callable, Iterator
from typing import Any

import jax
import numpy as np
import pytest

from archc.kernels import conv, conv1d, conv3d
from archc.kernels.local import connected, locally_connected
from archc.kernels.pool import (
    adaptive_avg_pool,
    avg_pool_disjoint_any,
    avg_pool_windows_any,
    max_pool_disjoint_any,
    max_pool_windows,
)

Shape = tuple[int, ...]
Pairs = tuple[tuple[int, int], ...]
MODULES: dict[int, Any] = {1: conv1d, 2: conv, 3: conv3d}
SIZES: dict[int, Shape] = {1: (7,), 2: (6, 7), 3: (5, 4, 6)}
DIRECTIONS = pytest.mark.parametrize("n", [1, 2, 3])


def kernel_of(n: int, kind: str) -> Callable[..., Any]:
    found: Callable[..., Any] = getattr(MODULES[n], f"conv{n}d{kind}")
    return found


def array(*shape: int) -> np.ndarray:
    return np.random.default_rng(2).normal(size=shape).astype(np.float32)


def seen(x: np.ndarray, window: Shape, stride: Shape, padding: Pairs, dilation: Shape) -> Iterator[tuple[Shape, Any]]:
    """Each window's place and its cells, [batch, *window, channels]."""
    x = np.pad(x, ((0, 0), *padding, (0, 0)))
    spans = [(k - 1) * d + 1 for k, d in zip(window, dilation, strict=True)]
    counts = [(m - k) // s + 1 for m, k, s in zip(x.shape[1:], spans, stride, strict=False)]
    for place in np.ndindex(*counts):
        cut = [slice(i * s, i * s + k, d) for i, s, k, d in zip(place, stride, spans, dilation, strict=True)]
        yield place, x[(slice(None), *cut)]


def by_loops(x: np.ndarray, weights: Any, stride: Shape, padding: Pairs, dilation: Shape, groups: int) -> np.ndarray:
    """A convolution whose kernel may depend on the place."""
    n = len(stride)
    window = weights((0,) * n).shape[:n]
    found: dict[Shape, np.ndarray] = {}
    for place, cells in seen(x, window, stride, padding, dilation):
        parts = zip(np.split(cells, groups, -1), np.split(weights(place), groups, -1), strict=True)
        found[place] = np.concatenate(
            [part.reshape(len(x), -1) @ kernel.reshape(-1, kernel.shape[-1]) for part, kernel in parts], -1
        )
    counts = [max(place[axis] for place in found) + 1 for axis in range(n)]
    return np.stack(list(found.values()), 1).reshape(len(x), *counts, -1)


def options(n: int) -> tuple[Shape, Shape, Pairs]:
    """A window, strides and padding that differ from direction to direction."""
    return (3, 2, 1)[:n], (2, 1, 2)[:n], ((0, 2), (1, 0), (1, 1))[:n]


@DIRECTIONS
@pytest.mark.parametrize(
    ("kind", "given", "inputs", "filters"),
    [
        ("", {}, 4, 3),
        ("_general", {"dilation": 2}, 4, 3),
        ("_grouped", {"groups": 2}, 2, 6),
        ("_grouped", {"groups": 2, "dilation": 2}, 2, 6),
        ("_general", {"groups": 4}, 1, 4),
        ("_depthwise", {"multiplier": 3}, 1, 12),
        ("_depthwise", {"multiplier": 2, "dilation": 2}, 1, 8),
    ],
)
def test_convolutions(n: int, kind: str, given: dict[str, int], inputs: int, filters: int) -> None:
    window, stride, padding = options(n)
    x, weights = array(2, *SIZES[n], 4), array(*window, inputs, filters)
    dilation = (given.get("dilation", 1),) * n
    further = {**given, "dilation": dilation} if "dilation" in given else given
    found = kernel_of(n, kind)(x, weights, stride=stride, padding=padding, **further)
    expected = by_loops(x, lambda _: weights, stride, padding, dilation, 4 // inputs)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_a_volume_plane_by_plane() -> None:
    window, stride, padding = options(3)
    x, weights = array(2, *SIZES[3], 4), array(*window, 4, 3)
    plain, quick = (
        kernel(x, weights, stride=stride, padding=padding) for kernel in (conv3d.conv3d, conv3d.conv3d_by_planes)
    )
    np.testing.assert_allclose(quick, plain, rtol=1e-4, atol=1e-5)


def spread_out(x: np.ndarray, weights: np.ndarray, stride: Shape, cut: Pairs, dilation: Shape) -> np.ndarray:
    n = len(stride)
    reach = [(k - 1) * d + 1 for k, d in zip(weights.shape, dilation, strict=False)]
    sizes = [(m - 1) * s + k for m, s, k in zip(x.shape[1:], stride, reach, strict=False)]
    whole = np.zeros((len(x), *sizes, weights.shape[-1]))
    for place in np.ndindex(*x.shape[1:-1]):
        for cell in np.ndindex(*weights.shape[:n]):
            at = tuple(i * s + c * d for i, s, c, d in zip(place, stride, cell, dilation, strict=True))
            whole[(slice(None), *at)] += x[(slice(None), *place)] @ weights[cell]
    whole = np.pad(whole, ((0, 0), *((0, max(-after, 0)) for _, after in cut), (0, 0)))
    ends = [slice(a, m - max(b, 0)) for m, (a, b) in zip(whole.shape[1:], cut, strict=False)]
    return whole[(slice(None), *ends)]


@DIRECTIONS
@pytest.mark.parametrize(
    ("stride", "cut"),
    [
        ((2, 1, 3), ((0, 0), (0, 0), (0, 0))),
        ((1, 2, 2), ((1, 0), (0, 1), (1, 1))),
        ((4, 1, 3), ((0, -1), (1, 1), (0, -1))),
    ],
)
@pytest.mark.parametrize("dilation", [1, 2])
def test_transposed_convolutions(n: int, stride: Shape, cut: Pairs, dilation: int) -> None:
    stride, cut, gaps = stride[:n], cut[:n], (dilation,) * n
    x, weights = array(2, *SIZES[n], 4), array(*(3, 2, 2)[:n], 4, 3)
    expected = spread_out(x, weights, stride, cut, gaps)
    if dilation == 1:
        found = kernel_of(n, "_transposed")(x, weights, stride=stride, cut=cut)
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
    found = kernel_of(n, "_transposed_general")(x, weights, stride=stride, cut=cut, dilation=gaps)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
    halves = zip(np.split(x, 2, -1), np.split(weights[..., :2, :2], 2, -1), strict=True)
    expected = np.concatenate([spread_out(*half, stride, cut, gaps) for half in halves], -1)
    weights, grouped = weights[..., :2, :2], kernel_of(n, "_transposed_grouped")
    found = grouped(x, weights, stride=stride, cut=cut, dilation=gaps, groups=2)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


@DIRECTIONS
def test_transposed_convolutions_side_by_side(n: int) -> None:
    window, none = (3, 2, 1)[:n], ((0, 0),) * n
    x, weights = array(2, *SIZES[n], 4), array(*window, 4, 3)
    found = kernel_of(n, "_transposed_disjoint")(x, weights)
    np.testing.assert_allclose(found, spread_out(x, weights, window, none, (1,) * n), rtol=1e-4, atol=1e-4)


@DIRECTIONS
def test_locally_connected(n: int) -> None:
    window, stride, padding = options(n)
    x = array(2, *SIZES[n], 4)
    counts = [(m + sum(p) - k) // s + 1 for m, p, k, s in zip(SIZES[n], padding, window, stride, strict=True)]
    weights = array(*counts, *window, 4, 3)
    found = locally_connected(x, weights, stride=stride, padding=padding)
    expected = by_loops(x, lambda place: weights[place], stride, padding, (1,) * n, 1)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_connections_that_exist() -> None:
    connect = ((2, 0), (1,), (0, 1, 3))
    weights = array(3, 2, 6)
    whole, at = np.zeros((3, 2, 4, 3)), 0
    for filter, channels in enumerate(connect):
        for channel in channels:
            whole[:, :, channel, filter] = weights[:, :, at]
            at += 1
    np.testing.assert_array_equal(connected(weights, channels=4, connect=connect), whole.astype(np.float32))
    assert connected(weights.astype(jax.numpy.bfloat16), channels=4, connect=connect).dtype == jax.numpy.bfloat16


@DIRECTIONS
@pytest.mark.parametrize("window", [(2, 3, 1), (1, 2, 2), (3, 1, 4)])
def test_pools_side_by_side(n: int, window: Shape) -> None:
    x, window = array(2, *SIZES[n], 4), window[:n]
    for pool, reduce in ((max_pool_disjoint_any, np.max), (avg_pool_disjoint_any, np.mean)):
        expected = pooled(x, window, window, ((0, 0),) * n, reduce)
        np.testing.assert_allclose(pool(x, window=window), expected, rtol=1e-4, atol=1e-6)


@DIRECTIONS
def test_pools_of_any_windows(n: int) -> None:
    window, stride, _ = options(n)
    padding = ((0, 2), (1, 0), (0, 0))[:n]
    x = array(2, *SIZES[n], 4)
    for pool, reduce in ((max_pool_windows, np.nanmax), (avg_pool_windows_any, np.nanmean)):
        found = pool(x, window=window, stride=stride, padding=padding)
        np.testing.assert_allclose(found, pooled(x, window, stride, padding, reduce), rtol=1e-4, atol=1e-6)


def pooled(x: np.ndarray, window: Shape, stride: Shape, padding: Pairs, reduce: Callable[..., Any]) -> np.ndarray:
    n = len(window)
    around = np.pad(x, ((0, 0), *padding, (0, 0)), constant_values=np.nan)
    cells = dict(seen(around, window, stride, ((0, 0),) * n, (1,) * n))
    counts = [max(place[axis] for place in cells) + 1 for axis in range(n)]
    parts = [reduce(part, axis=tuple(range(1, n + 1))) for part in cells.values()]
    return np.stack(parts, 1).reshape(len(x), *counts, -1)


@DIRECTIONS
@pytest.mark.parametrize("size", [(1, 2, 3), (3, 5, 2), (7, 6, 4), (9, 4, 6)])
def test_adaptive_pools(n: int, size: Shape) -> None:
    x, size = array(2, *SIZES[n], 4), size[:n]
    found = adaptive_avg_pool(x, size=size)
    assert found.shape == (2, *size, 4)
    for place in np.ndindex(*size):
        cut = [slice(i * m // k, -(-(i + 1) * m // k)) for i, m, k in zip(place, SIZES[n], size, strict=True)]
        expected = x[(slice(None), *cut)].mean(tuple(range(1, n + 1)))
        np.testing.assert_allclose(found[(slice(None), *place)], expected, rtol=1e-4, atol=1e-6)
