"""And, compiled by archc 0.1.0 from and.arch, to whose author it belongs.

The file has no recipe, so there is nothing to train.
"""

import collections

import jax
import jax.numpy as jnp
import numpy as np

MODEL = {
    "name": "And",
    "source": "and.arch",
    "sha256": "380271afad6a2fa22edd3b398804714e63b937bfd358dbe70283f1b641a09868",
    "licence": "belongs to whoever wrote and.arch",
    "inputs": {"x": (2,)},
    "outputs": {"output": (1,)},
    "recipe": None,
}
TrainState = collections.namedtuple("TrainState", "params stats opt_state step key")


def threshold_step(x, *, threshold):
    """1 strictly above the threshold, else 0."""
    return (x > threshold).astype(x.dtype)


@jax.jit(compiler_options={"xla_backend_optimization_level": 0})
def init(key):
    """The state before the first step: compiled in haste, since it runs once."""
    params = {
        "dense1": {"kernel": jnp.array(((1.0,), (1.0,)))},
    }
    stats = {}
    return TrainState(params, stats, (), jnp.int32(0), key)


def apply(params, stats, inputs, *, train, key):
    """The network: [batch, 1], and the new stats."""
    del train, key  # nothing in this model asks for them
    x = inputs["x"]
    with jax.named_scope("dense1"):
        x = x @ params["dense1"]["kernel"]  # and.arch:5
    x = threshold_step(x, threshold=1.5)  # and.arch:5
    return x, stats


def predict(params, stats, inputs):
    """What the model says, in evaluation mode."""
    outputs, _ = apply(params, stats, inputs, train=False, key=jax.random.key(0))
    return outputs


def named(state):
    """Weights and statistics by dotted name, as the .npz files hold them."""
    leaves = jax.tree.leaves_with_path((state.params, state.stats))
    return {".".join(k.key for k in path[1:]): np.asarray(w) for path, w in leaves}
