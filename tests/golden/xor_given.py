"""XorGiven, compiled by archc 0.1.0 from xor_given.arch, to whose author it belongs.

The file has no recipe, so there is nothing to train.
"""

import collections

import jax
import jax.numpy as jnp
import numpy as np

MODEL = {
    "name": "XorGiven",
    "source": "xor_given.arch",
    "sha256": "735cb174aa8ae0ce8fcd659d41be1d8e5f5a759e9f0e121ce36afa55283f67bc",
    "licence": "belongs to whoever wrote xor_given.arch",
    "inputs": {"x": (2,)},
    "outputs": {"output": (1,)},
    "recipe": None,
}
TrainState = collections.namedtuple("TrainState", "params stats opt_state step key")


@jax.jit(compiler_options={"xla_backend_optimization_level": 0})
def init(key):
    """The state before the first step: compiled in haste, since it runs once."""
    params = {
        "dense1": {
            "kernel": jnp.array(((1.0, 1.0), (1.0, 1.0))),
            "bias": jnp.array((0.0, -1.0)),
        },
        "dense2": {"kernel": jnp.array(((1.0,), (-2.0,))), "bias": jnp.array((0.0,))},
    }
    stats = {}
    return TrainState(params, stats, (), jnp.int32(0), key)


def apply(params, stats, inputs, *, train, key):
    """The network: [batch, 1], and the new stats."""
    del train, key  # nothing in this model asks for them
    x = inputs["x"]
    with jax.named_scope("dense1"):
        # xor_given.arch:5
        x = x @ params["dense1"]["kernel"] + params["dense1"]["bias"]
    x = jax.nn.relu(x)  # xor_given.arch:5
    with jax.named_scope("dense2"):
        # xor_given.arch:6
        x = x @ params["dense2"]["kernel"] + params["dense2"]["bias"]
    return x, stats


def predict(params, stats, inputs):
    """What the model says, in evaluation mode."""
    outputs, _ = apply(params, stats, inputs, train=False, key=jax.random.key(0))
    return outputs


def named(state):
    """Weights and statistics by dotted name, as the .npz files hold them."""
    leaves = jax.tree.leaves_with_path((state.params, state.stats))
    return {".".join(k.key for k in path[1:]): np.asarray(w) for path, w in leaves}
