"""What expressions and flows mean: numbers, values of the network, and things declared in registries."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn

from archc.diagnostics import Report
from archc.ops import OPS, Op
from archc.parameters import FAMILIES, Described, Family, Parameter, Quoted, Real, Unfit, Word, describe, whole
from archc.resolve.arithmetic import FUNCTIONS, binary, bounded, function, number
from archc.resolve.mistakes import (
    activation_argument,
    foreign_call,
    unknown_argument,
    unknown_call,
    unknown_name,
    unknown_number,
    without_inputs,
)
from archc.resolve.network import Builder, Tensor, parameters
from archc.resolve.wrong import Unknown, Wrong, misspelt, wrong
from archc.source import Span
from archc.syntax import tree

UNKNOWN = object()
"""Stands for a value whose error has been told."""

TENSOR_FACTS = ("channels", "height", "width", "shape", "size", "params", "macs")


class Evaluator:
    """Evaluates in a scope: names of the file, and facts about the data.

    `builder` is the network under construction, None outside a model. `it` is the value that the
    next step takes: None before there is one, UNKNOWN after an error.
    """

    def __init__(
        self,
        names: Mapping[str, Any],
        report: Report,
        facts: Callable[[str, Span], Any],
        builder: Builder | None = None,
    ):
        self.names: dict[str, Any] = dict(names)
        self.report = report
        self.facts = facts
        self.builder = builder
        self.whole_model = False
        self.it: Any = None

    # expressions

    def value(self, expression: tree.Expression, parameter: Parameter | None = None) -> Any:
        """What an expression gives; `parameter` is what it is an argument of.

        Raises Wrong for what it finds wrong itself, and Unknown where a value was already told to be wrong.
        """
        match expression:
            case tree.Number() | tree.Boolean() | tree.Text() | tree.Size():
                return expression.value
            case tree.Name():
                return self.name(expression, parameter)
            case tree.Listing():
                return [self.listed(argument, parameter) for argument in expression.items]
            case tree.Tuple():
                return tuple(self.plain(item, "an entry", parameter) for item in expression.items)
            case tree.Unary():
                return self.unary(expression)
            case tree.Binary():
                return self.binary(expression)
            case tree.Member():
                return self.member(expression)
            case tree.Item():
                return self.item(expression)
            case tree.Call():
                return self.call(expression, parameter)
            case tree.Chain():
                return self.chain(expression)
            case tree.As():
                return self.named(expression)

    def plain(self, expression: tree.Expression, what: str, parameter: Parameter | None = None) -> Any:
        """A value that is no part of the network. Raises Wrong."""
        value = self.value(expression, parameter)
        if isinstance(value, Tensor):
            raise wrong(
                "E0313",
                f"{what} needs a number, and this is a value of the network",
                expression.span,
                f"gives {value.type}",
            )
        return value

    def listed(self, argument: tree.Argument, parameter: Parameter | None) -> Any:
        if argument.name is not None:
            raise wrong("E0314", "a list of plain values has no `=` in it", argument.span)
        return self.plain(argument.value, "an entry", parameter)

    def argument(self, expression: tree.Expression, parameter: Parameter) -> Any:
        """What is given for a parameter. Raises Wrong for a value of the network."""
        if isinstance(parameter, Quoted) and isinstance(expression, tree.Member | tree.Binary):
            # a path, which would otherwise be taken for a fact or a division
            quoted = f'"{expression.span.text}"'
            title = f"`{parameter.name}` takes {parameter.kind}"
            raise wrong("E0203", title, expression.span, help=f"write `{quoted}`", fix=quoted)
        value = self.value(expression, parameter)
        if isinstance(value, Tensor):
            title = f"`{parameter.name}` takes {parameter.kind}, not a value of the network"
            raise wrong("E0313", title, expression.span, f"gives {value.type}")
        return value

    def name(self, name: tree.Name, parameter: Parameter | None) -> Any:
        word = name.value
        if parameter is not None and word in parameter.words:
            return Word(word)
        if parameter is not None and parameter.family and word in FAMILIES.get(parameter.family, {}):
            return self.build(FAMILIES[parameter.family][word], name, ())
        if word in self.names:
            value = self.names[word]
            if value is UNKNOWN:
                raise Unknown
            return value
        if word == "it":
            return self.current(name.span, "`it`")
        if word in ("params", "macs") and self.builder is not None and self.whole_model:
            nodes = iter(self.builder.nodes.values())
            return parameters(nodes) if word == "params" else sum(node.macs for node in nodes)
        if word in OPS and self.builder is not None and parameter is None:
            return self.layer(name, ())
        if word in ("True", "False"):
            raise wrong("E0305", f"`{word.lower()}` is lower-case", name.span, fix=word.lower())
        if parameter is not None:
            return self.word(name, parameter)
        in_model = self.builder is not None
        known = [*self.names, *FUNCTIONS, *((*OPS, "it", "params", "macs") if in_model else ())]
        raise unknown_name(name, known, in_model=in_model)

    def word(self, name: tree.Name, parameter: Parameter) -> Word:
        """A word that is neither one of the parameter's own nor a name of the file. Raises Wrong if it must be."""
        own = [*parameter.words, *FAMILIES.get(parameter.family, {})]
        if isinstance(parameter, Family):
            title = f"there is no {parameter.family} `{name.value}`"
            known = [*own, *self.names] if parameter.number else own
            raise misspelt("E0301", title, name.span, name.value, known, otherwise=listing(own))
        if parameter.numeric and not own:
            raise unknown_number(name, [*self.names, *(["it"] if self.builder else [])])
        return Word(name.value)

    def current(self, span: Span, who: str) -> Tensor:
        if self.it is UNKNOWN:
            raise Unknown
        if self.it is None:
            several = self.builder is not None and len(self.builder.inputs) > 1
            why = "declare what enters the model first: `input x[…]`"
            if several and self.builder is not None:
                starts = " or ".join(f"`{port.name} -> …`" for port in self.builder.inputs[:2])
                why = f"start the flow at one of the inputs: {starts}"
            raise wrong("E0201", f"{who} has no value to take", span, help=why)
        assert isinstance(self.it, Tensor)
        return self.it

    def unary(self, expression: tree.Unary) -> Any:
        value = self.plain(expression.operand, f"`{expression.operator}`")
        if expression.operator == "not":
            return not self.truth(value, expression.operand.span)
        return -number(value, expression.operand.span, "`-`")

    def truth(self, value: Any, span: Span) -> bool:
        if not isinstance(value, bool):
            what = "a value of the network" if isinstance(value, Tensor) else describe(value)
            raise wrong("E0310", f"a condition is true or false, and this is {what}", span)
        return value

    def binary(self, expression: tree.Binary) -> Any:
        # a long sum leans to the left: walked here without recursion
        spine = [expression]
        while isinstance(spine[-1].left, tree.Binary):
            spine.append(spine[-1].left)
        result = self.value(spine[-1].left)
        for node in reversed(spine):
            if node.operator in ("and", "or"):
                left = self.truth(result, node.left.span)
                result = (
                    left if left == (node.operator == "or") else self.truth(self.value(node.right), node.right.span)
                )
                continue
            right = self.value(node.right)
            for side, value in ((node.left, result), (node.right, right)):
                if isinstance(value, Tensor):
                    raise wrong(
                        "E0313",
                        f"`{node.operator}` needs numbers, and this is a value of the network",
                        side.span,
                        f"gives {value.type}",
                    )
            result = binary(node.operator, result, right, node.span, node.left.span, node.right.span)
        return result

    def member(self, expression: tree.Member) -> Any:
        fact, of = expression.name, expression.value
        if isinstance(of, tree.Name) and of.value == "data" and "data" not in self.names:
            return self.facts(fact.value, fact.span)
        value = self.value(of)
        if not isinstance(value, Tensor):
            raise wrong(
                "E0306",
                f"{describe(value)} has no facts such as `.{fact.value}`",
                expression.span,
                help="facts belong to values of the network: `it.channels`",
            )
        return self.fact(value, fact)

    def fact(self, tensor: Tensor, fact: tree.Name) -> Any:
        assert self.builder is not None
        match fact.value:
            case "channels":
                return tensor.type.channels
            case "height" | "width" if tensor.type.rank == 3:
                return tensor.type.shape[0 if fact.value == "height" else 1]
            case "height" | "width":
                raise wrong("E0306", f"only an image has a {fact.value}, and this value is {tensor.type}", fact.span)
            case "shape":
                return tensor.type.shape
            case "size":
                return tensor.type.size
            case "params":
                return parameters(self.builder.behind(tensor.name))
            case "macs":
                return sum(node.macs for node in self.builder.behind(tensor.name))
            case _:
                raise misspelt(
                    "E0306",
                    f"a value has no fact `{fact.value}`",
                    fact.span,
                    fact.value,
                    list(TENSOR_FACTS),
                    otherwise="its facts are " + ", ".join(f"`{f}`" for f in TENSOR_FACTS),
                )

    def item(self, expression: tree.Item) -> Any:
        value, index = self.plain(expression.value, "`[…]`"), self.plain(expression.index, "an entry")
        if not isinstance(value, list | tuple):
            raise wrong("E0307", f"only a list has entries, and this is {describe(value)}", expression.value.span)
        at = whole(index)
        if at is None or not 0 <= at < len(value):
            raise wrong(
                "E0307",
                f"there is no entry {describe(index)} in a list of {len(value)}",
                expression.index.span,
                help="entries count from 0",
            )
        return value[at]

    # flows

    def chain(self, chain: tree.Chain) -> Any:
        """`a -> b -> c`: a flow that starts with a value's name starts there, any other at `it`."""
        before = self.it
        try:
            for i, step in enumerate(chain.steps):
                self.it = self.step(step, first=i == 0)
            if self.it is UNKNOWN:
                raise Unknown
            return self.it
        finally:
            self.it = before

    def step(self, step: tree.Expression, *, first: bool) -> Any:
        try:
            value = self.value(step)
        except Wrong as error:
            # the steps that follow are still looked at, without a value to enter them
            self.report.add(error.diagnostic)
            return UNKNOWN
        except Unknown:
            return UNKNOWN
        if not isinstance(value, Tensor):
            self.report.add(
                wrong(
                    "E0202",
                    f"{describe(value)} is no step of a flow",
                    step.span,
                    help="a step is a layer, such as `relu`, or the name of a value",
                ).diagnostic
            )
            return UNKNOWN
        if not first and isinstance(step, tree.Name) and step.value in self.names:
            self.report.add(
                wrong(
                    "E0202",
                    f"`{step.value}` is a value, and only starts a flow",
                    step.span,
                    help=f"what stands before it would be lost: begin with `{step.value} -> …`",
                ).diagnostic
            )
            return UNKNOWN
        return value

    def named(self, expression: tree.As) -> Any:
        """`conv(6, 5x5) as C1`: names the value, and the layer if it is one."""
        inner, name = expression.step, expression.name
        callee = inner.callee if isinstance(inner, tree.Call) else inner
        if isinstance(callee, tree.Name) and callee.value in OPS and callee.value not in self.names:
            value = self.layer(callee, inner.arguments if isinstance(inner, tree.Call) else (), inner.span, name.value)
        else:
            value = self.value(inner)
        if not isinstance(value, Tensor):
            raise wrong(
                "E0202", "`as` names a layer or a value of the network", expression.span, help="`let` names numbers"
            )
        self.names[name.value] = value
        return value

    def call(self, call: tree.Call, parameter: Parameter | None) -> Any:
        callee, in_model = call.callee, self.builder is not None
        if isinstance(callee, tree.Member):
            raise foreign_call(callee, call, OPS if in_model else {})
        if not isinstance(callee, tree.Name):
            raise wrong("E0308", "only a layer or a function can be called", callee.span)
        word, family = callee.value, FAMILIES.get(parameter.family, {}) if parameter is not None else {}
        if word in family:
            return self.build(family[word], callee, call.arguments, call.span)
        if word in self.names:
            raise wrong("E0308", f"`{word}` is {self.what(word)}, and takes no arguments", call.span)
        if word in FUNCTIONS:
            return bounded(self.function(word, call), call.span)
        if parameter is None:
            if word in OPS and in_model:
                return self.layer(callee, call.arguments, call.span)
            raise unknown_call(callee, call, "layer" if in_model else "function", OPS if in_model else {})
        if word in OPS and parameter.numeric:
            raise unknown_number(callee, [])
        raise unknown_call(callee, call, parameter.family or "function", family)

    def what(self, word: str) -> str:
        value = self.names[word]
        return "a value of the network" if isinstance(value, Tensor) or value is UNKNOWN else f"{describe(value)} here"

    def function(self, word: str, call: tree.Call) -> int | float:
        for argument in call.arguments:
            if argument.name is not None:
                raise wrong("E0312", f"the numbers that `{word}` takes have no names", argument.span)
        values = [self.plain(argument.value, f"`{word}`", NUMBER) for argument in call.arguments]
        return function(word, values, [a.span for a in call.arguments], call.span)

    # things declared in registries

    def layer(
        self, callee: tree.Name, arguments: tuple[tree.Argument, ...], span: Span | None = None, name: str | None = None
    ) -> Tensor:
        assert self.builder is not None
        span = span or callee.span
        op, spans = self.built(OPS[callee.value], callee, arguments, span)
        assert isinstance(op, Op)
        it = self.current(span, f"`{callee.value}`")
        try:
            return self.builder.layer(op, it, span, name, spans)
        except Wrong as error:
            meant = without_inputs(callee, arguments)
            if not meant:
                raise
            told, help = error.diagnostic, f"the channels that come in are known, and left out: `{meant}`"
            raise wrong(told.code, told.title, told.span, told.label, related=told.related, help=help) from None

    def build(
        self, cls: type[Described], callee: tree.Name, arguments: tuple[tree.Argument, ...], span: Span | None = None
    ) -> Described:
        """An instance from written arguments. Raises Wrong, or Unknown once every fault has been told."""
        return self.built(cls, callee, arguments, span or callee.span)[0]

    def built(
        self, cls: type[Described], callee: tree.Name, arguments: tuple[tree.Argument, ...], span: Span
    ) -> tuple[Described, dict[str, Span]]:
        """The same, with the place of every argument."""
        positional: list[Any] = []
        named: dict[str, Any] = {}
        spans: dict[str, Span] = {}
        sound = True
        places = [p for p in cls.parameters.values() if not p.named_only]
        for argument in arguments:
            try:
                if argument.name is None:
                    at = len(positional)
                    place = places[at] if at < len(places) else Parameter("")
                    if at and self.is_activation(argument.value, cls):
                        raise activation_argument(argument, span)
                    spans.setdefault(place.name or f"#{len(places)}", argument.value.span)
                    positional.append(UNKNOWN)
                    positional[at] = self.accepted(argument.value, place)
                    continue
                key = self.key(argument, named, cls, callee, span)
                spans.setdefault(key, argument.value.span)
                named[key] = UNKNOWN
                named[key] = self.accepted(argument.value, cls.parameters[key])
            except Wrong as error:
                self.report.add(error.diagnostic)
                sound = False
            except Unknown:
                sound = False
        if not sound:
            raise Unknown
        try:
            return cls.build(positional, named), spans
        except Unfit as unfit:
            refuse(unfit, spans.get(unfit.parameter, span))

    def is_activation(self, value: tree.Expression, cls: type[Described]) -> bool:
        """Whether a layer's argument is one of the activations, which are layers themselves."""
        word = value.value if isinstance(value, tree.Name | tree.Text) else ""
        return cls.family == "layer" and word in OPS and OPS[word].activation and word not in self.names

    def key(
        self, argument: tree.Argument, named: Mapping[str, Any], cls: type[Described], callee: tree.Name, span: Span
    ) -> str:
        """The parameter that a named argument is for. Raises Wrong."""
        key = argument.name
        if not isinstance(key, tree.Name):
            assert key is not None
            raise wrong("E0209", "the name of an argument is a word", key.span)
        if key.value not in cls.parameters:
            raise unknown_argument(cls, key, argument, callee, span)
        if key.value in named:
            raise wrong("E0209", f"`{key.value}` is given twice", key.span)
        return key.value

    def accepted(self, expression: tree.Expression, parameter: Parameter) -> Any:
        """An argument's value as the parameter holds it. Raises Wrong."""
        value = self.argument(expression, parameter)
        if not parameter.name:
            return value
        try:
            parameter.accept(value)
        except Unfit as unfit:
            if not unfit.help and isinstance(expression, tree.Binary) and expression.operator == "/":
                whole_division = f"{expression.left.span.text} // {expression.right.span.text}"
                unfit.help = f"`//` divides without a rest: `{whole_division}`"
            refuse(unfit, expression.span)
        return value


NUMBER = Real("a number")
"""What stands where only numbers do, outside an argument."""


def refuse(unfit: Unfit, span: Span) -> NoReturn:
    """Raises Wrong for a value that a declared thing refused."""
    codes = {"missing": "E0210", "unknown": "E0209"}
    code = codes.get(unfit.code, unfit.code or "E0203")
    raise wrong(code, unfit.problem, span, unfit.label, help=unfit.help, fix=unfit.fix) from None


def listing(known: Iterable[str]) -> str:
    return f"there are {', '.join(f'`{k}`' for k in sorted(known))}" if known else ""
