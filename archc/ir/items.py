"""Between declared things (layers, losses …) and their IR form."""

from typing import Any

from archc.ir.graph import Argument, Item, Node, made
from archc.ops import OPS, Op
from archc.parameters import Described
from archc.recipes import FAMILIES


def argument(value: Any) -> Argument:
    """A parameter's value in the IR."""
    if isinstance(value, Described):
        return item(value)
    if isinstance(value, list | tuple):
        return tuple(argument(v) for v in value)
    return str(value) if isinstance(value, str) else value


def item(described: Described) -> Item:
    """Something declared, with every argument filled in."""
    values = {name: argument(value) for name, value in described.values().items()}
    return made(Item)(kind=f"{described.family}:{described.name}", arguments=values)


def restored(value: Argument) -> Any:
    """The other way round."""
    if isinstance(value, Item):
        family, name = value.kind.split(":", 1)
        return FAMILIES[family][name].restore({k: restored(v) for k, v in value.arguments.items()})
    if isinstance(value, tuple):
        return tuple(restored(v) for v in value)
    return value


def op_of(node: Node) -> Op:
    """The layer of a node."""
    return OPS[node.op].restore({name: restored(value) for name, value in node.arguments.items()})
