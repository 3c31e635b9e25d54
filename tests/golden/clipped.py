"""Clipped, compiled by archc 0.1.0 from clipped.arch, to whose author it belongs.

The file has no recipe, so there is nothing to train.
"""

import collections

import jax
import jax.numpy as jnp
import numpy as np

MODEL = {
    "name": "Clipped",
    "source": "clipped.arch",
    "sha256": "cbb850ed99256071a0586d8073d4904a972e8bcc4789c00b287f5aaaeb12fbc1",
    "licence": "belongs to whoever wrote clipped.arch",
    "inputs": {"h": (2,)},
    "outputs": {"output": (1,)},
    "recipe": None,
}
TrainState = collections.namedtuple("TrainState", "params stats opt_state step key")


@jax.jit(compiler_options={"xla_backend_optimization_level": 0})
def init(key):
    """The state before the first step: compiled in haste, since it runs once."""
    params = {
        "dense1": {"kernel": jnp.array(((0.5,), (0.25,))), "bias": jnp.array((-0.25,))},
    }
    stats = {}
    return TrainState(params, stats, (), jnp.int32(0), key)


def apply(params, stats, inputs, *, train, key):
    """The network: [batch, 1], and the new stats."""
    del train, key  # nothing in this model asks for them
    x = inputs["h"]
    with jax.named_scope("dense1"):
        x = x @ params["dense1"]["kernel"] + params["dense1"]["bias"]  # clipped.arch:5
    x = jnp.clip(x, min=0.0, max=1.0)  # clipped.arch:5
    return x, stats


def predict(params, stats, inputs):
    """What the model says, in evaluation mode."""
    outputs, _ = apply(params, stats, inputs, train=False, key=jax.random.key(0))
    return outputs


def named(state):
    """Weights and statistics by dotted name, as the .npz files hold them."""
    leaves = jax.tree.leaves_with_path((state.params, state.stats))
    return {".".join(k.key for k in path[1:]): np.asarray(w) for path, w in leaves}
