"""Layers whose weights differ from place to place, or in part don't exist."""

import jax.numpy as jnp
import numpy as np


def connected(kernel, *, channels, connect):
    """The whole kernel [..., in, out] of [..., connections], 0 where an output doesn't read."""
    inputs = np.concatenate(connect)
    outputs = np.repeat(np.arange(len(connect)), [len(reads) for reads in connect])
    whole = jnp.zeros((*kernel.shape[:-1], channels, len(connect)), kernel.dtype)
    return whole.at[..., inputs, outputs].set(kernel)


def locally_connected(x, kernel, *, stride, padding):
    """As a convolution, with a kernel a position: [*positions, *window, in, out]."""
    n = len(stride)
    x = jnp.pad(x, ((0, 0), *padding, (0, 0)))
    counts, window, out = kernel.shape[:n], kernel.shape[n:-2], kernel.shape[-1]
    seen = []
    for cell in np.ndindex(*window):
        ends = [i + (m - 1) * s + 1 for i, m, s in zip(cell, counts, stride)]
        part = x[(slice(None), *map(slice, cell, ends, stride))]
        seen.append(part.reshape(x.shape[0], -1, x.shape[-1]))
    seen = jnp.concatenate(seen, axis=-1)
    y = jnp.einsum("npk,pko->npo", seen, kernel.reshape(*seen.shape[1:], out))
    return y.reshape(-1, *counts, out)
