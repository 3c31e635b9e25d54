"""Arranging the positions of [batch, …, channels] anew."""

import jax.numpy as jnp
import numpy as np


def crop_cells(x, *, start, size):
    """`size` cells of each direction, from `start` on."""
    cells = tuple(slice(low, low + n) for low, n in zip(start, size))
    return x[(slice(None), *cells)]


def take_entries(x, *, entries, axis):
    """Some entries along an axis, in the order given."""
    return jnp.take(x, jnp.array(entries), axis=axis)


def pixel_shuffle(x, *, factor):
    """Channels [c, window] spread over windows of cells (Shi et al., 2016)."""
    batch, *cells, _ = x.shape
    n = len(cells)
    parts = x.reshape(batch, *cells, -1, *factor)
    # each direction, and behind it the cells of its windows
    order = [axis for i in range(1, n + 1) for axis in (i, n + 1 + i)]
    larger = (a * b for a, b in zip(cells, factor))
    return parts.transpose(0, *order, n + 1).reshape(batch, *larger, parts.shape[n + 1])


def space_to_depth(x, *, factor):
    """Windows of cells put into channels [c, window]; undoes pixel_shuffle."""
    batch, *cells, channels = x.shape
    n = len(cells)
    windows = [size for a, b in zip(cells, factor) for size in (a // b, b)]
    parts = x.reshape(batch, *windows, channels)
    order = [*range(1, 2 * n + 1, 2), 2 * n + 1, *range(2, 2 * n + 1, 2)]
    return parts.transpose(0, *order).reshape(batch, *windows[::2], -1)


def upsample_nearest(x, *, factor):
    """Each cell as many times as `factor` says for its direction."""
    for axis, n in enumerate(factor, 1):
        x = jnp.repeat(x, n, axis)
    return x


def upsample_linear(x, *, factor):
    """Straight lines between the centres of cells, and level beyond the outermost."""
    for axis, n in ((axis, n) for axis, n in enumerate(factor, 1) if n > 1):
        last = x.shape[axis] - 1
        # by numpy: two roundings of one place, in two parts of a compiled program, would be a cell apart
        places = np.clip((np.arange((last + 1) * n) + 0.5) / n - 0.5, 0, last)
        low = places.astype(int)
        share = jnp.asarray(places - low, x.dtype).reshape(
            -1, *(1,) * (x.ndim - axis - 1)
        )
        below, above = (jnp.take(x, i, axis) for i in (low, np.minimum(low + 1, last)))
        x = below + share * (above - below)
    return x
