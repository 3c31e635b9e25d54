"""Inputs that excite the units of a layer: gradient ascent on an image, through the program itself.

The image starts as the mean of the training rows with a little noise and is pulled back to it, is moved a
little each step so that nothing depends on single pixels, blurred now and then, and stays in the range of the
data: without that what comes out is noise that no one can read (Olah, Mordvintsev and Schubert, 2017:
"Feature visualization").
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from archc.ir import Node
from archc.ops import OPS
from archc.train.loading import explained
from archc.train.plots import tiles
from archc.train.plots.features import as_image
from archc.train.plots.fitting import advice
from archc.train.plots.picture import Picture, unfit
from archc.train.plots.subject import Subject
from archc.train.plots.text import listed
from archc.train.plots.values import traced
from archc.train.prediction import class_targets

MOST = 32
STEPS = 256
_RATE, _DECAY, _NOISE = 0.04, 0.05, 0.05
_BLUR_EVERY = 4


def draw(subject: Subject, layer: str | None = None) -> Picture:
    """An image for each unit of the last layer, or of `layer`. Raises Failed unless one image enters the model."""
    graph = subject.module.graph
    if len(graph.inputs) != 1 or len(graph.inputs[0].shape) != 3 or graph.inputs[0].shape[-1] not in (1, 3):
        title = f"{subject.name} doesn't take one image, so no image excites its units"
        raise unfit(title, advice(subject))
    layers = {name: node for name, node in traced(subject, 1).layers.items() if _units(node)}
    if layer is None:
        layer = _last(layers)
    if layer not in layers:
        known = {name for name, _ in graph.layers()}
        title = (
            f"the layer `{layer}` has no units that an image could excite"
            if layer in known
            else f"there is no layer `{layer}`"
        )
        raise unfit(title, f"there are {listed([f'`{name}`' for name in layers])}" if layers else "no layer has any")
    node = layers[layer]
    units = min(node.output[-1], MOST)
    images, before, after = excited(subject, layer, units)
    of = "" if units == node.output[-1] else f", the first {units} of {node.output[-1]}"
    title = f"{subject.name}: images that excite the units of {layer}{of}"
    names = _names(subject, node) if layer == _last(layers) else ()
    labels = tuple(names or (f"{unit}: {value:.3g}" for unit, value in enumerate(after)))[:units]
    what = "its value" if len(node.output) == 1 else "the mean of its map"
    strip = tiles.Strip(f"each climbs for {STEPS} steps to where {what} is large", _tiled(images), labels)
    rise = f"rises from {before.mean():.3g} to {after.mean():.3g} on average"
    said = f"{units} unit{'s' * (units != 1)} of {layer}: {what} {rise}."
    return Picture("excite", title, (said,), lambda pen: tiles.paint(pen, title, [strip]))


def excited(subject: Subject, layer: str, units: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Images [units, height, width, channels], and what each unit said before and says after. Raises Failed."""
    inputs = subject.parts["train"][0]
    port = subject.module.graph.inputs[0]
    rows = np.asarray(inputs[port.name], np.float32)
    low, high, mean = float(rows.min()), float(rows.max()), rows.mean(axis=0)
    function, (_, state, _) = traced(subject, units).function([layer]), subject.as_written

    def values(images: Any) -> Any:
        said = function(state.params, state.stats, {port.name: images})[layer]
        alone = jnp.diagonal(said, axis1=0, axis2=said.ndim - 1)
        return alone.reshape(-1, units).mean(axis=0)

    noise = jax.random.normal(jax.random.key(0), (units, *port.shape)) * _NOISE * (high - low)
    start = jnp.clip(mean + noise, low, high)
    with explained(subject.origins, "images climb"):
        climb = jax.jit(partial(_climbed, values, mean=jnp.asarray(mean), low=low, high=high))
        images = climb(start)
        return np.asarray(images), np.asarray(values(start)), np.asarray(values(images))


def _climbed(values: Callable[[Any], Any], images: Any, *, mean: Any, low: float, high: float) -> Any:
    """Images [units, …] after all steps, each unit's own value the larger the better."""
    slope = jax.grad(lambda images: values(images).sum())
    span = high - low
    reach = images.shape[1] // 16

    def step(at: Any, images: Any) -> Any:
        across, up = jax.random.randint(jax.random.fold_in(jax.random.key(1), at), (2,), -reach, reach + 1)
        moved = jnp.roll(images, (across, up), axis=(1, 2))
        ascent = jnp.roll(slope(moved), (-across, -up), axis=(1, 2))
        size = jnp.sqrt(jnp.mean(ascent**2, axis=(1, 2, 3), keepdims=True))
        images = images + _RATE * span * ascent / jnp.where(size > 0, size, 1.0) - _DECAY * (images - mean)
        images = jnp.where(at % _BLUR_EVERY == 0, _blurred(images), images)
        return jnp.clip(images, low, high)

    return jax.lax.fori_loop(0, STEPS, step, images)


def _blurred(images: Any) -> Any:
    """Each cell with its neighbours, 1 to 2 to 1 in both directions; the border is repeated outside."""
    for axis in (1, 2):
        edges = [(1, 1) if at == axis else (0, 0) for at in range(4)]
        wide = jnp.pad(images, edges, mode="edge")
        size = images.shape[axis]
        parts = [jax.lax.slice_in_dim(wide, at, at + size, axis=axis) for at in range(3)]
        images = 0.25 * parts[0] + 0.5 * parts[1] + 0.25 * parts[2]
    return images


def _units(node: Node) -> bool:
    return len(node.output) in (1, 3) and OPS[node.op].drawing in ("conv", "dense", "norm", "activation")


def _last(layers: dict[str, Node]) -> str | None:
    """The last layer with weights: an activation behind it may be flat."""
    weighted = [name for name, node in layers.items() if OPS[node.op].drawing in ("conv", "dense")]
    return weighted[-1] if weighted else None


def _names(subject: Subject, node: Node) -> tuple[str, ...]:
    """The classes that the units of a last layer stand for."""
    targets = list(class_targets(subject.module).values())
    alone = targets[0].classes if len(targets) == 1 else ()
    return alone if node.output == (len(alone),) else ()


def _tiled(images: np.ndarray) -> np.ndarray:
    return np.concatenate([as_image(image[None].astype(np.float64)) for image in images])
