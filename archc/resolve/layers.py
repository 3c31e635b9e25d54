"""Layers and blocks by name, with their arguments, before they are put behind a value."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from archc.diagnostics import Related
from archc.ops import OPS, Op
from archc.parameters import FAMILIES, Word, counted, members
from archc.resolve.arithmetic import FUNCTIONS
from archc.resolve.evaluate import Evaluator
from archc.resolve.mistakes import unknown_name
from archc.resolve.values import UNKNOWN, Definition, Family, Layer, Shared, Step
from archc.resolve.wrong import Unknown, Wrong, misspelt, wrong
from archc.source import Span
from archc.syntax import tree

Target = type[Op] | Definition | Layer | Shared

ENDLESS = 10_000
"""How many layers one name may stand for: each `let a = b -> b` doubles them."""


class Layers(Evaluator):
    """Evaluates where layers and blocks may be handed over: in top-level names and in arguments of blocks."""

    def given(self, expression: tree.Expression) -> Any:
        """What a parameter of a block or a top-level name holds: a plain value, or layers. Raises Wrong."""
        first = expression.steps[0] if isinstance(expression, tree.Chain) else expression
        target = self.target(first)
        if isinstance(target, Shared):
            help = "blocks have weights of their own: use it here, and hand the result over"
            raise wrong("E0324", f"the shared layer `{target.name}` can't be handed over", expression.span, help=help)
        if target is not None:
            return Layer(tuple(self.steps(expression)), expression.span)
        match expression:
            case tree.Name(value=word) if word not in self.names:
                return self.own_word(expression)
            case tree.Call(callee=tree.Name(value=word) as callee) if word not in self.names:
                if word in members("initialiser"):
                    return self.build(FAMILIES["initialiser"][word], callee, expression.arguments, expression.span)
            case tree.Listing(items=items) if all(item.name is None for item in items):
                return self.entries([self.given(item.value) for item in items], expression.span)
        return self.value(expression)

    def own_word(self, name: tree.Name) -> Any:
        """A word that some layer knows, such as `same`; an initialiser. Raises Wrong for any other."""
        if name.value in members("initialiser"):
            return self.build(FAMILIES["initialiser"][name.value], name, ())
        if name.value in words():
            return Word(name.value)
        return self.value(name)

    def target(self, expression: tree.Expression) -> Target | None:
        """The layer or block that a step names; None if it is something else. Raises Unknown and Wrong."""
        callee = expression.callee if isinstance(expression, tree.Call) else expression
        match callee:
            case tree.Name(value=word) if word in self.names:
                value = self.known(callee)
            case tree.Name(value=word):
                return OPS.get(word)
            case tree.Member(value=tree.Name(value=word), name=name) if isinstance(self.names.get(word), Family):
                value = self.of_family(self.names[word], name)
            case _:
                return None
        return value if isinstance(value, Definition | Layer | Shared) else None

    def steps(self, expression: tree.Expression) -> Iterator[Step]:
        """The layers that an expression hands over. Raises Wrong."""
        taken = 0
        for step in expression.steps if isinstance(expression, tree.Chain) else (expression,):
            for found in self.step_of(step):
                taken += 1
                if taken > ENDLESS:
                    raise wrong("E0317", f"more than {ENDLESS:,} layers under one name", expression.span)
                yield found

    def step_of(self, expression: tree.Expression) -> tuple[Step, ...]:
        target = self.target(expression)
        arguments = expression.arguments if isinstance(expression, tree.Call) else ()
        match target:
            case Definition():
                return (Step(target, expression.span, self.bind(target, arguments, expression.span)),)
            case Layer():
                if isinstance(expression, tree.Call):
                    raise self.takes_none(expression)
                return target.steps
            case type() if not target.merges:
                callee = expression.callee if isinstance(expression, tree.Call) else expression
                assert isinstance(callee, tree.Name)
                op, spans = self.built(target, callee, arguments, expression.span)
                assert isinstance(op, Op)
                return (Step(op, expression.span, {}, spans),)
        help = "only layers and blocks can: put the rest in a block, and hand that over"
        raise wrong("E0324", f"`{expression.span.text}` can't be handed over", expression.span, help=help)

    def takes_none(self, call: tree.Call) -> Wrong:
        title = f"`{call.callee.span.text}` stands for a layer with its arguments, and takes none here"
        return wrong("E0308", title, call.span, help=f"write `{call.callee.span.text}`", fix=call.callee.span.text)

    def bind(self, definition: Definition, given: tuple[tree.Argument, ...], span: Span) -> dict[str, Any]:
        """The parameters of a block's call. Raises Unknown once every fault has been told."""
        parameters = definition.block.parameters
        names = [parameter.name.value for parameter in parameters]
        values: dict[str, Any] = {}
        for i, written in enumerate(given):
            try:
                key = parameter_of(definition.name, names, written, i)
                if key in values:
                    raise wrong("E0209", f"`{key}` is given twice", written.span)
                values[key] = UNKNOWN
                values[key] = self.given(written.value)
            except Wrong as error:
                self.report.add(error.diagnostic)
                values.setdefault("", UNKNOWN)
            except Unknown:
                pass
        if any(value is UNKNOWN for value in values.values()):
            raise Unknown
        for parameter in parameters:
            name = parameter.name.value
            if name in values:
                continue
            if parameter.default is None:
                related = (Related(parameter.name.span, "has no value of its own"),)
                title = f"`{definition.name}` needs `{name}`"
                raise wrong("E0210", title, span, related=related, help=f"it is written `{usage(definition.block)}`")
            scope = Layers({**definition.names, **values}, self.report, self.facts)
            values[name] = scope.given(parameter.default)
        return {name: values[name] for name in names}


def parameter_of(called: str, names: list[str], written: tree.Argument, i: int) -> str:
    """The parameter that argument number `i` of a model or block is for. Raises Wrong."""
    if written.name is None:
        if i < len(names):
            return names[i]
        takes = counted(len(names), "value") if names else "no values"
        raise wrong("E0209", f"`{called}` takes {takes}", written.span)
    word = written.name.span.text
    if word in names:
        return word
    help = "" if names else f"it has no parameters: give it some, `{called}({word} = …)`"
    raise misspelt("E0209", f"`{called}` has no parameter `{word}`", written.name.span, word, names, otherwise=help)


def usage(block: tree.Block) -> str:
    """How a block is called."""
    parts = [p.name.value if p.default is None else f"{p.name.value} = {p.default.span.text}" for p in block.parameters]
    return f"{block.name.value}({', '.join(parts)})" if parts else block.name.value


@cache
def words() -> frozenset[str]:
    """Every word that a parameter of a layer knows."""
    return frozenset(word for op in OPS.values() for parameter in op.parameters.values() for word in parameter.words)


def unknown_step(name: tree.Name, names: list[str]) -> Wrong:
    """A step that is neither a layer nor given in the file."""
    return unknown_name(name, [*names, *FUNCTIONS, *OPS, "it"], in_model=True)
