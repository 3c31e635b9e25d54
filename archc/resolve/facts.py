"""Facts that hang off values of the network: `it.channels`, `class.params`."""

from typing import Any

from archc.ir.sight import field_of, port_reach, reaches
from archc.resolve.network import Builder, macs, parameters
from archc.resolve.values import Tensor
from archc.resolve.wrong import wrong
from archc.syntax import tree
from archc.types import Shape

FACTS = ("channels", "height", "width", "depth", "length", "shape", "size", "params", "macs", "receptive_field")

RANKS = {"height": (3, 4), "width": (3, 4), "depth": (4,), "length": (2,)}
"""How many dimensions a value needs that has such a fact, channels included."""


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
    start = [port_reach(port) for port in builder.inputs]
    reach = reaches(builder.inputs, start, list(builder.nodes.values()))[tensor.name]
    field = field_of(reach)
    if field is None:
        raise wrong("E0306", f"a value of shape {tensor.type} sees all of its input", name.span)
    return field
