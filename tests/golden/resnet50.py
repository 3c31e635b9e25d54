"""ResNet50, compiled by archc 0.1.0 from resnet50.arch, to whose author it belongs.

The file has no recipe, so there is nothing to train.
"""

import collections
import functools

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

MODEL = {
    "name": "ResNet50",
    "source": "resnet50.arch",
    "sha256": "4495730b672ebc08dd733d7a2de0c238631c8f2589ba48797133ddaee9a08518",
    "licence": "belongs to whoever wrote resnet50.arch",
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


def conv2d_apart(x, kernel, **options):
    """As conv2d; XLA computes x by itself, and not on the way to the copies that gradients need."""
    return conv2d(jax.lax.optimization_barrier(x), kernel, **options)


def window_cells(x, window, *, stride, padding):
    """What stands in each cell of the windows: an array a cell, row by row."""
    (h, w), (s, t), x = window, stride, jnp.pad(x, ((0, 0), *padding, (0, 0)))
    down, across = x.shape[1] - h + 1, x.shape[2] - w + 1
    return [
        x[:, i : down + i : s, j : across + j : t] for i in range(h) for j in range(w)
    ]


def conv2d_by_patches(x, kernel, *, stride, padding):
    """As conv2d, as one matrix product of patches."""
    cells = window_cells(x, kernel.shape[:2], stride=stride, padding=padding)
    patches = jnp.concatenate(cells, -1)
    return product_of_rows(patches, kernel.reshape(-1, kernel.shape[-1]))


# a window of one cell needs no sliding: with its gradients 2.6 against 6.2 ms for steps
# of 2 over [128, 32, 32, 16]
def conv2d_pointwise(x, kernel, *, stride):
    """As conv2d with a window of one cell: a matrix product."""
    return product_of_rows(x[:, :: stride[0], :: stride[1]], kernel[0, 0])


# XLA's gradient works on the zeros between strides: with it 14 against 19 ms for 3x3
# over [128, 32, 32, 16]
def conv2d_spread_back(x, kernel, *, stride, padding):
    """As conv2d; the gradient of x is spread cell by cell, as that of patches is."""
    options = {"stride": stride, "padding": padding}

    @jax.custom_gradient
    def slide(x, kernel):
        y, back = jax.vjp(functools.partial(conv2d_apart, **options), x, kernel)
        spread = jax.vjp(lambda x: conv2d_by_patches(x, kernel, **options), x)[1]
        return y, lambda gradient: (*spread(gradient), back(gradient)[1])

    return slide(x, kernel)


def product_of_rows(x, kernel):
    """As x @ kernel, for x [..., in] and kernel [in, out], every position a row."""
    y = x.reshape(-1, x.shape[-1]) @ kernel
    return y.reshape(*x.shape[:-1], -1)


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


def init_bottleneck(key, *, inputs, filters, filters_2):
    """First weights and statistics of the block bottleneck."""
    keys = jax.random.split(key, 4)
    params, stats = {}, {}
    params["unit1"], stats["unit1"] = init_unit(
        keys[0], k=1, inputs=inputs, filters=filters
    )
    params["unit2"], stats["unit2"] = init_unit(
        keys[1], k=3, inputs=filters, filters=filters
    )
    params["unit3"], stats["unit3"] = init_unit(
        keys[2], k=1, inputs=filters, filters=filters_2
    )
    params["unit4"], stats["unit4"] = init_unit(
        keys[3], k=1, inputs=inputs, filters=filters_2
    )
    return params, stats


def init_bottleneck_2(key, *, channels, filters):
    """First weights and statistics of the block bottleneck."""
    keys = jax.random.split(key, 3)
    params, stats = {}, {}
    params["unit1"], stats["unit1"] = init_unit(
        keys[0], k=1, inputs=channels, filters=filters
    )
    params["unit2"], stats["unit2"] = init_unit(
        keys[1], k=3, inputs=filters, filters=filters
    )
    params["unit3"], stats["unit3"] = init_unit(
        keys[2], k=1, inputs=filters, filters=channels
    )
    return params, stats


def init_stage(key, *, inputs, filters, channels, count):
    """First weights and statistics of the block stage."""
    keys = jax.random.split(key, 2)
    params, stats = {}, {}
    params["bottleneck1"], stats["bottleneck1"] = init_bottleneck(
        keys[0], inputs=inputs, filters=filters, filters_2=channels
    )
    for i, copy_key in enumerate(jax.random.split(keys[1], count)):
        name = f"bottleneck{i + 2}"
        params[name], stats[name] = init_bottleneck_2(
            copy_key, channels=channels, filters=filters
        )
    return params, stats


@jax.jit
def init(key):
    """The state before the first step."""
    *keys, step_key = jax.random.split(key, 7)
    params, stats = {}, {}
    params["unit1"], stats["unit1"] = init_unit(keys[0], k=7, inputs=3, filters=64)
    params["stage1"], stats["stage1"] = init_stage(
        keys[1], inputs=64, filters=64, channels=256, count=2
    )
    params["stage2"], stats["stage2"] = init_stage(
        keys[2], inputs=256, filters=128, channels=512, count=3
    )
    params["stage3"], stats["stage3"] = init_stage(
        keys[3], inputs=512, filters=256, channels=1024, count=5
    )
    params["stage4"], stats["stage4"] = init_stage(
        keys[4], inputs=1024, filters=512, channels=2048, count=2
    )
    params["dense1"] = {
        "kernel": glorot_uniform(keys[5], (2048, 1000)),
        "bias": jnp.zeros(1000),
    }
    return TrainState(params, stats, (), jnp.int32(0), step_key)


def unit(params, stats, x, *, stride=(1, 1), padding=((0, 0), (0, 0)), train):
    """Block unit, resnet50.arch:3: [224, 224, 3] -> [112, 112, 64] and other sizes."""
    stats = dict(stats)
    with jax.named_scope("conv1"):
        # resnet50.arch:3
        x = conv2d(x, params["conv1"]["kernel"], stride=stride, padding=padding)
    with jax.named_scope("batch_norm1"):
        if train:
            # resnet50.arch:3
            x, stats["batch_norm1"] = batch_norm(
                x,
                params["batch_norm1"],
                stats["batch_norm1"],
                epsilon=1e-05,
                momentum=0.9,
            )
        else:
            # resnet50.arch:3
            x = batch_norm_frozen(
                x, params["batch_norm1"], stats["batch_norm1"], epsilon=1e-05
            )
    return x, stats


def unit_2(params, stats, x, *, train):
    """Block unit, resnet50.arch:3: [56, 56, 128] -> [28, 28, 128] and other sizes."""
    stats = dict(stats)
    with jax.named_scope("conv1"):
        # resnet50.arch:3
        x = conv2d_spread_back(
            x, params["conv1"]["kernel"], stride=(2, 2), padding=((1, 1), (1, 1))
        )
    with jax.named_scope("batch_norm1"):
        if train:
            # resnet50.arch:3
            x, stats["batch_norm1"] = batch_norm(
                x,
                params["batch_norm1"],
                stats["batch_norm1"],
                epsilon=1e-05,
                momentum=0.9,
            )
        else:
            # resnet50.arch:3
            x = batch_norm_frozen(
                x, params["batch_norm1"], stats["batch_norm1"], epsilon=1e-05
            )
    return x, stats


def unit_3(params, stats, x, *, train):
    """Block unit, resnet50.arch:3: [56, 56, 256] -> [28, 28, 512] and other sizes."""
    stats = dict(stats)
    with jax.named_scope("conv1"):
        # resnet50.arch:3
        x = conv2d_pointwise(x, params["conv1"]["kernel"], stride=(2, 2))
    with jax.named_scope("batch_norm1"):
        if train:
            # resnet50.arch:3
            x, stats["batch_norm1"] = batch_norm(
                x,
                params["batch_norm1"],
                stats["batch_norm1"],
                epsilon=1e-05,
                momentum=0.9,
            )
        else:
            # resnet50.arch:3
            x = batch_norm_frozen(
                x, params["batch_norm1"], stats["batch_norm1"], epsilon=1e-05
            )
    return x, stats


def bottleneck(params, stats, x, *, train):
    """Block bottleneck, resnet50.arch:5: [56, 56, 64] -> [56, 56, 256]."""
    stats = dict(stats)
    with jax.named_scope("unit1"):
        # resnet50.arch:7
        y, stats["unit1"] = unit(params["unit1"], stats["unit1"], x, train=train)
    y = jax.nn.relu(y)  # resnet50.arch:7
    with jax.named_scope("unit2"):
        # resnet50.arch:7
        y, stats["unit2"] = unit(
            params["unit2"], stats["unit2"], y, padding=((1, 1), (1, 1)), train=train
        )
    y = jax.nn.relu(y)  # resnet50.arch:7
    with jax.named_scope("unit3"):
        # resnet50.arch:7
        unit3, stats["unit3"] = unit(params["unit3"], stats["unit3"], y, train=train)
    with jax.named_scope("unit4"):
        # resnet50.arch:8
        x, stats["unit4"] = unit(params["unit4"], stats["unit4"], x, train=train)
    x = unit3 + x  # resnet50.arch:6
    x = jax.nn.relu(x)  # resnet50.arch:10
    return x, stats


def bottleneck_2(params, stats, x, *, train):
    """Block bottleneck, resnet50.arch:5: [56, 56, 256] -> [56, 56, 256] and other sizes."""
    stats = dict(stats)
    with jax.named_scope("unit1"):
        # resnet50.arch:7
        y, stats["unit1"] = unit(params["unit1"], stats["unit1"], x, train=train)
    y = jax.nn.relu(y)  # resnet50.arch:7
    with jax.named_scope("unit2"):
        # resnet50.arch:7
        y, stats["unit2"] = unit(
            params["unit2"], stats["unit2"], y, padding=((1, 1), (1, 1)), train=train
        )
    y = jax.nn.relu(y)  # resnet50.arch:7
    with jax.named_scope("unit3"):
        # resnet50.arch:7
        y, stats["unit3"] = unit(params["unit3"], stats["unit3"], y, train=train)
    x = y + x  # resnet50.arch:6
    x = jax.nn.relu(x)  # resnet50.arch:10
    return x, stats


def bottleneck_3(params, stats, x, *, train):
    """Block bottleneck, resnet50.arch:5: [56, 56, 256] -> [28, 28, 512] and other sizes."""
    stats = dict(stats)
    with jax.named_scope("unit1"):
        # resnet50.arch:7
        y, stats["unit1"] = unit(params["unit1"], stats["unit1"], x, train=train)
    y = jax.nn.relu(y)  # resnet50.arch:7
    with jax.named_scope("unit2"):
        # resnet50.arch:7
        y, stats["unit2"] = unit_2(params["unit2"], stats["unit2"], y, train=train)
    y = jax.nn.relu(y)  # resnet50.arch:7
    with jax.named_scope("unit3"):
        # resnet50.arch:7
        unit3, stats["unit3"] = unit(params["unit3"], stats["unit3"], y, train=train)
    with jax.named_scope("unit4"):
        # resnet50.arch:8
        x, stats["unit4"] = unit_3(params["unit4"], stats["unit4"], x, train=train)
    x = unit3 + x  # resnet50.arch:6
    x = jax.nn.relu(x)  # resnet50.arch:10
    return x, stats


def stage(params, stats, x, *, train):
    """Block stage, resnet50.arch:13: [56, 56, 64] -> [56, 56, 256]."""
    stats = dict(stats)
    with jax.named_scope("bottleneck1"):
        # resnet50.arch:14
        x, stats["bottleneck1"] = bottleneck(
            params["bottleneck1"], stats["bottleneck1"], x, train=train
        )
    for i in range(2):
        name = f"bottleneck{i + 2}"
        with jax.named_scope(name):
            # resnet50.arch:15
            x, stats[name] = bottleneck_2(params[name], stats[name], x, train=train)
    return x, stats


def stage_2(params, stats, x, *, count, train):
    """Block stage, resnet50.arch:13: [56, 56, 256] -> [28, 28, 512] and other sizes."""
    stats = dict(stats)
    with jax.named_scope("bottleneck1"):
        # resnet50.arch:14
        x, stats["bottleneck1"] = bottleneck_3(
            params["bottleneck1"], stats["bottleneck1"], x, train=train
        )
    for i in range(count):
        name = f"bottleneck{i + 2}"
        with jax.named_scope(name):
            # resnet50.arch:15
            x, stats[name] = bottleneck_2(params[name], stats[name], x, train=train)
    return x, stats


def apply(params, stats, inputs, *, train, key):
    """The network: [batch, 1000], and the new stats."""
    del key  # nothing in this model asks for it
    stats = dict(stats)
    x = inputs["image"]
    with jax.named_scope("unit1"):
        # resnet50.arch:20
        x, stats["unit1"] = unit(
            params["unit1"],
            stats["unit1"],
            x,
            stride=(2, 2),
            padding=((3, 3), (3, 3)),
            train=train,
        )
    # resnet50.arch:20
    x = max_pool_by_direction(x, window=(3, 3), stride=(2, 2), padding=((1, 1), (1, 1)))
    # f(max(x)) is max(f(x)) where f never falls, and has fewer values to compute
    x = jax.nn.relu(x)  # resnet50.arch:20
    with jax.named_scope("stage1"):
        # resnet50.arch:21
        x, stats["stage1"] = stage(params["stage1"], stats["stage1"], x, train=train)
    with jax.named_scope("stage2"):
        # resnet50.arch:22
        x, stats["stage2"] = stage_2(
            params["stage2"], stats["stage2"], x, count=3, train=train
        )
    with jax.named_scope("stage3"):
        # resnet50.arch:23
        x, stats["stage3"] = stage_2(
            params["stage3"], stats["stage3"], x, count=5, train=train
        )
    with jax.named_scope("stage4"):
        # resnet50.arch:24
        x, stats["stage4"] = stage_2(
            params["stage4"], stats["stage4"], x, count=2, train=train
        )
    x = jnp.mean(x, axis=(1, 2))  # resnet50.arch:26
    with jax.named_scope("dense1"):
        # resnet50.arch:26
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
