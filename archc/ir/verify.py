"""Holds an IR to its own rules. What it finds is a fault of archc, never of the file."""

from archc.ir.graph import Graph, Node, Weight
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
    owners: dict[str, Node] = {}
    for node in graph.nodes:
        if node.name in shapes:
            raise Broken(f"two values are called {node.name}")
        for value in node.inputs:
            if value not in shapes:
                raise Broken(f"{node.name} reads {value}, which nothing before it gives")
        entering = [shapes[value] for value in node.inputs]
        if node.body is not None:
            verify_body(node, node.body, entering)
            owner = owners.get(node.shares)
            if node.shares and (owner is None or owner.shares or owned(owner.body) != owned(node.body)):
                raise Broken(f"{node.name} shares the weights of {node.shares}, which is another block")
        else:
            verify_layer(node, [TensorType(shape) for shape in entering], owners.get(node.shares))
        owners[node.name] = node
        shapes[node.name] = node.output
    scopes = [scope for scope, _ in graph.steps()]
    if len(set(scopes)) < len(scopes):
        raise Broken("two steps have one scope")
    for port in graph.outputs:
        if shapes.get(port.value) != port.shape:
            raise Broken(f"the output {port.name} says {port.shape}, and its value is {shapes.get(port.value)}")


def verify_body(node: Node, body: Graph, entering: list[tuple[int, ...]]) -> None:
    verify_graph(body)
    if [port.shape for port in body.inputs] != entering:
        raise Broken(f"{node.name} is entered by {entering}, and its body takes something else")
    if [port.shape for port in body.outputs] != [node.output]:
        raise Broken(f"{node.name} says {node.output}, and its body gives something else")
    if node.op != "repeat":
        return
    if len(node.copies) != node.count or node.count < 1 or node.output != entering[0]:
        raise Broken(f"{node.name} can't be repeated {node.count} times")
    if any(len(copy) != len(body.nodes) for copy in node.copies):
        raise Broken(f"{node.name} names other nodes than its body has")
    if node.copies[0] != tuple(inner.name for inner in body.nodes) or any(n.op == "repeat" for n in body.nodes):
        raise Broken(f"{node.name} has copies that don't bear the names of its body")


def owned(body: Graph | None) -> list[tuple[str, Weight]]:
    """The weights of a block, by scope."""
    return [(scope, weight) for scope, layer in body.layers() for weight in layer.weights] if body else []


def verify_layer(node: Node, xs: list[TensorType], shared: Node | None) -> None:
    op, x = op_of(node), xs[0]
    ruled = (op.joined(xs) if op.merges else op.output(x)).shape
    if ruled != node.output:
        raise Broken(f"{node.name} says {node.output}, and its rule gives {ruled}")
    if node.shares and (shared is None or shared.shares or node.weights):
        raise Broken(f"{node.name} shares the weights of {node.shares}, which has none to share")
    owned = [(w.name, w.shape, w.trainable) for w in (shared.weights if shared else node.weights)]
    if owned != [(spec.name, spec.shape, spec.trainable) for spec in op.weights(x)]:
        raise Broken(f"{node.name} owns {owned}, and its rule says otherwise")
    if node.macs != op.macs(x):
        raise Broken(f"{node.name} costs {node.macs}, and its rule says {op.macs(x)}")
