"""One model's body -> its graph."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from archc.diagnostics import Diagnostic, Related, Report
from archc.ir import Graph, Port, made
from archc.ops import OPS
from archc.parameters import LARGEST, Described, describe, show, whole
from archc.resolve.evaluate import NUMBER, UNKNOWN, Evaluator
from archc.resolve.network import Builder, Tensor, place
from archc.resolve.unused import squashed_twice, unused_in_model
from archc.resolve.wrong import Unknown, Wrong, given_twice, wrong
from archc.source import Span
from archc.syntax import tree
from archc.types import TensorType

RESERVED = ("it", "params", "macs", "data")

Facts = Callable[[str, Span], Any]
"""`data.classes` and the like, by name and the place that asks. Raises Wrong."""


@dataclass(frozen=True)
class Surroundings:
    """What a model's body may refer to, besides its own names.

    `overridden` says that values were set from outside, so that promised equalities only warn.
    """

    names: Mapping[str, Any]
    facts: Facts
    init: Described
    overridden: bool = False


@dataclass(frozen=True)
class Network:
    """A model's graph, where its inputs and layers are written, and whether the file names its outputs."""

    graph: Graph
    spans: Mapping[str, Span]
    named: bool


def resolve_model(
    model: tree.Model, arguments: Mapping[str, Any], around: Surroundings, report: Report
) -> Network | None:
    """The network of a model called with `arguments`; None if nothing sound came out of it."""
    return Body(model, arguments, around, report).resolve()


class Body:
    """A model's statements, taken in order."""

    def __init__(self, model: tree.Model, arguments: Mapping[str, Any], around: Surroundings, report: Report):
        self.model = model
        self.around = around
        self.report = report
        given = {name.value for statement in model.body for name in names_given(statement)}
        self.builder = Builder(model.name.value, around.init, given)
        self.evaluator = Evaluator({**around.names, **arguments}, report, around.facts, self.builder)
        self.declared: dict[str, Span] = {p.name.value: p.name.span for p in model.parameters}
        self.sound = True
        self.complete = False

    def resolve(self) -> Network | None:
        self.attempt(self.some_input, None)
        for statement in self.model.body:
            self.attempt(self.statement, statement)
        self.attempt(self.last_output, None)
        if self.sound:
            self.attempt(self.nothing_unused, None)
        if self.sound:
            self.report.extend(squashed_twice(self.builder))
            names = self.evaluator.names
            numbers = [name for name in self.declared if not isinstance(names.get(name), Tensor)]
            self.report.extend(unused_in_model(self.model, numbers))
        self.evaluator.whole_model = True
        self.complete = self.sound
        for statement in self.model.body:
            if isinstance(statement, tree.Assert):
                self.attempt(self.promise, statement)
        named = any(isinstance(statement, tree.Output) for statement in self.model.body)
        return Network(self.builder.graph(), self.builder.spans, named) if self.sound else None

    def attempt(self, phase: Callable[[Any], None], statement: Any) -> None:
        """Runs a phase on a statement; what goes wrong ends the statement and is reported once."""
        errors = self.report.errors
        try:
            phase(statement)
        except Wrong as error:
            self.report.add(error.diagnostic)
            self.spoil(statement)
        except Unknown:
            self.spoil(statement)
        if self.report.errors > errors:
            self.sound = False

    def spoil(self, statement: tree.Statement | None) -> None:
        """After an error: what the statement should have given is unknown, and nobody complains about it again."""
        for name in names_given(statement):
            self.evaluator.names.setdefault(name.value, UNKNOWN)
        if isinstance(statement, tree.Flow | tree.Input):
            self.evaluator.it = UNKNOWN
        if not isinstance(statement, tree.Assert):
            self.sound = False

    def statement(self, statement: tree.Statement) -> None:
        match statement:
            case tree.Input():
                self.input(statement)
            case tree.Let():
                self.claim(statement.name)
                self.declare_inner(statement.value)
                self.evaluator.names[statement.name.value] = self.evaluator.value(statement.value)
            case tree.Output():
                self.claim(statement.name)
                self.declare_inner(statement.value)
                value = self.flow(statement.value)
                self.evaluator.names[statement.name.value] = value
                self.output(statement.name, value)
            case tree.Flow():
                self.declare_inner(statement.value)
                self.evaluator.it = self.flow(statement.value)
            case tree.Expect():
                self.expect(statement)
            case tree.Assert():
                pass  # a promise is about the whole model: it waits until that is known

    def flow(self, expression: tree.Expression) -> Tensor:
        value = self.evaluator.value(expression)
        if not isinstance(value, Tensor):
            raise wrong(
                "E0202",
                f"{describe(value)} is no step of a flow",
                expression.span,
                help="a line of a model is a layer or a chain of them; `let n = …` names a number",
            )
        return value

    def declare_inner(self, expression: tree.Expression) -> None:
        for name in names_in(expression):
            self.claim(name)
        for step in as_steps(expression):
            callee = step.step.callee if isinstance(step.step, tree.Call) else step.step
            if isinstance(callee, tree.Name) and callee.value in OPS and OPS[callee.value].activation:
                self.report.add(
                    Diagnostic(
                        "W0301",
                        f"`{step.name.value}` names the {callee.value}, which has no weights",
                        step.span,
                        help="for the weights, put the name before the activation: "
                        f"`… as {step.name.value} -> {callee.value}`",
                    )
                )

    def claim(self, name: tree.Name) -> None:
        """Takes a name for this model. Raises Wrong if it is taken."""
        word = name.value
        if word in RESERVED:
            raise reserved(name)
        if word in self.declared:
            raise given_twice(word, name.span, self.declared[word], help="every name in a model means one thing")
        self.declared[word] = name.span

    def input(self, statement: tree.Input) -> None:
        self.claim(statement.name)
        shape: list[int] = []
        for dim in statement.dims:
            value = self.evaluator.plain(dim, "a dimension", NUMBER)
            shape += [dimension(size, dim.span) for size in (value if isinstance(value, tuple) else (value,))]
        if len(shape) == 3 and shape[0] in (1, 3) and shape[1] > 4 and shape[2] > 4:
            channels_last = ", ".join(map(str, (*shape[1:], shape[0])))
            self.report.add(
                Diagnostic(
                    "W0201",
                    "this looks like channels first",
                    statement.span,
                    f"height {shape[0]}, width {shape[1]}, {shape[2]} channels",
                    help=f"sizes go height, width, channels: `input {statement.name.value}[{channels_last}]`",
                )
            )
        first = not self.builder.inputs
        tensor = self.builder.input(statement.name.value, tuple(shape), statement.span)
        self.evaluator.names[statement.name.value] = tensor
        self.evaluator.it = tensor if first else None

    def output(self, name: tree.Name, value: Tensor) -> None:
        self.builder.outputs.append(
            made(Port)(name=name.value, value=value.name, shape=value.type.shape, place=place(name.span))
        )

    def some_input(self, _: None) -> None:
        if any(isinstance(statement, tree.Input) for statement in self.model.body):
            return
        self.evaluator.it = UNKNOWN
        raise wrong(
            "E0201",
            f"the model `{self.model.name.value}` has no input",
            self.model.name.span,
            help="declare what enters it: `input image[28, 28, 1]`",
        )

    def last_output(self, _: None) -> None:
        """Without an `output` the last value is the output."""
        if self.builder.outputs or any(isinstance(s, tree.Output) for s in self.model.body):
            return
        it = self.evaluator.it
        if it is UNKNOWN:
            raise Unknown
        if not isinstance(it, Tensor) or not self.builder.nodes:
            raise wrong(
                "E0212",
                f"the model `{self.model.name.value}` has no layers",
                self.model.name.span,
                help="a model is an input and the layers behind it, one idea a line",
            )
        name = "output"
        while name in self.declared:
            name += "_"
        self.builder.outputs.append(made(Port)(name=name, value=it.name, shape=it.type.shape, place=place(it.span)))

    def nothing_unused(self, _: None) -> None:
        """A value that leads to no output is a mistake: what it costs is counted, and it never learns."""
        tapped = any(isinstance(statement, tree.Output) for statement in self.model.body)
        for name in self.builder.unused():
            port = name in {port.name for port in self.builder.inputs}
            help = f"begin a flow with it: `{name} -> …`" if port else "use it, or leave it out"
            if not port and tapped:
                help = "only what `output` names leaves the model: `output name = …`, or leave it out"
            title = f"nothing uses the input `{name}`" if port else "nothing uses this value"
            self.report.add(wrong("E0216", title, self.builder.spans[name], help=help).diagnostic)

    # promises

    def expect(self, statement: tree.Expect) -> None:
        it = self.evaluator.current(statement.span, "`expect`")
        wanted: list[int | None] = []
        for dim in statement.dims:
            if isinstance(dim, tree.Name) and dim.value == "_":
                wanted.append(None)
                continue
            number = whole(self.evaluator.plain(dim, "a dimension", NUMBER))
            if number is None:
                raise wrong("E0204", "a dimension is a whole number, or `_` for any", dim.span)
            wanted.append(number)
        shape = it.type.shape
        if len(wanted) != len(shape) or any(w is not None and w != n for w, n in zip(wanted, shape, strict=True)):
            shown = "[" + ", ".join("_" if w is None else str(w) for w in wanted) + "]"
            code = "W0502" if self.around.overridden else "E0502"
            related = (Related(it.span, f"gives {it.type}"),)
            self.report.add(
                Diagnostic(
                    code, f"the value here is {it.type}, and {shown} is expected", statement.span, related=related
                )
            )

    def promise(self, statement: tree.Assert) -> None:
        condition, layers = statement.condition, len(self.builder.nodes)
        value = self.evaluator.value(condition)
        if not isinstance(value, bool) or len(self.builder.nodes) > layers:
            what = describe(value) if not isinstance(value, Tensor) else "a value of the network"
            title = f"a promise is something that holds or not, and this is {what}"
            if isinstance(value, bool):
                title = "a promise speaks of the model, and builds no layers"
            raise wrong("E0503", title, condition.span, help="such as `assert params == 61_706`")
        if value or not self.complete:
            return
        condition = self.failing(condition)
        label, equality = "", True
        if isinstance(condition, tree.Binary):
            equality = condition.operator in ("==", "!=")
            left, right = self.evaluator.value(condition.left), self.evaluator.value(condition.right)
            label = f"{condition.left.span.text} is {grouped(left)}"
            if not isinstance(condition.right, tree.Number | tree.Size | tree.Boolean):
                label += f", {condition.right.span.text} is {grouped(right)}"
        softened = equality and self.around.overridden
        help = "values were set from outside, so this only warns" if softened else ""
        code = "W0501" if softened else "E0501"
        self.report.add(Diagnostic(code, "this promise doesn't hold", condition.span, label, help=help))

    def failing(self, condition: tree.Expression) -> tree.Expression:
        """Of conditions that are joined by `and`, the first that doesn't hold."""
        while isinstance(condition, tree.Binary) and condition.operator == "and":
            condition = condition.right if self.evaluator.value(condition.left) else condition.left
        return condition


def reserved(name: tree.Name) -> Wrong:
    """A name that the language gives a meaning."""
    return wrong("E0303", f"`{name.value}` has a meaning of its own here", name.span, help="choose another name")


def dimension(size: Any, span: Span) -> int:
    """A dimension of an input. Raises Wrong."""
    number = whole(size)
    if number is None or number < 1:
        raise wrong("E0204", f"a dimension is a whole number of at least 1, not {describe(size)}", span)
    if number > LARGEST:
        raise wrong("E0208", f"a dimension of {number:_} is more than archc builds ({LARGEST:_})", span)
    return number


def grouped(value: Any) -> str:
    """A value as in a file, with its digits in threes."""
    if isinstance(value, TensorType):
        return str(value)
    return f"{value:_}" if isinstance(value, int) and not isinstance(value, bool) else show(value)


def names_given(statement: tree.Statement | None) -> Iterator[tree.Name]:
    """The names that a statement gives."""
    match statement:
        case tree.Input():
            yield statement.name
        case tree.Let() | tree.Output():
            yield statement.name
            yield from names_in(statement.value)
        case tree.Flow():
            yield from names_in(statement.value)
        case tree.Assert() | tree.Expect() | None:
            return


def names_in(expression: tree.Expression) -> Iterator[tree.Name]:
    """The names that `as` gives in an expression."""
    for step in as_steps(expression):
        yield step.name


def as_steps(expression: tree.Expression) -> Iterator[tree.As]:
    match expression:
        case tree.Chain():
            for step in expression.steps:
                yield from as_steps(step)
        case tree.As():
            yield expression
            yield from as_steps(expression.step)
        case _:
            return
