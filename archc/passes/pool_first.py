"""Puts a max pooling before the activation that it reads, where that never falls: f(max(x)) = max(f(x)).

The activation then has fewer values to compute, forward and backward, and keeps fewer for its gradient.
"""

from collections import Counter
from collections.abc import Iterator

from archc.ir import Graph, Module, Node
from archc.ir.items import op_of

WHY = "the largest of what never falls is that of the largest, and fewer values are activated so"


def pool_first(module: Module) -> Module:
    """The module with such pairs in turned order; each layer keeps its name."""
    return module.model_copy(update={"graph": _turned(module.graph)})


def turned(graph: Graph) -> Iterator[Node]:
    """The activations of a graph that were put behind the pooling that the file puts behind them."""
    return (node for node in graph.nodes if node.behind_pooling)


def _turned(graph: Graph) -> Graph:
    nodes: dict[str, Node] = {}
    renamed: dict[str, str] = {}
    readers = Counter([value for node in graph.nodes for value in node.inputs])
    readers.update(port.value for port in graph.outputs)
    for node in map(_inside, graph.nodes):
        node = node.model_copy(update={"inputs": tuple(renamed.get(value, value) for value in node.inputs)})
        before = nodes.get(node.inputs[0]) if node.op == "max_pool" else None
        rising: list[Node] = []
        while before is not None and _rises(before) and readers[before.name] == 1:
            rising.insert(0, nodes.pop(before.name))
            before = nodes.get(before.inputs[0])
        if not rising:
            nodes[node.name] = node
            continue
        nodes[node.name] = node.model_copy(update={"inputs": rising[0].inputs})
        last = node.name
        for activation in rising:
            moved = {"inputs": (last,), "output": node.output, "behind_pooling": True}
            nodes[activation.name] = activation.model_copy(update=moved)
            last = activation.name
        renamed[node.name], readers[last] = last, readers[node.name]
    outputs = (port.model_copy(update={"value": renamed.get(port.value, port.value)}) for port in graph.outputs)
    return graph.model_copy(update={"nodes": tuple(nodes.values()), "outputs": tuple(outputs)})


def _inside(node: Node) -> Node:
    """The node, with its body turned. In a repeat's own body the order stays: names of its copies stand in it."""
    if node.body is None:
        return node
    if node.op == "block":
        return node.model_copy(update={"body": _turned(node.body)})
    inner = tuple(map(_inside, node.body.nodes))
    return node.model_copy(update={"body": node.body.model_copy(update={"nodes": inner})})


def _rises(node: Node) -> bool:
    op = op_of(node) if node.body is None else None
    return op is not None and op.rises()
