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


# so few channels leave XLA's convolution idle: with its gradients 3.8 against 13.6 ms
# for 6 filters of 5x5 over [128, 28, 28, 1], and 4.3 against 6.8 ms for 16 over [128,
# 14, 14, 6]
def conv2d_by_lines(x, kernel, *, stride, padding):
    """As conv2d, as one matrix product of whole lines: the kernel stands at every place in one."""
    (h, w, channels, filters), (s, t) = kernel.shape, stride
    x = jnp.pad(x, ((0, 0), *padding, (0, 0)))
    down, across = (x.shape[1] - h) // s + 1, (x.shape[2] - w) // t + 1
    lines = [x[:, i : i + (down - 1) * s + 1 : s] for i in range(h)]
    lines = [each.reshape(len(x), down, -1) for each in lines]
    # line after line one period too long, each stands `t` places further right
    places = jnp.pad(kernel, ((0, 0), (0, x.shape[2] + t - w), (0, 0), (0, 0)))
    places = jnp.tile(places, (1, across, 1, 1))[:, : across * x.shape[2]]
    places = places.reshape(h, across, -1, channels, filters).transpose(0, 2, 3, 1, 4)
    y = product_of_rows(
        jnp.concatenate(lines, -1), places.reshape(-1, across * filters)
    )
    return y.reshape(len(x), down, across, filters)


def product_of_rows(x, kernel):
    """As x @ kernel, for x [..., in] and kernel [in, out], every position a row."""
    y = x.reshape(-1, x.shape[-1]) @ kernel
    return y.reshape(*x.shape[:-1], -1)


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
        x = conv2d_by_lines(
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
