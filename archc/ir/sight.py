"""Receptive fields: how much of the input a cell of a value sees."""

from collections.abc import Iterator, Sequence

from archc.ir.graph import Graph, Node, Port
from archc.ir.items import op_of
from archc.types import Shape, TensorType

Reach = tuple[tuple[int, int], ...] | None
"""In each direction, how many cells of the input a cell sees, and how far apart neighbours look; None for all."""


def field_of(reach: Reach) -> int | Shape | None:
    """How many cells are seen: one number if that is the same in each direction; None for all of the input."""
    if not reach:
        return None
    fields = tuple(field for field, _ in reach)
    return fields[0] if len(set(fields)) == 1 else fields


def port_reach(port: Port) -> Reach:
    """A cell of an input sees itself."""
    return ((1, 1),) * (len(port.shape) - 1)


def reaches(inputs: Sequence[Port], entering: Sequence[Reach], nodes: Sequence[Node]) -> dict[str, Reach]:
    """The reach of every value of a graph, given those of its inputs."""
    found = {port.name: reach for port, reach in zip(inputs, entering, strict=True)}
    shapes = {port.name: port.shape for port in inputs}
    for node in nodes:
        read = [found[value] for value in node.inputs]
        if node.body is None:
            found[node.name] = layer(node, read, TensorType(shapes[node.inputs[0]]))
        else:
            for _ in range(node.count):
                read = [through(node.body, read), *read[1:]]
            found[node.name] = read[0]
        shapes[node.name] = node.output
    return found


def through(body: Graph, entering: Sequence[Reach]) -> Reach:
    """The reach of what leaves a body."""
    return reaches(body.inputs, entering, body.nodes)[body.outputs[0].value]


def by_layer(graph: Graph, entering: Sequence[Reach]) -> Iterator[Reach]:
    """The reach of every layer's output, in the order of `Graph.layers`."""
    found = reaches(graph.inputs, entering, graph.nodes)
    for node in graph.nodes:
        if node.body is None:
            yield found[node.name]
            continue
        read = [found[value] for value in node.inputs]
        for _ in range(node.count):
            yield from by_layer(node.body, read)
            read = [through(node.body, read), *read[1:]]


def layer(node: Node, entering: list[Reach], x: TensorType) -> Reach:
    """A merge sees what its widest branch sees."""
    if any(reach is None for reach in entering):
        return None
    known = [reach for reach in entering if reach]
    if not known:
        return ()
    start = tuple((max(f for f, _ in each), max(j for _, j in each)) for each in zip(*known, strict=False))
    sight = op_of(node).sight(x)
    if sight is None or len(sight) != len(start):
        return None
    return tuple((f + (w - 1) * j, j * s) for (f, j), (w, s) in zip(start, sight, strict=True))
