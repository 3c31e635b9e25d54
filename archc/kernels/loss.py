"""Losses and metrics: one value an example, [batch]."""

import jax
import jax.numpy as jnp


def by_example(values, like):
    """Targets as numbers in the shape [batch, units] of the outputs."""
    return values.reshape(like.shape).astype(like.dtype)


def mean_of_each(values):
    """The mean over all but the batch."""
    return values.reshape(len(values), -1).mean(-1)


def binary_cross_entropy(logits, targets):
    """-t log σ(z) - (1 - t) log(1 - σ(z)) as log(1 + exp(z)) - tz, the mean over units."""
    targets = by_example(targets, logits)
    return mean_of_each(jax.nn.softplus(logits) - targets * logits)


def mean_squared(outputs, targets):
    """(y - t)², the mean over outputs."""
    return mean_of_each(jnp.square(outputs - by_example(targets, outputs)))


def half_squared(outputs, targets):
    """½ (y - t)², the sum over outputs."""
    values = 0.5 * jnp.square(outputs - by_example(targets, outputs))
    return values.reshape(len(values), -1).sum(-1)


def absolute_error(outputs, targets):
    """|y - t|, the mean over outputs."""
    return mean_of_each(jnp.abs(outputs - by_example(targets, outputs)))


def right_side(outputs, targets, *, threshold):
    """Whether every output lies on its target's side of the threshold."""
    agree = (outputs > threshold) == (by_example(targets, outputs) > 0.5)
    return agree.reshape(len(agree), -1).all(-1)
