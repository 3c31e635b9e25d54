"""Facts that hang off values of the network: `it.channels`, `class.params`."""

from typing import Any

from archc.ir import Graph, Node
from archc.ir.items import op_of
from archc.resolve.network import Builder, macs, parameters
from archc.resolve.values import Tensor
from archc.resolve.wrong import wrong
from archc.syntax import tree
from archc.types import Shape, TensorType

FACTS = ("channels", "height", "width", "depth", "length", "shape", "size", "params", "macs", "receptive_field")

RANKS = {"height": (3, 4), "width": (3, 4), "depth": (4,), "length": (2,)}
"""How many dimensions a value needs that has such a fact, channels included."""

Reach = tuple[tuple[int, int], ...] | None
"""In each direction, how many cells of the input a cell sees, and how far apart neighbours look; None for all."""


def fact_of(tensor: Tensor, name: tree.Name, builder: Builder) -> Any:
    """A fact about a value. Raises Wrong if a value of its rank has none such."""
    fact, type_ = name.value, tensor.type
    if fact in RANKS and type_.rank not in RANKS[fact]:
        kind = {2: "a sequence", 3: "an image", 4: "a volume"}[RANKS[fact][0]]
        known = [each for each in FACTS if each not in RANKS or type_.rank in RANKS[each]]
        help = "its facts are " + ", ".join(f"`{each}`" for each in known)
        raise wrong("E0306", f"only {kind} has a {fact}, and this value is {type_}", name.span, help=help)
    match fact:
        case "channels":
            return type_.channels
        case "depth" | "length":
            return type_.shape[0]
        case "height":
            return type_.shape[-3]
        case "width":
            return type_.shape[-2]
        case "shape":
            return type_.shape
        case "size":
            return type_.size
        case "params":
            return parameters(builder.behind(tensor.name))
        case "macs":
            return macs(builder.behind(tensor.name))
        case _:
            return receptive_field(tensor, name, builder)


def receptive_field(tensor: Tensor, name: tree.Name, builder: Builder) -> int | Shape:
    """How many cells of the input a cell of the value sees: one number if that is the same in each direction."""
    reaches: dict[str, Reach] = {}
    shapes = {port.name: port.shape for port in builder.inputs}
    for port in builder.inputs:
        reaches[port.name] = ((1, 1),) * (len(port.shape) - 1)
    steps(list(builder.nodes.values()), reaches, shapes)
    reach = reaches[tensor.name]
    if reach is None or not reach:
        raise wrong("E0306", f"a value of shape {tensor.type} sees all of its input", name.span)
    fields = tuple(field for field, _ in reach)
    return fields[0] if len(set(fields)) == 1 else fields


def steps(nodes: list[Node], reaches: dict[str, Reach], shapes: dict[str, Shape]) -> None:
    """Adds the reach of every node's value."""
    for node in nodes:
        entering = [reaches[value] for value in node.inputs]
        if node.body is None:
            reaches[node.name] = layer(node, entering, TensorType(shapes[node.inputs[0]]))
        else:
            for _ in range(node.count):
                entering = [through(node.body, entering), *entering[1:]]
            reaches[node.name] = entering[0]
        shapes[node.name] = node.output


def through(body: Graph, entering: list[Reach]) -> Reach:
    reaches = {port.name: reach for port, reach in zip(body.inputs, entering, strict=True)}
    steps(list(body.nodes), reaches, {port.name: port.shape for port in body.inputs})
    return reaches[body.outputs[0].value]


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
