"""Holds an IR to its own rules. What it finds is a fault of archc, never of the file."""

from archc.ir.graph import Graph, Node
from archc.ir.items import op_of
from archc.ir.recipe import Module
from archc.types import TensorType


class Broken(Exception):
    """An IR that breaks its rules: the pass that made it is at fault."""


def verify(module: Module) -> None:
    """Raises Broken unless names are unique, values are given before use, and shapes are those of the rules."""
    verify_graph(module.graph)
    if module.recipe is None:
        return
    outputs = {port.name for port in module.graph.outputs}
    spoken_of = {term.output for term in module.recipe.losses} | {term.output for term in module.recipe.metrics}
    for name in sorted(spoken_of - outputs):
        raise Broken(f"the recipe speaks of an output {name} that the graph doesn't have")
    if set(module.recipe.columns) != {port.name for port in module.graph.inputs}:
        raise Broken("the recipe feeds other inputs than the graph has")


def verify_graph(graph: Graph) -> None:
    shapes: dict[str, tuple[int, ...]] = {}
    for port in graph.inputs:
        if port.name in shapes:
            raise Broken(f"two inputs are called {port.name}")
        shapes[port.name] = port.shape
    for node in graph.nodes:
        if node.name in shapes:
            raise Broken(f"two values are called {node.name}")
        for value in node.inputs:
            if value not in shapes:
                raise Broken(f"{node.name} reads {value}, which nothing before it gives")
        if node.body is not None:
            verify_graph(node.body)
        else:
            verify_layer(node, TensorType(shapes[node.inputs[0]]))
        shapes[node.name] = node.output
    for port in graph.outputs:
        if shapes.get(port.value) != port.shape:
            raise Broken(f"the output {port.name} says {port.shape}, and its value is {shapes.get(port.value)}")


def verify_layer(node: Node, x: TensorType) -> None:
    op = op_of(node)
    ruled = op.output(x).shape
    if ruled != node.output:
        raise Broken(f"{node.name} says {node.output}, and its rule gives {ruled}")
    owned = [(weight.name, weight.shape, weight.trainable) for weight in node.weights]
    if owned != [(spec.name, spec.shape, spec.trainable) for spec in op.weights(x)]:
        raise Broken(f"{node.name} owns {owned}, and its rule says otherwise")
    if node.macs != op.macs(x):
        raise Broken(f"{node.name} costs {node.macs}, and its rule says {op.macs(x)}")
