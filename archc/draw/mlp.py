"""A network as a chain of columns of units, as lectures draw it; whatever is no such chain is refused."""

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from archc.draw.look import Look
from archc.draw.unsuited import unsuited
from archc.ir import Column as DataColumn
from archc.ir import Graph, Module, Node, Place, Port
from archc.ir.items import op_of, restored
from archc.ir.match import written_out
from archc.ops import Op
from archc.ops.dense import Dense, Maxout, Rbf, Units
from archc.ops.merge import Concat
from archc.parameters import show
from archc.types import TensorType

STYLE = "neurons"

BESIDE = ("activation", "norm", "noise")
"""Families that change each unit's value and keep the units: they are named under their column."""

KINDS = {
    "conv": "is a convolution",
    "pool": "is a pooling layer",
    "merge": "joins branches",
    "layout": "arranges values anew",
    "dense": "is dense at each position",
}
"""What a layer is that has no place in such a chain, by its family."""


LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
"""Digits as they stand at the foot of a letter."""


@dataclass(frozen=True, slots=True)
class Step:
    """A layer with blocks opened and repeats written out. Its weights bear the scope `owner`.

    `inputs` are full scopes, or names of the network's inputs. `around` are the blocks that it is in, the innermost
    first.
    """

    scope: str
    owner: str
    node: Node
    inputs: tuple[str, ...]
    around: tuple[Node, ...]

    @property
    def places(self) -> tuple[Place, ...]:
        return tuple(node.place for node in (self.node, *self.around))


@dataclass(frozen=True, slots=True)
class Column:
    """Units that stand above each other: those of the input, or of a dense layer.

    `symbol` is the letter of its units: x, h or ŷ. `above` is 0 but for one of several hidden layers, which are
    counted from 1. `beside` are the layers that change its values, as they are written. `names` are the units'
    in the data, empty where they aren't known.

    `kernel` ([in][unit]) and `bias` are what is known of its weights: learnt, or written out in the file.
    """

    scope: str
    op: str
    units: int
    line: int
    symbol: str = "h"
    above: int = 0
    beside: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    kernel: Any = None
    bias: Any = None
    biased: bool = False
    shapes: tuple[tuple[str, tuple[int, ...]], ...] = ()
    """Those of its weights, by name."""

    @property
    def weights(self) -> int:
        """How many lines lead into it."""
        return TensorType(self.shapes[0][1]).size if self.shapes else 0


def columns(module: Module, look: Look) -> tuple[Column, ...]:
    """The inputs, then each dense layer. Raises Failed, naming the first step that makes it no such chain."""
    graph = module.graph
    chain = Chain(graph, look)
    for step in steps(graph):
        chain.add(step)
    chain.close()
    return named(chain.columns, module)


def steps(graph: Graph) -> Iterator[Step]:
    """Every layer of a network in the order of computation."""
    yield from _steps(graph, "", "", {port.name: port.name for port in graph.inputs}, ())


def _steps(
    graph: Graph, scope: str, owner: str, values: dict[str, str], around: tuple[Node, ...]
) -> Generator[Step, None, str]:
    """Likewise in a block, whose inputs are the `values`; in the end, what its output is."""
    graph = written_out(graph, {node.name for node in graph.nodes if node.op == "repeat"})
    for node in graph.nodes:
        inputs = tuple(values[name] for name in node.inputs)
        owning = owner + (node.shares or node.name)
        values[node.name] = scope + node.name
        if node.body is None:
            yield Step(scope + node.name, owning, node, inputs, around)
        else:
            inside = {port.name: value for port, value in zip(node.body.inputs, inputs, strict=True)}
            values[node.name] = yield from _steps(
                node.body, f"{scope}{node.name}.", f"{owning}.", inside, (node, *around)
            )
    return values[graph.outputs[0].value]


@dataclass(frozen=True, slots=True)
class Entering:
    """A value that is made of inputs alone: which, one behind the other, and what was done to them."""

    ports: tuple[Port, ...]
    shape: tuple[int, ...]
    beside: tuple[str, ...] = ()


class Chain:
    """Columns, as one step after the other is added."""

    def __init__(self, graph: Graph, look: Look):
        self.graph, self.look = graph, look
        self.columns: list[Column] = []
        self.value = ""
        """What the last step gave, once there is a column of a layer."""
        self.shape: tuple[int, ...] = ()
        self.entering = {port.name: Entering((port,), port.shape) for port in graph.inputs}

    def add(self, step: Step) -> None:
        op = op_of(step.node)
        if not self.columns:
            self._enter(step, op)
            return
        if op.merges or step.inputs != (self.value,):
            self._refuse(step, op)
        self._go_on(step, op)

    def _enter(self, step: Step, op: Op) -> None:
        """A step before the first dense layer, or that layer."""
        values = [self.entering[name] for name in step.inputs]
        if isinstance(op, Concat) and len(step.node.output) == 1:
            ports = tuple(port for value in values for port in value.ports)
            beside = tuple(dict.fromkeys(text for value in values for text in value.beside))
            self.entering[step.scope] = Entering(ports, step.node.output, beside)
        elif isinstance(op, Units):
            self._begin(values[0], step)
            self._go_on(step, op)
        elif not op.merges and keeps_units(op, values[0].shape, step.node.output):
            beside = (*values[0].beside, briefly(op))
            self.entering[step.scope] = Entering(values[0].ports, step.node.output, beside)
        else:
            self._refuse(step, op)

    def _begin(self, value: Entering, step: Step) -> None:
        """The column of the inputs."""
        left = [port.name for port in self.graph.inputs if port not in value.ports]
        if left:
            why = f"`{step.scope}` doesn't read the input `{left[0]}`, and all inputs stand in one column"
            raise unsuited(STYLE, why, self.look, step.places)
        names = ", ".join(port.name for port in value.ports)
        units, line = TensorType(value.shape).size, value.ports[0].place.line
        self.columns.append(Column(names, "input", units, line, "x", beside=value.beside))
        self.value, self.shape = step.inputs[0], value.shape

    def _go_on(self, step: Step, op: Op) -> None:
        """A dense layer, or what changes the values of the last one."""
        node = step.node
        if isinstance(op, Units):
            self.columns.append(self._column(step, op))
        elif keeps_units(op, self.shape, node.output):
            last = self.columns[-1]
            self.columns[-1] = replace(last, beside=(*last.beside, briefly(op)))
        else:
            self._refuse(step, op)
        self.value, self.shape = step.scope, node.output

    def _column(self, step: Step, op: Units) -> Column:
        specs = op.weights(TensorType(self.shape))
        shapes = tuple((spec.name, spec.shape) for spec in specs)
        known = {weight.name: self._known(step, weight.name) for weight in specs}
        does = {Maxout: f"max of {getattr(op, 'pieces', 1)} sums", Rbf: "Σ (x − w)²"}.get(type(op), "")
        return Column(
            step.scope,
            op.name,
            op.units,
            step.node.place.line,
            beside=(does,) * bool(does),
            # a line of maxout is several weights
            kernel=known.get("centres" if isinstance(op, Rbf) else "kernel") if not isinstance(op, Maxout) else None,
            bias=known.get("bias") if isinstance(op, Dense) else None,
            biased="bias" in known,
            shapes=shapes,
        )

    def _known(self, step: Step, name: str) -> Any:
        if self.look.weights is not None:
            return self.look.weights.get(f"{step.owner}.{name}")
        weight = next((weight for weight in step.node.weights if weight.name == name), None)
        given = weight is not None and weight.init.kind == "initialiser:given"
        return restored(weight.init).values_ if weight is not None and given else None

    def _refuse(self, step: Step, op: Op) -> None:
        if step.inputs != (self.value,) and self.columns and not op.merges:
            why = f"`{step.scope}` reads `{step.inputs[0]}` and not the layer before it, so the chain branches"
        else:
            made = "is a value of its own" if not step.inputs or op.alone else "changes how many values there are"
            what = KINDS.get(op.drawing, made)
            why = f"`{step.scope}` {what}, and circles stand for the units of dense layers, one behind the other"
        raise unsuited(STYLE, why, self.look, step.places)

    def close(self) -> None:
        """Raises Failed unless there is a dense layer, and one output at the end."""
        if not self.columns:
            raise unsuited(STYLE, "it has no dense layer, whose units could be drawn", self.look, (self.graph.place,))
        if len(self.graph.outputs) > 1:
            count = len(self.graph.outputs)
            why = f"it has {count} outputs, and a chain of layers ends in one"
            raise unsuited(STYLE, why, self.look, (self.graph.outputs[0].place,))


def keeps_units(op: Op, before: tuple[int, ...], after: tuple[int, ...]) -> bool:
    """Whether a layer changes values one by one, or only how they are arranged."""
    return (op.drawing in BESIDE or op.view) and TensorType(before).size == TensorType(after).size


def briefly(op: Op) -> str:
    """A layer as a person would write it in short: `step(1.5)`."""
    values = [show(value) for value in op.chosen().values()]
    return f"{op.name}({', '.join(values)})" if values else op.name


def named(found: list[Column], module: Module) -> tuple[Column, ...]:
    """The columns with their letters, and with the names that the data has for inputs and outputs."""
    hidden = len(found) - 2
    done = [replace(column, above=row if hidden > 1 else 0) for row, column in enumerate(found)]
    done[0] = replace(done[0], above=0, names=names_of_inputs(module, done[0]))
    done[-1] = replace(done[-1], above=0, symbol="ŷ", names=names_of_outputs(module, done[-1].units))
    return tuple(done)


def names_of_inputs(module: Module, column: Column) -> tuple[str, ...]:
    """What the columns of a table are called, in the order in which inputs are read; else, of several inputs, which
    and where.

    Empty if there is one input, and that isn't known.
    """
    sizes = {port.name: TensorType(port.shape).size for port in module.graph.inputs}
    ports = column.scope.split(", ")
    names = tuple(name for port in ports for name in fields_of(module, port))
    if len(names) == column.units:
        return names
    if len(ports) == 1:
        return ()
    return tuple(f"{port}{str(place).translate(LOWERED)}" for port in ports for place in range(1, sizes[port] + 1))


def fields_of(module: Module, port: str) -> Iterator[str]:
    """What the numbers are called in the data that an input takes."""
    if module.recipe is None:
        return
    features: Mapping[str, DataColumn] = {column.name: column for column in module.recipe.data.features}
    column = features.get(module.recipe.columns.get(port, ""))
    for field in column.fields if column is not None else ():
        yield from [f"{field.name} = {category}" for category in field.categories] or [field.name]


def names_of_outputs(module: Module, units: int) -> tuple[str, ...]:
    """What the classes are called, one for each output."""
    if module.recipe is None:
        return ()
    of = {term.output: term.target for term in module.recipe.losses}
    target = of.get(module.graph.outputs[0].name)
    classes = next((column.classes for column in module.recipe.data.targets if column.name == target), ())
    return classes if len(classes) == units else ()
