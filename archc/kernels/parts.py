"""Optimizers that treat the parts of a network differently.

Parts are given by scope, {"": 1.0, "fc8": 10.0}: what the longest scope around a weight says
holds, and "" is around them all.
"""

import jax
import jax.numpy as jnp
import optax

from archc.kernels.decay import only_kernels
from archc.kernels.face import REPEATS


def part_names_as_kept(path):
    """The names around an array of params, and its own."""
    return [entry.key for entry in path]


def part_names_apart(path):
    """The same without those of loops: of stacked copies, which are treated alike, the first one's."""
    names = [entry.key for entry in path]
    return [n for i, n in enumerate(names) if ".".join(names[: i + 1]) not in REPEATS]


def by_part(parts, tree):
    """What `parts` say of each array in a tree."""

    def said(path, _):
        names = part_names(path)
        scopes = (".".join(names[:n]) for n in range(len(names), -1, -1))
        return next(parts[scope] for scope in scopes if scope in parts)

    return jax.tree.map_with_path(said, tree)


def decay_by_part(parts):
    """Adds λw to the gradient of each kernel w, with λ by part."""

    def decayed(grads, params):
        strengths = by_part(parts, params)
        return jax.tree.map(lambda g, w, s: g + s * w, grads, params, strengths)

    return optax.masked(optax.stateless(decayed), only_kernels)


def l1_by_part(parts):
    """Adds λ sign(w), a subgradient of λ|w|, to that of each kernel w, with λ by part."""

    def decayed(grads, params):
        strengths = by_part(parts, params)
        added = jax.tree.map(lambda w, s: s * jnp.sign(w), params, strengths)
        return jax.tree.map(jnp.add, grads, added)

    return optax.masked(optax.stateless(decayed), only_kernels)


def rates_by_part(parts):
    """Multiplies each update, so that parts learn faster or more slowly."""

    def scaled(updates, params):
        return jax.tree.map(jnp.multiply, updates, by_part(parts, updates))

    return optax.stateless(scaled)


def frozen(optimizer, scopes):
    """The optimizer, but what stands in `scopes` stays as it is and needs no state."""

    def labels(params):
        return by_part({"": "learns", **dict.fromkeys(scopes, "frozen")}, params)

    steps = {"learns": optimizer, "frozen": optax.set_to_zero()}
    return optax.partition(steps, labels)


# which sibling does the job in this file's own tests
part_names = part_names_as_kept
