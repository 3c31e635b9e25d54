"""What flows mean: each step is put behind the value that enters it, in the graph that is being built."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from archc.diagnostics import Diagnostic, Related, Report
from archc.ops import OPS, Op
from archc.parameters import Parameter, describe
from archc.resolve.arithmetic import FUNCTIONS
from archc.resolve.evaluate import Facts, no_else
from archc.resolve.facts import FACTS, fact_of
from archc.resolve.layers import Layers, Target
from archc.resolve.mistakes import without_inputs
from archc.resolve.network import Builder
from archc.resolve.values import UNKNOWN, Definition, Layer, Shared, Step, Tensor, called
from archc.resolve.wrong import Unknown, Wrong, misspelt, wrong
from archc.source import Span
from archc.syntax import tree

if TYPE_CHECKING:
    from archc.resolve.block import Expander

MERGING = {"+": "add", "-": "subtract", "*": "multiply"}
"""Operators of numbers, and the layers that do so to values of the network."""


PLAIN = (tree.Number, tree.Boolean, tree.Text, tree.Size, tree.Listing, tree.Tuple, tree.Unary, tree.Binary)
"""What is a value and no flow, whatever its names stand for."""


class Flows(Layers):
    """Evaluates in the body of a model or block.

    `it` is the value that the next step takes: None before there is one, UNKNOWN after an error.
    `outer` is the value that entered the innermost merge.
    """

    in_model = True

    def __init__(self, names: Mapping[str, Any], report: Report, facts: Facts, builder: Builder, expander: "Expander"):
        super().__init__(names, report, facts)
        self.builder = builder
        self.expander = expander
        self.it: Any = None
        self.outer: Any = None
        self.copies = 0
        """How many repeats the statement at hand stands in."""
        self.read: Collection[str] = ()
        """Every word that the body may read as a name."""
        self.depth = 0
        """How many braces within the body it stands in."""

    # names and calls

    def name(self, name: tree.Name, parameter: Parameter | None) -> Any:
        word = name.value
        if parameter is None:
            target = self.target(name)
            if target is not None:
                return self.put(target, name)
        own = parameter is not None and (word in parameter.words)
        if not own and word not in self.names and word in ("it", "params", "macs"):
            return self.current(name.span, "`it`") if word == "it" else self.whole(name)
        return super().name(name, parameter)

    def whole(self, name: tree.Name) -> int:
        """`params` and `macs` without a value before them. Raises Wrong where that isn't known."""
        raise wrong(
            "E0306",
            f"`{name.value}` is a fact about the whole model, and only an `assert` in its own body knows it",
            name.span,
            help=f"`it.{name.value}` counts what leads to a value",
        )

    def call(self, call: tree.Call, parameter: Parameter | None) -> Any:
        target = self.target(call)
        if target is None or (isinstance(target, type) and parameter is not None):
            return super().call(call, parameter)
        if parameter is not None:
            kind = "the block" if isinstance(target, Definition) else "the layer"
            title = f"`{parameter.name}` takes {parameter.kind}, not {kind} `{call.callee.span.text}`"
            raise wrong("E0313", title, call.span)
        return self.put(target, call)

    def member(self, expression: tree.Member) -> Any:
        target = self.target(expression)
        if target is not None:
            return self.put(target, expression)
        of = expression.value
        what = self.layer_at(of)
        if what:
            title = f"facts belong to values of the network, and `{of.span.text}` is {what}"
            help = f"name what it gives, `… as name`, and write `name.{expression.name.value}`"
            raise wrong("E0306", title, expression.span, help=help)
        if isinstance(of, tree.Name) and of.value == "it" and expression.name.value in FACTS:
            self.check_inner_it(of.span)
        return super().member(expression)

    def check_inner_it(self, span: Span) -> None:
        """Warns where `it` is no longer what entered the merge that it stands in."""
        if not isinstance(self.outer, Tensor) or not isinstance(self.it, Tensor):
            return
        if self.it.type.spatial == self.outer.type.spatial:
            return
        before = self.it.span.text.partition("(")[0]
        what = f"what `{before}` gives" if before.isidentifier() else "what enters this step"
        title = f"`it` here is {what}, {self.it.type}, and not the {self.outer.type} that the branches start from"
        self.report.add(
            Diagnostic(
                "W0303",
                title,
                span,
                related=(
                    Related(self.it.span, f"gives {self.it.type}"),
                    Related(self.outer.span, f"gives {self.outer.type}"),
                ),
                help="if the outer one is meant, name it first: `let x = it`, and write `x` here",
            )
        )

    def candidates(self) -> list[str]:
        return [*self.names, *FUNCTIONS, *OPS, "it", "params", "macs"]

    # layers and values where something plain is needed

    def layer_at(self, expression: tree.Expression) -> str:
        """How a sentence calls the layer or block that an expression names; "" for anything else."""
        target = self.target(expression)
        return "" if target is None else called(target) or "a layer"

    def condition(self, expression: tree.Expression) -> bool:
        what = self.layer_at(expression)
        if what:
            title = f"a condition is true or false, and `{expression.span.text}` is {what}"
            raise wrong("E0310", title, expression.span)
        return super().condition(expression)

    def operand(self, expression: tree.Expression, of: tree.Binary) -> Any:
        what = self.layer_at(expression)
        if what:
            title = f"`{of.operator}` needs numbers, and `{expression.span.text}` is {what}"
            raise wrong("E0313", title, expression.span)
        return super().operand(expression, of)

    def binary(self, expression: tree.Binary) -> Any:
        try:
            return super().binary(expression)
        except Wrong as error:
            told, merge = error.diagnostic, MERGING.get(expression.operator)
            if told.code != "E0313" or merge is None or not told.label:
                raise
            operands = terms(expression)
            if not all(self.is_value(operand) for operand in operands):
                help = f"values of the network are put together by a merge: `{merge}(…)`"
                raise wrong(told.code, told.title, told.span, told.label, help=help) from None
            meant = f"{merge}({', '.join(operand.span.text for operand in operands)})"
            help = f"values of the network are put together by a merge: `{meant}`"
            raise wrong(
                told.code, told.title, told.span, told.label, help=help, fix=meant, at=expression.span
            ) from None

    def is_value(self, expression: tree.Expression) -> bool:
        """Whether an expression is the name of a value of the network."""
        if not isinstance(expression, tree.Name):
            return False
        return isinstance(self.it if expression.value == "it" else self.names.get(expression.value), Tensor)

    def current(self, span: Span, who: str) -> Tensor:
        """The value that enters a step. Raises Wrong if there is none, and Unknown after an error."""
        if self.it is UNKNOWN:
            raise Unknown
        if self.it is None:
            why = "declare what enters the model first: `input x[…]`"
            if len(self.builder.inputs) > 1:
                starts = " or ".join(f"`{port.name} -> …`" for port in self.builder.inputs[:2])
                why = f"start the flow at one of the inputs: {starts}"
            raise wrong("E0201", f"{who} has no value to take", span, help=why)
        assert isinstance(self.it, Tensor)
        return self.it

    def fact(self, value: Any, expression: tree.Member) -> Any:
        name = expression.name
        if not isinstance(value, Tensor):
            return super().fact(value, expression)
        if name.value not in FACTS:
            otherwise = "its facts are " + ", ".join(f"`{fact}`" for fact in FACTS)
            title = f"a value has no fact `{name.value}`"
            raise misspelt("E0306", title, name.span, name.value, list(FACTS), otherwise=otherwise)
        return fact_of(value, name, self.builder)

    # flows

    def flow(self, expression: tree.Chain | tree.As | tree.Repeat) -> Any:
        match expression:
            case tree.Chain():
                return self.chain(expression)
            case tree.As():
                return self.named(expression)
            case tree.Repeat():
                return self.repeat(expression)

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
            value = self.tensor(step)
        except Wrong as error:
            # the steps that follow are still looked at, without a value to enter them
            self.report.add(error.diagnostic)
            return UNKNOWN
        except Unknown:
            return UNKNOWN
        starts = step.step if isinstance(step, tree.As) else step
        if isinstance(starts, tree.Name) and (starts.value not in self.names or self.target(starts) is not None):
            return value
        if not first and isinstance(starts, tree.Name | tree.Item):
            shown = starts.span.text
            title = f"`{shown}` is a value, and only starts a flow"
            help = f"what stands before it would be lost: begin with `{shown} -> …`"
            self.report.add(wrong("E0202", title, step.span, help=help).diagnostic)
            return UNKNOWN
        return value

    def tensor(self, expression: tree.Expression) -> Tensor:
        """A flow's value. Raises Wrong if the expression gives anything else."""
        value = self.value(expression)
        if isinstance(value, Tensor):
            return value
        help = "a step is a layer, such as `relu`, or the name of a value; `let n = …` names a number"
        text = expression.span.text if isinstance(expression, tree.Name | tree.Member) else ""
        if isinstance(value, list) and called(value):
            shown = text or "…"
            help = f"give them all to a merge, `add({shown})`, or take one of them, `{shown}[{len(value) - 1}]`"
        what = called(value) or describe(value)
        title = f"`{text}` is {what}, and no step of a flow" if text else f"{what} is no step of a flow"
        raise wrong("E0202", title, expression.span, help=help)

    def named(self, expression: tree.As) -> Any:
        """`conv(6, 5x5) as C1`: names the value, and the layer if it is one."""
        inner, name = expression.step, expression.name
        self.claim(name)
        target = None if isinstance(inner, tree.Repeat | tree.If) else self.target(inner)
        if target is not None and not isinstance(target, Shared):
            value = self.put(target, inner, self.builder.fresh(name.value) if self.copies else name.value)
        else:
            value = self.value(inner)
        if not isinstance(value, Tensor):
            title = "`as` names a layer or a value of the network"
            raise wrong("E0202", title, expression.span, help="`let` names numbers")
        plain = isinstance(target, type) and target.activation and target.weights is Op.weights
        if isinstance(target, type) and plain and name.value not in self.read:
            before = f"`… as {name.value} -> {inner.span.text}`"
            title = f"`{name.value}` names the {target.name}, which has no weights"
            help = f"for the weights, put the name before the activation: {before}"
            self.report.add(Diagnostic("W0301", title, expression.span, help=help))
        self.names[name.value] = value
        return value

    def choice(self, expression: tree.If, parameter: Parameter | None) -> Any:
        """Of the branches only the one that is taken becomes part of the network."""
        if parameter is not None:
            return super().choice(expression, parameter)
        taken = self.taken(expression)
        flows = [one.value for one in expression.then.statements if isinstance(one, tree.Flow)]
        if taken is None and all(isinstance(value, PLAIN) for value in flows):
            raise no_else(expression)
        if taken is None or not taken.statements:
            return self.current(expression.span, "`if`")
        if len(taken.statements) == 1 and isinstance(taken.statements[0], tree.Flow):
            value = self.value(taken.statements[0].value)
            if not isinstance(value, Tensor) and not complete(expression):
                raise no_else(expression)
            return value
        return self.inside(taken.statements)

    def inside(self, statements: Sequence[tree.Statement]) -> Tensor:
        """The value at the end of statements between braces. Raises Unknown if one of them is wrong."""
        before = self.it
        self.depth += 1
        try:
            self.run(statements)
            return self.current(statements[0].span, "what stands here")
        finally:
            self.depth -= 1
            self.it = before

    def repeat(self, expression: tree.Repeat) -> Any:
        raise NotImplementedError

    def run(self, statements: Iterable[tree.Statement]) -> None:
        raise NotImplementedError

    def claim(self, name: tree.Name) -> None:
        raise NotImplementedError

    # layers

    def put(self, target: Target | None, expression: tree.Expression, name: str | None = None) -> Tensor:
        """A layer or block behind `it`. Raises Wrong if the value cannot enter it."""
        arguments = expression.arguments if isinstance(expression, tree.Call) else ()
        callee = expression.callee if isinstance(expression, tree.Call) else expression
        who = f"`{callee.span.text}`"
        match target:
            case Definition():
                values = self.bind(target, arguments, expression.span)
                return self.block(target, values, self.current(expression.span, who), expression.span, name)
            case Layer() | Shared() if isinstance(expression, tree.Call):
                raise self.takes_none(expression)
            case Layer():
                return self.behind(target.steps, self.current(expression.span, who), name)
            case Shared():
                return self.shared(target, self.current(expression.span, who), expression.span)
        assert isinstance(target, type) and isinstance(callee, tree.Name)
        if target.merges:
            return self.merge(target, arguments, expression.span, name)
        op, spans = self.built(target, callee, arguments, expression.span)
        assert isinstance(op, Op)
        it = self.current(expression.span, who)
        try:
            return self.builder.layer(op, it, expression.span, name, spans)
        except Wrong as error:
            meant = without_inputs(callee, arguments)
            if not meant:
                raise
            told, help = error.diagnostic, f"the channels that come in are known, and left out: `{meant}`"
            raise wrong(told.code, told.title, told.span, told.label, related=told.related, help=help) from None

    def behind(self, steps: Iterable[Step], it: Tensor, name: str | None = None) -> Tensor:
        """Layers that were handed over, one behind the other. A name is that of the only one."""
        steps = tuple(steps)
        for step in steps:
            own = name if len(steps) == 1 else None
            if isinstance(step.what, Definition):
                it = self.block(step.what, step.arguments, it, step.span, own)
            else:
                it = self.builder.layer(step.what, it, step.span, own, step.spans)
        return it

    def block(
        self, definition: Definition, values: Mapping[str, Any], it: Tensor, span: Span, name: str | None
    ) -> Tensor:
        expanded = self.expander.expand(definition, values, it, span, self.report)
        entering = (it, *(value for value in values.values() if isinstance(value, Tensor)))
        return self.builder.block(expanded, entering, values, span, name)

    def shared(self, shared: Shared, it: Tensor, span: Span) -> Tensor:
        """One more use of layers that have one set of weights."""
        steps = shared.layer.steps
        only = steps[0] if len(steps) == 1 else None
        name = self.builder.sharing(shared.name)
        owner = shared.name if name != shared.name else ""
        if only is not None and isinstance(only.what, Op):
            return self.builder.layer(only.what, it, span, name, only.spans, owner)
        if only is not None and isinstance(only.what, Definition):
            expanded = self.expander.expand(only.what, only.arguments, it, span, self.report)
            handed = tuple(value for value in only.arguments.values() if isinstance(value, Tensor))
            return self.builder.block(expanded, (it, *handed), only.arguments, span, name, owner)
        expanded = self.expander.sequence(shared, it, span, self.report)
        return self.builder.block(expanded, (it,), {}, span, name, owner)

    def merge(self, cls: type[Op], arguments: tuple[tree.Argument, ...], span: Span, name: str | None) -> Tensor:
        """`add(a, b)`: every branch starts at the `it` of the merge."""
        op = cls.build([], {})
        assert isinstance(op, Op)
        branches: list[Tensor] = []
        outer, self.outer = self.outer, self.it
        sound = True
        try:
            for argument in arguments:
                try:
                    branches += self.branch(cls, argument)
                except Wrong as error:
                    self.report.add(error.diagnostic)
                    sound = False
                except Unknown:
                    sound = False
        finally:
            self.outer = outer
        if not sound:
            raise Unknown
        return self.builder.merge(op, branches, span, name)

    def branch(self, cls: type[Op], argument: tree.Argument) -> Iterator[Tensor]:
        """The value of a branch; those of a list, for the copies of a name in a repeat. Raises Wrong."""
        if argument.name is not None and argument.name.span.text in ("axis", "dim"):
            title = f"`{cls.name}` has no argument `{argument.name.span.text}`"
            where = "along the channels" if cls.name == "concat" else "each position by itself"
            raise wrong("E0209", title, argument.span, help=f"leave it out: values are joined {where}")
        if argument.name is not None:
            title = f"`{cls.name}` takes flows, and these have no names"
            help = f"the value alone: `{argument.value.span.text}`; one to be used again is written `… as name`"
            raise wrong("E0209", title, argument.span, help=help)
        if isinstance(argument.value, tree.Listing):
            flows = ", ".join(item.span.text for item in argument.value.items)
            title = f"`{cls.name}` takes flows one by one, not in a list"
            raise wrong("E0202", title, argument.span, help="leave the brackets out", fix=flows or None)
        value = self.value(argument.value)
        values = value if isinstance(value, list) else [value]
        if any(not isinstance(one, Tensor) for one in values):
            title = f"`{cls.name}` takes flows, and this is {called(value) or describe(value)}"
            raise wrong("E0202", title, argument.span, help="a flow is layers, or the name of a value of the network")
        if not values:
            title = f"`{cls.name}` has nothing to join: `{argument.span.text}` is an empty list"
            raise wrong("E0218", title, argument.span, help="the repeat that gives it has no copies")
        return iter(values)


def terms(expression: tree.Binary) -> list[tree.Expression]:
    """`a + b + c`: what is joined by the operator, `-` and `*` by two at a time."""
    found: list[tree.Expression] = [expression.right]
    left = expression.left
    while isinstance(left, tree.Binary) and left.operator == expression.operator == "+":
        found.append(left.right)
        left = left.left
    return [left, *reversed(found)]


def complete(choice: tree.If) -> bool:
    """Whether a choice has an `else` in the end."""
    last: tree.Body | tree.If | None = choice
    while isinstance(last, tree.If):
        last = last.otherwise
    return last is not None
