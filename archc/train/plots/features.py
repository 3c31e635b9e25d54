"""What the layers make of one example."""

from typing import Any

import jax
import numpy as np

from archc.ir import Node
from archc.ops import OPS
from archc.train.loading import explained
from archc.train.plots import tiles
from archc.train.plots.fitting import advice
from archc.train.plots.picture import Picture, unfit
from archc.train.plots.subject import Subject
from archc.train.plots.text import listed, sizes
from archc.train.plots.values import Traced, followed_by, traced

MOST_LAYERS, MOST_MAPS = 6, 32
MOST_ALONE = 64
"""So many maps are shown of a layer that was asked for by name."""


def draw(subject: Subject, layer: str | None = None, example: int = 1, part: str | None = None) -> Picture:
    """The maps of the convolutions for row `example` of a part, from 1, or those of `layer`. Raises Failed."""
    graph = subject.module.graph
    images = [port for port in graph.inputs if len(port.shape) == 3]
    trace = traced(subject, 1)
    maps = {name: node for name, node in trace.layers.items() if len(node.output) in (2, 3)}
    if layer is None:
        layers = _chosen(maps, followed_by(graph))
        if not layers:
            title = f"{subject.name} has no convolution, so it has no feature maps"
            raise unfit(title, advice(subject))
    elif layer in maps:
        layers = {layer: [layer]}
    else:
        known = {name for name, _ in graph.layers()}
        title = f"the layer `{layer}` has no maps to show" if layer in known else f"there is no layer `{layer}`"
        raise unfit(title, f"there are {listed([f'`{name}`' for name in maps])}" if maps else "no layer has any")
    name, (inputs, targets) = subject.part(part)
    rows = len(next(iter(inputs.values())))
    if not 1 <= example <= rows:
        raise unfit(f"the {name} part has no row {example:,}", f"its rows are 1 to {rows:,}")
    one = {port: values[example - 1 : example] for port, values in inputs.items()}
    with explained(subject.origins, "it computes feature maps"):
        found = evaluated(trace, subject, list(layers), one)
    most = MOST_MAPS if layer is None else MOST_ALONE
    strips = [tiles.Strip(f"{port.name}, {sizes(port.shape)}", as_image(np.asarray(one[port.name]))) for port in images]
    strips += [_strip(" → ".join(way), maps[way[-1]], found[end][0], most) for end, way in layers.items()]
    title = f"{subject.name}: feature maps of row {example:,} of the {name} part{_truth(subject, targets, example)}"
    said = [f"{strip.heading}." for strip in strips]
    total = sum(OPS[node.op].drawing == "conv" for node in maps.values())
    if layer is None and total > len(layers):
        said.append(f"These are {len(layers)} of {total} convolutions; `--layer NAME` shows another.")
    return Picture("features", title, tuple(said), lambda pen: tiles.paint(pen, title, strips))


def evaluated(trace: Traced, subject: Subject, layers: list[str], inputs: Any) -> dict[str, np.ndarray]:
    """The values [batch, …] of layers, as the program computes them."""
    function, (_, state, _) = jax.jit(trace.function(layers)), subject.as_written
    values = function(state.params, state.stats, inputs)
    return {name: np.asarray(value, np.float64) for name, value in values.items()}


def as_image(values: np.ndarray) -> np.ndarray:
    """Images [n, height, width, channels] as RGB: from the least number that is there to the largest."""
    low, high = float(values.min()), float(values.max())
    scaled = (values - low) / ((high - low) or 1)
    return scaled if values.shape[-1] == 3 else scaled[..., :1].repeat(3, axis=-1)


def _chosen(maps: dict[str, Node], follows: dict[str, str]) -> dict[str, list[str]]:
    """By the layer whose value is shown: the way there from a convolution, its norm and activation taken along."""
    convolutions = [name for name, node in maps.items() if OPS[node.op].drawing == "conv"]
    if len(convolutions) > MOST_LAYERS:
        last = len(convolutions) - 1
        convolutions = [convolutions[round(at * last / (MOST_LAYERS - 1))] for at in range(MOST_LAYERS)]
    found = {}
    for name in convolutions:
        way = [name]
        while (after := follows.get(way[-1])) in maps and OPS[maps[after].op].drawing != "pool":
            way.append(after)
        found[way[-1]] = way
    return found


def _strip(way: str, node: Node, value: np.ndarray, most: int) -> tiles.Strip:
    """The channels of a value [height, width, channels] or [length, channels] as tiles, on one scale."""
    shown = min(value.shape[-1], most)
    # of a sequence, time runs to the right, a channel a row
    images = value.T[None, :most] if value.ndim == 2 else np.moveaxis(value, -1, 0)[:shown]
    of = "" if shown == value.shape[-1] else f", the first {shown} maps"
    largest = float(np.abs(value).max())
    scaled = images / (largest or 1)
    if value.min() < 0:
        heading = f"{way}, {sizes(node.output)}{of}: blue is {-largest:.3g}, white 0, orange {largest:.3g}"
        return tiles.Strip(heading, tiles.signed(scaled))
    return tiles.Strip(f"{way}, {sizes(node.output)}{of}: dark is 0, white {largest:.3g}", tiles.rising(scaled))


def _truth(subject: Subject, targets: Any, example: int) -> str:
    """`, digit 7`, for a column of classes."""
    recipe = subject.module.recipe
    columns = recipe.data.targets if recipe is not None else ()
    for column in columns:
        if column.kind == "class" and column.name in targets:
            return f", {column.name} {column.classes[int(np.asarray(targets[column.name][example - 1]).ravel()[0])]}"
    return ""
