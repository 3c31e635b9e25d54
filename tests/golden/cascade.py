"""Cascade, compiled by archc 0.1.0 from cascade.arch, to whose author it belongs.

The file has no recipe, so there is nothing to train.
"""

import collections

import jax
import jax.numpy as jnp
import numpy as np

MODEL = {
    "name": "Cascade",
    "source": "cascade.arch",
    "sha256": "9b9670adebeb54e4ff0665f8ab587446ec5222d309c17718a22d13b17c1325fa",
    "licence": "belongs to whoever wrote cascade.arch",
    "inputs": {"x": (4,)},
    "outputs": {"output": (2,)},
    "recipe": None,
}
TrainState = collections.namedtuple("TrainState", "params stats opt_state step key")
glorot_uniform = jax.nn.initializers.glorot_uniform()


def init_h(key, *, inputs, units):
    """First weights of the block h."""
    return {
        "dense1": {
            "kernel": glorot_uniform(key, (inputs, units)),
            "bias": jnp.zeros(units),
        },
    }


@jax.jit(compiler_options={"xla_backend_optimization_level": 0})
def init(key):
    """The state before the first step: compiled in haste, since it runs once."""
    *keys, step_key = jax.random.split(key, 4)
    params = {
        "h1": init_h(keys[0], inputs=4, units=5),
        "h2": init_h(keys[1], inputs=5, units=3),
        "h3": init_h(keys[2], inputs=3, units=2),
    }
    stats = {}
    return TrainState(params, stats, (), jnp.int32(0), step_key)


def h(params, x):
    """Block h, cascade.arch:3: [4] -> [5] and other sizes."""
    with jax.named_scope("dense1"):
        x = x @ params["dense1"]["kernel"] + params["dense1"]["bias"]  # cascade.arch:3
    x = jnp.tanh(x)  # cascade.arch:3
    return x


def apply(params, stats, inputs, *, train, key):
    """The network: [batch, 2], and the new stats."""
    del train, key  # nothing in this model asks for them
    x = inputs["x"]
    with jax.named_scope("h1"):
        x = h(params["h1"], x)  # cascade.arch:7
    with jax.named_scope("h2"):
        x = h(params["h2"], x)  # cascade.arch:7
    with jax.named_scope("h3"):
        x = h(params["h3"], x)  # cascade.arch:7
    return x, stats


def predict(params, stats, inputs):
    """What the model says, in evaluation mode."""
    outputs, _ = apply(params, stats, inputs, train=False, key=jax.random.key(0))
    return outputs


def named(state):
    """Weights and statistics by dotted name, as the .npz files hold them."""
    leaves = jax.tree.leaves_with_path((state.params, state.stats))
    return {".".join(k.key for k in path[1:]): np.asarray(w) for path, w in leaves}
