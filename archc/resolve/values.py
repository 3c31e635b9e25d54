"""What names of a file can stand for, besides numbers, words and lists."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from archc.ops import Op
from archc.source import Span
from archc.syntax import tree
from archc.types import TensorType

UNKNOWN = object()
"""Stands for a value whose error has been told."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """A value of the network: the node or input that gives it, its type, and where it is written."""

    name: str
    type: TensorType
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Definition:
    """A block, and the top-level names of the file that it stands in, which are all it sees."""

    block: tree.Block
    names: Mapping[str, Any]

    @property
    def name(self) -> str:
        return self.block.name.value


@dataclass(frozen=True, slots=True)
class Step:
    """A layer, or a block and its arguments, that isn't put behind a value yet."""

    what: Op | Definition
    span: Span
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """Those of a block, by parameter."""
    spans: Mapping[str, Span] = field(default_factory=dict)
    """Where the arguments of a layer are written."""


@dataclass(frozen=True)
class Layer:
    """Layers that are handed over, such as `act = relu`; each use has weights of its own."""

    steps: tuple[Step, ...]
    span: Span

    @cached_property
    def size(self) -> int:
        """How many layers it stands for, those counted that it hands on."""
        return sum(1 + size_of(list(step.arguments.values())) for step in self.steps)


@dataclass(frozen=True, slots=True)
class Shared:
    """`share tower = …`: layers all of whose uses have one set of weights."""

    name: str
    layer: Layer


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """`resnet` after `use resnet`: what the file gives, by name."""

    name: str
    names: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """A name that several used files give."""

    families: tuple[str, ...]


def called(value: Any) -> str:
    """How a sentence calls what is no number, word or list; "" for anything else."""
    match value:
        case Tensor():
            return "a value of the network"
        case Definition():
            return f"the block `{value.name}`"
        case Layer():
            return "a layer"
        case Shared():
            return f"the shared layer `{value.name}`"
        case Family():
            return f"the file `{value.name}`"
        case [first, *_] if called(first):
            kind = "values of the network" if isinstance(first, Tensor) else "layers"
            return f"a list of {len(value)} {kind}"
        case _:
            return ""


def size_of(value: Any, most: int = 2**63) -> int:
    """How many entries a value holds, those of lists within it counted; stops soon after `most`."""
    if isinstance(value, Layer):
        return value.size
    if not isinstance(value, list | tuple):
        return 1
    size = 0
    for entry in value:
        size += size_of(entry, most - size)
        if size > most:
            break
    return size


def holds_values(value: Any) -> bool:
    """Whether a value of the network is among the entries of a list, or the arguments of a layer."""
    match value:
        case list() | tuple():
            return any(map(holds_values, value))
        case Layer():
            return any(holds_values(list(step.arguments.values())) for step in value.steps)
        case _:
            return isinstance(value, Tensor)


def key_of(value: Any) -> Any:
    """Equal for values that expand a block equally, and fit to be a key."""
    match value:
        case list() | tuple():
            return (type(value), *map(key_of, value))
        case Tensor():
            return (Tensor, value.type)
        case Layer():
            return (Layer, *map(key_of, value.steps))
        case Step():
            arguments = tuple((name, key_of(given)) for name, given in value.arguments.items())
            return (Step, id(value.what) if isinstance(value.what, Definition) else value.what, arguments)
        case _:
            # 2 and 2.0 are equal, and are not written equally
            return (type(value), value)
