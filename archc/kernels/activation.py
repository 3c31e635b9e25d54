"""Activations that jax.nn doesn't have."""

import jax.numpy as jnp


def threshold_step(x, *, threshold):
    """1 strictly above the threshold, else 0."""
    return (x > threshold).astype(x.dtype)


def scaled_tanh(x):
    """1.7159 tanh(2x / 3), which takes 1 to 1 and -1 to -1."""
    return 1.7159 * jnp.tanh(2 / 3 * x)


def prelu(x, slope):
    """x above 0, and each channel by a slope of its own below (He et al., 2015)."""
    return jnp.where(x > 0, x, slope * x)
