"""Disturbing training on purpose."""

import jax
import jax.numpy as jnp


def dropout(x, key, *, rate):
    """Drops each value with probability `rate` and rescales the others."""
    keep = jax.random.bernoulli(key, 1 - rate, x.shape)
    return jnp.where(keep, x / (1 - rate), 0).astype(x.dtype)


def dropout_together(x, key, *, rate, axes):
    """The same, with one fate for all values that lie along `axes`."""
    shape = tuple(1 if axis in axes else n for axis, n in enumerate(x.shape))
    keep = jax.random.bernoulli(key, 1 - rate, shape)
    return jnp.where(keep, x / (1 - rate), 0).astype(x.dtype)


def add_noise(x, key, *, deviation):
    """Each value and a Gaussian number of mean 0."""
    return x + deviation * jax.random.normal(key, x.shape, x.dtype)


def rbg_key(key):
    """The same key for `rbg`: the device's own generator, where threefry costs more."""
    return jax.random.wrap_key_data(jnp.tile(jax.random.key_data(key), 2), impl="rbg")
