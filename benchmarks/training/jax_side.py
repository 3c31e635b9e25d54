"""Hand-written JAX: in the form that everybody writes, and in the best that was found by hand.

Plain: `reduce_window` pooling, a jitted step that donates its state, a Python loop over batches that are
slices of what lies on the device. Tuned: pooling of windows that stand side by side from slices and reshapes,
and, as `loop`, all batches of an epoch in one device loop.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax

from benchmarks.training.handover import Handed, Layer
from benchmarks.training.listening import Listener, accuracy_of

ACTIVATIONS = {"relu": jax.nn.relu, "tanh": jnp.tanh, "sigmoid": jax.nn.sigmoid}
STATISTICS = ("mean", "variance")
Weights = dict[str, dict[str, jax.Array]]


def first_weights(handed: Handed) -> tuple[Weights, Weights]:
    """Trained weights and statistics, by layer and name."""
    params: Weights = {}
    stats: Weights = {}
    for path, value in handed.weights.items():
        layer, name = path.rsplit(".", 1)
        (stats if name in STATISTICS else params).setdefault(layer, {})[name] = jnp.asarray(value)
    return params, stats


def window_pool(layer: Layer, x: jax.Array) -> jax.Array:
    window, stride, padding = (1, *layer.window, 1), (1, *layer.stride, 1), ((0, 0), *layer.padding, (0, 0))
    if layer.kind == "max_pool":
        return lax.reduce_window(x, -jnp.inf, lax.max, window, stride, padding)
    return lax.reduce_window(x, 0.0, lax.add, window, stride, padding) / np.prod(layer.window)


def slice_pool(layer: Layer, x: jax.Array) -> jax.Array:
    height, width = layer.window
    if layer.stride != layer.window or any(map(any, layer.padding)) or x.shape[1] % height or x.shape[2] % width:
        return window_pool(layer, x)
    if layer.kind == "avg_pool":
        n, rows, columns, channels = x.shape
        return x.reshape(n, rows // height, height, columns // width, width, channels).mean((2, 4))
    slices = [x[:, i::height, j::width] for i in range(height) for j in range(width)]
    result = slices[0]
    for other in slices[1:]:
        result = jnp.maximum(result, other)
    return result


def batch_norm(layer: Layer, weights: Any, stats: Any, x: jax.Array) -> tuple[jax.Array, dict[str, jax.Array]]:
    wide, n = x.astype(jnp.float32), x.size // x.shape[-1]
    mean, variance = wide.mean((0, 1, 2)), wide.var((0, 1, 2))
    kept = layer.momentum
    moved = {
        "mean": kept * stats["mean"] + (1 - kept) * mean,
        "variance": kept * stats["variance"] + (1 - kept) * variance * (n / (n - 1)),
    }
    factor = weights["scale"] * lax.rsqrt(variance + layer.epsilon)
    return ((wide - mean) * factor + weights["shift"]).astype(x.dtype), moved


def forward(handed: Handed, params: Weights, stats: Weights, images: jax.Array, pool: Any) -> tuple[Any, Weights]:
    """Logits [batch, classes] float32, and the statistics moved on."""
    dtype = jnp.bfloat16 if handed.precision == "bf16" else jnp.float32
    values, moved = {"image": images.astype(dtype)}, dict(stats)
    for layer in handed.layers:
        x, weights = values[layer.inputs[0]], params.get(layer.name, {})
        match layer.kind:
            case "conv":
                kernel = weights["kernel"].astype(dtype)
                y = lax.conv_general_dilated(
                    x, kernel, layer.stride, layer.padding, dimension_numbers=("NHWC", "HWIO", "NHWC")
                )
                y = y + weights["bias"].astype(dtype) if layer.bias else y
            case "dense":
                y = x @ weights["kernel"].astype(dtype)
                y = y + weights["bias"].astype(dtype) if layer.bias else y
            case "batch_norm":
                y, moved[layer.name] = batch_norm(layer, weights, stats[layer.name], x)
            case "max_pool" | "avg_pool":
                y = pool(layer, x)
            case "global_avg_pool":
                y = x.mean((1, 2))
            case "flatten":
                y = x.reshape(len(x), -1)
            case "add":
                y = sum(values[name] for name in layer.inputs)
            case kind:
                y = ACTIVATIONS[kind](x)
        values[layer.name] = y
    return y.astype(jnp.float32), moved


def train(handed: Handed, setting: str, epochs: int, listener: Listener) -> None:
    ways = setting.split(", ")
    pool = slice_pool if "slices" in ways else window_pool
    adam = handed.adam
    optimizer = optax.adam(adam["rate"], adam["beta1"], adam["beta2"], adam["epsilon"])
    params, stats = first_weights(handed)
    state = params, stats, optimizer.init(params)
    batch, rows = handed.batch, handed.rows
    images, labels = (jnp.asarray(handed.table[name]) for name in ("image", "label"))

    def one(state: Any, x: jax.Array, y: jax.Array) -> tuple[Any, jax.Array]:
        params, stats, moments = state

        def loss(params: Weights) -> tuple[jax.Array, Weights]:
            logits, moved = forward(handed, params, stats, x, pool)
            return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean(), moved

        (value, stats), gradients = jax.value_and_grad(loss, has_aux=True)(params)
        updates, moments = optimizer.update(gradients, moments, params)
        return (optax.apply_updates(params, updates), stats, moments), value

    step = jax.jit(one, donate_argnums=0)

    @partial(jax.jit, donate_argnums=0)
    def loop(state: Any, images: jax.Array, labels: jax.Array, start: int, stop: int) -> tuple[Any, jax.Array]:
        """Steps start..stop as one device loop: the state, and the sum of their losses."""

        def body(i: int, carried: Any) -> Any:
            state, total = carried
            x, y = (lax.dynamic_slice_in_dim(values, i * batch, batch) for values in (images, labels))
            state, value = one(state, x, y)
            return state, total + value

        return lax.fori_loop(start, stop, body, (state, jnp.float32(0)))

    def steps(state: Any, start: int, stop: int) -> tuple[Any, float]:
        """The same in the way of the setting, finished on the device."""
        if "loop" in ways:
            state, total = loop(state, images, labels, start, stop)
            jax.block_until_ready(state)
            return state, float(total)
        losses = []
        for i in range(start, stop):
            state, value = step(state, images[i * batch : (i + 1) * batch], labels[i * batch : (i + 1) * batch])
            losses.append(value)
        jax.block_until_ready(state)
        return state, float(np.sum(jax.device_get(losses)))

    @jax.jit
    def right(state: Any, x: jax.Array, y: jax.Array) -> jax.Array:
        logits, _ = forward(handed, state[0], state[1], x, pool)
        return (logits.argmax(-1) == y).sum()

    def accuracy(state: Any) -> float:
        return accuracy_of(lambda a, b: right(state, held[a:b], truth[a:b]), len(truth))

    if handed.goal:
        held, truth = (jnp.asarray(handed.table[f"held.{name}"]) for name in ("image", "label"))
    count, position = rows // batch, 1
    state, total = steps(state, 0, 1)
    listener.first_step(total)
    for _ in range(epochs):
        state, more = steps(state, position, count)
        total += more
        if not listener.epoch(total / count, accuracy(state) if handed.goal else None):
            break
        position, total = 0, 0.0
