"""Towers, compiled by archc 0.1.0 from towers.arch, to whose author it belongs.

The file has no recipe, so there is nothing to train.
"""

import collections

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

MODEL = {
    "name": "Towers",
    "source": "towers.arch",
    "sha256": "93b9b24af931f0e2c85f8d7db3d627c8f03d65b67f187944681ed08a4acd3bad",
    "licence": "belongs to whoever wrote towers.arch",
    "inputs": {"left": (8,), "right": (8,)},
    "outputs": {"output": (1,)},
    "recipe": None,
}
TrainState = collections.namedtuple("TrainState", "params stats opt_state step key")
glorot_uniform = jax.nn.initializers.glorot_uniform()


def standardized(values, scale, shift, epsilon):
    """Each channel brought to mean 0 and variance 1, scaled and shifted; what these were."""
    axes = tuple(range(values.ndim - 1))
    mean, variance = values.mean(axes), values.var(axes)
    factor = scale * lax.rsqrt(variance + epsilon)
    return (values - mean) * factor + shift, mean, variance


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


def init_tower(key):
    """First weights and statistics of the block tower."""
    keys = jax.random.split(key, 3)
    params, stats = {}, {}
    params["dense1"] = {
        "kernel": glorot_uniform(keys[0], (8, 32)),
        "bias": jnp.zeros(32),
    }
    for i, copy_key in enumerate(jax.random.split(keys[1], 2)):
        dense_i = f"dense{i + 2}"
        batch_norm_i = f"batch_norm{i + 1}"
        params[dense_i] = {
            "kernel": glorot_uniform(copy_key, (32, 32)),
            "bias": jnp.zeros(32),
        }
        params[batch_norm_i] = {"scale": jnp.ones(32), "shift": jnp.zeros(32)}
        stats[batch_norm_i] = {"mean": jnp.zeros(32), "variance": jnp.ones(32)}
    params["dense4"] = {
        "kernel": glorot_uniform(keys[2], (32, 4)),
        "bias": jnp.zeros(4),
    }
    return params, stats


def init_gated(key):
    """First weights of the block gated."""
    return {"dense1": {"kernel": glorot_uniform(key, (4, 4)), "bias": jnp.zeros(4)}}


@jax.jit(compiler_options={"xla_backend_optimization_level": 0})
def init(key):
    """The state before the first step: compiled in haste, since it runs once."""
    *keys, step_key = jax.random.split(key, 4)
    params, stats = {}, {}
    params["embed"], stats["embed"] = init_tower(keys[0])
    params["gated1"] = init_gated(keys[1])
    params["dense1"] = {"kernel": glorot_uniform(keys[2], (4, 1)), "bias": jnp.zeros(1)}
    return TrainState(params, stats, (), jnp.int32(0), step_key)


def tower(params, stats, x, *, train):
    """Block tower, towers.arch:2: [8] -> [4]."""
    stats = dict(stats)
    with jax.named_scope("dense1"):
        x = x @ params["dense1"]["kernel"] + params["dense1"]["bias"]  # towers.arch:3
    x = jax.nn.relu(x)  # towers.arch:3
    for i in range(2):
        dense_i = f"dense{i + 2}"
        batch_norm_i = f"batch_norm{i + 1}"
        with jax.named_scope(dense_i):
            x = x @ params[dense_i]["kernel"] + params[dense_i]["bias"]  # towers.arch:4
        with jax.named_scope(batch_norm_i):
            if train:
                # towers.arch:4
                x, stats[batch_norm_i] = batch_norm(
                    x,
                    params[batch_norm_i],
                    stats[batch_norm_i],
                    epsilon=1e-05,
                    momentum=0.9,
                )
            else:
                # towers.arch:4
                x = batch_norm_frozen(
                    x, params[batch_norm_i], stats[batch_norm_i], epsilon=1e-05
                )
        x = jax.nn.relu(x)  # towers.arch:4
    with jax.named_scope("dense4"):
        x = x @ params["dense4"]["kernel"] + params["dense4"]["bias"]  # towers.arch:5
    return x, stats


def gated(params, x, other):
    """Block gated, towers.arch:8: [4], [4] -> [4]."""
    with jax.named_scope("dense1"):
        # towers.arch:8
        y = other @ params["dense1"]["kernel"] + params["dense1"]["bias"]
    y = jax.nn.sigmoid(y)  # towers.arch:8
    x = x * y  # towers.arch:8
    return x


def apply(params, stats, inputs, *, train, key):
    """The network: [batch, 1], and the new stats."""
    del key  # nothing in this model asks for it
    stats = dict(stats)
    left = inputs["left"]
    x = inputs["right"]
    with jax.named_scope("embed"):
        # towers.arch:14
        embed, stats["embed"] = tower(
            params["embed"], stats["embed"], left, train=train
        )
    with jax.named_scope("embed"):
        # towers.arch:15
        x, stats["embed"] = tower(params["embed"], stats["embed"], x, train=train)
    with jax.named_scope("gated1"):
        x = gated(params["gated1"], embed, x)  # towers.arch:16
    with jax.named_scope("dense1"):
        x = x @ params["dense1"]["kernel"] + params["dense1"]["bias"]  # towers.arch:16
    return x, stats


def predict(params, stats, inputs):
    """What the model says, in evaluation mode."""
    outputs, _ = apply(params, stats, inputs, train=False, key=jax.random.key(0))
    return outputs


def named(state):
    """Weights and statistics by dotted name, as the .npz files hold them."""
    leaves = jax.tree.leaves_with_path((state.params, state.stats))
    return {".".join(k.key for k in path[1:]): np.asarray(w) for path, w in leaves}
