"""Making one value of two."""

import jax.numpy as jnp


def euclidean_distance(x, y):
    """The distance over the channels, [..., 1]; where it is 0, so is its gradient."""
    squares = jnp.sum(jnp.square(x - y), axis=-1, keepdims=True)
    apart = squares > 0
    return jnp.where(apart, jnp.sqrt(jnp.where(apart, squares, 1)), 0)
