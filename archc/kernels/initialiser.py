"""First values of weights, functions of (key, shape); fans are taken from the shape."""

import jax

glorot_uniform = jax.nn.initializers.glorot_uniform()
glorot_normal = jax.nn.initializers.variance_scaling(1.0, "fan_avg", "normal")
he_uniform = jax.nn.initializers.he_uniform()
he_normal = jax.nn.initializers.variance_scaling(2.0, "fan_in", "normal")
lecun_uniform = jax.nn.initializers.lecun_uniform()
lecun_normal = jax.nn.initializers.variance_scaling(1.0, "fan_in", "normal")


def normal(key, shape, *, deviation):
    """Gaussian with mean 0."""
    return deviation * jax.random.normal(key, shape)


def uniform(key, shape, *, limit):
    """Uniform in [-limit, limit)."""
    return jax.random.uniform(key, shape, minval=-limit, maxval=limit)


def truncated_normal(key, shape, *, deviation):
    """Gaussian with mean 0, cut off at two deviations."""
    return deviation * jax.random.truncated_normal(key, -2, 2, shape)


def orthogonal(key, shape, *, gain):
    """Orthogonal columns of length `gain`, or rows where there are more columns."""
    return jax.nn.initializers.orthogonal(gain)(key, shape)
