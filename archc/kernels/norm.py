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


def normalize(x, stats):
    """Shifted and scaled channel by channel."""
    return ((x - stats["offset"]) * stats["factor"]).astype(x.dtype)


def safe_inverse(spread):
    """1 / spread, and 1 where nothing varies."""
    return 1 / jnp.where(spread > 0, spread, 1)


def fit_standard(x):
    """For mean 0 and variance 1 in each channel."""
    axes = tuple(range(x.ndim - 1))
    return {"offset": x.mean(axes), "factor": safe_inverse(x.std(axes))}


def fit_center(x):
    """For mean 0 in each channel."""
    offset = x.mean(tuple(range(x.ndim - 1)))
    return {"offset": offset, "factor": jnp.ones_like(offset)}


def fit_minmax(x):
    """For values from 0 to 1 in each channel."""
    axes = tuple(range(x.ndim - 1))
    low, high = x.min(axes), x.max(axes)
    return {"offset": low, "factor": safe_inverse(high - low)}


def fit_signed(x):
    """For values from -1 to 1 in each channel."""
    axes = tuple(range(x.ndim - 1))
    low, high = x.min(axes), x.max(axes)
    return {"offset": (low + high) / 2, "factor": safe_inverse((high - low) / 2)}
