"""One model's body -> its graph."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from archc.diagnostics import Diagnostic, Related, Report
from archc.ir import Graph, Port, made
from archc.parameters import LARGEST, Described, describe, whole
from archc.resolve.block import Expander
from archc.resolve.body import Body, names_given
from archc.resolve.doubtful import doubts_of
from archc.resolve.evaluate import NUMBER, Facts
from archc.resolve.files import Files
from archc.resolve.network import Builder, macs, parameters, place
from archc.resolve.unused import unused_numbers
from archc.resolve.values import UNKNOWN, Tensor
from archc.resolve.wrong import Unknown, wrong
from archc.source import Span
from archc.syntax import tree


@dataclass(frozen=True)
class Surroundings:
    """What a model's body may refer to, besides its own names.

    `overridden` says that values were set from outside, so that promised equalities only warn.
    `read` notes the blocks, by `id`, whose bodies were gone through. `models` are the names of the file's models.
    """

    names: Mapping[str, Any]
    facts: Facts
    init: Described
    overridden: bool = False
    read: set[int] = field(default_factory=set)
    models: Collection[str] = ()
    files: Files | None = None


@dataclass(frozen=True)
class Network:
    """A model's graph, where its inputs and layers are written, and whether the file names its outputs."""

    graph: Graph
    builder: Builder
    named: bool
    outputs: Mapping[str, Span]

    @property
    def spans(self) -> Mapping[str, Span]:
        return self.builder.spans


def resolve_model(
    model: tree.Model, arguments: Mapping[str, Any], around: Surroundings, report: Report
) -> Network | None:
    """The network of a model called with `arguments`; None if nothing sound came out of it."""
    return ModelBody(model, arguments, around, report).resolve()


class ModelBody(Body):
    """A model's statements."""

    late = True

    def __init__(self, model: tree.Model, arguments: Mapping[str, Any], around: Surroundings, report: Report):
        self.model = model
        given = {name.value for name in names_given(model.body)}
        builder = Builder(model.name.value, around.init, given, written=model.span, files=around.files)
        expander = Expander(around.facts, around.init, around.overridden, read=around.read, files=around.files)
        super().__init__({**around.names, **arguments}, report, around.facts, builder, expander)
        self.overridden = around.overridden
        self.known_whole = False
        self.models = around.models
        self.tapped = any(isinstance(statement, tree.Output) for statement in model.body)
        expander.scopes.append(self.names)
        self.begin({p.name.value: p.name.span for p in model.parameters}, model.body)

    def resolve(self) -> Network | None:
        if not any(isinstance(statement, tree.Input) for statement in self.model.body):
            self.it = UNKNOWN
        self.run(statement for statement in self.model.body if not isinstance(statement, tree.Assert))
        self.attempt(self.some_input, None)
        self.attempt(self.last_output, None)
        if self.sound:
            self.attempt(lambda _: self.nothing_unused(self.tapped), None)
        if self.sound:
            self.report.extend(doubts_of(self.builder))
            numbers = [name for name in self.declared if not isinstance(self.names.get(name), Tensor)]
            self.report.extend(unused_numbers(self.model.body, numbers))
        # a promise is about the whole model: it waits until that is known
        self.known_whole = True
        sound = self.sound
        for statement in self.model.body:
            if isinstance(statement, tree.Assert):
                self.sound = sound
                self.attempt(self.promise, statement)
                sound = sound and self.sound
        self.sound = sound
        return Network(self.builder.graph(), self.builder, self.tapped, self.places()) if self.sound else None

    def elsewhere(self, name: tree.Name) -> tuple[str, tuple[Related, ...]]:
        if name.value in self.models:
            return f"`{name.value}` is a model, and models hold no models: what they share is a `block`", ()
        return super().elsewhere(name)

    @property
    def trusted(self) -> bool:
        return self.sound

    def places(self) -> dict[str, Span]:
        """Where each output is named."""
        return {s.name.value: s.name.span for s in self.model.body if isinstance(s, tree.Output)}

    def whole(self, name: tree.Name) -> int:
        if not self.known_whole:
            return super().whole(name)
        nodes = self.builder.nodes.values()
        return parameters(nodes) if name.value == "params" else macs(nodes)

    def edge(self, statement: tree.Input | tree.Output) -> None:
        if self.depth:
            super().edge(statement)
        if isinstance(statement, tree.Input):
            self.input(statement)
            return
        self.claim(statement.name)
        value = self.tensor(statement.value)
        self.names[statement.name.value] = value
        self.output(statement.name, value)

    def input(self, statement: tree.Input) -> None:
        self.claim(statement.name)
        shape: list[int] = []
        for dim in statement.dims:
            value = self.plain(dim, "a dimension", NUMBER)
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
        self.names[statement.name.value] = tensor
        self.it = tensor if first else None

    def output(self, name: tree.Name, value: Tensor) -> None:
        self.builder.outputs.append(
            made(Port)(name=name.value, value=value.name, shape=value.type.shape, place=place(name.span))
        )

    @property
    def unread(self) -> bool:
        """Whether it has statements that can't be read."""
        return any(isinstance(statement, tree.Bad) for statement in self.model.body)

    def some_input(self, _: None) -> None:
        if any(isinstance(statement, tree.Input) for statement in self.model.body):
            return
        if self.unread:
            raise Unknown
        if any(told.code == "E0322" for told in self.report.found):
            raise Unknown
        raise wrong(
            "E0201",
            f"the model `{self.model.name.value}` has no input",
            self.model.name.span,
            help="declare what enters it: `input image[28, 28, 1]`",
        )

    def last_output(self, _: None) -> None:
        """Without an `output` the last value is the output."""
        if self.builder.outputs or self.tapped:
            return
        it = self.it
        if it is UNKNOWN:
            raise Unknown
        if not isinstance(it, Tensor) or not self.builder.nodes:
            if self.unread:
                # its layers may stand in what can't be read
                raise Unknown
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


def dimension(size: Any, span: Span) -> int:
    """A dimension of an input. Raises Wrong."""
    number = whole(size)
    if number is None or number < 1:
        raise wrong("E0204", f"a dimension is a whole number of at least 1, not {describe(size)}", span)
    if number > LARGEST:
        raise wrong("E0208", f"a dimension of {number:_} is more than archc builds ({LARGEST:_})", span)
    return number
