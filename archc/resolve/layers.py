"""Layers and blocks by name, with their arguments, before they are put behind a value."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from archc.diagnostics import Related
from archc.diagnostics.suggest import closest
from archc.ops import OPS, Op
from archc.parameters import FAMILIES, Described, Parameter, Word, counted, members
from archc.resolve.arithmetic import FUNCTIONS
from archc.resolve.evaluate import Evaluator, behind_a_name, limited
from archc.resolve.mistakes import unknown_call, unknown_name
from archc.resolve.values import UNKNOWN, Definition, Family, Layer, Shared, Step, Tensor, holds_values, size_of
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
                return limited([self.given(item.value) for item in items], expression.span)
        return self.value(expression)

    def own_word(self, name: tree.Name) -> Any:
        """A word that some layer knows, such as `same`; an initialiser. Raises Wrong for any other."""
        if name.value in members("initialiser"):
            return self.build(FAMILIES["initialiser"][name.value], name, ())
        if name.value in words():
            return Word(name.value)
        near = closest(name.value, words())
        if near and not closest(name.value, self.candidates()):
            title = f"there is no layer or name `{name.value}`"
            raise wrong("E0301", title, name.span, help=f"did you mean `{near[0]}`?", fix=near[0])
        return self.value(name)

    def candidates(self) -> list[str]:
        return [*super().candidates(), *OPS]

    def callables(self) -> list[str]:
        return [name for name, value in self.names.items() if isinstance(value, Definition)]

    def built(
        self, cls: type[Described], callee: tree.Name, arguments: tuple[tree.Argument, ...], span: Span
    ) -> tuple[Described, dict[str, Span]]:
        first = arguments[0] if arguments and issubclass(cls, Op) else None
        if first is not None and first.name is None:
            required = sum(parameter.required for parameter in cls.parameters.values())
            if self.flows(first.value) and len(arguments) > required:
                rest = ", ".join(argument.span.text for argument in arguments[1:])
                raise self.inside_out(first.value, f"{callee.value}({rest})" if rest else callee.value, span)
            match [argument.value for argument in arguments]:
                case [tree.Size(), tree.Number() as filters, *others] if "filters" in cls.parameters:
                    meant = ", ".join(each.span.text for each in (filters, first.value, *others))
                    title = f"the filters of `{callee.value}` stand before its window"
                    whole = f"{callee.value}({meant})"
                    raise wrong("E0203", title, first.span, help=f"write `{whole}`", fix=whole, at=span)
                case [tree.Number() | tree.Unary(), _, *_] as sides if callee.value == "reshape":
                    certain = all(isinstance(side, tree.Number) for side in sides)
                    meant = f"reshape({'x'.join(side.span.text for side in sides)})" if certain else ""
                    title = "`reshape` takes one size, with every number written out"
                    help = (
                        f"write `{meant}`"
                        if meant
                        else "such as `reshape(7x7x128)`; for a flat value there is `flatten`"
                    )
                    raise wrong("E0203", title, first.span, help=help, fix=meant or None, at=span)
        return super().built(cls, callee, arguments, span)

    def call(self, call: tree.Call, parameter: Parameter | None) -> Any:
        inner = call.callee
        given = [argument.value for argument in call.arguments]
        if isinstance(inner, tree.Call) and len(given) == 1 and self.flows(inner) and self.flows(given[0]):
            raise self.inside_out(call.arguments[0].value, inner.span.text, call.span)
        return super().call(call, parameter)

    def flows(self, expression: tree.Expression) -> bool:
        """Whether an expression is a flow or a value of the network, and nothing that a layer takes in brackets."""
        match expression:
            case tree.Chain():
                return True
            case tree.Call(callee=tree.Call() as inner):
                return self.flows(inner)
            case tree.Call(callee=tree.Name(value=word)) if word[:1].isupper() and word not in self.names:
                return bool(closest(word, OPS))
            case tree.Call(callee=callee):
                return self.target(callee) is not None
            case tree.Name(value=word):
                return isinstance(self.names.get(word), Tensor) or (word == "it" and word not in self.names)
        return False

    def inside_out(self, first: tree.Expression, then: str, span: Span) -> Wrong:
        """`relu(conv(8, 3))`, as functions are called: the one in the brackets comes first."""
        text = self.in_order(first)
        meant = f"{text} -> {then}" if text != "it" else then
        behind = span.source.text[: span.start].rstrip().endswith("->")
        names = text.partition(" ")[0] in self.names
        help = f"layers follow one another: `{meant}`"
        return wrong(
            "E0209", f"`{then}` takes no flow in brackets", span, help=help, fix=None if behind and names else meant
        )

    def in_order(self, expression: tree.Expression) -> str:
        """Calls in calls, as steps one behind the other."""
        match expression:
            case tree.Call(callee=tree.Call() as inner, arguments=[argument]) if self.flows(inner):
                return f"{self.in_order(argument.value)} -> {inner.span.text}".removeprefix("it -> ")
            case tree.Call(callee=callee, arguments=[first, *others]) if first.name is None and self.flows(first.value):
                target = self.target(callee)
                if isinstance(target, type) and not target.merges:
                    rest = ", ".join(argument.span.text for argument in others)
                    then = f"{callee.span.text}({rest})" if rest else callee.span.text
                    return f"{self.in_order(first.value)} -> {then}".removeprefix("it -> ")
        return expression.span.text

    def binary(self, expression: tree.Binary) -> Any:
        try:
            return super().binary(expression)
        except Wrong as error:
            told = error.diagnostic
            pixels = expression.operator == "/" and expression.right.span.text in ("255", "255.0", "256")
            if told.code != "E0313" or not pixels:
                raise
            help = "data sets give images in [0, 1], and `normalize` scales by their mean and deviation"
            raise wrong(told.code, told.title, told.span, told.label, help=help) from None

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

    def steps(self, expression: tree.Expression, *, sharing: bool = False) -> Iterator[Step]:
        """The layers that an expression hands over, or `share` names. Raises Wrong."""
        taken = 0
        for step in expression.steps if isinstance(expression, tree.Chain) else (expression,):
            for found in self.step_of(step, sharing=sharing):
                taken += 1 + size_of(list(found.arguments.values()), ENDLESS)
                if taken > ENDLESS:
                    raise wrong("E0317", f"more than {ENDLESS:,} layers under one name", expression.span)
                yield found

    def step_of(self, expression: tree.Expression, *, sharing: bool) -> tuple[Step, ...]:
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
        callee = expression.callee if isinstance(expression, tree.Call) else expression
        if isinstance(callee, tree.Name) and target is None and callee.value not in (*self.names, *FUNCTIONS, "it"):
            if isinstance(expression, tree.Call):
                raise unknown_call(callee, expression, "layer", OPS, self.callables())
            raise unknown_name(callee, [*self.names, *OPS], in_model=True)
        raise no_step(expression, target, sharing=sharing)

    def takes_none(self, call: tree.Call) -> Wrong:
        title = f"`{call.callee.span.text}` stands for a layer with its arguments, and takes none here"
        return wrong("E0308", title, call.span, help=f"write `{call.callee.span.text}`", fix=call.callee.span.text)

    def bind(self, definition: Definition, given: tuple[tree.Argument, ...], span: Span) -> dict[str, Any]:
        """The parameters of a block's call. Raises Unknown once every fault has been told."""
        parameters = definition.block.parameters
        values = self.arguments(definition.name, parameters, given)
        if any(value is UNKNOWN for value in values.values()):
            raise Unknown
        scope = Layers({**definition.names, **values}, self.report, self.facts)
        for parameter in parameters:
            name = parameter.name.value
            if name in values:
                continue
            if parameter.default is None:
                related = (Related(parameter.name.span, "has no value of its own"),)
                title = f"`{definition.name}` needs `{name}`"
                help = f"it is written `{usage(definition.name, parameters)}`"
                raise wrong("E0210", title, span, related=related, help=help)
            values[name] = scope.names[name] = scope.given(parameter.default)
        return {parameter.name.value: values[parameter.name.value] for parameter in parameters}

    def arguments(
        self, called: str, parameters: Sequence[tree.Parameter], given: Sequence[tree.Argument]
    ) -> dict[str, Any]:
        """What the call of a block or model gives its parameters; what is wrong is told, and its value unknown.

        That of the parameter "" is unknown if it isn't clear which one was meant.
        """
        values: dict[str, Any] = {}
        places: dict[str, Span] = {}
        names = False
        for i, written in enumerate(given):
            try:
                if names and written.name is None:
                    raise behind_a_name(written)
                names = names or written.name is not None
                key = parameter_of(called, parameters, written, i)
                given_once(key, written.span, places)
                values[key] = UNKNOWN
                values[key] = self.given(written.value)
                if not isinstance(values[key], Tensor) and holds_values(values[key]):
                    title = f"`{written.value.span.text}` holds values of the network, and can't be handed over"
                    help = "a block takes them one by one, each with a parameter of its own"
                    raise wrong("E0324", title, written.value.span, help=help)
            except Wrong as error:
                self.report.add(error.diagnostic)
                values.setdefault("", UNKNOWN)
            except Unknown:
                pass
        return values


def parameter_of(called: str, parameters: Sequence[tree.Parameter], written: tree.Argument, i: int) -> str:
    """The parameter that argument number `i` of a model or block is for. Raises Wrong."""
    names = [parameter.name.value for parameter in parameters]
    help = f"it is written `{usage(called, parameters)}`"
    if written.name is None:
        if i < len(names):
            return names[i]
        takes = f"{counted(len(names), 'value')}, and this is one more" if names else "no values"
        raise wrong("E0209", f"`{called}` takes {takes}", written.span, help=help)
    word = written.name.span.text
    if word in names:
        return word
    otherwise = help if names else f"it has no parameters: give it some, `{called}({word} = …)`"
    title = f"`{called}` has no parameter `{word}`"
    raise misspelt("E0209", title, written.name.span, word, names, otherwise=otherwise)


def given_once(key: str, span: Span, places: dict[str, Span]) -> None:
    """Notes where a parameter is given. Raises Wrong if that is the second time."""
    if key in places:
        related = (Related(places[key], f"gives `{key}` already"),)
        raise wrong("E0209", f"`{key}` is given twice", span, related=related, help="leave one of them out")
    places[key] = span


def usage(called: str, parameters: Sequence[tree.Parameter]) -> str:
    """How a block or model is called."""
    parts = [p.name.value if p.default is None else f"{p.name.value} = {p.default.span.text}" for p in parameters]
    return f"{called}({', '.join(parts)})" if parts else called


def no_step(expression: tree.Expression, target: Target | None, *, sharing: bool) -> Wrong:
    """Something that is no layer, where layers are handed over or shared."""
    text = expression.span.text
    if not sharing:
        help = "only layers and blocks can: put the rest in a block, and hand that over"
        return wrong("E0324", f"`{text}` can't be handed over", expression.span, help=help)
    help = "a block can: put what is to be shared in one"
    match expression:
        case tree.As():
            inner = expression.step.span.text
            help = f"the name stands in front: `share {expression.name.value} = {inner}`"
        case tree.Number() | tree.Boolean() | tree.Text() | tree.Size() | tree.Binary() | tree.Listing():
            help = "`let name = …` names a number, a word or a list"
        case tree.Name() if not isinstance(target, type):
            help = f"`share` names the layers alone; what enters them stands where they are used: `{text} -> …`"
    return wrong("E0324", f"`share` names layers, and `{text}` is none", expression.span, help=help)


@cache
def words() -> frozenset[str]:
    """Every word that a parameter of a layer knows."""
    return frozenset(word for op in OPS.values() for parameter in op.parameters.values() for word in parameter.words)
