"""Bringing values to a common scale; statistics are as wide as the weights, whatever the values are."""

import jax
import jax.numpy as jnp
from jax import lax


def standardized(values, scale, shift, epsilon):
    """Each channel brought to mean 0 and variance 1, scaled and shifted; what these were."""
    axes = tuple(range(values.ndim - 1))
    mean, variance = values.mean(axes), values.var(axes)
    factor = scale * lax.rsqrt(variance + epsilon)
    return (values - mean) * factor + shift, mean, variance


def channel_means(values):
    """Mean of each channel, over the batch as a product with ones where there are positions."""
    # a product adds up one after the other: over all positions it would lose digits
    n = len(values) if values.ndim > 2 else 1
    each = jnp.full((1, n), 1 / n, values.dtype) @ values.reshape(n, -1)
    return each.reshape(-1, values.shape[-1]).mean(0)


def standardized_by_products(values, scale, shift, epsilon):
    """Each channel brought to mean 0 and variance 1, scaled and shifted; what these were."""
    n = values.size // values.shape[-1]

    # nothing flows back through the mean and variance that it gives
    @jax.custom_gradient
    def bring(values, scale, shift):
        mean = channel_means(values)
        variance = channel_means(jnp.square(values - mean))
        factor = lax.rsqrt(variance + epsilon)

        def back(gradients):
            by_shift = channel_means(gradients[0])
            by_scale = channel_means(gradients[0] * (values - mean)) * factor
            along = by_shift + (values - mean) * (factor * by_scale)
            slope = (gradients[0] - along) * (scale * factor)
            return slope, n * by_scale, n * by_shift

        y = (values - mean) * (scale * factor) + shift
        return (y, mean, variance), back

    return bring(values, scale, shift)


def batch_norm(x, weights, stats, *, epsilon, momentum):
    """Normalised by the batch (Ioffe and Szegedy, 2015), and the averages moved on."""
    wide = x.astype(weights["scale"].dtype)
    y, mean, variance = standardized(wide, weights["scale"], weights["shift"], epsilon)
    n = x.size // x.shape[-1]
    moved = {
        "mean": momentum * stats["mean"] + (1 - momentum) * mean,
        "variance": momentum * stats["variance"]
        + (1 - momentum) * variance * (n / max(n - 1, 1)),
    }
    return y.astype(x.dtype), moved


def batch_norm_frozen(x, weights, stats, *, epsilon):
    """Normalised by the moving averages, as after training."""
    factor = weights["scale"] * lax.rsqrt(stats["variance"] + epsilon)
    return ((x - stats["mean"]) * factor + weights["shift"]).astype(x.dtype)


def layer_norm(x, weights, *, epsilon):
    """Each position's channels brought to mean 0 and variance 1 (Ba et al., 2016)."""
    wide = x.astype(weights["scale"].dtype)
    mean, variance = wide.mean(-1, keepdims=True), wide.var(-1, keepdims=True)
    y = (wide - mean) * lax.rsqrt(variance + epsilon)
    return (y * weights["scale"] + weights["shift"]).astype(x.dtype)


def group_norm(x, weights, *, groups, epsilon):
    """Groups of channels brought to mean 0 and variance 1 in each example (Wu and He, 2018)."""
    wide = x.astype(weights["scale"].dtype).reshape(
        x.shape[0], -1, groups, x.shape[-1] // groups
    )
    mean, variance = wide.mean((1, 3), keepdims=True), wide.var((1, 3), keepdims=True)
    y = ((wide - mean) * lax.rsqrt(variance + epsilon)).reshape(x.shape)
    return (y * weights["scale"] + weights["shift"]).astype(x.dtype)


def instance_norm(x, weights, *, epsilon):
    """Each example's channels brought to mean 0 and variance 1 (Ulyanov et al., 2016)."""
    wide, axes = x.astype(weights["scale"].dtype), tuple(range(1, x.ndim - 1))
    mean, variance = wide.mean(axes, keepdims=True), wide.var(axes, keepdims=True)
    y = (wide - mean) * lax.rsqrt(variance + epsilon)
    return (y * weights["scale"] + weights["shift"]).astype(x.dtype)


def local_response_norm(x, *, radius, k, alpha, beta):
    """x / (k + alpha Σ x²)^beta over neighbouring channels (Krizhevsky et al., 2012)."""
    wide, channels = jnp.promote_types(x.dtype, jnp.float32), x.shape[-1]
    squares = jnp.square(x.astype(wide))
    edges = ((0, 0),) * (x.ndim - 1) + ((radius, radius),)
    padded = jnp.pad(squares, edges)
    total = sum(padded[..., i : i + channels] for i in range(2 * radius + 1))
    return (x / (k + alpha * total) ** beta).astype(x.dtype)


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
