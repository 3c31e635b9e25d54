"""What has to be known about a network before any of it is written, in one walk over its nodes."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from archc.ir import Graph, Node, Weight
from archc.ir.items import op_of, restored
from archc.ops import OPS, Op
from archc.ops.form import Form
from archc.types import TensorType


class Chooser(Protocol):
    """What decides where there are several ways."""

    def scanned(self, node: Node, body: "Plan") -> bool:
        """Whether a repeat becomes a device loop."""

    def forms(self, op: Op, x: TensorType, before: Op | None) -> tuple[Form, ...]:
        """The ways in which a layer can be computed that reads what `before` gives, that which is chosen first; none if
        there is but one."""


@dataclass(frozen=True, eq=False)
class Step:
    """A node with its layer, or with the plan of its body. `weights` are those it uses, its own or shared ones.

    `forms` are the ways in which the layer can be computed, that which is chosen first; none if there is but one.
    """

    node: Node
    op: Op | None
    body: "Plan | None"
    weights: tuple[Weight, ...]
    scanned: bool = False
    forms: tuple[Form, ...] = ()

    @property
    def scope(self) -> str:
        """Under which name its weights are known."""
        return self.node.shares or self.node.name

    @property
    def form(self) -> Form | None:
        """How the layer is computed, where there are several ways."""
        return self.forms[0] if self.forms else None

    @property
    def repeats(self) -> bool:
        return self.node.op == "repeat"

    @property
    def random(self) -> bool:
        """Whether it draws random numbers in training."""
        return self.body.random if self.body else self.op is not None and self.op.random

    @property
    def params(self) -> bool:
        """Whether it has trainable weights."""
        return self.body.params if self.body else any(weight.trainable for weight in self.weights)

    @property
    def stats(self) -> bool:
        """Whether it has arrays beside them."""
        return self.body.stats if self.body else any(not weight.trainable for weight in self.weights)

    @cached_property
    def draws(self) -> int:
        """How many random keys the first values of its own weights take."""
        if self.node.shares:
            return 0
        if self.body:
            return min(self.body.draws, 1)
        return sum(restored(weight.init).random for weight in self.node.weights if weight.trainable)


@dataclass(frozen=True, eq=False)
class Plan:
    """A graph on its way into functions."""

    graph: Graph
    steps: tuple[Step, ...]

    @cached_property
    def random(self) -> bool:
        return any(step.random for step in self.steps)

    @cached_property
    def params(self) -> bool:
        return any(step.params for step in self.steps)

    @cached_property
    def stats(self) -> bool:
        return any(step.stats for step in self.steps)

    @cached_property
    def draws(self) -> int:
        return sum(step.draws for step in self.steps)

    @cached_property
    def convolves(self) -> bool:
        return convolves(self.graph)

    @cached_property
    def keys(self) -> dict[str, int]:
        """Which of its random keys each node takes."""
        return {step.node.name: i for i, step in enumerate(step for step in self.steps if step.random)}

    @cached_property
    def shapes(self) -> dict[str, TensorType]:
        """The type of every value."""
        entering = {port.name: TensorType(port.shape) for port in self.graph.inputs}
        return entering | {node.name: TensorType(node.output) for node in self.graph.nodes}

    @cached_property
    def height(self) -> int:
        """How many blocks stand in one another, at most."""
        return max((step.body.height + (not step.repeats) for step in self.steps if step.body), default=0)

    @cached_property
    def scopes(self) -> tuple[Step, ...]:
        """The steps that own arrays."""
        return tuple(step for step in self.steps if (step.params or step.stats) and not step.node.shares)

    @cached_property
    def scope_names(self) -> frozenset[str]:
        """Every name that a scope has here, those of all copies of repeats too."""
        return frozenset(name for name, _ in self.graph.steps())

    def layers(self) -> Iterator[Step]:
        """Every layer, those of blocks and repeats once for each use."""
        for step in self.steps:
            if step.body:
                yield from step.body.layers()
            else:
                yield step

    def named(self, within: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Step]]:
        """Every layer, by the names of the blocks around it and its own; those of a repeat as those beside it."""
        for step in self.steps:
            if step.body:
                yield from step.body.named(within if step.repeats else (*within, step.node.name))
            else:
                yield (*within, step.node.name), step

    def blocks(self) -> Iterator[Step]:
        """Every use of a block, the inner ones too; those of a repeat once."""
        for step in self.steps:
            if step.body:
                yield from step.body.blocks()
                if not step.repeats:
                    yield step


def convolves(graph: Graph) -> bool:
    """Whether a convolution is in a network."""
    return any(convolves(node.body) if node.body else OPS[node.op].drawing == "conv" for node in graph.nodes)


def plan(graph: Graph, choose: Chooser) -> Plan:
    """The plan of a graph."""
    steps: list[Step] = []
    owners: dict[str, Step] = {}
    types = {port.name: TensorType(port.shape) for port in graph.inputs}
    for node in graph.nodes:
        if node.body is None:
            weights = owners[node.shares].weights if node.shares else node.weights
            op = op_of(node)
            source = owners.get(node.inputs[0])
            forms = choose.forms(op, types[node.inputs[0]], source.op if source else None)
            step = Step(node, op, None, weights, forms=forms)
        else:
            body = plan(node.body, choose)
            step = Step(node, None, body, (), node.op == "repeat" and choose.scanned(node, body))
        types[node.name] = TensorType(node.output)
        owners[node.name] = step
        steps.append(step)
    return Plan(graph, tuple(steps))
