"""GoogLeNet, compiled by archc 0.1.0 from googlenet.arch, to whose author it belongs.

The file has no recipe, so there is nothing to train.
"""

import collections
import functools

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

MODEL = {
    "name": "GoogLeNet",
    "source": "googlenet.arch",
    "sha256": "11e94f16be4b94471d33a35b1beb50ca739166f1efcaccfeb66d91dcc4bebd81",
    "licence": "belongs to whoever wrote googlenet.arch",
    "inputs": {"image": (224, 224, 3)},
    "outputs": {"aux1": (1000,), "aux2": (1000,), "class": (1000,)},
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


# sums of slices have a cheap gradient: 1.3 against 5.7 ms for windows of 3x3 over [16,
# 55, 55, 64], 2 apart
def avg_pool_by_direction(x, *, window, stride, padding):
    """The mean of each window without the padding, one direction after the other."""
    sides = zip(window, stride, padding)
    for axis, (k, s, (before, after)) in enumerate(sides, 1):
        n = x.shape[axis]
        starts = np.arange(-before, n + after - k + 1, s)
        counts = np.minimum(starts + k, n) - np.maximum(starts, 0)
        edges = [(0, 0)] * axis + [(before, after)] + [(0, 0)] * (x.ndim - axis - 1)
        padded, last = jnp.pad(x, edges), n + before + after - k + 1
        cells = [lax.slice_in_dim(padded, i, last + i, s, axis) for i in range(k)]
        counts = counts.reshape(-1, *(1,) * (x.ndim - axis - 1))
        x = sum(cells) / jnp.asarray(counts, x.dtype)
    return x


def init_unit(key, *, k, inputs, filters):
    """First weights of the block unit."""
    return {
        "conv1": {
            "kernel": glorot_uniform(key, (k, k, inputs, filters)),
            "bias": jnp.zeros(filters),
        },
    }


def init_inception(key, *, inputs, c1, r3, c3, r5, c5, p):
    """First weights of the block inception."""
    keys = jax.random.split(key, 6)
    return {
        "unit1": init_unit(keys[0], k=1, inputs=inputs, filters=c1),
        "unit2": init_unit(keys[1], k=1, inputs=inputs, filters=r3),
        "unit3": init_unit(keys[2], k=3, inputs=r3, filters=c3),
        "unit4": init_unit(keys[3], k=1, inputs=inputs, filters=r5),
        "unit5": init_unit(keys[4], k=5, inputs=r5, filters=c5),
        "unit6": init_unit(keys[5], k=1, inputs=inputs, filters=p),
    }


def init_auxiliary(key, *, inputs):
    """First weights of the block auxiliary."""
    keys = jax.random.split(key, 3)
    return {
        "unit1": init_unit(keys[0], k=1, inputs=inputs, filters=128),
        "dense1": {
            "kernel": glorot_uniform(keys[1], (2048, 1024)),
            "bias": jnp.zeros(1024),
        },
        "dense2": {
            "kernel": glorot_uniform(keys[2], (1024, 1000)),
            "bias": jnp.zeros(1000),
        },
    }


@jax.jit
def init(key):
    """The state before the first step."""
    *keys, step_key = jax.random.split(key, 16)
    params = {
        "unit1": init_unit(keys[0], k=7, inputs=3, filters=64),
        "unit2": init_unit(keys[1], k=1, inputs=64, filters=64),
        "unit3": init_unit(keys[2], k=3, inputs=64, filters=192),
        "inception1": init_inception(
            keys[3], inputs=192, c1=64, r3=96, c3=128, r5=16, c5=32, p=32
        ),
        "inception2": init_inception(
            keys[4], inputs=256, c1=128, r3=128, c3=192, r5=32, c5=96, p=64
        ),
        "inception3": init_inception(
            keys[5], inputs=480, c1=192, r3=96, c3=208, r5=16, c5=48, p=64
        ),
        "auxiliary1": init_auxiliary(keys[6], inputs=512),
        "inception4": init_inception(
            keys[7], inputs=512, c1=160, r3=112, c3=224, r5=24, c5=64, p=64
        ),
        "inception5": init_inception(
            keys[8], inputs=512, c1=128, r3=128, c3=256, r5=24, c5=64, p=64
        ),
        "inception6": init_inception(
            keys[9], inputs=512, c1=112, r3=144, c3=288, r5=32, c5=64, p=64
        ),
        "auxiliary2": init_auxiliary(keys[10], inputs=528),
        "inception7": init_inception(
            keys[11], inputs=528, c1=256, r3=160, c3=320, r5=32, c5=128, p=128
        ),
        "inception8": init_inception(
            keys[12], inputs=832, c1=256, r3=160, c3=320, r5=32, c5=128, p=128
        ),
        "inception9": init_inception(
            keys[13], inputs=832, c1=384, r3=192, c3=384, r5=48, c5=128, p=128
        ),
        "dense1": {
            "kernel": glorot_uniform(keys[14], (1024, 1000)),
            "bias": jnp.zeros(1000),
        },
    }
    stats = {}
    return TrainState(params, stats, (), jnp.int32(0), step_key)


def unit(params, x, *, stride=(1, 1), padding=((0, 0), (0, 0))):
    """Block unit, googlenet.arch:3: [224, 224, 3] -> [112, 112, 64] and other sizes."""
    with jax.named_scope("conv1"):
        x = conv2d(x, params["conv1"]["kernel"], stride=stride, padding=padding)
        x = x + params["conv1"]["bias"]  # googlenet.arch:3
    x = jax.nn.relu(x)  # googlenet.arch:3
    return x


def halve(x):
    """Block halve, googlenet.arch:19: [112, 112, 64] -> [56, 56, 64] and other sizes."""
    # googlenet.arch:19
    x = max_pool_by_direction(x, window=(3, 3), stride=(2, 2), padding=((0, 1), (0, 1)))
    return x


def inception(params, x):
    """Block inception, googlenet.arch:5: [28, 28, 192] -> [28, 28, 256] and other sizes."""
    with jax.named_scope("unit1"):
        unit1 = unit(params["unit1"], x)  # googlenet.arch:7
    with jax.named_scope("unit2"):
        y = unit(params["unit2"], x)  # googlenet.arch:8
    with jax.named_scope("unit3"):
        unit3 = unit(params["unit3"], y, padding=((1, 1), (1, 1)))  # googlenet.arch:8
    with jax.named_scope("unit4"):
        y = unit(params["unit4"], x)  # googlenet.arch:9
    with jax.named_scope("unit5"):
        unit5 = unit(params["unit5"], y, padding=((2, 2), (2, 2)))  # googlenet.arch:9
    # googlenet.arch:10
    x = max_pool_by_direction(x, window=(3, 3), stride=(1, 1), padding=((1, 1), (1, 1)))
    with jax.named_scope("unit6"):
        x = unit(params["unit6"], x)  # googlenet.arch:10
    x = jnp.concatenate((unit1, unit3, unit5, x), axis=-1)  # googlenet.arch:6
    return x


def auxiliary(params, x, *, train, key):
    """Block auxiliary, googlenet.arch:14: [14, 14, 512] -> [1000] and other sizes."""
    # googlenet.arch:15
    x = avg_pool_by_direction(x, window=(5, 5), stride=(3, 3), padding=((0, 0), (0, 0)))
    with jax.named_scope("unit1"):
        x = unit(params["unit1"], x)  # googlenet.arch:15
    x = jnp.reshape(x, (-1, 2048))  # googlenet.arch:15
    with jax.named_scope("dense1"):
        # googlenet.arch:16
        x = x @ params["dense1"]["kernel"] + params["dense1"]["bias"]
    x = jax.nn.relu(x)  # googlenet.arch:16
    if train:
        x = dropout(x, key, rate=0.7)  # googlenet.arch:16
    with jax.named_scope("dense2"):
        # googlenet.arch:16
        x = x @ params["dense2"]["kernel"] + params["dense2"]["bias"]
    return x


def apply(params, stats, inputs, *, train, key):
    """The network: [batch, 1000], [batch, 1000], [batch, 1000], and the new stats."""
    keys = jax.random.split(key, 3)
    x = inputs["image"]
    with jax.named_scope("unit1"):
        # googlenet.arch:24
        x = unit(params["unit1"], x, stride=(2, 2), padding=((3, 3), (3, 3)))
    x = halve(x)  # googlenet.arch:24
    # googlenet.arch:24
    x = local_response_norm(x, radius=2, k=2.0, alpha=0.0001, beta=0.75)
    with jax.named_scope("unit2"):
        x = unit(params["unit2"], x)  # googlenet.arch:25
    with jax.named_scope("unit3"):
        x = unit(params["unit3"], x, padding=((1, 1), (1, 1)))  # googlenet.arch:25
    # googlenet.arch:25
    x = local_response_norm(x, radius=2, k=2.0, alpha=0.0001, beta=0.75)
    x = halve(x)  # googlenet.arch:25
    with jax.named_scope("inception1"):
        x = inception(params["inception1"], x)  # googlenet.arch:28
    with jax.named_scope("inception2"):
        x = inception(params["inception2"], x)  # googlenet.arch:29
    x = halve(x)  # googlenet.arch:30
    with jax.named_scope("inception3"):
        inception3 = inception(params["inception3"], x)  # googlenet.arch:31
    with jax.named_scope("auxiliary1"):
        # googlenet.arch:32
        auxiliary1 = auxiliary(
            params["auxiliary1"], inception3, train=train, key=keys[0]
        )
    with jax.named_scope("inception4"):
        x = inception(params["inception4"], inception3)  # googlenet.arch:33
    with jax.named_scope("inception5"):
        x = inception(params["inception5"], x)  # googlenet.arch:34
    with jax.named_scope("inception6"):
        inception6 = inception(params["inception6"], x)  # googlenet.arch:35
    with jax.named_scope("auxiliary2"):
        # googlenet.arch:36
        auxiliary2 = auxiliary(
            params["auxiliary2"], inception6, train=train, key=keys[1]
        )
    with jax.named_scope("inception7"):
        x = inception(params["inception7"], inception6)  # googlenet.arch:37
    x = halve(x)  # googlenet.arch:38
    with jax.named_scope("inception8"):
        x = inception(params["inception8"], x)  # googlenet.arch:39
    with jax.named_scope("inception9"):
        x = inception(params["inception9"], x)  # googlenet.arch:40
    x = jnp.mean(x, axis=(1, 2))  # googlenet.arch:42
    if train:
        x = dropout(x, keys[2], rate=0.4)  # googlenet.arch:42
    with jax.named_scope("dense1"):
        # googlenet.arch:42
        x = x @ params["dense1"]["kernel"] + params["dense1"]["bias"]
    outputs = {"aux1": auxiliary1, "aux2": auxiliary2, "class": x}
    return outputs, stats


def predict(params, stats, inputs):
    """What the model says, in evaluation mode."""
    outputs, _ = apply(params, stats, inputs, train=False, key=jax.random.key(0))
    return {"aux1": outputs["aux1"], "aux2": outputs["aux2"], "class": outputs["class"]}


def named(state):
    """Weights and statistics by dotted name, as the .npz files hold them."""
    leaves = jax.tree.leaves_with_path((state.params, state.stats))
    return {".".join(k.key for k in path[1:]): np.asarray(w) for path, w in leaves}
