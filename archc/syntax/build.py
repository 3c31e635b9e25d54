"""Makes the tree: one method for each rule of the grammar that makes a node.

The parser calls a method when it has read a rule, with the tokens and nodes of the rule in order.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from archc.diagnostics import Diagnostic
from archc.source import Span
from archc.syntax import limits, mistakes, tree
from archc.syntax.lines import Token

Part = Any
"""A token, a node, or what a method below returned."""


class Refused(Exception):
    """What was read is in order as the grammar goes, and is a mistake all the same."""

    def __init__(self, diagnostic: Diagnostic):
        super().__init__(diagnostic.title)
        self.diagnostic = diagnostic


def _across(parts: Sequence[Part]) -> Span:
    first: Span = parts[0].span
    return Span(first.source, first.start, parts[-1].span.end)


def _name(token: Token) -> tree.Name:
    return tree.Name(token.span, token.text)


def _expressions(parts: Sequence[Part]) -> tuple[tree.Expression, ...]:
    return tuple(part for part in parts if not isinstance(part, Token))


def _parameters(parts: Sequence[Part]) -> tuple[tree.Parameter, ...]:
    return tuple(part for part in parts if isinstance(part, tree.Parameter))


class Builder:
    """Methods bear the names of the grammar's rules."""

    def file(self, parts: Sequence[Part]) -> tuple[tree.TopLevel, ...]:
        return tuple(part for part in parts if not isinstance(part, Token))

    def alone(self, parts: Sequence[Part]) -> tree.Expression:
        return cast(tree.Expression, parts[0])

    def let(self, parts: Sequence[Part]) -> tree.Let:
        return tree.Let(_across(parts), _name(parts[1]), parts[3])

    def use(self, parts: Sequence[Part]) -> tree.Use:
        target = parts[1]
        return tree.Use(_across(parts), self.text([target]) if target.type == "TEXT" else _name(target))

    def block(self, parts: Sequence[Part]) -> tree.Block:
        return tree.Block(_across(parts), _name(parts[1]), _parameters(parts), parts[-1].statements)

    def model(self, parts: Sequence[Part]) -> tree.Model:
        return tree.Model(_across(parts), _name(parts[1]), _parameters(parts), parts[-1].statements)

    def body(self, parts: Sequence[Part]) -> tree.Body:
        return tree.Body(_across(parts), tuple(part for part in parts if not isinstance(part, Token)))

    def train(self, parts: Sequence[Part]) -> tree.Train:
        name = _name(parts[1]) if parts[1].type == "NAME" else None
        settings = tuple(part for part in parts if isinstance(part, tree.Setting))
        return tree.Train(_across(parts), name, settings, tuple(part for part in parts if isinstance(part, tree.Bad)))

    def bad(self, parts: Sequence[Part]) -> tree.Bad:
        return tree.Bad(parts[0].span)

    def parameter(self, parts: Sequence[Part]) -> tree.Parameter:
        return tree.Parameter(_across(parts), _name(parts[0]), parts[2] if len(parts) > 1 else None)

    def setting(self, parts: Sequence[Part]) -> tree.Setting:
        return tree.Setting(_across(parts), parts[0], parts[2])

    def input(self, parts: Sequence[Part]) -> tree.Input:
        return tree.Input(_across(parts), _name(parts[1]), _expressions(parts))

    def output(self, parts: Sequence[Part]) -> tree.Output:
        return tree.Output(_across(parts), _name(parts[1]), parts[3])

    def share(self, parts: Sequence[Part]) -> tree.Share:
        return tree.Share(_across(parts), _name(parts[1]), parts[3])

    def assert_(self, parts: Sequence[Part]) -> tree.Assert:
        return tree.Assert(_across(parts), parts[1])

    def expect(self, parts: Sequence[Part]) -> tree.Expect:
        return tree.Expect(_across(parts), _expressions(parts))

    def flow(self, parts: Sequence[Part]) -> tree.Flow:
        return tree.Flow(parts[0].span, parts[0])

    def chain(self, parts: Sequence[Part]) -> tree.Chain:
        for step in parts[::2]:
            mistake = mistakes.calculated_step(step)
            if mistake:
                raise Refused(mistake)
        return tree.Chain(_across(parts), tuple(parts[::2]))

    def as_(self, parts: Sequence[Part]) -> tree.As:
        return tree.As(_across(parts), parts[0], _name(parts[2]))

    def repeat(self, parts: Sequence[Part]) -> tree.Repeat:
        name = _name(parts[3]) if len(parts) > 3 else None
        mistake = mistakes.nothing_repeated(parts[0], parts[-1])
        if mistake:
            raise Refused(mistake)
        return tree.Repeat(_across(parts), parts[1], name, parts[-1])

    def if_(self, parts: Sequence[Part]) -> tree.If:
        return tree.If(_across(parts), parts[1], parts[2], parts[4] if len(parts) > 3 else None)

    def binary(self, parts: Sequence[Part]) -> tree.Binary:
        left, operator, right = parts
        return tree.Binary(_across(parts), operator.text, left, right)

    def unary(self, parts: Sequence[Part]) -> tree.Unary:
        return tree.Unary(_across(parts), parts[0].text, parts[1])

    def call(self, parts: Sequence[Part]) -> tree.Call:
        arguments = tuple(part for part in parts[2:] if isinstance(part, tree.Argument))
        mistake = mistakes.compared_argument(arguments)
        if mistake:
            raise Refused(mistake)
        return tree.Call(_across(parts), parts[0], arguments)

    def argument(self, parts: Sequence[Part]) -> tree.Argument:
        if len(parts) == 1:
            return tree.Argument(parts[0].span, None, parts[0])
        return tree.Argument(_across(parts), parts[0], parts[2])

    def member(self, parts: Sequence[Part]) -> tree.Member:
        return tree.Member(_across(parts), parts[0], parts[2])

    def item(self, parts: Sequence[Part]) -> tree.Item:
        return tree.Item(_across(parts), parts[0], parts[2])

    def number(self, parts: Sequence[Part]) -> tree.Number:
        value = limits.number(parts[0].text)
        assert value is not None, "the lexer's check let an excessive number pass"
        return tree.Number(parts[0].span, value)

    def size(self, parts: Sequence[Part]) -> tree.Size:
        value = limits.size(parts[0].text)
        assert value is not None, "the lexer's check let an excessive size pass"
        return tree.Size(parts[0].span, value)

    def text(self, parts: Sequence[Part]) -> tree.Text:
        return tree.Text(parts[0].span, parts[0].text[1:-1])

    def name(self, parts: Sequence[Part]) -> tree.Name:
        return _name(parts[0])

    keyword = outlet = name

    def boolean(self, parts: Sequence[Part]) -> tree.Boolean:
        return tree.Boolean(parts[0].span, parts[0].text == "true")

    def listing(self, parts: Sequence[Part]) -> tree.Listing:
        return tree.Listing(_across(parts), tuple(part for part in parts if isinstance(part, tree.Argument)))

    def parenthesised(self, parts: Sequence[Part]) -> tree.Expression:
        # the brackets belong to what they hold: a message marks them, an edit replaces them
        return cast(tree.Expression, replace(parts[1], span=_across(parts)))

    def tuple(self, parts: Sequence[Part]) -> tree.Tuple:
        return tree.Tuple(_across(parts), _expressions(parts))
