"""Bringing values to a common scale; statistics are float32 whatever the values are."""

import jax.numpy as jnp
from jax import lax


def batch_norm(x, weights, stats, *, epsilon, momentum):
    """Normalised by the batch (Ioffe and Szegedy, 2015), and the averages moved on."""
    wide, axes = x.astype(jnp.float32), tuple(range(x.ndim - 1))
    mean, variance = wide.mean(axes), wide.var(axes)
    n = x.size // x.shape[-1]
    moved = {
        "mean": momentum * stats["mean"] + (1 - momentum) * mean,
        "variance": momentum * stats["variance"]
        + (1 - momentum) * variance * (n / max(n - 1, 1)),
    }
    factor = weights["scale"] * lax.rsqrt(variance + epsilon)
    return ((wide - mean) * factor + weights["shift"]).astype(x.dtype), moved


def batch_norm_frozen(x, weights, stats, *, epsilon):
    """Normalised by the moving averages, as after training."""
    factor = weights["scale"] * lax.rsqrt(stats["variance"] + epsilon)
    return ((x - stats["mean"]) * factor + weights["shift"]).astype(x.dtype)


def fit_standard(x):
    """For mean 0 and variance 1 in each channel."""
    axes = tuple(range(x.ndim - 1))
    deviation = jnp.where(jnp.ptp(x, axes), x.std(axes), 1)
    return {"offset": x.mean(axes), "factor": 1 / deviation}


def fit_center(x):
    """For mean 0 in each channel."""
    offset = x.mean(tuple(range(x.ndim - 1)))
    return {"offset": offset, "factor": jnp.ones_like(offset)}


def fit_minmax(x):
    """For values from 0 to 1 in each channel."""
    axes = tuple(range(x.ndim - 1))
    low, spread = x.min(axes), jnp.ptp(x, axes)
    return {"offset": low, "factor": 1 / jnp.where(spread, spread, 1)}


def fit_signed(x):
    """For values from -1 to 1 in each channel."""
    axes = tuple(range(x.ndim - 1))
    low, half = x.min(axes), jnp.ptp(x, axes) / 2
    return {"offset": low + half, "factor": 1 / jnp.where(half, half, 1)}
