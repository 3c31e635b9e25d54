"""A look at what no call reached: blocks that nothing uses, and branches that aren't taken.

Their bodies are gone through with every parameter, and what flows, unknown. What is found so is
wrong for every call: names, arguments and facts that there are not. Shapes and numbers wait for a call.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from archc.diagnostics import Diagnostic, Report
from archc.parameters import Described
from archc.resolve.block import Expander, names_outside
from archc.resolve.body import RESERVED, Body, names_given, reserved
from archc.resolve.evaluate import Facts
from archc.resolve.network import Builder
from archc.resolve.values import UNKNOWN
from archc.resolve.wrong import Unknown, Wrong, calls_itself
from archc.source import Source, Span
from archc.syntax import tree

ALWAYS_WRONG = ("E0209", "E0210", "E0211", "E0301", "E0303", "E0305", "E0306", "E0308", "E0315", "E0322", "E0324")
"""Codes of what no value of a parameter can mend."""

WORD = re.compile(r"[A-Za-z_]\w*")


class Told:
    """Stretches of a source that something was said about already."""

    def __init__(self, source: Source, spans: Iterable[Span]):
        self.source = source
        self.starts: list[int] = []
        self.ends: list[int] = []
        for start, end in sorted((span.start, span.end) for span in spans if span.source is source):
            if self.ends and start < self.ends[-1]:
                self.ends[-1] = max(self.ends[-1], end)
            else:
                self.starts.append(start)
                self.ends.append(end)

    def overlap(self, span: Span) -> bool:
        """Whether one of them has a character in common with the span."""
        before = bisect_left(self.starts, span.end) - 1
        return span.source is self.source and before >= 0 and self.ends[before] > span.start


class UnreadBody(Body):
    """Statements whose parameters are unknown: every branch and one copy of each repeat are gone through."""

    def edge(self, statement: tree.Input | tree.Output) -> None:
        if self.depth:
            super().edge(statement)
        raise Unknown

    def whole(self, name: tree.Name) -> int:
        raise Unknown

    def claim(self, name: tree.Name) -> None:
        if name.value in RESERVED:
            raise reserved(name)

    def choice(self, expression: tree.If, parameter: Any) -> Any:
        self.unknown(expression.condition)
        for branch in (expression.then, expression.otherwise):
            if isinstance(branch, tree.If):
                self.unknown(branch)
            elif branch is not None and parameter is None:
                self.inner(branch)
            elif branch is not None:
                for statement in branch.statements:
                    if isinstance(statement, tree.Flow):
                        self.unknown(statement.value, parameter)
        raise Unknown

    def repeat(self, expression: tree.Repeat) -> Any:
        self.unknown(expression.times)
        if expression.name is not None:
            self.names[expression.name.value] = UNKNOWN
        self.inner(expression.body)
        raise Unknown

    def inner(self, body: tree.Body) -> None:
        self.depth += 1
        self.run(body.statements)
        self.depth -= 1
        for name in names_given(body):
            self.names[name.value] = UNKNOWN

    def unknown(self, expression: tree.Expression, parameter: Any = None) -> None:
        """Goes through an expression; whatever it gives isn't asked for."""
        self.go_through(lambda: self.value(expression, parameter))

    def default(self, expression: tree.Expression) -> None:
        """Goes through the value that a parameter has of its own."""
        self.go_through(lambda: self.given(expression))

    def go_through(self, phase: Callable[[], Any]) -> None:
        try:
            phase()
        except Wrong as error:
            self.report.add(error.diagnostic)
        except Unknown:
            pass

    def binary(self, expression: tree.Binary) -> Any:
        left: tree.Expression = expression
        while isinstance(left, tree.Binary):
            self.unknown(left.right)
            left = left.left
        self.unknown(left)
        return super().binary(expression)


def unread(
    part: tree.Block | tree.Model, names: Mapping[str, Any], facts: Facts, init: Described, told: Told
) -> Iterator[Diagnostic]:
    """What is wrong in a block or model however it is called, but for places that have been told."""
    report = Report()
    given = {name.value for name in names_given(part.body)}
    own = {parameter.name.value: UNKNOWN for parameter in part.parameters}
    body = UnreadBody({**names, **own}, report, facts, Builder(part.name.value, init, given), Expander(facts, init))
    body.it = UNKNOWN
    body.begin({}, part.body)
    for parameter in part.parameters:
        if parameter.default is not None:
            body.default(parameter.default)
    body.run(part.body)
    for found in report.found:
        span = found.span
        if found.code in ALWAYS_WRONG and span is not None and not told.overlap(span):
            yield found


def branches(part: tree.Block | tree.Model) -> bool:
    """Whether there are some that may not be taken."""
    return "if" in WORD.findall(part.span.text)


def circles(blocks: Mapping[str, tree.Block], told: Told) -> Iterator[Diagnostic]:
    """Blocks that call themselves around any number of corners, each told once, but for those that have been told."""
    calls = {
        name: {word: span for word, span in names_outside(block).items() if word in blocks}
        for name, block in blocks.items()
    }
    done: set[str] = set()
    found: set[str] = set()
    for start in blocks:
        way = [start]
        waiting = [iter(calls[start].items())]
        while waiting:
            word, span = next(waiting[-1], ("", None))
            if span is None:
                done.add(way.pop())
                waiting.pop()
            elif word in way:
                circle = way[way.index(word) :]
                if word not in found and not any(told.overlap(blocks[name].span) for name in circle):
                    yield calls_itself([*circle, word], span).diagnostic
                found.add(word)
            elif word not in done:
                way.append(word)
                waiting.append(iter(calls[word].items()))
