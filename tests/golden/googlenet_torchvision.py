"""GoogLeNet, compiled by archc 0.1.0 from googlenet_torchvision.arch, to whose author it belongs.

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
    "source": "googlenet_torchvision.arch",
    "sha256": "906a280745ec5e256a99003a1c84784ef72ff2c1c5471d310f3ded792c6b2f75",
    "licence": "belongs to whoever wrote googlenet_torchvision.arch",
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


def channel_means(values):
    """Mean of each channel, over the batch as a product with ones where there are positions."""
    # a product adds up one after the other: over all positions it would lose digits
    n = len(values) if values.ndim > 2 else 1
    each = jnp.full((1, n), 1 / n, values.dtype) @ values.reshape(n, -1)
    return each.reshape(-1, values.shape[-1]).mean(0)


# XLA's sums take one core of a CPU, its products all: six convolutions of [64, 16, 16,
# 32] with batch norm take 41 ms so, and 49 by sums
def standardized(values, scale, shift, epsilon):
    """Each channel brought to mean 0 and variance 1, scaled and shifted; what these were."""
    n = values.size // values.shape[-1]

    # nothing flows back through the mean and variance that it gives
    @jax.custom_gradient
    def bring(values, scale, shift):
        mean = channel_means(values)
        variance = channel_means(jnp.square(values - mean))
        factor = lax.rsqrt(variance + epsilon)

        def back(gradients):
            by_shift = channel_means(gradients[0])
            by_scale = channel_means(gradients[0] * (values - mean)) * factor
            along = by_shift + (values - mean) * (factor * by_scale)
            slope = (gradients[0] - along) * (scale * factor)
            return slope, n * by_scale, n * by_shift

        y = (values - mean) * (scale * factor) + shift
        return (y, mean, variance), back

    return bring(values, scale, shift)


def batch_norm(x, weights, stats, *, epsilon, momentum):
    """Normalised by the batch (Ioffe and Szegedy, 2015), and the averages moved on."""
    wide = x.astype(weights["scale"].dtype)
    y, mean, variance = standardized(wide, weights["scale"], weights["shift"], epsilon)
    n = x.size // x.shape[-1]
    moved = {
        "mean": momentum * stats["mean"] + (1 - momentum) * mean,
        "variance": momentum * stats["variance"]
        + (1 - momentum) * variance * (n / max(n - 1, 1)),
    }
    return y.astype(x.dtype), moved


def batch_norm_frozen(x, weights, stats, *, epsilon):
    """Normalised by the moving averages, as after training."""
    factor = weights["scale"] * lax.rsqrt(stats["variance"] + epsilon)
    return ((x - stats["mean"]) * factor + weights["shift"]).astype(x.dtype)


def max_pool_disjoint(x, *, window):
    """The maximum of windows side by side, as strided slices: their gradient is cheap."""
    h, w = window
    rows, columns = x.shape[1] // h * h, x.shape[2] // w * w
    cells = [x[:, i:rows:h, j:columns:w] for i in range(h) for j in range(w)]
    return functools.reduce(jnp.maximum, cells)


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


def init_unit(key, *, k, inputs, filters):
    """First weights and statistics of the block unit."""
    params = {
        "conv1": {"kernel": glorot_uniform(key, (k, k, inputs, filters))},
        "batch_norm1": {"scale": jnp.ones(filters), "shift": jnp.zeros(filters)},
    }
    stats = {"batch_norm1": {"mean": jnp.zeros(filters), "variance": jnp.ones(filters)}}
    return params, stats


def init_inception(key, *, inputs, c1, r3, c3, r5, c5, p):
    """First weights and statistics of the block inception."""
    keys = jax.random.split(key, 6)
    params, stats = {}, {}
    params["unit1"], stats["unit1"] = init_unit(keys[0], k=1, inputs=inputs, filters=c1)
    params["unit2"], stats["unit2"] = init_unit(keys[1], k=1, inputs=inputs, filters=r3)
    params["unit3"], stats["unit3"] = init_unit(keys[2], k=3, inputs=r3, filters=c3)
    params["unit4"], stats["unit4"] = init_unit(keys[3], k=1, inputs=inputs, filters=r5)
    params["unit5"], stats["unit5"] = init_unit(keys[4], k=3, inputs=r5, filters=c5)
    params["unit6"], stats["unit6"] = init_unit(keys[5], k=1, inputs=inputs, filters=p)
    return params, stats


@jax.jit(compiler_options={"xla_backend_optimization_level": 0})
def init(key):
    """The state before the first step: compiled in haste, since it runs once."""
    *keys, step_key = jax.random.split(key, 14)
    params, stats = {}, {}
    params["unit1"], stats["unit1"] = init_unit(keys[0], k=7, inputs=3, filters=64)
    params["unit2"], stats["unit2"] = init_unit(keys[1], k=1, inputs=64, filters=64)
    params["unit3"], stats["unit3"] = init_unit(keys[2], k=3, inputs=64, filters=192)
    params["inception1"], stats["inception1"] = init_inception(
        keys[3], inputs=192, c1=64, r3=96, c3=128, r5=16, c5=32, p=32
    )
    params["inception2"], stats["inception2"] = init_inception(
        keys[4], inputs=256, c1=128, r3=128, c3=192, r5=32, c5=96, p=64
    )
    params["inception3"], stats["inception3"] = init_inception(
        keys[5], inputs=480, c1=192, r3=96, c3=208, r5=16, c5=48, p=64
    )
    params["inception4"], stats["inception4"] = init_inception(
        keys[6], inputs=512, c1=160, r3=112, c3=224, r5=24, c5=64, p=64
    )
    params["inception5"], stats["inception5"] = init_inception(
        keys[7], inputs=512, c1=128, r3=128, c3=256, r5=24, c5=64, p=64
    )
    params["inception6"], stats["inception6"] = init_inception(
        keys[8], inputs=512, c1=112, r3=144, c3=288, r5=32, c5=64, p=64
    )
    params["inception7"], stats["inception7"] = init_inception(
        keys[9], inputs=528, c1=256, r3=160, c3=320, r5=32, c5=128, p=128
    )
    params["inception8"], stats["inception8"] = init_inception(
        keys[10], inputs=832, c1=256, r3=160, c3=320, r5=32, c5=128, p=128
    )
    params["inception9"], stats["inception9"] = init_inception(
        keys[11], inputs=832, c1=384, r3=192, c3=384, r5=48, c5=128, p=128
    )
    params["dense1"] = {
        "kernel": glorot_uniform(keys[12], (1024, 1000)),
        "bias": jnp.zeros(1000),
    }
    return TrainState(params, stats, (), jnp.int32(0), step_key)


def unit(params, stats, x, *, stride=(1, 1), padding=((0, 0), (0, 0)), train):
    """Block unit, googlenet_torchvision.arch:3: [224, 224, 3] -> [112, 112, 64] and other sizes."""
    stats = dict(stats)
    with jax.named_scope("conv1"):
        # googlenet_torchvision.arch:4
        x = conv2d(x, params["conv1"]["kernel"], stride=stride, padding=padding)
    with jax.named_scope("batch_norm1"):
        if train:
            # googlenet_torchvision.arch:4
            x, stats["batch_norm1"] = batch_norm(
                x,
                params["batch_norm1"],
                stats["batch_norm1"],
                epsilon=0.001,
                momentum=0.9,
            )
        else:
            # googlenet_torchvision.arch:4
            x = batch_norm_frozen(
                x, params["batch_norm1"], stats["batch_norm1"], epsilon=0.001
            )
    x = jax.nn.relu(x)  # googlenet_torchvision.arch:4
    return x, stats


def halve(x):
    """Block halve, googlenet_torchvision.arch:17: [112, 112, 64] -> [56, 56, 64] and other sizes."""
    # googlenet_torchvision.arch:17
    x = max_pool_by_direction(x, window=(3, 3), stride=(2, 2), padding=((0, 1), (0, 1)))
    return x


def halve_2(x):
    """Block halve, googlenet_torchvision.arch:17: [14, 14, 832] -> [7, 7, 832]."""
    x = max_pool_disjoint(x, window=(2, 2))  # googlenet_torchvision.arch:17
    return x


def inception(params, stats, x, *, train):
    """Block inception, googlenet_torchvision.arch:8: [28, 28, 192] -> [28, 28, 256] and other sizes."""
    stats = dict(stats)
    with jax.named_scope("unit1"):
        # googlenet_torchvision.arch:10
        unit1, stats["unit1"] = unit(params["unit1"], stats["unit1"], x, train=train)
    with jax.named_scope("unit2"):
        # googlenet_torchvision.arch:11
        y, stats["unit2"] = unit(params["unit2"], stats["unit2"], x, train=train)
    with jax.named_scope("unit3"):
        # googlenet_torchvision.arch:11
        unit3, stats["unit3"] = unit(
            params["unit3"], stats["unit3"], y, padding=((1, 1), (1, 1)), train=train
        )
    with jax.named_scope("unit4"):
        # googlenet_torchvision.arch:12
        y, stats["unit4"] = unit(params["unit4"], stats["unit4"], x, train=train)
    with jax.named_scope("unit5"):
        # googlenet_torchvision.arch:12
        unit5, stats["unit5"] = unit(
            params["unit5"], stats["unit5"], y, padding=((1, 1), (1, 1)), train=train
        )
    # googlenet_torchvision.arch:13
    x = max_pool_by_direction(x, window=(3, 3), stride=(1, 1), padding=((1, 1), (1, 1)))
    with jax.named_scope("unit6"):
        # googlenet_torchvision.arch:13
        x, stats["unit6"] = unit(params["unit6"], stats["unit6"], x, train=train)
    # googlenet_torchvision.arch:9
    x = jnp.concatenate((unit1, unit3, unit5, x), axis=-1)
    return x, stats


def apply(params, stats, inputs, *, train, key):
    """The network: [batch, 1000], and the new stats."""
    keys = jax.random.split(key, 1)
    stats = dict(stats)
    x = inputs["image"]
    with jax.named_scope("unit1"):
        # googlenet_torchvision.arch:22
        x, stats["unit1"] = unit(
            params["unit1"],
            stats["unit1"],
            x,
            stride=(2, 2),
            padding=((3, 3), (3, 3)),
            train=train,
        )
    x = halve(x)  # googlenet_torchvision.arch:22
    with jax.named_scope("unit2"):
        # googlenet_torchvision.arch:23
        x, stats["unit2"] = unit(params["unit2"], stats["unit2"], x, train=train)
    with jax.named_scope("unit3"):
        # googlenet_torchvision.arch:23
        x, stats["unit3"] = unit(
            params["unit3"], stats["unit3"], x, padding=((1, 1), (1, 1)), train=train
        )
    x = halve(x)  # googlenet_torchvision.arch:23
    with jax.named_scope("inception1"):
        # googlenet_torchvision.arch:26
        x, stats["inception1"] = inception(
            params["inception1"], stats["inception1"], x, train=train
        )
    with jax.named_scope("inception2"):
        # googlenet_torchvision.arch:27
        x, stats["inception2"] = inception(
            params["inception2"], stats["inception2"], x, train=train
        )
    x = halve(x)  # googlenet_torchvision.arch:28
    with jax.named_scope("inception3"):
        # googlenet_torchvision.arch:29
        x, stats["inception3"] = inception(
            params["inception3"], stats["inception3"], x, train=train
        )
    with jax.named_scope("inception4"):
        # googlenet_torchvision.arch:30
        x, stats["inception4"] = inception(
            params["inception4"], stats["inception4"], x, train=train
        )
    with jax.named_scope("inception5"):
        # googlenet_torchvision.arch:31
        x, stats["inception5"] = inception(
            params["inception5"], stats["inception5"], x, train=train
        )
    with jax.named_scope("inception6"):
        # googlenet_torchvision.arch:32
        x, stats["inception6"] = inception(
            params["inception6"], stats["inception6"], x, train=train
        )
    with jax.named_scope("inception7"):
        # googlenet_torchvision.arch:33
        x, stats["inception7"] = inception(
            params["inception7"], stats["inception7"], x, train=train
        )
    x = halve_2(x)  # googlenet_torchvision.arch:34
    with jax.named_scope("inception8"):
        # googlenet_torchvision.arch:35
        x, stats["inception8"] = inception(
            params["inception8"], stats["inception8"], x, train=train
        )
    with jax.named_scope("inception9"):
        # googlenet_torchvision.arch:36
        x, stats["inception9"] = inception(
            params["inception9"], stats["inception9"], x, train=train
        )
    x = jnp.mean(x, axis=(1, 2))  # googlenet_torchvision.arch:38
    if train:
        x = dropout(x, keys[0], rate=0.2)  # googlenet_torchvision.arch:38
    with jax.named_scope("dense1"):
        # googlenet_torchvision.arch:38
        x = x @ params["dense1"]["kernel"] + params["dense1"]["bias"]
    return x, stats


def predict(params, stats, inputs):
    """What the model says, in evaluation mode."""
    outputs, _ = apply(params, stats, inputs, train=False, key=jax.random.key(0))
    return outputs


def named(state):
    """Weights and statistics by dotted name, as the .npz files hold them."""
    leaves = jax.tree.leaves_with_path((state.params, state.stats))
    return {".".join(k.key for k in path[1:]): np.asarray(w) for path, w in leaves}
