"""What expressions mean: numbers, words, lists, and things declared in registries."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn

from archc.diagnostics import Related, Report
from archc.ops import OPS
from archc.parameters import (
    FAMILIES,
    Described,
    Family,
    Parameter,
    Quoted,
    Real,
    Unfit,
    Word,
    describe,
    members,
    whole,
)
from archc.resolve.arithmetic import FUNCTIONS, binary, bounded, function, number
from archc.resolve.mistakes import (
    activation_argument,
    foreign_call,
    unknown_argument,
    unknown_call,
    unknown_name,
    unknown_number,
)
from archc.resolve.values import UNKNOWN, Ambiguous, Layer, Tensor, called, size_of
from archc.resolve.values import Family as FileFamily
from archc.resolve.wrong import Unknown, Wrong, misspelt, wrong
from archc.source import Span
from archc.syntax import tree

Facts = Callable[[str, Span], Any]
"""`data.classes` and the like, by name and the place that asks. Raises Wrong."""


class Evaluator:
    """Evaluates in a scope: names of the file, and facts about the data. Knows of no network."""

    in_model = False

    def __init__(self, names: Mapping[str, Any], report: Report, facts: Facts):
        self.names: dict[str, Any] = dict(names)
        self.report = report
        self.facts = facts

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
                return limited([self.listed(argument, parameter) for argument in expression.items], expression.span)
            case tree.Tuple():
                entries = [self.plain(item, "an entry", parameter) for item in expression.items]
                return tuple(limited(entries, expression.span))
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
            case tree.If():
                return self.choice(expression, parameter)
            case tree.Chain() | tree.As() | tree.Repeat():
                return self.flow(expression)

    def flow(self, expression: tree.Chain | tree.As | tree.Repeat) -> Any:
        help = "layers stand in a `model` or a `block`"
        raise wrong("E0202", "a flow of layers has no place here", expression.span, help=help)

    def plain(self, expression: tree.Expression, what: str, parameter: Parameter | None = None) -> Any:
        """A value that is no part of the network. Raises Wrong."""
        value = self.value(expression, parameter)
        self.no_network(value, f"{what} needs a number", expression.span)
        return value

    def no_network(self, value: Any, needs: str, span: Span) -> None:
        """Raises Wrong for a part of a network, where something plain is needed."""
        kind = called(value)
        if kind:
            label = f"gives {value.type}" if isinstance(value, Tensor) else ""
            raise wrong("E0313", f"{needs}, and this is {kind}", span, label)

    def listed(self, argument: tree.Argument, parameter: Parameter | None) -> Any:
        if isinstance(argument.name, tree.Name | tree.Text) and parameter is not None and parameter.labelled:
            return (argument.name.value, self.plain(argument.value, "an entry", parameter))
        if argument.name is not None:
            raise wrong("E0314", "a list of plain values has no `=` in it", argument.span)
        return self.plain(argument.value, "an entry", parameter)

    def argument(self, expression: tree.Expression, parameter: Parameter) -> Any:
        """What is given for a parameter. Raises Wrong for a value of the network."""
        path = isinstance(parameter, Quoted) or expression.span.text.endswith(".csv")
        if path and isinstance(expression, tree.Member | tree.Binary):
            # a path, which would otherwise be taken for a fact or a division
            quoted = f'"{expression.span.text}"'
            title = f"`{parameter.name}` takes {parameter.kind}"
            raise wrong("E0203", title, expression.span, help=f"write `{quoted}`", fix=quoted)
        value = self.value(expression, parameter)
        kind = called(value)
        if kind:
            title = f"`{parameter.name}` takes {parameter.kind}, not {kind}"
            label = f"gives {value.type}" if isinstance(value, Tensor) else ""
            handed = isinstance(value, Layer) and value.span != expression.span
            related = (Related(value.span, "the layer"),) if handed else ()
            raise wrong("E0313", title, expression.span, label, related=related)
        return value

    def name(self, name: tree.Name, parameter: Parameter | None) -> Any:
        word = name.value
        if parameter is not None and word in parameter.words:
            return Word(word)
        if parameter is not None and parameter.family and word in members(parameter.family):
            return self.build(FAMILIES[parameter.family][word], name, ())
        if word in self.names:
            return self.known(name)
        if word in ("True", "False"):
            raise wrong("E0305", f"`{word.lower()}` is lower-case", name.span, fix=word.lower())
        if parameter is not None:
            return self.word(name, parameter)
        raise unknown_name(name, self.candidates(), in_model=self.in_model)

    def known(self, name: tree.Name) -> Any:
        """What a name of the file stands for. Raises Unknown, and Wrong if that isn't clear."""
        value = self.names[name.value]
        if value is UNKNOWN:
            raise Unknown
        if isinstance(value, Ambiguous):
            meant = " or ".join(f"`{family}.{name.value}`" for family in value.families)
            help = f"say which: {meant}"
            if len({*value.families}) < len(value.families):
                help = f"several of them are called `{value.families[0]}`: rename one of these files"
            raise wrong("E0323", f"`{name.value}` comes from several files", name.span, help=help)
        return value

    def candidates(self) -> list[str]:
        """Names that could have been meant."""
        return [*self.names, *FUNCTIONS]

    def word(self, name: tree.Name, parameter: Parameter) -> Word:
        """A word that is neither one of the parameter's own nor a name of the file. Raises Wrong if it must be."""
        own = [*parameter.words, *members(parameter.family)]
        if isinstance(parameter, Family):
            title = f"there is no {parameter.family} `{name.value}`"
            known = [*own, *self.names] if parameter.number else own
            raise misspelt("E0301", title, name.span, name.value, known, otherwise=listing(own))
        if parameter.numeric and not own:
            raise unknown_number(name, [*self.names, *(["it"] if self.in_model else [])])
        return Word(name.value)

    def unary(self, expression: tree.Unary) -> Any:
        value = self.plain(expression.operand, f"`{expression.operator}`")
        if expression.operator == "not":
            return not self.truth(value, expression.operand.span)
        return -number(value, expression.operand.span, "`-`")

    def truth(self, value: Any, span: Span) -> bool:
        if not isinstance(value, bool):
            what = called(value) or describe(value)
            help = ""
            if called(value):
                help = "it is decided before anything flows: ask for a fact, such as `it.channels == 64`"
            elif isinstance(value, int | float):
                help = f"compare it: `{span.text} > 0`"
            raise wrong("E0310", f"a condition is true or false, and this is {what}", span, help=help)
        return value

    def condition(self, expression: tree.Expression) -> bool:
        return self.truth(self.value(expression), expression.span)

    def binary(self, expression: tree.Binary) -> Any:
        # a long sum leans to the left: walked here without recursion
        spine = [expression]
        while isinstance(spine[-1].left, tree.Binary):
            spine.append(spine[-1].left)
        result = self.operand(spine[-1].left, spine[-1])
        for node in reversed(spine):
            if node.operator in ("and", "or"):
                left = self.truth(result, node.left.span)
                result = left if left == (node.operator == "or") else self.condition(node.right)
                continue
            right = self.operand(node.right, node)
            result = binary(node.operator, result, right, node.span, node.left.span, node.right.span)
        return result

    def operand(self, expression: tree.Expression, of: tree.Binary) -> Any:
        value = self.value(expression)
        if of.operator not in ("and", "or"):
            self.no_network(value, f"`{of.operator}` needs numbers", expression.span)
        return value

    def member(self, expression: tree.Member) -> Any:
        fact, of = expression.name, expression.value
        if isinstance(of, tree.Name) and of.value == "data" and "data" not in self.names:
            return self.facts(fact.value, fact.span)
        value = self.value(of)
        if isinstance(value, FileFamily):
            return self.of_family(value, fact)
        return self.fact(value, expression)

    def of_family(self, family: FileFamily, name: tree.Name) -> Any:
        """`resnet.stage`. Raises Wrong if the file has nothing of that name."""
        if name.value in family.names:
            value = family.names[name.value]
            if value is UNKNOWN:
                raise Unknown
            return value
        title = f"`{family.name}` has no `{name.value}`"
        known = list(family.names)
        raise misspelt("E0301", title, name.span, name.value, known, otherwise=f"it has {listing(known)}")

    def fact(self, value: Any, expression: tree.Member) -> Any:
        what, name = called(value) or describe(value), expression.name.value
        help = f"facts belong to values of the network: `it.{name}`"
        if isinstance(value, list) and value and isinstance(value[0], Tensor):
            help = f"take one of them: `{expression.value.span.text}[0].{name}`"
        raise wrong("E0306", f"{what} has no facts such as `.{name}`", expression.span, help=help)

    def item(self, expression: tree.Item) -> Any:
        value, index = self.value(expression.value), self.plain(expression.index, "an entry")
        if not isinstance(value, list | tuple):
            what = called(value) or describe(value)
            raise wrong("E0307", f"only a list has entries, and this is {what}", expression.value.span)
        at = whole(index)
        if at is None or not 0 <= at < len(value):
            title = f"there is no entry {describe(index)} in a list of {len(value)}"
            help = f"entries count from 0, and the last is {len(value) - 1}" if value else "the list is empty"
            raise wrong("E0307", title, expression.index.span, help=help)
        return value[at]

    def choice(self, expression: tree.If, parameter: Parameter | None) -> Any:
        """`if data.examples < 1000 { 30 } else { 10 }`, where a value is needed."""
        taken = self.taken(expression)
        if taken is None:
            raise no_else(expression)
        if any(isinstance(statement, tree.Bad) for statement in taken.statements):
            raise Unknown
        if len(taken.statements) != 1 or not isinstance(taken.statements[0], tree.Flow):
            raise wrong("E0319", "a choice between values has one value in each pair of braces", taken.span)
        return self.value(taken.statements[0].value, parameter)

    def taken(self, expression: tree.If) -> tree.Body | None:
        """The branch that the conditions choose; None if that is an `else` which isn't there."""
        taken: tree.Body | tree.If | None = expression
        while isinstance(taken, tree.If):
            taken = taken.then if self.condition(taken.condition) else taken.otherwise
        return taken

    def call(self, call: tree.Call, parameter: Parameter | None) -> Any:
        callee = call.callee
        if isinstance(callee, tree.Member):
            if not self.in_model and parameter is not None and parameter.family:
                raise foreign_call(callee, call, members(parameter.family), parameter.family)
            raise foreign_call(callee, call, OPS if self.in_model else {})
        if not isinstance(callee, tree.Name):
            raise wrong("E0308", "only a layer or a function can be called", callee.span)
        word, family = callee.value, members(parameter.family) if parameter is not None else {}
        if word in family:
            return self.build(family[word], callee, call.arguments, call.span)
        if word in self.names:
            value = self.known(callee)
            what = called(value) or f"{describe(value)} here"
            help = f"give it another name: it hides the layer `{word}` here" if word in OPS else f"write `{word}`"
            if isinstance(value, FileFamily):
                help = f"it gives {', '.join(f'`{word}.{name}`' for name in value.names)}"
            raise wrong("E0308", f"`{word}` is {what}, and takes no arguments", call.span, help=help)
        if word in FUNCTIONS:
            return bounded(self.function(word, call), call.span)
        if parameter is not None and word in OPS and parameter.numeric:
            raise unknown_number(callee, [])
        if parameter is not None:
            raise unknown_call(callee, call, parameter.family or "function", family)
        kind = "layer" if self.in_model else "function"
        raise unknown_call(callee, call, kind, OPS if self.in_model else {}, self.callables())

    def callables(self) -> list[str]:
        """Names of the file that could have been meant by the name of a call."""
        return []

    def function(self, word: str, call: tree.Call) -> int | float:
        for argument in call.arguments:
            if argument.name is not None:
                raise wrong("E0312", f"the numbers that `{word}` takes have no names", argument.span)
        values = [self.plain(argument.value, f"`{word}`", NUMBER) for argument in call.arguments]
        return function(word, values, [a.span for a in call.arguments], call.span)

    # things declared in registries

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
                    if named:
                        raise behind_a_name(argument)
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


LONGEST_LIST = 100_000
"""How many entries a list may hold that is made of others by name: each `let a = [b, b]` doubles them."""


def limited(entries: list[Any], span: Span) -> list[Any]:
    """The entries of a list. Raises Wrong if there are too many of them, those of lists within it counted."""
    nested = any(isinstance(entry, list | tuple) for entry in entries)
    # what is written out is bounded by the text
    most = max(LONGEST_LIST, span.end - span.start)
    if nested and size_of(entries, most) > most:
        raise wrong("E0311", f"this list would have more than {LONGEST_LIST:,} entries", span)
    return entries


def no_else(choice: tree.If) -> Wrong:
    """A choice between values that leaves one case open."""
    help = "say which value it is otherwise: `if … { a } else { b }`"
    return wrong("E0319", "this choice between values has no `else`", choice.span, help=help)


def behind_a_name(argument: tree.Argument) -> Wrong:
    """`conv(8, 3, padding = 1, 2)`."""
    title = "a value without a name stands behind one with a name"
    help = "values without names come first, in their order; or give this one its name too"
    return wrong("E0209", title, argument.span, help=help)


NUMBER = Real("a number")
"""What stands where only numbers do, outside an argument."""


def refuse(unfit: Unfit, span: Span) -> NoReturn:
    """Raises Wrong for a value that a declared thing refused."""
    codes = {"missing": "E0210", "unknown": "E0209"}
    code = codes.get(unfit.code, unfit.code or "E0203")
    raise wrong(code, unfit.problem, span, unfit.label, help=unfit.help, fix=unfit.fix) from None


def listing(known: Iterable[str]) -> str:
    return f"there are {', '.join(f'`{k}`' for k in sorted(known))}" if known else ""
