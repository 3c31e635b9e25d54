"""Which pictures fit a model, and what is advised where one doesn't."""

import numpy as np

from archc.ir import Graph, Node
from archc.ops import OPS
from archc.train.gradients import learning
from archc.train.plots.confusion import MOST
from archc.train.plots.subject import Subject
from archc.train.prediction import class_targets

_PASSING = ("flatten", "normalize", "dropout")
"""Layers behind which the cells of an image are still where they were."""


def of_plane(graph: Graph) -> bool:
    """Whether two numbers enter the model, and one value leaves it."""
    return sum(int(np.prod(port.shape)) for port in graph.inputs) == 2 and len(graph.outputs) == 1


def drawable(graph: Graph) -> dict[str, tuple[int, ...]]:
    """The layers whose kernels are pictures, with the shape [..., in, out] in which they are."""
    found = {}
    for scope, node in graph.layers():
        kernel = next((weight for weight in node.weights if weight.name == "kernel"), None)
        if kernel is None:
            continue
        if OPS[node.op].drawing == "conv" and len(kernel.shape) in (3, 4) and max(kernel.shape[:-2]) > 1:
            found[scope] = kernel.shape
        elif len(kernel.shape) == 2 and (image := _image_before(graph, scope, node)):
            found[scope] = (*image, kernel.shape[1])
    return found


def _image_before(graph: Graph, scope: str, node: Node) -> tuple[int, ...] | None:
    """The shape of the input image that a dense layer sees through nothing but layers that leave it as it is."""
    by_name = {step.name: step for step in graph.nodes}
    ports = {port.name: port.shape for port in graph.inputs}
    if scope not in by_name or not node.inputs:
        return None
    value = node.inputs[0]
    while value in by_name and by_name[value].op in _PASSING:
        value = by_name[value].inputs[0]
    shape = ports.get(value, ())
    return shape if len(shape) == 3 and shape[-1] in (1, 3) else None


def fitting(subject: Subject) -> list[str]:
    """The kinds that fit a model for sure, those that say most of it first; maybe none of a file."""
    graph, folder, targets = subject.module.graph, subject.folder, class_targets(subject.module)
    found = ["boundary"] * of_plane(graph) + ["filters"] * bool(drawable(graph))
    if folder is None:
        return found
    small = bool(targets) and all(len(target.classes) <= MOST for target in targets.values())
    found += ["confusion"] * small
    found += ["gradients"] * (folder.gradients.exists() and bool(learning(subject.module)))
    return [*found, "curves"]


def advice(subject: Subject, best: str = "") -> str:
    """What to do where a picture doesn't fit: a kind that does, `best` if it is among them."""
    kinds = fitting(subject)
    if not kinds:
        return f"`archc predict {subject.typed} …` tells what it says of given numbers"
    return f"`archc plot {subject.typed} {best if best in kinds else kinds[0]}` fits this model"
