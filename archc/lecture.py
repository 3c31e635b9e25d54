"""A network as a numbered line a layer, as courses list it: number, name, kind of layer, what it does.

The manner is that of the listings of pre-trained networks in MATLAB: the way that the input is
normalised stands beside the input, nothing flattens, and what the network is compared with comes last.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from archc.ir import Graph, Module, Node, Port
from archc.ir.items import op_of
from archc.types import Shape, TensorType

SHORT = {
    "avg_pool": "pool",
    "batch_norm": "batchnorm",
    "dropout": "drop",
    "lrn": "norm",
    "max_pool": "pool",
    "softmax": "prob",
}
"""What layers without weights are called, before a number."""

SCALES = {"center": "zerocenter", "standard": "zscore", "minmax": "rescale-zero-one", "signed": "rescale-symmetric"}
"""Ways of normalising."""

IMAGENET = ("tench", "goldfish", *("" for _ in range(998)))
"""ImageNet's 1,000 classes, as far as they are told: those of a network for that many, where no recipe names others."""


@dataclass(frozen=True)
class Line:
    """A line of the listing, without its number."""

    name: str
    kind: str
    what: str


def as_lecture(module: Module) -> str:
    """The listing, without a newline at its end."""
    found = lines(module)
    names = [f"'{line.name}'" for line in found]
    number, name, kind = len(str(len(found))), max(map(len, names)), max(len(line.kind) for line in found)
    return "\n".join(
        f"{i:>{number}}   {quoted:{name}}   {line.kind:{kind}}   {line.what}".rstrip()
        for i, (quoted, line) in enumerate(zip(names, found, strict=True), 1)
    )


def lines(module: Module) -> list[Line]:
    """The input, the layers with blocks opened and repeats written out, and what the outputs are compared with."""
    graph = module.graph
    return [*entering(graph), *layers(graph), *compared(module)]


def entering(graph: Graph) -> Iterator[Line]:
    kinds = ("Feature Input", "Sequence Input", "Image Input", "3-D Image Input")
    words = ("features", "sequences", "images", "volumes")
    for port in graph.inputs:
        rank = min(max(len(port.shape), 1), 4) - 1
        reader = next((node for node in graph.nodes if node.op == "normalize" and port.value in node.inputs), None)
        scale = f" with '{SCALES[str(reader.arguments['kind'])]}' normalization" if reader else ""
        name = "data" if len(graph.inputs) == 1 else port.name
        yield Line(name, kinds[rank], f"{'x'.join(map(str, port.shape))} {words[rank]}{scale}")


def layers(graph: Graph) -> Iterator[Line]:
    """The layers, but for `flatten` and for a `normalize` of an input, which the listing counts with others."""
    inputs = {port.value for port in graph.inputs}
    kernels, taken = 0, set[str]()
    for (scope, node), x in zip(graph.layers(), entered(graph), strict=True):
        op = op_of(node)
        kernels += bool(op.keeps)
        if node.op == "flatten" or (node.op == "normalize" and inputs.issuperset(node.inputs)):
            continue
        name = called(scope, node, kernels)
        while name in taken:
            name += "_"
        taken.add(name)
        words = op.words(x)
        if op.merges:
            words = f"{op.title or node.op} of {len(node.inputs)} inputs".lower()
        yield Line(name, op.title or node.op.replace("_", " ").title(), words)


def entered(graph: Graph) -> Iterator[TensorType]:
    """What enters each layer first, in the order of `Graph.layers`."""
    shapes = {port.name: port.shape for port in graph.inputs}
    for node in graph.nodes:
        if node.body is None:
            yield TensorType(shapes[node.inputs[0]])
        else:
            for _ in range(node.count):
                yield from entered(node.body)
        shapes[node.name] = node.output


def called(scope: str, node: Node, kernels: int) -> str:
    """The name of a layer: its own if someone gave it, has weights or stands in a block.

    Else it is called after the last layer with a kernel, whose number in the network it bears: `pool5` follows
    `conv5`, `relu6` the sixth.
    """
    given = not re.fullmatch(rf"{node.op}\d+", scope)
    if given or (node.weights and node.op not in SHORT):
        return scope
    if node.op == "softmax":
        return SHORT[node.op]
    return f"{SHORT.get(node.op, node.op)}{kernels or ''}"


def compared(module: Module) -> Iterator[Line]:
    """What each output is compared with: by the recipe, or without one what a final softmax is for."""
    graph, recipe = module.graph, module.recipe
    several = len(graph.outputs) > 1
    for port in graph.outputs:
        name = f"output_{port.name}" if several else "output"
        if recipe is not None:
            for term in (term for term in recipe.losses if term.output == port.name):
                column = next((c for c in recipe.data.targets if c.name == term.target), None)
                yield line_of(name, term.loss.kind.partition(":")[2], column.classes if column else ())
        elif any(node.name == port.value and node.op == "softmax" for node in graph.nodes):
            yield line_of(name, "cross_entropy", presumed(graph, port))


def line_of(name: str, loss: str, classes: Sequence[str]) -> Line:
    words = {"cross_entropy": "crossentropyex", "mse": "mean-squared-error"}.get(loss, loss)
    if not classes:
        return Line(name, "Classification Output" if loss == "cross_entropy" else "Regression Output", words)
    first, others = [f"'{told}'" for told in classes[:2]], len(classes) - 2
    if others > 0:
        first.append(f"{others} other class{'es' * (others > 1)}")
    told = ", ".join(first[:-1]) + f"{',' * (len(first) > 2)} and {first[-1]}" if len(first) > 1 else first[0]
    return Line(name, "Classification Output", f"{words} with {told}")


def presumed(graph: Graph, port: Port) -> Sequence[str]:
    """The classes of a network without a recipe: ImageNet's, if it tells colour images into as many."""
    shapes: list[Shape] = [port.shape for port in graph.inputs]
    colour = len(shapes) == 1 and len(shapes[0]) == 3 and shapes[0][-1] == 3
    return IMAGENET if colour and port.shape == (len(IMAGENET),) else ()
