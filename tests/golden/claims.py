"""Claims, compiled by archc 0.1.0 from claims.arch, to whose author it belongs.

The file has no recipe, so there is nothing to train.
"""

import collections

import jax
import jax.numpy as jnp
import numpy as np

MODEL = {
    "name": "Claims",
    "source": "claims.arch",
    "sha256": "ae4b909952ce79ce772ada43b2e17676298e0b0d1dcfe679c3957d2afbc8e6b8",
    "licence": "belongs to whoever wrote claims.arch",
    "inputs": {"ab": (2,)},
    "outputs": {"output": (1,)},
    "recipe": None,
}
TrainState = collections.namedtuple("TrainState", "params stats opt_state step key")


@jax.jit(compiler_options={"xla_backend_optimization_level": 0})
def init(key):
    """The state before the first step: compiled in haste, since it runs once."""
    params = {
        "cde": {
            "kernel": jnp.array(((1.0, -1.0, 0.5), (0.5, 1.0, -1.0))),
            "bias": jnp.array((0.5, 0.0, -0.5)),
        },
        "fgh": {
            "kernel": jnp.array(((1.0, 0.0, -1.0), (-1.0, 1.0, 0.5), (0.5, -0.5, 2.0))),
            "bias": jnp.array((0.0, 0.5, -1.0)),
        },
        "z": {
            "kernel": jnp.array(((1.0,), (-2.0,), (1.5,))),
            "bias": jnp.array((0.25,)),
        },
    }
    stats = {}
    return TrainState(params, stats, (), jnp.int32(0), key)


def apply(params, stats, inputs, *, train, key):
    """The network: [batch, 1], and the new stats."""
    del train, key  # nothing in this model asks for them
    x = inputs["ab"]
    with jax.named_scope("cde"):
        x = x @ params["cde"]["kernel"] + params["cde"]["bias"]  # claims.arch:5
    x = jax.nn.sigmoid(x)  # claims.arch:5
    with jax.named_scope("fgh"):
        x = x @ params["fgh"]["kernel"] + params["fgh"]["bias"]  # claims.arch:6
    x = jax.nn.sigmoid(x)  # claims.arch:6
    with jax.named_scope("z"):
        x = x @ params["z"]["kernel"] + params["z"]["bias"]  # claims.arch:7
    x = jax.nn.sigmoid(x)  # claims.arch:7
    return x, stats


def predict(params, stats, inputs):
    """What the model says, in evaluation mode."""
    outputs, _ = apply(params, stats, inputs, train=False, key=jax.random.key(0))
    return outputs


def named(state):
    """Weights and statistics by dotted name, as the .npz files hold them."""
    leaves = jax.tree.leaves_with_path((state.params, state.stats))
    return {".".join(k.key for k in path[1:]): np.asarray(w) for path, w in leaves}
