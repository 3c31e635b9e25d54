"""AlexNet, compiled by archc 0.1.0 from alexnet_torchvision.arch, to whose author it belongs.

The file has no recipe, so there is nothing to train.
"""

import collections
import functools

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

MODEL = {
    "name": "AlexNet",
    "source": "alexnet_torchvision.arch",
    "sha256": "aacdd6451f0fca57e861492382281027ea40812a7b3fe5cafceea581b18cbcef",
    "licence": "belongs to whoever wrote alexnet_torchvision.arch",
    "inputs": {"image": (224, 224, 3)},
    "outputs": {"output": (1000,)},
    "recipe": None,
}
TrainState = collections.namedtuple("TrainState", "params stats opt_state step key")
glorot_uniform = jax.nn.initializers.glorot_uniform()


def conv2d(x, kernel, *, stride, padding):
    """Cross-correlates x [batch, height, width, in] with kernel [height, width, in, out]."""
    return jax.lax.conv_general_dilated(
        x, kernel, stride, padding, dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


def dropout(x, key, *, rate):
    """Drops each value with probability `rate` and rescales the others."""
    keep = jax.random.bernoulli(key, 1 - rate, x.shape)
    return jnp.where(keep, x / (1 - rate), 0).astype(x.dtype)


# the gradient of slices is cheap: 4 against 30 ms for windows of 3x3 over [16, 55, 55,
# 64], 2 apart
def max_pool_by_direction(x, *, window, stride, padding):
    """The maximum of each window, as slices along one direction after the other."""
    x = jnp.pad(x, ((0, 0), *padding, (0, 0)), constant_values=-jnp.inf)
    for axis, (k, s) in enumerate(zip(window, stride), 1):
        last = x.shape[axis] - k + 1
        cells = [lax.slice_in_dim(x, i, last + i, s, axis) for i in range(k)]
        x = functools.reduce(jnp.maximum, cells)
    return x


@jax.jit
def init(key):
    """The state before the first step."""
    *keys, step_key = jax.random.split(key, 9)
    params = {
        "conv1": {
            "kernel": glorot_uniform(keys[0], (11, 11, 3, 64)),
            "bias": jnp.zeros(64),
        },
        "conv2": {
            "kernel": glorot_uniform(keys[1], (5, 5, 64, 192)),
            "bias": jnp.zeros(192),
        },
        "conv3": {
            "kernel": glorot_uniform(keys[2], (3, 3, 192, 384)),
            "bias": jnp.zeros(384),
        },
        "conv4": {
            "kernel": glorot_uniform(keys[3], (3, 3, 384, 256)),
            "bias": jnp.zeros(256),
        },
        "conv5": {
            "kernel": glorot_uniform(keys[4], (3, 3, 256, 256)),
            "bias": jnp.zeros(256),
        },
        "fc6": {
            "kernel": glorot_uniform(keys[5], (9216, 4096)),
            "bias": jnp.zeros(4096),
        },
        "fc7": {
            "kernel": glorot_uniform(keys[6], (4096, 4096)),
            "bias": jnp.zeros(4096),
        },
        "fc8": {
            "kernel": glorot_uniform(keys[7], (4096, 1000)),
            "bias": jnp.zeros(1000),
        },
    }
    stats = {}
    return TrainState(params, stats, (), jnp.int32(0), step_key)


def apply(params, stats, inputs, *, train, key):
    """The network: [batch, 1000], and the new stats."""
    keys = jax.random.split(key, 2)
    x = inputs["image"]
    with jax.named_scope("conv1"):
        x = conv2d(
            x, params["conv1"]["kernel"], stride=(4, 4), padding=((2, 2), (2, 2))
        )
        x = x + params["conv1"]["bias"]  # alexnet_torchvision.arch:6
    # alexnet_torchvision.arch:6
    x = max_pool_by_direction(x, window=(3, 3), stride=(2, 2), padding=((0, 0), (0, 0)))
    # f(max(x)) is max(f(x)) where f never falls, and has fewer values to compute
    x = jax.nn.relu(x)  # alexnet_torchvision.arch:6
    with jax.named_scope("conv2"):
        x = conv2d(
            x, params["conv2"]["kernel"], stride=(1, 1), padding=((2, 2), (2, 2))
        )
        x = x + params["conv2"]["bias"]  # alexnet_torchvision.arch:7
    # alexnet_torchvision.arch:7
    x = max_pool_by_direction(x, window=(3, 3), stride=(2, 2), padding=((0, 0), (0, 0)))
    # f(max(x)) is max(f(x)) where f never falls, and has fewer values to compute
    x = jax.nn.relu(x)  # alexnet_torchvision.arch:7
    with jax.named_scope("conv3"):
        x = conv2d(
            x, params["conv3"]["kernel"], stride=(1, 1), padding=((1, 1), (1, 1))
        )
        x = x + params["conv3"]["bias"]  # alexnet_torchvision.arch:8
    x = jax.nn.relu(x)  # alexnet_torchvision.arch:8
    with jax.named_scope("conv4"):
        x = conv2d(
            x, params["conv4"]["kernel"], stride=(1, 1), padding=((1, 1), (1, 1))
        )
        x = x + params["conv4"]["bias"]  # alexnet_torchvision.arch:9
    x = jax.nn.relu(x)  # alexnet_torchvision.arch:9
    with jax.named_scope("conv5"):
        x = conv2d(
            x, params["conv5"]["kernel"], stride=(1, 1), padding=((1, 1), (1, 1))
        )
        x = x + params["conv5"]["bias"]  # alexnet_torchvision.arch:10
    # alexnet_torchvision.arch:10
    x = max_pool_by_direction(x, window=(3, 3), stride=(2, 2), padding=((0, 0), (0, 0)))
    # f(max(x)) is max(f(x)) where f never falls, and has fewer values to compute
    x = jax.nn.relu(x)  # alexnet_torchvision.arch:10
    x = jnp.reshape(x, (-1, 9216))  # alexnet_torchvision.arch:12
    if train:
        x = dropout(x, keys[0], rate=0.5)  # alexnet_torchvision.arch:13
    with jax.named_scope("fc6"):
        # alexnet_torchvision.arch:13
        x = x @ params["fc6"]["kernel"] + params["fc6"]["bias"]
    x = jax.nn.relu(x)  # alexnet_torchvision.arch:13
    if train:
        x = dropout(x, keys[1], rate=0.5)  # alexnet_torchvision.arch:14
    with jax.named_scope("fc7"):
        # alexnet_torchvision.arch:14
        x = x @ params["fc7"]["kernel"] + params["fc7"]["bias"]
    x = jax.nn.relu(x)  # alexnet_torchvision.arch:14
    with jax.named_scope("fc8"):
        # alexnet_torchvision.arch:15
        x = x @ params["fc8"]["kernel"] + params["fc8"]["bias"]
    return x, stats


def predict(params, stats, inputs):
    """What the model says, in evaluation mode."""
    outputs, _ = apply(params, stats, inputs, train=False, key=jax.random.key(0))
    return outputs


def named(state):
    """Weights and statistics by dotted name, as the .npz files hold them."""
    leaves = jax.tree.leaves_with_path((state.params, state.stats))
    return {".".join(k.key for k in path[1:]): np.asarray(w) for path, w in leaves}
