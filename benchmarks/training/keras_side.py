"""Keras 3 on JAX: `fit` with jit_compile, from arrays in memory, with the `steps_per_execution` of the setting."""

import os
from typing import Any

os.environ["KERAS_BACKEND"] = "jax"

import jax
import keras
from keras import layers

from benchmarks.training.handover import Handed, Layer
from benchmarks.training.listening import Listener


class First(keras.callbacks.Callback):
    """Tells of the first step, and of the first epoch."""

    def __init__(self, listener: Listener):
        super().__init__()
        self.listener, self.told = listener, False

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if not self.told:
            self.told = True
            self.listener.first_step(float(logs["loss"]))


class Epochs(keras.callbacks.Callback):
    """Tells of each epoch. It looks at no step, so that Keras needn't wait for one."""

    def __init__(self, listener: Listener):
        super().__init__()
        self.listener = listener

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        jax.block_until_ready([weight.value for weight in self.model.trainable_variables])
        if not self.listener.epoch(float(logs["loss"]), logs.get("val_accuracy")):
            self.model.stop_training = True


def windowed(layer: Layer, x: Any, make: Any) -> Any:
    """A convolution or pooling; cells around that "same" doesn't mean are put there by a layer, as Keras does."""
    same = layer.stride == (1, 1) and all(
        cells == ((size - 1) // 2,) * 2 and size % 2 for size, cells in zip(layer.window, layer.padding, strict=True)
    )
    if same:
        return make("same")(x)
    padded = layers.ZeroPadding2D(layer.padding)(x) if any(map(any, layer.padding)) else x
    return make("valid")(padded)


def applied(handed: Handed, layer: Layer, entering: list[Any]) -> Any:
    x, name = entering[0], layer.name.replace(".", "_")
    match layer.kind:
        case "conv":
            channels = layer.shape[-1]
            return windowed(
                layer,
                x,
                lambda padding: layers.Conv2D(
                    channels, layer.window, layer.stride, padding, use_bias=layer.bias, name=name
                ),
            )
        case "max_pool":
            return windowed(layer, x, lambda padding: layers.MaxPooling2D(layer.window, layer.stride, padding))
        case "avg_pool":
            return windowed(layer, x, lambda padding: layers.AveragePooling2D(layer.window, layer.stride, padding))
        case "dense":
            last = layer is handed.layers[-1]
            return layers.Dense(layer.shape[0], use_bias=layer.bias, name=name, dtype="float32" if last else None)(x)
        case "batch_norm":
            return layers.BatchNormalization(momentum=layer.momentum, epsilon=layer.epsilon, name=name)(x)
        case "global_avg_pool":
            return layers.GlobalAveragePooling2D()(x)
        case "flatten":
            return layers.Flatten()(x)
        case "add":
            return layers.Add()(entering)
        case kind:
            return layers.Activation(kind)(x)


ORDER = ("kernel", "bias", "scale", "shift", "mean", "variance")
"""Of a layer's arrays, as Keras holds them."""


def built(handed: Handed) -> Any:
    """The model, with the first weights."""
    if handed.precision == "bf16":
        keras.mixed_precision.set_global_policy("mixed_bfloat16")
    values = {"image": keras.Input(handed.image)}
    for layer in handed.layers:
        values[layer.name] = applied(handed, layer, [values[name] for name in layer.inputs])
    model = keras.Model(values["image"], values[handed.layers[-1].name])
    for layer in handed.layers:
        arrays = [handed.weight(layer, name) for name in ORDER if f"{layer.name}.{name}" in handed.weights]
        if arrays:
            model.get_layer(layer.name.replace(".", "_")).set_weights(arrays)
    return model


def train(handed: Handed, setting: str, epochs: int, listener: Listener) -> None:
    model, adam, table = built(handed), handed.adam, handed.table
    model.compile(
        keras.optimizers.Adam(adam["rate"], adam["beta1"], adam["beta2"], adam["epsilon"]),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"] if handed.goal else None,
        jit_compile=True,
        steps_per_execution=int(setting.split("=")[1]),
    )
    held = {"validation_data": (table["held.image"], table["held.label"]), "validation_batch_size": 1000}
    options = {"batch_size": handed.batch, "shuffle": False, "verbose": 0, **(held if handed.goal else {})}
    told = Epochs(listener)
    model.fit(table["image"], table["label"], epochs=1, callbacks=[First(listener), told], **options)
    if epochs > 1 and listener.reached is None:
        model.fit(table["image"], table["label"], epochs=epochs - 1, callbacks=[told], **options)
