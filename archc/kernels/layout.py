"""Arranging the positions of [batch, …, channels] anew."""

import jax.numpy as jnp


def crop_middle(x, *, height, width):
    """The middle of each image; a row or column that is left over goes at the end."""
    top, left = (x.shape[1] - height) // 2, (x.shape[2] - width) // 2
    return x[:, top : top + height, left : left + width]


def upsample_nearest(x, *, factor):
    """Each cell as many times as `factor` says for its direction."""
    for axis, n in enumerate(factor, 1):
        x = jnp.repeat(x, n, axis)
    return x


def upsample_linear(x, *, factor):
    """Straight lines between the centres of cells, and level beyond the outermost."""
    for axis, n in enumerate(factor, 1):
        last = x.shape[axis] - 1
        places = jnp.clip((jnp.arange((last + 1) * n) + 0.5) / n - 0.5, 0, last)
        low = places.astype(int)
        share = (places - low).reshape(-1, *(1,) * (x.ndim - axis - 1)).astype(x.dtype)
        below, above = (jnp.take(x, i, axis) for i in (low, jnp.minimum(low + 1, last)))
        x = below + share * (above - below)
    return x
