"""Pooling over [batch, height, width, channels], or with other directions."""

import functools

import jax.numpy as jnp
import numpy as np
from jax import lax


def max_pool_disjoint(x, *, window):
    """The maximum of windows side by side, as strided slices: their gradient is cheap."""
    h, w = window
    rows, columns = x.shape[1] // h * h, x.shape[2] // w * w
    cells = [x[:, i:rows:h, j:columns:w] for i in range(h) for j in range(w)]
    return functools.reduce(jnp.maximum, cells)


def avg_pool_disjoint(x, *, window):
    """The mean of windows side by side, as a reshape: its gradient is cheap."""
    h, w = window
    rows, columns = x.shape[1] // h, x.shape[2] // w
    x = x[:, : rows * h, : columns * w]
    return x.reshape(x.shape[0], rows, h, columns, w, x.shape[3]).mean((2, 4))


def max_pool_disjoint_any(x, *, window):
    """The maximum of windows side by side, as strided slices: their gradient is cheap."""
    ends = [n // k * k for n, k in zip(x.shape[1:], window)]
    cells = []
    for cell in np.ndindex(*window):
        cells.append(x[(slice(None), *map(slice, cell, ends, window))])
    return functools.reduce(jnp.maximum, cells)


def avg_pool_disjoint_any(x, *, window):
    """The mean of windows side by side, as a reshape: its gradient is cheap."""
    counts = [n // k for n, k in zip(x.shape[1:], window)]
    x = x[(slice(None), *(slice(n * k) for n, k in zip(counts, window)))]
    sizes = [size for pair in zip(counts, window) for size in pair]
    axes = tuple(range(2, 2 * len(window) + 1, 2))
    return x.reshape(x.shape[0], *sizes, x.shape[-1]).mean(axes)


def max_pool_windows(x, *, window, stride, padding):
    """The maximum of each window; padding never wins."""
    sizes, steps = (1, *window, 1), (1, *stride, 1)
    pads = ((0, 0), *padding, (0, 0))
    return lax.reduce_window(x, -jnp.inf, lax.max, sizes, steps, pads)


def max_pool_by_direction(x, *, window, stride, padding):
    """The maximum of each window, as slices along one direction after the other."""
    x = jnp.pad(x, ((0, 0), *padding, (0, 0)), constant_values=-jnp.inf)
    for axis, (k, s) in enumerate(zip(window, stride), 1):
        last = x.shape[axis] - k + 1
        cells = [lax.slice_in_dim(x, i, last + i, s, axis) for i in range(k)]
        x = functools.reduce(jnp.maximum, cells)
    return x


def avg_pool_by_direction(x, *, window, stride, padding):
    """The mean of each window without the padding, one direction after the other."""
    sides = zip(window, stride, padding)
    for axis, (k, s, (before, after)) in enumerate(sides, 1):
        n = x.shape[axis]
        starts = np.arange(-before, n + after - k + 1, s)
        counts = np.minimum(starts + k, n) - np.maximum(starts, 0)
        edges = [(0, 0)] * axis + [(before, after)] + [(0, 0)] * (x.ndim - axis - 1)
        padded, last = jnp.pad(x, edges), n + before + after - k + 1
        cells = [lax.slice_in_dim(padded, i, last + i, s, axis) for i in range(k)]
        counts = counts.reshape(-1, *(1,) * (x.ndim - axis - 1))
        x = sum(cells) / jnp.asarray(counts, x.dtype)
    return x


def avg_pool_windows(x, *, window, stride, padding):
    """The mean of each window, without the padding."""
    sizes, steps = (1, *window, 1), (1, *stride, 1)
    pads = ((0, 0), *padding, (0, 0))
    sums = lax.reduce_window(x, 0.0, lax.add, sizes, steps, pads)
    ones = jnp.ones((1, *x.shape[1:3], 1), x.dtype)
    return sums / lax.reduce_window(ones, 0.0, lax.add, sizes, steps, pads)


def avg_pool_windows_any(x, *, window, stride, padding):
    """The mean of each window, without the padding."""
    sizes, steps = (1, *window, 1), (1, *stride, 1)
    pads = ((0, 0), *padding, (0, 0))
    sums = lax.reduce_window(x, 0.0, lax.add, sizes, steps, pads)
    ones = jnp.ones((1, *x.shape[1:-1], 1), x.dtype)
    return sums / lax.reduce_window(ones, 0.0, lax.add, sizes, steps, pads)


def adaptive_avg_pool(x, *, size):
    """Means of m windows of n cells, the i-th from ⌊i n / m⌋ to ⌈(i + 1) n / m⌉."""
    for axis, m in enumerate(size, 1):
        n = x.shape[axis]
        ends = [(i * n // m, -((i + 1) * n // -m)) for i in range(m)]
        parts = [lax.slice_in_dim(x, *pair, axis=axis) for pair in ends]
        means = [part.mean(axis, keepdims=True) for part in parts]
        x = jnp.concatenate(means, axis)
    return x
