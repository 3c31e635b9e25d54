"""Blocks: each combination of arguments and of what flows in is worked out once."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from archc.diagnostics import Related, Report
from archc.ir import Port, made
from archc.parameters import Described
from archc.resolve.body import Body, names_given
from archc.resolve.doubtful import doubts_of
from archc.resolve.evaluate import Facts
from archc.resolve.files import Files
from archc.resolve.network import BLOCK_INPUT, Builder, Expanded, place
from archc.resolve.unused import names_read
from archc.resolve.values import Definition, Layer, Shared, Tensor, key_of
from archc.resolve.wrong import Unknown, calls_itself, wrong
from archc.source import Span
from archc.syntax import tree

DEEPEST_CALLS = 32
"""How deep blocks may call blocks. An IR nests as deep, and its JSON three times that."""
MOST_BODIES = 2_000
"""How many bodies are worked out: blocks that call blocks with other arguments each time double them a floor."""


@dataclass
class Expander:
    """Works out the bodies of blocks, and keeps them.

    `active` are the calls that the one at hand stands in, and `scopes` the names in the bodies of the model
    and of these calls. `told` are the places whose mistakes have been told: other arguments seldom make
    them other mistakes. `read` are the blocks, by `id`, whose bodies were gone through.
    """

    facts: Facts
    init: Described
    overridden: bool = False
    known: dict[Any, Expanded | None] = field(default_factory=dict)
    active: list[tuple[Definition, Span]] = field(default_factory=list)
    told: set[tuple[str, Span | None]] = field(default_factory=set)
    read: set[int] = field(default_factory=set)
    scopes: list[Mapping[str, Any]] = field(default_factory=list)
    exhausted: bool = False
    files: Files | None = None
    copies: int = 0
    """Of repeats, all told."""

    def expand(
        self, definition: Definition, values: Mapping[str, Any], it: Tensor, span: Span, report: Report
    ) -> Expanded:
        """The body of a block called with `values`, entered by `it`.

        Raises Wrong for a call that can't be, and Unknown if something in the body is wrong, which is told.
        """
        # a block that is handed to itself stands in its own call, and still comes to an end
        if any(definition is caller for caller, _ in self.active) and circle(definition):
            chain = [caller.name for caller, _ in self.active]
            raise calls_itself([*chain[chain.index(definition.name) :], definition.name], span)
        if len(self.active) >= DEEPEST_CALLS:
            title = f"blocks call blocks more than {DEEPEST_CALLS} deep"
            raise wrong("E0316", title, span, help="write the innermost out where they are used")
        key = (id(definition), it.type, tuple((name, key_of(value)) for name, value in values.items()))
        if key not in self.known and self.exhausted:
            raise Unknown
        if key not in self.known and len(self.known) >= MOST_BODIES:
            self.exhausted = True
            title = f"blocks are called in more than {MOST_BODIES:,} different ways"
            help = "each combination of arguments and of what flows in makes a body of its own: fewer of them"
            raise wrong("E0317", title, span, help=help)
        if key not in self.known:
            inner = Report()
            self.known[key] = None
            body = BlockBody(definition, values, it, span, inner, self)
            self.read.add(id(definition.block))
            with self.calling(definition, span, body.names):
                self.known[key] = body.resolve()
            self.tell(inner, Related(span, f"in block `{definition.name}`"), report)
        found = self.known[key]
        if found is None:
            raise Unknown
        return found

    def sequence(self, shared: Shared, it: Tensor, span: Span, report: Report) -> Expanded:
        """Several shared layers as a block. Raises Wrong and Unknown."""
        key = (id(shared), it.type)
        if key not in self.known:
            builder = Builder(shared.name, self.init, set(), files=self.files)
            port = builder.input(BLOCK_INPUT, it.type.shape, span)
            flows = Body({}, report, self.facts, builder, self)
            self.known[key] = finished(builder, flows.behind(shared.layer.steps, port))
        found = self.known[key]
        assert found is not None
        return found

    @contextmanager
    def calling(self, definition: Definition, span: Span, names: Mapping[str, Any]) -> Iterator[None]:
        self.active.append((definition, span))
        self.scopes.append(names)
        try:
            yield
        finally:
            self.active.pop()
            self.scopes.pop()

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
        given = {name.value for name in names_given(self.written.body)}
        written, files = definition.block.span, expander.files
        builder = Builder(definition.name, expander.init, {*given, *values}, written=written, files=files)
        entering = builder.input(BLOCK_INPUT, it.type.shape, it.span)
        own = {
            name: builder.input(name, value.type.shape, value.span) if isinstance(value, Tensor) else value
            for name, value in values.items()
        }
        super().__init__({**definition.names, **own}, report, expander.facts, builder, expander)
        self.it = entering
        self.overridden = expander.overridden
        declared = {parameter.name.value: parameter.name.span for parameter in self.written.parameters}
        self.begin(declared, self.written.body)

    def resolve(self) -> Expanded | None:
        """The body worked out; None if something in it is wrong, which is told."""
        self.run(self.written.body)
        if not self.sound or not isinstance(self.it, Tensor):
            return None
        expanded = finished(self.builder, self.it)
        self.nothing_unused(named=False)
        self.report.extend(doubts_of(self.builder))
        return expanded if not self.report.errors else None

    def elsewhere(self, name: tree.Name) -> tuple[str, tuple[Related, ...]]:
        if not any(name.value in scope for scope in self.expander.scopes[:-1]):
            return super().elsewhere(name)
        block = self.written
        takes = ", ".join([*(parameter.name.value for parameter in block.parameters), name.value])
        help = "a block sees nothing of its caller: hand it over, with a parameter more"
        return f"{help}, `block {block.name.value}({takes})`", ()

    def unused_input(self, name: str) -> bool:
        return False


def names_outside(block: tree.Block) -> dict[str, Span]:
    """Words that a block reads as names of the file, neither parameters nor given by itself, and a place of each."""
    own = {name.value for name in (*(parameter.name for parameter in block.parameters), *names_given(block.body))}
    return {word: span for word, span in names_read(block).items() if word not in own}


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
    for word in sorted(names_outside(definition.block)):
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
