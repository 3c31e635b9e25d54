"""Parts of optimizers that optax has otherwise or not at all, as their papers say them."""

import jax
import jax.numpy as jnp
import optax

from archc.kernels.face import REPEATS


def scale_by_all_squares(*, initial, epsilon):
    """g / (√Σg² + epsilon): each weight is slowed by all its gradients so far."""

    def first(params):
        return jax.tree.map(lambda w: jnp.full_like(w, initial), params)

    def step(grads, squares, _=None):
        squares = jax.tree.map(lambda s, g: s + jnp.square(g), squares, grads)
        scaled = jax.tree.map(lambda s, g: g / (jnp.sqrt(s) + epsilon), squares, grads)
        return scaled, squares

    return optax.GradientTransformation(first, step)


def scale_by_deviation(*, rho, inside, outside):
    """g / (√(variance of g + inside) + outside), with moving averages of g and g²."""

    def first(params):
        mean, square = (jax.tree.map(jnp.zeros_like, params) for _ in range(2))
        return {"mean": mean, "square": square}

    def step(grads, old, _=None):
        def average(before, new):
            return rho * before + (1 - rho) * new

        mean = jax.tree.map(average, old["mean"], grads)
        square = jax.tree.map(average, old["square"], jax.tree.map(jnp.square, grads))

        def scaled(g, m, s):
            # rounding may take the variance of equal gradients below 0
            variance = jnp.maximum(s - jnp.square(m), 0)
            return g / (jnp.sqrt(variance + inside) + outside)

        steps = jax.tree.map(scaled, grads, mean, square)
        return steps, {"mean": mean, "square": square}

    return optax.GradientTransformation(first, step)


def stacked_axes_as_kept(_):
    """How many leading axes of an array of params count copies: none."""
    return 0


def stacked_axes_apart(path):
    """How many leading axes of an array of params count copies of repeats."""
    names = [entry.key for entry in path]
    return sum(".".join(names[: i + 1]) in REPEATS for i in range(len(names)))


def by_trust_ratio():
    """Multiplies each update by |w| / |update|, or by 1 where either norm is 0."""

    def norm(array, axes):
        return jnp.sqrt(jnp.sum(jnp.square(array), axes, keepdims=True))

    def scaled(path, update, w):
        axes = tuple(range(stacked_axes(path), w.ndim))
        ours, theirs = norm(w, axes), norm(update, axes)
        zero = (ours == 0) | (theirs == 0)
        return update * jnp.where(zero, 1, ours / jnp.where(zero, 1, theirs))

    def every(updates, params):
        return jax.tree.map_with_path(scaled, updates, params)

    return optax.stateless(every)


def clip_by_norm(limit):
    """Shrinks all gradients alike, so that their norm together is at most `limit`."""

    def clipped(grads, _):
        # measured in units of the largest, so that no square overflows
        sizes = [jnp.max(jnp.abs(g)) for g in jax.tree.leaves(grads)]
        largest = jnp.maximum(jnp.stack(sizes).max(), jnp.finfo(jnp.float32).tiny)
        units = jax.tree.map(lambda g: g / largest, grads)
        norm = jnp.sqrt(sum(jnp.sum(jnp.square(u)) for u in jax.tree.leaves(units)))
        shrinks = norm * largest > limit
        return jax.tree.map(
            lambda g, u: jnp.where(shrinks, u * (limit / norm), g), grads, units
        )

    return optax.stateless(clipped)


# which sibling does the job in this file's own tests
stacked_axes = stacked_axes_as_kept
