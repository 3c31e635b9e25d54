"""Convolved, compiled by archc 0.1.0 from convolved.arch, to whose author it belongs.

The file has no recipe, so there is nothing to train.
"""

import collections

import jax
import jax.numpy as jnp
import numpy as np

MODEL = {
    "name": "Convolved",
    "source": "convolved.arch",
    "sha256": "2d3a9fb1fed671f4c4f637f29913a9b83b857d6b2cb3a7419ae84aaf8100a3cc",
    "licence": "belongs to whoever wrote convolved.arch",
    "inputs": {"image": (5, 5, 1)},
    "outputs": {"output": (3, 3, 1)},
    "recipe": None,
}
TrainState = collections.namedtuple("TrainState", "params stats opt_state step key")


def conv2d(x, kernel, *, stride, padding):
    """Cross-correlates x [batch, height, width, in] with kernel [height, width, in, out]."""
    return jax.lax.conv_general_dilated(
        x, kernel, stride, padding, dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


@jax.jit(compiler_options={"xla_backend_optimization_level": 0})
def init(key):
    """The state before the first step: compiled in haste, since it runs once."""
    params = {
        "conv1": {
            "kernel": jnp.array(
                (
                    (((1.0,),), ((0.0,),), ((1.0,),)),
                    (((0.0,),), ((1.0,),), ((0.0,),)),
                    (((1.0,),), ((0.0,),), ((1.0,),)),
                ),
            ),
        },
    }
    stats = {}
    return TrainState(params, stats, (), jnp.int32(0), key)


def apply(params, stats, inputs, *, train, key):
    """The network: [batch, 3, 3, 1], and the new stats."""
    del train, key  # nothing in this model asks for them
    x = inputs["image"]
    with jax.named_scope("conv1"):
        # convolved.arch:5
        x = conv2d(
            x, params["conv1"]["kernel"], stride=(1, 1), padding=((0, 0), (0, 0))
        )
    return x, stats


def predict(params, stats, inputs):
    """What the model says, in evaluation mode."""
    outputs, _ = apply(params, stats, inputs, train=False, key=jax.random.key(0))
    return outputs


def named(state):
    """Weights and statistics by dotted name, as the .npz files hold them."""
    leaves = jax.tree.leaves_with_path((state.params, state.stats))
    return {".".join(k.key for k in path[1:]): np.asarray(w) for path, w in leaves}
