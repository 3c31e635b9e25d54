"""Pooling against loops in numpy, and against XLA's own windows where there is no tie."""

import itertools
from collections.abc import Callable, Iterator

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from archc.kernels.pool import avg_pool_disjoint, avg_pool_windows, max_pool_disjoint, max_pool_windows

Pads = tuple[tuple[int, int], tuple[int, int]]
SHAPES = [((4, 6), (2, 2)), ((5, 7), (2, 3)), ((6, 6), (3, 1)), ((3, 3), (3, 3)), ((7, 4), (1, 4))]
WINDOWS: list[tuple[tuple[int, int], tuple[int, int], tuple[int, int], Pads]] = [
    ((5, 6), (2, 2), (1, 1), ((0, 0), (0, 0))),
    ((5, 6), (3, 2), (2, 1), ((1, 1), (0, 1))),
    ((4, 4), (3, 3), (2, 2), ((0, 1), (0, 1))),
    ((7, 3), (2, 3), (3, 1), ((1, 0), (2, 2))),
]


def distinct(height: int, width: int) -> jax.Array:
    """An image batch without two equal numbers, some of them negative."""
    values = np.random.default_rng(3).permutation(2 * height * width * 3) - height * width
    return jnp.asarray(values.reshape(2, height, width, 3), jnp.float32)


def cells(
    x: np.ndarray, window: tuple[int, int], stride: tuple[int, int], pads: Pads
) -> Iterator[tuple[int, int, np.ndarray]]:
    """Row, column and the real cells of each window."""
    _, height, width, _ = x.shape
    counts = [(n + sum(p) - k) // s + 1 for n, p, k, s in zip((height, width), pads, window, stride, strict=True)]
    for i, j in itertools.product(range(counts[0]), range(counts[1])):
        top, left = i * stride[0] - pads[0][0], j * stride[1] - pads[1][0]
        yield i, j, x[:, max(top, 0) : top + window[0], max(left, 0) : left + window[1]]


def by_loops(
    x: jax.Array, window: tuple[int, int], stride: tuple[int, int], pads: Pads, reduce: Callable[..., np.ndarray]
) -> np.ndarray:
    found = {(i, j): reduce(part, axis=(1, 2)) for i, j, part in cells(np.asarray(x), window, stride, pads)}
    rows, columns = (max(key[axis] for key in found) + 1 for axis in (0, 1))
    return np.stack([np.stack([found[i, j] for j in range(columns)], 1) for i in range(rows)], 1)


@pytest.mark.parametrize(("shape", "window"), SHAPES)
def test_disjoint_windows(shape: tuple[int, int], window: tuple[int, int]) -> None:
    x, none = distinct(*shape), ((0, 0), (0, 0))
    np.testing.assert_array_equal(max_pool_disjoint(x, window=window), by_loops(x, window, window, none, np.max))
    np.testing.assert_allclose(
        avg_pool_disjoint(x, window=window), by_loops(x, window, window, none, np.mean), rtol=1e-6
    )


@pytest.mark.parametrize(("shape", "window", "stride", "pads"), WINDOWS)
def test_any_windows(shape: tuple[int, int], window: tuple[int, int], stride: tuple[int, int], pads: Pads) -> None:
    x = distinct(*shape)
    options = {"window": window, "stride": stride, "padding": pads}
    np.testing.assert_array_equal(max_pool_windows(x, **options), by_loops(x, window, stride, pads, np.max))
    np.testing.assert_allclose(avg_pool_windows(x, **options), by_loops(x, window, stride, pads, np.mean), rtol=1e-5)


@pytest.mark.parametrize(("shape", "window"), SHAPES)
def test_the_quick_way_learns_as_the_plain_one(shape: tuple[int, int], window: tuple[int, int]) -> None:
    x = distinct(*shape)

    def plain(x: jax.Array) -> jax.Array:
        sizes = (1, *window, 1)
        return lax.reduce_window(x, -jnp.inf, lax.max, sizes, sizes, "VALID")

    weights = jnp.arange(plain(x).size, dtype=jnp.float32).reshape(plain(x).shape)
    quick, slow = (
        jax.grad(lambda x, f=f: jnp.sum(weights * f(x)))(x)
        for f in (lambda x: max_pool_disjoint(x, window=window), plain)
    )
    np.testing.assert_array_equal(max_pool_disjoint(x, window=window), plain(x))
    np.testing.assert_array_equal(quick, slow)


def test_a_mean_over_the_edge_counts_real_cells_alone() -> None:
    pooled = avg_pool_windows(jnp.ones((1, 3, 3, 1)), window=(3, 3), stride=(1, 1), padding=((1, 1), (1, 1)))
    np.testing.assert_allclose(pooled, 1)


def test_padding_never_wins() -> None:
    pooled = max_pool_windows(-jnp.ones((1, 3, 3, 1)), window=(3, 3), stride=(1, 1), padding=((1, 1), (1, 1)))
    np.testing.assert_array_equal(pooled, -1)


@pytest.mark.parametrize("kernel", [max_pool_windows, avg_pool_windows])
def test_bfloat16_stays(kernel: Callable[..., jax.Array]) -> None:
    x = distinct(4, 4).astype(jnp.bfloat16)
    assert kernel(x, window=(2, 2), stride=(1, 1), padding=((0, 1), (0, 1))).dtype == jnp.bfloat16
