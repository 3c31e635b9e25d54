"""AlexNet, compiled by archc 0.1.0 from alexnet.arch, to whose author it belongs.

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
    "source": "alexnet.arch",
    "sha256": "972c8e9572c85e67fe1627b738cd8e95b103fc6981ae978be5cf4d24cc4c2c87",
    "licence": "belongs to whoever wrote alexnet.arch",
    "inputs": {"image": (227, 227, 3)},
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


def conv2d_general(x, kernel, *, stride, padding, dilation=(1, 1), groups=1):
    """As conv2d, cells of a window `dilation` apart; kernel [height, width, in / groups, out]."""
    return jax.lax.conv_general_dilated(
        x,
        kernel,
        stride,
        padding,
        rhs_dilation=dilation,
        feature_group_count=groups,
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )


def conv2d_grouped(x, kernel, *, groups, **options):
    """Parts of the channels side by side; many times faster on a CPU than XLA's groups."""
    parts = zip(jnp.split(x, groups, axis=3), jnp.split(kernel, groups, axis=3))
    return jnp.concatenate([conv2d_general(*part, **options) for part in parts], axis=3)


def uniform(key, shape, *, limit):
    """Uniform in [-limit, limit)."""
    return jax.random.uniform(key, shape, minval=-limit, maxval=limit)


def dropout(x, key, *, rate):
    """Drops each value with probability `rate` and rescales the others."""
    keep = jax.random.bernoulli(key, 1 - rate, x.shape)
    return jnp.where(keep, x / (1 - rate), 0).astype(x.dtype)


def local_response_norm(x, *, radius, k, alpha, beta):
    """x / (k + alpha Σ x²)^beta over neighbouring channels (Krizhevsky et al., 2012)."""
    wide, channels = jnp.promote_types(x.dtype, jnp.float32), x.shape[-1]
    squares = jnp.square(x.astype(wide))
    edges = ((0, 0),) * (x.ndim - 1) + ((radius, radius),)
    padded = jnp.pad(squares, edges)
    total = sum(padded[..., i : i + channels] for i in range(2 * radius + 1))
    return (x / (k + alpha * total) ** beta).astype(x.dtype)


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
            "kernel": glorot_uniform(keys[0], (11, 11, 3, 96)),
            "bias": jnp.zeros(96),
        },
        "conv2": {
            "kernel": uniform(keys[1], (5, 5, 48, 256), limit=0.03692744729379982),
            "bias": jnp.full(256, 1.0),
        },
        "conv3": {
            "kernel": glorot_uniform(keys[2], (3, 3, 256, 384)),
            "bias": jnp.zeros(384),
        },
        "conv4": {
            "kernel": uniform(keys[3], (3, 3, 192, 384), limit=0.041666666666666664),
            "bias": jnp.full(384, 1.0),
        },
        "conv5": {
            "kernel": uniform(keys[4], (3, 3, 192, 256), limit=0.04564354645876384),
            "bias": jnp.full(256, 1.0),
        },
        "fc6": {
            "kernel": glorot_uniform(keys[5], (9216, 4096)),
            "bias": jnp.full(4096, 1.0),
        },
        "fc7": {
            "kernel": glorot_uniform(keys[6], (4096, 4096)),
            "bias": jnp.full(4096, 1.0),
        },
        "fc8": {
            "kernel": glorot_uniform(keys[7], (4096, 1000)),
            "bias": jnp.zeros(1000),
        },
    }
    stats = {"normalize1": {"offset": jnp.zeros(3), "factor": jnp.ones(3)}}
    return TrainState(params, stats, (), jnp.int32(0), step_key)


def apply(params, stats, inputs, *, train, key):
    """The network: [batch, 1000], and the new stats."""
    keys = jax.random.split(key, 2)
    x = inputs["image"]
    # alexnet.arch:6
    x = (x - stats["normalize1"]["offset"]) * stats["normalize1"]["factor"]
    with jax.named_scope("conv1"):
        x = conv2d(
            x, params["conv1"]["kernel"], stride=(4, 4), padding=((0, 0), (0, 0))
        )
        x = x + params["conv1"]["bias"]  # alexnet.arch:7
    x = jax.nn.relu(x)  # alexnet.arch:7
    # alexnet.arch:7
    x = local_response_norm(x, radius=2, k=2.0, alpha=0.0001, beta=0.75)
    # alexnet.arch:7
    x = max_pool_by_direction(x, window=(3, 3), stride=(2, 2), padding=((0, 0), (0, 0)))
    with jax.named_scope("conv2"):
        x = conv2d_grouped(
            x,
            params["conv2"]["kernel"],
            stride=(1, 1),
            padding=((2, 2), (2, 2)),
            groups=2,
        )
        x = x + params["conv2"]["bias"]  # alexnet.arch:8
    x = jax.nn.relu(x)  # alexnet.arch:8
    # alexnet.arch:8
    x = local_response_norm(x, radius=2, k=2.0, alpha=0.0001, beta=0.75)
    # alexnet.arch:8
    x = max_pool_by_direction(x, window=(3, 3), stride=(2, 2), padding=((0, 0), (0, 0)))
    with jax.named_scope("conv3"):
        x = conv2d(
            x, params["conv3"]["kernel"], stride=(1, 1), padding=((1, 1), (1, 1))
        )
        x = x + params["conv3"]["bias"]  # alexnet.arch:9
    x = jax.nn.relu(x)  # alexnet.arch:9
    with jax.named_scope("conv4"):
        x = conv2d_grouped(
            x,
            params["conv4"]["kernel"],
            stride=(1, 1),
            padding=((1, 1), (1, 1)),
            groups=2,
        )
        x = x + params["conv4"]["bias"]  # alexnet.arch:10
    x = jax.nn.relu(x)  # alexnet.arch:10
    with jax.named_scope("conv5"):
        x = conv2d_grouped(
            x,
            params["conv5"]["kernel"],
            stride=(1, 1),
            padding=((1, 1), (1, 1)),
            groups=2,
        )
        x = x + params["conv5"]["bias"]  # alexnet.arch:11
    # alexnet.arch:11
    x = max_pool_by_direction(x, window=(3, 3), stride=(2, 2), padding=((0, 0), (0, 0)))
    # f(max(x)) is max(f(x)) where f never falls, and has fewer values to compute
    x = jax.nn.relu(x)  # alexnet.arch:11
    x = jnp.reshape(x, (-1, 9216))  # alexnet.arch:13
    with jax.named_scope("fc6"):
        x = x @ params["fc6"]["kernel"] + params["fc6"]["bias"]  # alexnet.arch:14
    x = jax.nn.relu(x)  # alexnet.arch:14
    if train:
        x = dropout(x, keys[0], rate=0.5)  # alexnet.arch:14
    with jax.named_scope("fc7"):
        x = x @ params["fc7"]["kernel"] + params["fc7"]["bias"]  # alexnet.arch:15
    x = jax.nn.relu(x)  # alexnet.arch:15
    if train:
        x = dropout(x, keys[1], rate=0.5)  # alexnet.arch:15
    with jax.named_scope("fc8"):
        x = x @ params["fc8"]["kernel"] + params["fc8"]["bias"]  # alexnet.arch:16
    x = jax.nn.softmax(x)  # alexnet.arch:16
    return x, stats


def predict(params, stats, inputs):
    """What the model says, in evaluation mode."""
    outputs, _ = apply(params, stats, inputs, train=False, key=jax.random.key(0))
    return outputs


def named(state):
    """Weights and statistics by dotted name, as the .npz files hold them."""
    leaves = jax.tree.leaves_with_path((state.params, state.stats))
    return {".".join(k.key for k in path[1:]): np.asarray(w) for path, w in leaves}
