"""Losses and metrics: one value an example, [batch]."""

import jax
import jax.numpy as jnp


def by_example(values, like):
    """Targets as numbers in the shape [batch, units] of the outputs."""
    return values.reshape(like.shape).astype(like.dtype)


def mean_of_each(values):
    """The mean over all but the batch."""
    return values.reshape(len(values), -1).mean(-1)


def sum_of_each(values):
    """The sum over all but the batch."""
    return values.reshape(len(values), -1).sum(-1)


def binary_cross_entropy(logits, targets):
    """-t log σ(z) - (1 - t) log(1 - σ(z)), where -log σ(z) = log(1 + exp(-z)); the mean over units."""
    targets = by_example(targets, logits)
    return mean_of_each(
        targets * jax.nn.softplus(-logits) + (1 - targets) * jax.nn.softplus(logits)
    )


def mean_squared(outputs, targets):
    """(y - t)², the mean over outputs."""
    return mean_of_each(jnp.square(outputs - by_example(targets, outputs)))


def half_squared(outputs, targets):
    """½ (y - t)², the sum over outputs."""
    return sum_of_each(0.5 * jnp.square(outputs - by_example(targets, outputs)))


def absolute_error(outputs, targets):
    """|y - t|, the mean over outputs."""
    return mean_of_each(jnp.abs(outputs - by_example(targets, outputs)))


def right_side(outputs, targets, *, threshold):
    """Whether every output lies on its target's side of the threshold."""
    agree = (outputs > threshold) == (by_example(targets, outputs) > 0.5)
    return agree.reshape(len(agree), -1).all(-1)


def squared_error(outputs, targets):
    """(y - t)², the sum over outputs."""
    return sum_of_each(jnp.square(outputs - by_example(targets, outputs)))


def summed_absolute_error(outputs, targets):
    """|y - t|, the sum over outputs."""
    return sum_of_each(jnp.abs(outputs - by_example(targets, outputs)))


def huber(outputs, targets, *, delta):
    """½ (y - t)² up to delta, a line beyond, the mean over outputs."""
    gap = jnp.abs(outputs - by_example(targets, outputs))
    near = jnp.minimum(gap, delta)
    return mean_of_each(0.5 * jnp.square(near) + delta * (gap - near))


def of_class(values, labels):
    """The value of each example's class, from those of all classes in the last axis."""
    return jnp.take_along_axis(values, labels[..., None], -1)[..., 0]


def smoothed_cross_entropy(logits, labels, *, smoothing):
    """Cross-entropy with a target of which a share is spread over all classes."""
    logs = jax.nn.log_softmax(logits)
    return -(1 - smoothing) * of_class(logs, labels) - smoothing * logs.mean(-1)


def class_weight(labels, *, weights):
    """The weight of each example's class."""
    return jnp.take(jnp.array(weights), labels)


def kl_divergence(logits, targets):
    """Σ t log(t / softmax(z)), where 0 log 0 = 0."""
    targets = by_example(targets, logits)
    inner = jax.scipy.special.xlogy(targets, targets)
    return jnp.sum(inner - targets * jax.nn.log_softmax(logits), -1)


def hinge(outputs, targets):
    """max(0, 1 - ty), where t is 1 for targets above 0, else -1; the mean over outputs."""
    signs = jnp.where(by_example(targets, outputs) > 0, 1, -1)
    return mean_of_each(jnp.maximum(0, 1 - signs * outputs))


def class_hinge(scores, labels):
    """max(0, 1 + the largest score of a wrong class - that of the right one)."""
    right = jax.nn.one_hot(labels, scores.shape[-1], dtype=bool)
    others = jnp.max(scores, -1, where=~right, initial=-jnp.inf)
    return jnp.maximum(0, 1 + others - of_class(scores, labels))


def contrastive(distances, targets, *, margin, same):
    """½ D² for pairs whose target is `same`, ½ max(0, margin - D)² for others."""
    distances = distances.reshape(len(distances))
    together = targets.reshape(len(distances)) == same
    apart = jnp.maximum(0, margin - distances)
    return 0.5 * jnp.square(jnp.where(together, distances, apart))


def map_distance(distances, labels, *, j):
    """y_t + log(e^-j + Σ e^-y)."""
    all_of_them = jax.nn.logsumexp(-distances, -1)
    return of_class(distances, labels) + jnp.logaddexp(-j, all_of_them)
