"""Flax NNX: its own layers, with a jitted step in the three forms that its guides give, data on the device."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from benchmarks.training.handover import Handed, Layer
from benchmarks.training.listening import Listener, accuracy_of

NAMES = {"scale": "scale", "shift": "bias", "mean": "mean", "variance": "var"}
"""What Flax calls the arrays of a batch norm; the others have our names."""


class Net(nnx.Module):
    """The network over images [batch, height, width, channels]."""

    def __init__(self, handed: Handed, rngs: nnx.Rngs):
        self.plan = handed.layers
        self.half = handed.precision == "bf16"
        for layer in handed.layers:
            module = made(handed, layer, jnp.bfloat16 if self.half else None, rngs)
            if module is not None:
                setattr(self, attribute(layer), module)

    def __call__(self, x: jax.Array) -> jax.Array:
        values = {"image": x.astype(jnp.bfloat16) if self.half else x}
        for layer in self.plan:
            x = values[layer.inputs[0]]
            match layer.kind:
                case "conv" | "dense" | "batch_norm":
                    y = getattr(self, attribute(layer))(x)
                case "max_pool":
                    y = nnx.max_pool(x, layer.window, layer.stride, layer.padding)
                case "avg_pool":
                    y = nnx.avg_pool(x, layer.window, layer.stride, layer.padding)
                case "global_avg_pool":
                    y = x.mean((1, 2))
                case "flatten":
                    y = x.reshape(len(x), -1)
                case "add":
                    y = x + values[layer.inputs[1]]
                case kind:
                    y = getattr(nnx, kind)(x)
            values[layer.name] = y
        return y.astype(jnp.float32)


def attribute(layer: Layer) -> str:
    return layer.name.replace(".", "_")


def made(handed: Handed, layer: Layer, dtype: Any, rngs: nnx.Rngs) -> nnx.Module | None:
    """The module of a layer that has weights, with its first ones."""
    inputs, outputs = handed.entering(layer)[-1], layer.shape[-1]
    match layer.kind:
        case "conv":
            module: Any = nnx.Conv(
                inputs,
                outputs,
                layer.window,
                layer.stride,
                padding=layer.padding,
                use_bias=layer.bias,
                dtype=dtype,
                rngs=rngs,
            )
        case "dense":
            module = nnx.Linear(inputs, outputs, use_bias=layer.bias, dtype=dtype, rngs=rngs)
        case "batch_norm":
            module = nnx.BatchNorm(outputs, momentum=layer.momentum, epsilon=layer.epsilon, dtype=dtype, rngs=rngs)
        case _:
            return None
    names = NAMES if layer.kind == "batch_norm" else {name: name for name in ("kernel", "bias")[: 1 + layer.bias]}
    for ours, theirs in names.items():
        getattr(module, theirs)[...] = jnp.asarray(handed.weight(layer, ours))
    return module


def step_of(model: Net, optimizer: nnx.Optimizer, x: jax.Array, y: jax.Array) -> jax.Array:
    def loss(model: Net) -> jax.Array:
        return optax.softmax_cross_entropy_with_integer_labels(model(x), y).mean()

    value, gradients = nnx.value_and_grad(loss)(model)
    optimizer.update(model, gradients)
    return value


def stepping(setting: str, model: Net, optimizer: nnx.Optimizer) -> Any:
    """The step (x, y) -> loss in the form of the setting, and a function that brings the model up to date."""
    if setting == "jax.jit of split state":
        graph, state = nnx.split((model, optimizer))

        def pure(state: Any, x: jax.Array, y: jax.Array) -> tuple[Any, jax.Array]:
            model, optimizer = nnx.merge(graph, state)
            value = step_of(model, optimizer, x, y)
            return nnx.state((model, optimizer)), value

        jitted = jax.jit(pure, donate_argnums=0)

        def step(x: jax.Array, y: jax.Array) -> jax.Array:
            nonlocal state
            state, value = jitted(state, x, y)
            return value

        return step, lambda: nnx.update((model, optimizer), state)
    if setting == "nnx.cached_partial":
        return nnx.cached_partial(nnx.jit(step_of, donate_argnums=(0, 1)), model, optimizer), lambda: None
    jitted = nnx.jit(step_of, donate_argnums=(0, 1))
    return lambda x, y: jitted(model, optimizer, x, y), lambda: None


def train(handed: Handed, setting: str, epochs: int, listener: Listener) -> None:
    adam, batch = handed.adam, handed.batch
    model = Net(handed, nnx.Rngs(0))
    model.train()
    optimizer = nnx.Optimizer(
        model, optax.adam(adam["rate"], adam["beta1"], adam["beta2"], adam["epsilon"]), wrt=nnx.Param
    )
    step, refresh = stepping(setting, model, optimizer)
    images, labels = (jnp.asarray(handed.table[name]) for name in ("image", "label"))

    @nnx.jit
    def right(model: Net, x: jax.Array, y: jax.Array) -> jax.Array:
        return (model(x).argmax(-1) == y).sum()

    def accuracy() -> float:
        refresh()
        return accuracy_of(lambda a, b: right(model, held[a:b], truth[a:b]), len(truth))

    if handed.goal:
        held, truth = (jnp.asarray(handed.table[f"held.{name}"]) for name in ("image", "label"))
    losses, position = [step(images[:batch], labels[:batch])], batch
    listener.first_step(float(jax.block_until_ready(losses[0])))
    for _ in range(epochs):
        for start in range(position, handed.rows, batch):
            losses.append(step(images[start : start + batch], labels[start : start + batch]))
        mean = float(np.mean(jax.device_get(jax.block_until_ready(losses))))
        if not listener.epoch(mean, accuracy() if handed.goal else None):
            break
        losses, position = [], 0
