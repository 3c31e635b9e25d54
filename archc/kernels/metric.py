"""Metrics that aren't means over examples: what is counted on the device, and what the host makes of it.

The first functions run in a step. Their counts are whole numbers (int32), which add up exactly;
sums over batches are taken on the host in float64. The others run there, on numpy arrays.
"""

import jax
import jax.numpy as jnp
import numpy as np


def above(values, *, threshold):
    """1 for each value above the threshold, 0 for the others, [batch, units]."""
    return (values > threshold).reshape(len(values), -1).astype(jnp.int32)


def class_counts(labels, targets, mask, *, classes):
    """How often each class was said rightly, was said, and was there: [3, classes]."""
    labels = labels.reshape(len(labels), -1)
    targets = targets.reshape(labels.shape)
    counted = jnp.broadcast_to(jnp.reshape(mask, (-1, 1)), labels.shape)
    zeros = jnp.zeros(classes, jnp.int32)
    right = zeros.at[targets].add(counted * (labels == targets))
    return jnp.stack(
        [right, zeros.at[labels].add(counted), zeros.at[targets].add(counted)]
    )


def confusion_counts(labels, targets, mask, *, classes):
    """How often each class (row) was taken for each (column): [classes, classes]."""
    pairs = classes * targets + labels.reshape(targets.shape)
    counts = jnp.zeros(classes * classes, jnp.int32).at[pairs].add(mask)
    return counts.reshape(classes, classes)


def in_top(scores, targets, *, k):
    """Whether the right class is among the k of the largest scores, of equals the first ones."""
    return (jax.lax.top_k(scores, k)[1] == targets[:, None]).any(-1)


def log_odds(logits, *, number):
    """The logarithm of p / (1 - p), p being what softmax gives to one class: it never saturates."""
    others = jnp.delete(logits, number, axis=-1)
    return logits[:, number] - jax.nn.logsumexp(others, axis=-1)


def of_unit(outputs, *, number):
    """One of the outputs of each example."""
    return outputs[:, number]


def total(sums):
    """Sums over all batches from those of each, in float64."""
    return jax.tree.map(
        lambda *each: sum(np.asarray(s, np.float64) for s in each), *sums
    )


def ratio(part, whole):
    """part / whole, and 0 where that is 0 / 0."""
    return np.divide(part, whole, out=np.zeros(np.shape(whole)), where=whole > 0)


def precisions(counts):
    """Of each class, the share of what was said to be it that is: [classes]."""
    right, said, _ = counts
    return ratio(right, said)


def recalls(counts):
    """Of each class, the share of what is it that was said to be: [classes]."""
    right, _, there = counts
    return ratio(right, there)


def f1_scores(counts):
    """Of each class, the harmonic mean of precision and recall: [classes]."""
    right, said, there = counts
    return ratio(2 * right, said + there)


def overlaps(counts):
    """Of each class, what is it and was said to be, over what is or was: [classes]."""
    right, said, there = counts
    return ratio(right, said + there - right)


def pooled(counts):
    """All classes as one: [3, 1]."""
    return np.sum(counts, axis=1, keepdims=True)


def value_of(values, *, number):
    """The value of one class."""
    return float(values[number])


def macro_mean(values, counts):
    """The mean over the classes that were there or were said."""
    return float(np.mean(values[counts[1] + counts[2] > 0]))


def weighted_mean(values, counts):
    """The mean over classes, each as often as it was there."""
    return float(np.average(values, weights=counts[2]))


def whole_numbers(counts):
    """A table of counts as nested lists."""
    return counts.astype(np.int64).tolist()


def mean_of(sums, n):
    """The mean over n examples."""
    return float(sums / n)


def root_mean(sums, n):
    """The root of a mean of squares."""
    return float(np.sqrt(sums / n))


def roc_auc(kept):
    """The share of pairs whose positive scores higher, ties half (Hanley and McNeil, 1982)."""
    scores, positive = np.ravel(kept[0]), np.ravel(kept[1]) > 0.5
    _, places, ties = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(ties) - (ties - 1) / 2)[places]
    n, pairs = positive.sum(), positive.sum() * (~positive).sum()
    above_all = ranks[positive].sum() - n * (n + 1) / 2
    # without both classes there are no pairs, and nothing is known: a half, as by chance
    return float(above_all / pairs) if pairs else 0.5


def r_squared(kept):
    """1 - Σ(t - y)² / Σ(t - mean t)², the mean over units; a constant target has 1 or 0."""
    y, t = (np.reshape(v, (len(v), -1)).astype(np.float64) for v in kept)
    missed, spread = np.square(t - y).sum(0), np.square(t - t.mean(0)).sum(0)
    shares = np.where(spread > 0, ratio(missed, spread), missed > 0)
    return float(np.mean(1 - shares))
