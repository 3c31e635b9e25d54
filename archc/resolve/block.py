"""Blocks: each combination of arguments and of what flows in is worked out once."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from archc.diagnostics import Related, Report
from archc.ir import Port, made
from archc.ops import OPS
from archc.parameters import Described
from archc.resolve.body import Body, names_given
from archc.resolve.doubtful import doubts_of
from archc.resolve.evaluate import Facts
from archc.resolve.network import BLOCK_INPUT, Builder, Expanded, place
from archc.resolve.unused import names_read
from archc.resolve.values import Definition, Layer, Shared, Tensor, key_of
from archc.resolve.wrong import Unknown, wrong
from archc.source import Span

DEEPEST_CALLS = 32
"""How deep blocks may call blocks. An IR nests as deep, and its JSON three times that."""


@dataclass
class Expander:
    """Works out the bodies of blocks, and keeps them.

    `active` are the calls that the one at hand stands in. `told` are the places whose mistakes
    have been told: other arguments seldom make them other mistakes.
    """

    facts: Facts
    init: Described
    overridden: bool = False
    known: dict[Any, Expanded | None] = field(default_factory=dict)
    active: list[tuple[Definition, Span]] = field(default_factory=list)
    told: set[tuple[str, Span | None]] = field(default_factory=set)
    used: set[str] = field(default_factory=set)

    def expand(
        self, definition: Definition, values: Mapping[str, Any], it: Tensor, span: Span, report: Report
    ) -> Expanded:
        """The body of a block called with `values`, entered by `it`.

        Raises Wrong for a call that can't be, and Unknown if something in the body is wrong, which is told.
        """
        loop = circle(definition)
        if loop:
            help = "blocks can't call themselves; `repeat n { … }` goes on for a number of times"
            if definition.name in OPS and len(loop) == 2:
                help = f"if the layer `{definition.name}` is meant, give the block another name"
            title = f"the block `{definition.name}` calls itself: {' -> '.join(loop)}"
            raise wrong("E0315", title, span, help=help)
        if len(self.active) >= DEEPEST_CALLS:
            raise wrong("E0316", f"blocks call blocks more than {DEEPEST_CALLS} deep", span, help="name fewer parts")
        key = (id(definition), it.type, tuple((name, key_of(value)) for name, value in values.items()))
        if key not in self.known:
            inner = Report()
            self.known[key] = None
            with self.calling(definition, span):
                self.known[key] = BlockBody(definition, values, it, span, inner, self).resolve()
            self.tell(inner, Related(span, f"in block `{definition.name}`"), report)
        found = self.known[key]
        if found is None:
            raise Unknown
        return found

    def sequence(self, shared: Shared, it: Tensor, span: Span, report: Report) -> Expanded:
        """Several shared layers as a block. Raises Wrong and Unknown."""
        builder = Builder(shared.name, self.init, set())
        port = builder.input(BLOCK_INPUT, it.type.shape, span)
        flows = Body({}, report, self.facts, builder, self)
        end = flows.behind(shared.layer.steps, port)
        return finished(builder, end)

    @contextmanager
    def calling(self, definition: Definition, span: Span) -> Iterator[None]:
        self.active.append((definition, span))
        try:
            yield
        finally:
            self.active.pop()

    def tell(self, inner: Report, call: Related, report: Report) -> None:
        """Passes on what was found in a block, with the call that led there."""
        for found in inner.found:
            place = (found.code, found.span)
            if not found.via and place in self.told:
                continue
            self.told.add(place)
            report.add(replace(found, via=(*found.via, call)))


class BlockBody(Body):
    """The statements of a block."""

    def __init__(
        self,
        definition: Definition,
        values: Mapping[str, Any],
        it: Tensor,
        span: Span,
        report: Report,
        expander: Expander,
    ):
        self.written = definition.block
        given = {name.value for statement in self.written.body for name in names_given(statement)}
        builder = Builder(definition.name, expander.init, {*given, *values})
        entering = builder.input(BLOCK_INPUT, it.type.shape, it.span)
        own = {
            name: builder.input(name, value.type.shape, value.span) if isinstance(value, Tensor) else value
            for name, value in values.items()
        }
        super().__init__({**definition.names, **own}, report, expander.facts, builder, expander)
        self.it = entering
        self.overridden = expander.overridden
        self.begin({parameter.name.value: parameter.name.span for parameter in self.written.parameters})

    def resolve(self) -> Expanded | None:
        """The body worked out; None if something in it is wrong, which is told."""
        self.run(self.written.body)
        if not self.sound or not isinstance(self.it, Tensor):
            return None
        expanded = finished(self.builder, self.it)
        self.nothing_unused(named=False)
        self.report.extend(doubts_of(self.builder))
        return expanded if not self.report.errors else None

    def unused_input(self, name: str) -> bool:
        return False


def circle(definition: Definition) -> list[str]:
    """The names of blocks through which a block calls itself; empty if it doesn't."""
    came: dict[int, Definition | None] = {id(definition): None}
    waiting = [definition]
    while waiting:
        caller = waiting.pop(0)
        for callee in called_by(caller):
            if callee is definition:
                names, at = [definition.name], caller
                while at is not definition:
                    names.insert(0, at.name)
                    at = came[id(at)] or definition
                return [definition.name, *names]
            if id(callee) not in came:
                came[id(callee)] = caller
                waiting.append(callee)
    return []


def called_by(definition: Definition) -> Iterator[Definition]:
    """The blocks that a block's text names."""
    block = definition.block
    own = {parameter.name.value for parameter in block.parameters}
    own |= {name.value for statement in block.body for name in names_given(statement)}
    for word in sorted(names_read(block) - own):
        value = definition.names.get(word)
        if isinstance(value, Definition):
            yield value
        elif isinstance(value, Layer):
            yield from (step.what for step in value.steps if isinstance(step.what, Definition))


def finished(builder: Builder, end: Tensor) -> Expanded:
    """A block whose last value is known."""
    port = made(Port)(name="output", value=end.name, shape=end.type.shape, place=place(end.span))
    builder.outputs.append(port)
    return Expanded(builder.graph(), max(builder.size, 1), builder)
