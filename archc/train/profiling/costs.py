"""What each layer has to compute and to move in a training step, from the graph alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from archc.ir import Graph, Node, Place, Recipe
from archc.ir.graph import Weight
from archc.ir.items import op_of
from archc.memory import BYTES
from archc.ops import Op
from archc.train.profiling.owners import Key
from archc.types import Shape, TensorType


@dataclass(frozen=True)
class Work:
    """Additions and multiplications, and bytes between memory and processor, of a pass of a step."""

    flops: int = 0
    bytes: int = 0

    def __add__(self, other: "Work") -> "Work":
        return Work(self.flops + other.flops, self.bytes + other.bytes)


@dataclass
class Layer:
    """A layer in all its copies.

    `x` is the type that enters it first. `forward` and `backward` are for a step, as if the layer stood alone: what
    enters is read once and what leaves is written once. A multiply-accumulate counts as two operations, and only those
    of convolution and dense layers are counted.
    """

    key: Key
    op: Op
    place: Place
    x: TensorType
    output: Shape
    weights: int
    copies: int = 0
    forward: Work = Work()
    backward: Work = Work()

    @property
    def name(self) -> str:
        return ".".join(self.key)


@dataclass(frozen=True)
class Value:
    """A value of the graph; `moving` if weights behind it learn, so that it has a gradient."""

    size: int
    type: TensorType
    moving: bool = False


@dataclass
class Costs:
    """The layers of a network by key, and to which of them each scope of weights leads."""

    recipe: Recipe
    layers: dict[Key, Layer] = field(default_factory=dict)
    scopes: dict[str, Key] = field(default_factory=dict)

    def walk(self, graph: Graph, scope: str, key: Key, values: Mapping[str, Value]) -> dict[str, Value]:
        """Goes through a graph that stands in a scope and into which values flow; gives all its values."""
        found = dict(values)
        owners: dict[str, Node] = {}
        for node in graph.nodes:
            owner = owners[node.name] = owners[node.shares] if node.shares else node
            entering = [found[value] for value in node.inputs]
            if node.body is None:
                found[node.name] = self._layer(node, owner.weights, scope, (*key, node.name), entering)
            elif node.op == "repeat":
                found[node.name] = self._repeat(node, node.body, scope, key, entering)
            else:
                inside = f"{scope}{node.shares or node.name}."
                found[node.name] = self._body(node.body, inside, (*key, node.name), entering)
        return found

    def _body(self, body: Graph, scope: str, key: Key, entering: list[Value]) -> Value:
        values = {port.name: value for port, value in zip(body.inputs, entering, strict=True)}
        return self.walk(body, scope, key, values)[body.outputs[0].value]

    def _repeat(self, node: Node, body: Graph, scope: str, key: Key, entering: list[Value]) -> Value:
        first, *others = entering
        names = [inner.name for inner in body.nodes]
        for copy in node.copies:
            before = set(self.scopes)
            first = self._body(body, scope, key, [first, *others])
            # the copies are one layer here, under names of their own in the weights
            for old in [s for s in self.scopes if s not in before] if copy == node.copies[0] else []:
                self._again(old, scope, names, node.copies)
        return first

    def _again(self, old: str, scope: str, names: list[str], copies: tuple[tuple[str, ...], ...]) -> None:
        head, _, rest = old.removeprefix(scope).partition(".")
        for copy in copies:
            self.scopes[f"{scope}{copy[names.index(head)]}{'.' if rest else ''}{rest}"] = self.scopes[old]

    def _layer(self, node: Node, weights: tuple[Weight, ...], scope: str, key: Key, entering: list[Value]) -> Value:
        inner = f"{scope}{node.shares or node.name}"
        if key not in self.layers:
            numbers = sum(TensorType(weight.shape).size for weight in weights)
            self.layers[key] = Layer(key, op_of(node), node.place, entering[0].type, node.output, numbers)
            self.scopes.setdefault(inner, key)
        layer, output = self.layers[key], TensorType(node.output)
        frozen = any(f"{inner}.".startswith(f"{part}.") for part in self.recipe.freeze)
        learnt = 0 if frozen else sum(TensorType(weight.shape).size for weight in weights if weight.trainable)
        moving = any(value.moving for value in entering)
        layer.copies += 1
        layer.forward += self._forward(layer, node, entering, output)
        if learnt or moving:
            layer.backward += self._backward(layer, node, entering, output, learnt)
        return Value(output.size, output, moving or bool(learnt))

    def _forward(self, layer: Layer, node: Node, entering: list[Value], output: TensorType) -> Work:
        batch, width = self.recipe.batch, BYTES[self.recipe.precision]
        if layer.op.view:
            return Work()
        moved = batch * (sum(value.size for value in entering) + output.size) + layer.weights
        return Work(2 * node.macs * batch, width * moved)

    def _backward(self, layer: Layer, node: Node, entering: list[Value], output: TensorType, learnt: int) -> Work:
        """The gradient is read, and what entered where that matters; written are the gradients that there are."""
        batch, width = self.recipe.batch, BYTES[self.recipe.precision]
        if layer.op.view:
            return Work()
        back = sum(value.size for value in entering if value.moving)
        saved = 0 if layer.op.linear and not learnt else sum(value.size for value in entering)
        moved = batch * (output.size + saved + back) + (layer.weights if back else 0)
        # gradients of weights are float32 whatever values are
        return Work(2 * node.macs * batch * (bool(back) + bool(learnt)), width * moved + BYTES["float32"] * learnt)


def costs(graph: Graph, recipe: Recipe) -> Costs:
    """The layers of a network and what they cost in a step of the recipe."""
    found = Costs(recipe)
    types = {port.name: TensorType(port.shape) for port in graph.inputs}
    found.walk(graph, "", (), {name: Value(type_.size, type_) for name, type_ in types.items()})
    return found
