"""The computation graph of a chain of layers: what stands in each node, and the rules of its derivatives in symbols.

Names are those of courses: a dense layer gives z, the activation behind it a; where there are several, layers are
numbered ⁽¹⁾ ⁽²⁾ …; w₁₂ leads from the second unit before to the first one here, so W is the transpose of the
kernel [in, out]; dz is short for ∂L/∂z.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from archc.diagnostics import Failed
from archc.draw.look import Look
from archc.draw.rules import Ending, activation_rule, ending, function_text
from archc.draw.trace import Quantity, Trace
from archc.draw.unsuited import unsuited
from archc.ir import Graph, Module, Node, Place, Port
from archc.ir.items import op_of
from archc.ir.opened import opened
from archc.types import TensorType

STYLE = "backprop"

MOST_LAYERS = 10
"""Layers of a network that is drawn: a figure of more is too wide to be read."""

MOST_NUMBERS = 42
"""Numbers that each get a node of their own, at most."""

MOST_UNITS = 9
"""Units of a layer that are drawn one by one: the number of each is a digit."""

_SUB, _SUPER = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"), str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_TAKEN = {"a", "b", "d", "u", "w", "y", "z", "L", "W"}
_JOINED = ("softmax", "log_softmax")
"""Activations whose every number depends on all that enter."""


@dataclass(frozen=True)
class Cell:
    """A node: its name, what is computed in it, its value, and the rule of its derivative (empty if none is known).

    `text` and `rule` are broken where a line may end. `reads` are the names of the nodes that it takes, `leaves` the
    weights or targets that belong to it alone. `pointwise` ones stand beside the node that they read.
    """

    name: str
    text: tuple[str, ...]
    quantity: Quantity
    rule: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    leaves: "tuple[Cell, ...]" = ()
    family: str = "other"
    scope: str = ""
    line: int = 0
    pointwise: bool = False


@dataclass(frozen=True)
class Computation:
    """The nodes of a figure, column after column; `scalar` tells whether each is one number. `notes` are sentences."""

    columns: tuple[tuple[Cell, ...], ...]
    scalar: bool
    notes: tuple[str, ...] = ()

    @property
    def cells(self) -> Iterator[Cell]:
        """All nodes, leaves in front of what they belong to."""
        for column in self.columns:
            for cell in column:
                yield from cell.leaves
                yield cell


@dataclass(frozen=True)
class Stage:
    """A value of the chain: what it is called, the layer that gives it and what that is; "input" for what enters."""

    letter: str
    number: str
    op: str
    node: Node | None
    quantity: Quantity

    @property
    def size(self) -> int:
        return TensorType(self.quantity.shape).size

    @property
    def name(self) -> str:
        return self.letter + self.number

    @property
    def pointwise(self) -> bool:
        """Whether each number depends on just the one that enters in its place."""
        if self.op in _JOINED or self.op in ("input", "dense"):
            return False
        return self.node is None or (op_of(self.node).activation or self.op == "linear")

    def units(self, scalar: bool) -> list[str]:
        """The names of its numbers, or the one of them all: x₁ x₂, or just z."""
        if not scalar or (self.size == 1 and self.op != "input"):
            return [self.name]
        return [self.name + sub(j + 1) for j in range(self.size)]

    def parts(self, scalar: bool) -> list[Quantity]:
        return apart(self.quantity) if scalar else [self.quantity]


def sub(*numbers: int) -> str:
    return "".join(map(str, numbers)).translate(_SUB)


def apart(quantity: Quantity) -> list[Quantity]:
    """Each number of a quantity by itself."""
    slopes: Sequence[float | None] = quantity.slope or (None,) * len(quantity.value)
    return [
        Quantity((), (value,), None if slope is None else (slope,))
        for value, slope in zip(quantity.value, slopes, strict=True)
    ]


def chain_of(module: Module, look: Look) -> Graph:
    """The layers one after another, blocks opened. Raises Failed if that isn't what the network is, or it has no loss.

    It needs no trace: what can't be drawn is refused before anything is computed.
    """
    graph, place = opened(module).graph, module.graph.place
    if module.recipe is None:
        failed = unsuited(STYLE, "it shows derivatives of a loss, and no `train` block names one", look, (place,))
        help = "add a `train` block, whose loss is derived; or draw it otherwise: `--style graph` draws any network"
        raise Failed(replace(diagnostic, help=help) for diagnostic in failed.diagnostics)
    for words, ports in (("inputs", graph.inputs), ("outputs", graph.outputs)):
        if len(ports) > 1:
            raise unsuited(STYLE, f"it draws one chain of layers, and there are {len(ports)} {words}", look, _of(ports))
    before = graph.inputs[0].name
    for node in graph.nodes:
        if node.inputs != (before,) or node.shares:
            why = f"shares the weights of `{node.shares}`" if node.shares else f"takes more or else than `{before}`"
            raise unsuited(STYLE, f"it draws one chain of layers, and `{node.name}` {why}", look, (node.place, place))
        before = node.name
    if graph.outputs[0].value != before:
        why = "it draws one chain of layers, and the output isn't the last of them"
        raise unsuited(STYLE, why, look, _of(graph.outputs))
    if len(graph.nodes) > MOST_LAYERS:
        why = f"it draws at most {MOST_LAYERS} layers, and there are {len(graph.nodes)}"
        raise unsuited(STYLE, why, look, (place,))
    return graph


def _of(ports: Sequence[Port]) -> tuple[Place, ...]:
    """Where the second of several stands, or the only one."""
    return tuple(port.place for port in ports[1:2] or ports)


def computation(module: Module, look: Look) -> Computation:
    """The nodes of a module for the example of a look. Raises Failed as `chain_of` does."""
    graph, trace = chain_of(module, look), look.trace
    if trace is None:
        raise ValueError("the backprop style shows an example: `Look(trace=…)`")
    stages = list(_stages(module, graph, trace))
    chain = Chain(stages, trace, ending(module, stages[-1].size, bool(trace.target)), _few(stages))
    flat = sorted({stage.op for stage in stages if stage.op in ("step", "sign")})
    notes = [f"The derivative of {op} is 0 everywhere, so nothing before it learns." for op in flat]
    if trace.said is not None and trace.said.slope is None:
        last = stages[-1]
        notes.append(f"The loss is derived by what enters {last.op}, not by {last.name} itself.")
    return Computation(tuple(chain.columns()), chain.scalar, tuple(notes))


def _stages(module: Module, graph: Graph, trace: Trace) -> Iterator[Stage]:
    """The input, the layers, and behind them the function that the loss alone applies, if the file doesn't name it."""
    (port,), letters = graph.inputs, _letters(graph)
    several, others, dense, other = letters.count("z") > 1, letters.count("u") > 1, 0, 0
    letter = port.name if len(port.name) == 1 and port.name not in _TAKEN else "x"
    yield Stage(letter, "", "input", None, trace.inputs[port.name])
    for node, letter in zip(graph.nodes, letters, strict=True):
        dense, other = dense + (letter == "z"), other + (letter == "u")
        index = (other if others else 0) if letter == "u" else (dense if several else 0)
        quantity = trace.layers.get(node.name) or trace.said
        assert quantity is not None
        yield Stage(letter, _raised(index), node.op, node, quantity)
    if trace.said is not None and all(node.name in trace.layers for node in graph.nodes):
        assert module.recipe is not None
        link = module.recipe.links[graph.outputs[0].name]
        yield Stage("a", _raised(dense if several else 0), link, None, trace.said)


def _raised(number: int) -> str:
    return f"⁽{str(number).translate(_SUPER)}⁾" if number else ""


def _letters(graph: Graph) -> list[str]:
    """What the value of each layer is called."""
    letters: list[str] = []
    for node in graph.nodes:
        behind = letters[-1] if letters else ""
        activation = op_of(node).activation or node.op == "linear"
        letters.append("z" if node.op == "dense" else "a" if behind == "z" and activation else "u")
    return letters


def _few(stages: Sequence[Stage]) -> bool:
    """Whether every number gets a node of its own."""
    first, *layers = stages
    if len(first.quantity.shape) != 1 or any(stage.size > MOST_UNITS for stage in stages):
        return False
    if any(stage.op not in ("dense", *_JOINED) and not stage.pointwise for stage in layers):
        return False
    weights = [weight for stage in layers if stage.node for weight in stage.node.weights]
    if any(stage.op != "dense" and stage.node and stage.node.weights for stage in layers):
        return False
    numbers = sum(TensorType(weight.shape).size for weight in weights) + sum(stage.size for stage in stages)
    return numbers + 1 <= MOST_NUMBERS


@dataclass(frozen=True)
class Chain:
    """A chain on its way into nodes."""

    stages: Sequence[Stage]
    trace: Trace
    end: Ending
    scalar: bool

    def columns(self) -> Iterator[tuple[Cell, ...]]:
        first, scalar = self.stages[0], self.scalar
        names = zip(first.units(scalar), first.parts(scalar), self.rules(0), strict=True)
        yield tuple(Cell(name, (name,), part, rule, family="input") for name, part, rule in names)
        for i, (before, stage) in enumerate(pairwise(self.stages), 1):
            named = zip(stage.units(scalar), stage.parts(scalar), self.rules(i), strict=True)
            family = op_of(stage.node).drawing if stage.node else "activation"
            scope, line = (stage.node.name, stage.node.place.line) if stage.node else ("", 0)
            column = []
            for j, (name, part, rule) in enumerate(named):
                taken = before.units(scalar)
                reads = (taken[j],) if stage.pointwise else tuple(taken)
                leaves = tuple(self.weights(stage, before, j))
                text = self.text(stage, before, j, name)
                column.append(Cell(name, text, part, rule, reads, leaves, family, scope, line, stage.pointwise))
            yield tuple(column)
        yield (self.loss(),)

    def text(self, stage: Stage, before: Stage, j: int, name: str) -> tuple[str, ...]:
        """What is computed, in terms."""
        taken = before.units(self.scalar)
        if stage.op != "dense":
            entering = taken[j] if stage.pointwise else ", ".join(taken)
            text = function_text(stage.op, stage.node, entering)
            at = sub(j + 1) if self.scalar and not stage.pointwise else ""
            return (f"{name} = {text}{at}",)
        biased = len(stage.node.weights) > 1 if stage.node else False
        if not self.scalar:
            return (f"{name} = W{stage.number}{taken[0]}" + (f" + b{stage.number}" if biased else ""),)
        terms = [f"{self.w(stage, before, j, k)}{x}" for k, x in enumerate(taken)]
        terms += [self.b(stage, j)] if biased else []
        return (f"{name} = {terms[0]}", *(f"+ {term}" for term in terms[1:]))

    def w(self, stage: Stage, before: Stage, j: int, k: int) -> str:
        """The weight that leads from number k before to number j."""
        if stage.size == 1:
            return f"w{stage.number}{sub(k + 1)}"
        return f"w{stage.number}{sub(j + 1, k + 1)}"

    def b(self, stage: Stage, j: int) -> str:
        return f"b{stage.number}" + (sub(j + 1) if self.scalar and stage.size > 1 else "")

    def rules(self, i: int) -> list[tuple[str, ...]]:
        """The rules of the derivatives of a value's numbers, in terms: by what the next one makes of it."""
        stage, scalar = self.stages[i], self.scalar
        names = stage.units(scalar)
        following = self.stages[i + 1] if i + 1 < len(self.stages) else None
        if stage.quantity.slope is None:
            return [()] * len(names)
        if following is None:
            return [_one(self.end.by_output(name, y)) for name, y in zip(names, self.targets, strict=True)]
        after = following.units(scalar)
        linked = i + 2 == len(self.stages) and following.quantity is self.trace.said
        if linked and (following.op == self.end.link):
            found = [self.end.by_input(a, y) for a, y in zip(after, self.targets, strict=True)]
            if all(found):
                return [_one(rule) for rule in found]
        if following.pointwise and following.quantity.slope is not None:
            times = "·" if scalar else " ∘ "
            pairs = zip(names, after, strict=True)
            return [_one(activation_rule(following.op, z, a, times)) for z, a in pairs]
        if following.op != "dense":
            return [()] * len(names)
        if not scalar:
            return [(f"W{following.number}⊤d{after[0]}",)]
        sums = [[f"{self.w(following, stage, j, k)}·d{z}" for j, z in enumerate(after)] for k in range(len(names))]
        return [(first, *(f"+ {term}" for term in rest)) for first, *rest in sums]

    @property
    def targets(self) -> list[str]:
        last = self.stages[-1]
        return ["y"] if not self.scalar or last.size == 1 else [f"y{sub(j + 1)}" for j in range(last.size)]

    def weights(self, stage: Stage, before: Stage, j: int) -> Iterator[Cell]:
        """The weights of a layer, or of its unit j."""
        node = stage.node
        if node is None:
            return
        if stage.op != "dense":
            for weight in node.weights:
                name = f"{node.name}.{weight.name}"
                yield _leaf(name, self.trace.weights[name], "", node)
            return
        d = f"d{stage.units(self.scalar)[j]}"
        kernel = transposed(self.trace.weights[f"{node.name}.kernel"])
        bias = self.trace.weights.get(f"{node.name}.bias")
        if not self.scalar:
            yield _leaf(f"W{stage.number}", kernel, f"{d} {before.name}⊤", node)
            if bias:
                yield _leaf(self.b(stage, j), bias, d, node)
            return
        # of one layer alone, what the chain rule ends in is short enough to be said
        error = self.rules(len(self.stages) - 2)[0] if len(self.stages) == 3 and stage.size == 1 else ()
        factor = f"({error[0]})" if error == (f"{self.stages[-1].name} \u2212 y",) else d
        parts, width = apart(kernel), before.size
        for k, x in enumerate(before.units(True)):
            yield _leaf(self.w(stage, before, j, k), parts[j * width + k], f"{factor}·{x}", node)
        if bias:
            yield _leaf(self.b(stage, j), apart(bias)[j], factor.strip("()"), node)

    def loss(self) -> Cell:
        """What it all ends in, beside what the output is compared with."""
        a, y = self.stages[-1].units(self.scalar), self.targets
        target = Quantity(self.stages[-1].quantity.shape, self.trace.target, None)
        parts = (apart(target) if self.scalar else [target]) if self.trace.target else []
        leaves = tuple(Cell(name, (name,), part) for name, part in zip(y, parts, strict=False))
        quantity = Quantity((), (self.trace.loss,), (1.0,))
        return Cell("L", self.end.text(a, y), quantity, (), tuple(a), leaves, "output", pointwise=len(a) == 1)


def _one(rule: str) -> tuple[str, ...]:
    return (rule,) if rule else ()


def _leaf(name: str, quantity: Quantity, rule: str, node: Node) -> Cell:
    """A weight, whose rule is left out where it isn't trained."""
    known = () if quantity.slope is None else _one(rule)
    return Cell(name, (name,), quantity, known, scope=node.name, line=node.place.line)


def transposed(kernel: Quantity) -> Quantity:
    """A kernel [in, out] as texts write it, [out, in]."""
    rows, columns = kernel.shape

    def turned(numbers: tuple[float, ...]) -> tuple[float, ...]:
        return tuple(numbers[row * columns + column] for column in range(columns) for row in range(rows))

    slope = None if kernel.slope is None else turned(kernel.slope)
    return Quantity((columns, rows), turned(kernel.value), slope)
