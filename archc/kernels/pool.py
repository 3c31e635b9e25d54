"""Pooling over [batch, height, width, channels]."""

import functools

import jax.numpy as jnp
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


def max_pool_windows(x, *, window, stride, padding):
    """The maximum of each window; padding never wins."""
    sizes, steps = (1, *window, 1), (1, *stride, 1)
    pads = ((0, 0), *padding, (0, 0))
    return lax.reduce_window(x, -jnp.inf, lax.max, sizes, steps, pads)


def avg_pool_windows(x, *, window, stride, padding):
    """The mean of each window, without the padding."""
    sizes, steps = (1, *window, 1), (1, *stride, 1)
    pads = ((0, 0), *padding, (0, 0))
    sums = lax.reduce_window(x, 0.0, lax.add, sizes, steps, pads)
    ones = jnp.ones((1, *x.shape[1:3], 1), x.dtype)
    return sums / lax.reduce_window(ones, 0.0, lax.add, sizes, steps, pads)
