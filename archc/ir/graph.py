"""The checked network: a graph of layers, in which blocks stay blocks and repeats stay repeats."""

from collections.abc import Callable, Iterator
from typing import ParamSpec, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypeAliasType

from archc.types import TensorType


class Frozen(BaseModel):
    """Immutable, and strict about what it does not know."""

    # validators are built when something is first validated: only an IR that is read back needs them
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


P = ParamSpec("P")
M = TypeVar("M", bound=Frozen)


def made(model: Callable[P, M]) -> Callable[P, M]:
    """The constructor without validation, for what archc makes itself: types and `verify` answer for that.

    Building pydantic's validators takes a quarter of the time that a small file takes to check.
    """
    construct: Callable[P, M] = model.model_construct  # type: ignore[attr-defined]
    return construct


class Item(Frozen):
    """A use of something declared: an initialiser, a loss, a schedule … with every argument filled in."""

    kind: str
    arguments: "dict[str, Argument]" = {}


Argument = TypeAliasType("Argument", "Item | bool | int | float | str | tuple[Argument, ...] | None")


class Place(Frozen):
    """Where in the source something was written; lines and columns count from 1."""

    file: str
    line: int
    column: int


class Weight(Frozen):
    """An array that belongs to a layer. `trainable` ones count as parameters, the others are state.

    `fans` are (in, out) where they aren't those of the shape.
    """

    name: str
    shape: tuple[int, ...]
    init: Item
    trainable: bool = True
    fans: tuple[int, int] | None = None


class Node(Frozen):
    """One step of a graph. There are three kinds of it.

    A layer has an `op` of the catalogue.

    A block has op "block", and its graph as `body`: `body.name` is the block's, and `body.inputs`
    stand for `inputs`, what flows in first. Its name is the scope of its layers.

    A layer or block that `shares` uses the weights of the node of that name, which stands before
    it in the same graph, and owns none: a layer's `weights` are empty, a block's body is the same.

    A repeat has op "repeat" and runs `body` `count` times, each copy with weights of its own: the
    output of one copy is the first input of the next, and all take the same further inputs. It opens
    no scope: `copies` tells, for each copy, under which scopes beside it the nodes of `body` are
    known, those of the first copy being their names.
    """

    name: str
    op: str
    arguments: dict[str, Argument] = {}
    inputs: tuple[str, ...]
    output: tuple[int, ...]
    weights: tuple[Weight, ...] = ()
    macs: int = 0
    place: Place
    body: "Graph | None" = None
    count: int = 1
    copies: tuple[tuple[str, ...], ...] = ()
    shares: str = ""
    behind_pooling: bool = Field(default=False, exclude=True)
    """Whether a pass has put this activation behind the pooling that reads it in the file."""

    @property
    def layer_count(self) -> int:
        """How many layers it is, those of all copies."""
        return self.count * sum(node.layer_count for node in self.body.nodes) if self.body is not None else 1

    @property
    def innermost(self) -> "Node | None":
        """The layer at the end of a block, or of a repeat; of a layer itself. None for what only passes on."""
        node: Node | None = self
        while node is not None and node.body is not None:
            end = node.body.outputs[0].value
            node = next((inner for inner in node.body.nodes if inner.name == end), None)
        return node


class Port(Frozen):
    """A named value at the edge of a graph: an input and its shape, or an output and the value it takes."""

    name: str
    value: str
    shape: tuple[int, ...]
    place: Place


class Graph(Frozen):
    """Nodes in the order of computation. A value is named by the node or the input that gives it.

    `place` is where a block or model is written, if it is one.
    """

    name: str
    inputs: tuple[Port, ...]
    nodes: tuple[Node, ...]
    outputs: tuple[Port, ...]
    place: Place | None = None

    def layers(self, scope: str = "") -> Iterator[tuple[str, Node]]:
        """Every layer with its full scope, blocks opened, repeats once a copy."""
        for scoped, node in self.steps(scope):
            if node.body is None:
                yield scoped, node
                continue
            for inside, layer in node.body.layers(f"{scoped}."):
                # what a shared block owns is owned where it stands first
                yield inside, layer.model_copy(update={"weights": ()}) if node.shares else layer

    def steps(self, scope: str = "") -> Iterator[tuple[str, Node]]:
        """Every layer and block of this graph, with its scope; repeats once a copy, blocks closed."""
        for node in self.nodes:
            if node.op != "repeat" or node.body is None:
                yield scope + node.name, node
                continue
            for copy in node.copies:
                yield from ((scope + name, inner) for name, inner in zip(copy, node.body.nodes, strict=True))

    @property
    def parameters(self) -> int:
        """How many trainable numbers there are."""
        return self._count(True)

    @property
    def state(self) -> int:
        """How many numbers are kept beside the trainable ones, such as moving averages."""
        return self._count(False)

    def _count(self, trainable: bool) -> int:
        return sum(
            node.count * node.body._count(trainable)
            if node.body is not None
            else sum(TensorType(w.shape).size for w in node.weights if w.trainable == trainable)
            for node in self.nodes
            if not node.shares
        )

    @property
    def macs(self) -> int:
        """Multiply-accumulates of the convolutions and dense layers, for one example."""
        return sum(node.count * node.body.macs if node.body is not None else node.macs for node in self.nodes)
