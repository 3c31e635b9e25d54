"""A network without blocks: its layers alone, under the scopes that their weights are known by."""

from archc.ir.graph import Graph, Node
from archc.ir.recipe import Module


def opened(module: Module) -> Module:
    """The module with its blocks opened and its repeats written out; the same one if it has none.

    It computes the same from the same weights, and is not for training: what a recipe says of scopes is left out.
    """
    if all(node.body is None for node in module.graph.nodes):
        return module
    graph = module.graph
    nodes: list[Node] = []
    values = _open(graph, "", {port.name: port.name for port in graph.inputs}, "", nodes)
    outputs = tuple(port.model_copy(update={"value": values[port.value]}) for port in graph.outputs)
    whole = {"freeze": (), "rates": {"": 1.0}, "weight_decay": {"": 0.0}, "l1": {"": 0.0}}
    return module.model_copy(
        update={
            "graph": graph.model_copy(update={"nodes": tuple(nodes), "outputs": outputs}),
            "recipe": module.recipe and module.recipe.model_copy(update=whole),
        }
    )


def _open(graph: Graph, scope: str, values: dict[str, str], owner: str, nodes: list[Node]) -> dict[str, str]:
    """Adds the layers of a graph to `nodes`; gives what each of its values is called there.

    `values` are those that enter. What stands in a block that shares has its weights in the scope `owner`.
    """
    for node in graph.nodes:
        entering = tuple(values[value] for value in node.inputs)
        if node.body is None:
            shares = owner + node.name if owner else node.shares and scope + node.shares
            whose = {"shares": shares, "weights": ()} if shares else {}
            changed = {"name": scope + node.name, "inputs": entering, **whose}
            nodes.append(node.model_copy(update=changed))
            values[node.name] = scope + node.name
            continue
        ports = [port.name for port in node.body.inputs]
        if node.op == "repeat":
            values[node.name] = _copies(node, node.body, scope, entering, owner, nodes)
            continue
        shared = f"{owner}{node.name}." if owner else f"{scope}{node.shares}." if node.shares else ""
        inside = _open(node.body, f"{scope}{node.name}.", dict(zip(ports, entering, strict=True)), shared, nodes)
        values[node.name] = inside[node.body.outputs[0].value]
    return values


def _copies(repeat: Node, body: Graph, scope: str, entering: tuple[str, ...], owner: str, nodes: list[Node]) -> str:
    """Adds the layers of all copies of a repeat; gives what the value of the last is called."""
    first, *others = entering
    for copy in repeat.copies:
        names = dict(zip((node.name for node in body.nodes), copy, strict=True))
        renamed = body.model_copy(update={"nodes": tuple(_renamed(node, names) for node in body.nodes)})
        ports = dict(zip((port.name for port in body.inputs), (first, *others), strict=True))
        found = _open(renamed, scope, ports, owner, nodes)
        value = body.outputs[0].value
        first = found[names.get(value, value)]
    return first


def _renamed(node: Node, names: dict[str, str]) -> Node:
    """A node of a repeat's body as it is known in one copy."""
    inputs = tuple(names.get(value, value) for value in node.inputs)
    changed = {"name": names[node.name], "inputs": inputs, "shares": names.get(node.shares, "")}
    return node.model_copy(update=changed)
