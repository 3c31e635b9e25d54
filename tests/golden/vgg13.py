"""VGG13, compiled by archc 0.1.0 from vgg13.arch, to whose author it belongs.

The file has no recipe, so there is nothing to train.
"""

import collections
import functools

import jax
import jax.numpy as jnp
import numpy as np

MODEL = {
    "name": "VGG13",
    "source": "vgg13.arch",
    "sha256": "d89dbd94aa64f5ce08906bdc0167144aa7cb481c4e89b60ca3acc52ebde0e367",
    "licence": "belongs to whoever wrote vgg13.arch",
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


def max_pool_disjoint(x, *, window):
    """The maximum of windows side by side, as strided slices: their gradient is cheap."""
    h, w = window
    rows, columns = x.shape[1] // h * h, x.shape[2] // w * w
    cells = [x[:, i:rows:h, j:columns:w] for i in range(h) for j in range(w)]
    return functools.reduce(jnp.maximum, cells)


def init_stage(key, *, inputs, filters):
    """First weights of the block stage."""
    keys = jax.random.split(key, 2)
    return {
        "conv1": {
            "kernel": glorot_uniform(keys[0], (3, 3, inputs, filters)),
            "bias": jnp.zeros(filters),
        },
        "conv2": {
            "kernel": glorot_uniform(keys[1], (3, 3, filters, filters)),
            "bias": jnp.zeros(filters),
        },
    }


def init_stage_2(key):
    """First weights of the block stage."""
    params = {}
    for i, copy_key in enumerate(jax.random.split(key, 2)):
        name = f"conv{i + 1}"
        params[name] = {
            "kernel": glorot_uniform(copy_key, (3, 3, 512, 512)),
            "bias": jnp.zeros(512),
        }
    return params


def init_head(key):
    """First weights of the block head."""
    keys = jax.random.split(key, 3)
    return {
        "dense1": {
            "kernel": glorot_uniform(keys[0], (25088, 4096)),
            "bias": jnp.zeros(4096),
        },
        "dense2": {
            "kernel": glorot_uniform(keys[1], (4096, 4096)),
            "bias": jnp.zeros(4096),
        },
        "dense3": {
            "kernel": glorot_uniform(keys[2], (4096, 1000)),
            "bias": jnp.zeros(1000),
        },
    }


@jax.jit
def init(key):
    """The state before the first step."""
    *keys, step_key = jax.random.split(key, 7)
    params = {
        "stage1": init_stage(keys[0], inputs=3, filters=64),
        "stage2": init_stage(keys[1], inputs=64, filters=128),
        "stage3": init_stage(keys[2], inputs=128, filters=256),
        "stage4": init_stage(keys[3], inputs=256, filters=512),
        "stage5": init_stage_2(keys[4]),
        "head1": init_head(keys[5]),
    }
    stats = {}
    return TrainState(params, stats, (), jnp.int32(0), step_key)


def stage(params, x):
    """Block stage, vgg.arch:8: [224, 224, 3] -> [112, 112, 64] and other sizes."""
    with jax.named_scope("conv1"):
        x = conv2d(
            x, params["conv1"]["kernel"], stride=(1, 1), padding=((1, 1), (1, 1))
        )
        x = x + params["conv1"]["bias"]  # vgg.arch:9
    x = jax.nn.relu(x)  # vgg.arch:9
    with jax.named_scope("conv2"):
        x = conv2d(
            x, params["conv2"]["kernel"], stride=(1, 1), padding=((1, 1), (1, 1))
        )
        x = x + params["conv2"]["bias"]  # vgg.arch:9
    x = max_pool_disjoint(x, window=(2, 2))  # vgg.arch:10
    # f(max(x)) is max(f(x)) where f never falls, and has fewer values to compute
    x = jax.nn.relu(x)  # vgg.arch:9
    return x


def stage_2(params, x):
    """Block stage, vgg.arch:8: [14, 14, 512] -> [7, 7, 512]."""
    for i in range(2):
        name = f"conv{i + 1}"
        with jax.named_scope(name):
            x = conv2d(
                x, params[name]["kernel"], stride=(1, 1), padding=((1, 1), (1, 1))
            )
            x = x + params[name]["bias"]  # vgg.arch:9
        x = jax.nn.relu(x)  # vgg.arch:9
    x = max_pool_disjoint(x, window=(2, 2))  # vgg.arch:10
    return x


def head(params, x, *, train, key):
    """Block head, vgg.arch:14: [7, 7, 512] -> [1000]."""
    keys = jax.random.split(key, 2)
    x = jnp.reshape(x, (-1, 25088))  # vgg.arch:15
    with jax.named_scope("dense1"):
        x = x @ params["dense1"]["kernel"] + params["dense1"]["bias"]  # vgg.arch:16
    x = jax.nn.relu(x)  # vgg.arch:16
    if train:
        x = dropout(x, keys[0], rate=0.5)  # vgg.arch:16
    with jax.named_scope("dense2"):
        x = x @ params["dense2"]["kernel"] + params["dense2"]["bias"]  # vgg.arch:16
    x = jax.nn.relu(x)  # vgg.arch:16
    if train:
        x = dropout(x, keys[1], rate=0.5)  # vgg.arch:16
    with jax.named_scope("dense3"):
        x = x @ params["dense3"]["kernel"] + params["dense3"]["bias"]  # vgg.arch:17
    return x


def apply(params, stats, inputs, *, train, key):
    """The network: [batch, 1000], and the new stats."""
    keys = jax.random.split(key, 1)
    x = inputs["image"]
    with jax.named_scope("stage1"):
        x = stage(params["stage1"], x)  # vgg13.arch:7
    with jax.named_scope("stage2"):
        x = stage(params["stage2"], x)  # vgg13.arch:8
    with jax.named_scope("stage3"):
        x = stage(params["stage3"], x)  # vgg13.arch:9
    with jax.named_scope("stage4"):
        x = stage(params["stage4"], x)  # vgg13.arch:10
    with jax.named_scope("stage5"):
        x = stage_2(params["stage5"], x)  # vgg13.arch:11
    with jax.named_scope("head1"):
        x = head(params["head1"], x, train=train, key=keys[0])  # vgg13.arch:13
    return x, stats


def predict(params, stats, inputs):
    """What the model says, in evaluation mode."""
    outputs, _ = apply(params, stats, inputs, train=False, key=jax.random.key(0))
    return outputs


def named(state):
    """Weights and statistics by dotted name, as the .npz files hold them."""
    leaves = jax.tree.leaves_with_path((state.params, state.stats))
    return {".".join(k.key for k in path[1:]): np.asarray(w) for path, w in leaves}
