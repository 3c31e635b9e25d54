"""How a recipe treats the parts of a network, and the graph that comes of it."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

from archc.diagnostics import Diagnostic
from archc.ir import Graph, Node, holding
from archc.ir.items import item, restored
from archc.ops import OPS
from archc.parameters import Described
from archc.resolve.parts import Network, Part, Parts, left_to_recipe, renamed
from archc.resolve.wrong import wrong
from archc.source import Span


@dataclass(frozen=True)
class Treatment:
    """What the settings by part say, by scope: the longest one around a layer holds, `""` is the whole network."""

    init: Mapping[str, Described]
    weight_decay: Mapping[str, float] = field(default_factory=lambda: {"": 0.0})
    l1: Mapping[str, float] = field(default_factory=lambda: {"": 0.0})
    rates: Mapping[str, float] = field(default_factory=lambda: {"": 1.0})
    freeze: Mapping[str, bool] = field(default_factory=lambda: {"": False})

    @property
    def even(self) -> bool:
        """Whether all parts are treated alike, and none is frozen."""
        return all(len(parts) == 1 for parts in (self.init, self.weight_decay, self.l1, self.rates, self.freeze))

    def of(self, scope: str) -> Hashable:
        """Everything that is said of a layer."""
        parts: tuple[Mapping[str, Any], ...] = (self.init, self.weight_decay, self.l1, self.rates, self.freeze)
        return tuple(holding(each, scope) for each in parts)

    def applied(self, graph: Graph) -> Graph:
        """The graph with these initialisers, batch norms frozen, and scattered repeats written out."""
        return graph if self.even else self._graph(graph, "")

    def _graph(self, graph: Graph, scope: str) -> Graph:
        nodes: list[Node] = []
        given: dict[str, str] = {}
        shapes = {port.name: port.shape for port in graph.inputs}
        for node in graph.nodes:
            taken = node.model_copy(update={"inputs": tuple(given.get(value, value) for value in node.inputs)})
            written = [taken]
            if scattered(self, taken, scope):
                written, given[node.name] = written_out(taken)
            for each in written:
                nodes.append(self._node(each, scope, shapes))
                shapes[each.name] = each.output
        outputs = tuple(port.model_copy(update={"value": given.get(port.value, port.value)}) for port in graph.outputs)
        return graph.model_copy(update={"nodes": tuple(nodes), "outputs": outputs})

    def _node(self, node: Node, scope: str, shapes: Mapping[str, tuple[int, ...]]) -> Node:
        if node.body is not None:
            # a repeat opens no scope, and its copies are all treated as the first is
            inside = scope if node.op == "repeat" else f"{scope}{node.shares or node.name}."
            return node.model_copy(update={"body": self._graph(node.body, inside)})
        return self._layer(node, scope + (node.shares or node.name), shapes[node.inputs[0]])

    def _layer(self, node: Node, scope: str, enters: tuple[int, ...]) -> Node:
        changed: dict[str, Any] = {}
        if len(self.init) > 1 and node.weights:
            init, left = item(holding(self.init, scope)), left_to_recipe(node, enters)
            changed["weights"] = tuple(
                weight.model_copy(update={"init": init}) if weight.name in left else weight for weight in node.weights
            )
        if "frozen" in OPS[node.op].parameters and holding(self.freeze, scope):
            changed["arguments"] = {**node.arguments, "frozen": True}
        return node.model_copy(update=changed) if changed else node


def scattered(treatment: Treatment, node: Node, scope: str) -> bool:
    """Whether a node is a repeat whose copies are treated differently, so that it has to be written out."""
    if node.op != "repeat" or node.body is None:
        return False
    copies = {
        tuple(treatment.of(inside) for inside, _ in renamed(node.body, names).layers(scope)) for names in node.copies
    }
    return len(copies) > 1


def written_out(repeat: Node) -> tuple[list[Node], str]:
    """The nodes of all copies of a repeat, and the value that the last one gives."""
    assert repeat.body is not None
    flowing, further = repeat.inputs[0], repeat.inputs[1:]
    nodes: list[Node] = []
    for names in repeat.copies:
        copy = renamed(repeat.body, names)
        entering = dict(zip((port.name for port in copy.inputs), (flowing, *further), strict=True))
        nodes += [
            node.model_copy(update={"inputs": tuple(entering.get(value, value) for value in node.inputs)})
            for node in copy.nodes
        ]
        flowing = entering.get(copy.outputs[0].value, copy.outputs[0].value)
    return nodes, flowing


BY_PART = ("init", "weight_decay", "l1", "rates", "freeze")


def treatment(said: Mapping[str, Parts], network: Network, init: Described) -> Treatment:
    """What the settings come to for a network; `init` is what holds where the recipe says nothing."""
    usual = {"init": init, "weight_decay": 0.0, "l1": 0.0, "rates": 1.0, "freeze": False}
    placed = {key: network.placed(key, said.get(key, Parts()), usual[key]) for key in BY_PART}
    freeze = placed["freeze"]
    for key in ("weight_decay", "l1", "rates"):
        for part in said.get(key, Parts()).parts:
            if network.has(part) and all(holding(freeze, layer.scope) for layer in network.covered(part)):
                network.warn(f"`{key}` of `{part.path}` does nothing: it is frozen", part.span)
    return Treatment(**placed)


def check_frozen(said: Parts, network: Network, left_out: tuple[Part, ...] | None, whole: Span) -> None:
    """Raises Wrong if everything is frozen, and warns of what is frozen at random values.

    `left_out` is what doesn't come from the weights that training starts from, None if it starts from none.
    """
    sound = [part for part in said.parts if network.has(part)]
    frozen = {layer.scope for part in sound for layer in network.covered(part)}
    if frozen and not any(layer.trainable and layer.scope not in frozen for layer in network.layers):
        raise wrong("E0434", "everything is frozen, so there is nothing to train", whole, help="leave a part out of it")
    anew = {layer.scope for part in left_out or () if network.has(part) for layer in network.covered(part)}
    for part in sound:
        random = [
            layer.scope
            for layer in network.covered(part)
            if (left_out is None or layer.scope in anew)
            and any(weight.trainable and restored(weight.init).random for weight in layer.node.weights)
        ]
        if random:
            title = f"`{random[0]}` is frozen at random values: nothing ever trains it"
            help = 'give it trained ones, such as `start = run("runs/first-1")`'
            if left_out is not None:
                help = f"take `{random[0]}` out of `except`, or out of `freeze`"
            network.warnings.append(Diagnostic("W0431", title, part.span, help=help))
