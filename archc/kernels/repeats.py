"""Repeats whose copies are stacked, and the same arrays layer by layer, as people know them."""

import jax
import jax.numpy as jnp
import numpy as np

from archc.kernels.face import REPEATS
from archc.kernels.steps import filled_as_kept


def unstack(tree, path=""):
    """Params or stats layer by layer: the copies of a repeat stand beside each other."""
    apart = {}
    for name, inner in tree.items():
        below = f"{path}.{name}" if path else name
        if below not in REPEATS:
            apart[name] = unstack(inner, below) if isinstance(inner, dict) else inner
            continue
        for i in range(len(jax.tree.leaves(inner)[0])):
            copy = unstack(jax.tree.map(lambda arrays, i=i: arrays[i], inner), below)
            apart |= {REPEATS[below][scope][i]: own for scope, own in copy.items()}
    return apart


def stack(tree, path=""):
    """The other way round: what is known layer by layer, as `apply` takes it."""
    apart, whole = dict(tree), {}
    for repeat, scopes in REPEATS.items():
        above, _, name = repeat.rpartition(".")
        here = {s: n for s, n in scopes.items() if above == path and n[0] in apart}
        copies = [
            stack({scope: apart.pop(own) for scope, own in zip(here, names)}, repeat)
            for names in zip(*here.values())
        ]
        if copies:
            whole[name] = jax.tree.map(lambda *arrays: np.stack(arrays), *copies)
    for name, inner in apart.items():
        below = f"{path}.{name}" if path else name
        whole[name] = stack(inner, below) if isinstance(inner, dict) else inner
    return whole


def filled_apart(tree, weights):
    """Params or stats, with the arrays that `weights` has by dotted name, those of each copy in its place."""
    apart = filled_as_kept(unstack(jax.device_get(tree)), weights)
    return jax.tree.map(jnp.array, stack(apart))


def named_apart(state):
    """Weights and statistics by dotted name, as the .npz files hold them: a layer each."""
    params, stats = jax.device_get((state.params, state.stats))
    leaves = jax.tree.leaves_with_path((unstack(params), unstack(stats)))
    return {".".join(k.key for k in path[1:]): np.asarray(w) for path, w in leaves}
