"""The statements of a model's or block's body, taken in order."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from archc.diagnostics import Diagnostic, Related, Report
from archc.ops import OPS
from archc.parameters import Parameter, describe, show, whole
from archc.resolve.elsewhere import Index, given_elsewhere, index
from archc.resolve.evaluate import NUMBER
from archc.resolve.flow import Flows
from archc.resolve.fold import Group
from archc.resolve.layers import words
from archc.resolve.network import LARGEST_NETWORK
from archc.resolve.unused import names_read
from archc.resolve.values import UNKNOWN, Layer, Shared, Tensor, called
from archc.resolve.wrong import Unknown, Wrong, given_twice, wrong
from archc.source import Span
from archc.syntax import tree
from archc.types import TensorType

RESERVED = ("it", "params", "macs", "data")

OWN_FACTS = re.compile(r"\.\s*(params|macs|receptive_field)\b|\bassert\b")
"""What can differ between two copies of a repeat that are written and entered alike."""


class Body(Flows):
    """Takes statements; one that is wrong ends by itself, and what it should have given is unknown.

    `overridden` says that values were set from outside, so that promised equalities only warn.
    """

    overridden = False
    late = False
    """Whether promises are looked at once the whole body is known."""

    def begin(self, declared: Mapping[str, Span], statements: Sequence[tree.Statement]) -> None:
        """Before the first of its statements: the names that are taken already."""
        self.declared = dict(declared)
        self.statements = statements
        self.index: Index | None = None
        self.read = names_read(*statements)
        self.sound = True

    def run(self, statements: Iterable[tree.Statement]) -> None:
        for statement in statements:
            self.attempt(self.statement, statement)

    def attempt(self, phase: Callable[[Any], None], statement: Any) -> None:
        """Runs a phase on a statement; what goes wrong ends the statement and is reported once."""
        errors = self.report.errors
        try:
            phase(statement)
        except Wrong as error:
            self.report.add(error.diagnostic)
            self.spoil(statement)
        except Unknown:
            self.spoil(statement)
        if self.report.errors > errors:
            self.sound = False

    def spoil(self, statement: tree.Statement | None) -> None:
        """After an error: what the statement should have given is unknown, and nobody complains about it again."""
        for name in names_given(statement):
            self.names.setdefault(name.value, UNKNOWN)
        if isinstance(statement, tree.Flow | tree.Input) or (isinstance(statement, tree.Bad) and moves(statement)):
            self.it = UNKNOWN
        if not isinstance(statement, tree.Assert):
            self.sound = False

    def statement(self, statement: tree.Statement) -> None:
        match statement:
            case tree.Input() | tree.Output():
                self.edge(statement)
            case tree.Let():
                self.claim(statement.name)
                self.names[statement.name.value] = self.value(statement.value)
            case tree.Share():
                self.claim(statement.name)
                layer = Layer(tuple(self.steps(statement.value, sharing=True)), statement.value.span)
                self.names[statement.name.value] = Shared(statement.name.value, layer)
            case tree.Flow():
                self.it = self.tensor(statement.value)
            case tree.Expect():
                self.expect(statement)
            case tree.Assert():
                self.promise(statement)
            case tree.Bad():
                words = re.findall(r"[A-Za-z_]\w*", statement.span.text)
                for word in words if words[:1] not in (["assert"], ["expect"]) else ():
                    self.names.setdefault(word, UNKNOWN)
                raise Unknown
        for name in names_given(statement):
            self.check_hidden(name, self.names.get(name.value))

    def edge(self, statement: tree.Input | tree.Output) -> None:
        word = "input" if isinstance(statement, tree.Input) else "output"
        help = "a block takes what flows into it; further values are handed over as arguments"
        if word == "output":
            help = "name the value where it has left the braces: `output name = …`"
        elif self.depth:
            help = "declare it before the flow begins, outside of all braces"
        title = f"`{word}` stands only in a model's own body"
        span = Span(statement.span.source, statement.span.start, statement.span.start + len(word))
        raise wrong("E0322", title, span, help=help)

    def claim(self, name: tree.Name) -> None:
        """Takes a name for this body. Raises Wrong if it is taken."""
        word = name.value
        if word in RESERVED:
            raise reserved(name)
        # a statement in a repeat claims its names once a copy
        if self.declared.setdefault(word, name.span) != name.span:
            raise given_twice(word, name.span, self.declared[word], help="every name in a body means one thing")

    def check_hidden(self, name: tree.Name, value: Any) -> None:
        """Warns of a name that layers or their arguments give another meaning."""
        word, title = name.value, ""
        if word in OPS and (isinstance(value, Tensor | Shared)):
            title = f"from here on `{word}` is this value, and no longer the layer of that name"
        elif word in words():
            title = f"as an argument `{word}` is a word of its own, and never what is given here"
        if title:
            self.report.add(Diagnostic("W0310", title, name.span, help="choose another name"))

    # names that nothing has here

    def name(self, name: tree.Name, parameter: Parameter | None) -> Any:
        try:
            return super().name(name, parameter)
        except Wrong as error:
            raise self.nowhere(error, name) from None

    def call(self, call: tree.Call, parameter: Parameter | None) -> Any:
        try:
            return super().call(call, parameter)
        except Wrong as error:
            raise self.nowhere(error, call.callee) from None

    def nowhere(self, error: Wrong, name: tree.Expression) -> Wrong:
        """The error; of a name that is given in another place, with that."""
        told = error.diagnostic
        if told.code != "E0301" or told.span != name.span or not isinstance(name, tree.Name):
            return error
        help, related = self.elsewhere(name)
        return wrong(told.code, told.title, told.span, help=help, related=related) if help else error

    def elsewhere(self, name: tree.Name) -> tuple[str, tuple[Related, ...]]:
        """What to say of a name that is given in another place, and where that is."""
        if self.index is None:
            self.index = index(self.statements)
        given = given_elsewhere(name, self.index)
        if given is None:
            return "", ()
        return f"`{name.value}` {given.why}", (Related(given.span, "given here"),)

    # repeats

    def repeat(self, expression: tree.Repeat) -> Any:
        """Every copy in turn; what is named inside becomes the list of its copies."""
        values = self.times(expression)
        if expression.name is not None:
            self.claim(expression.name)
        inner = [name.value for name in names_given(expression.body)]
        before, header = self.it, Span(expression.span.source, expression.span.start, expression.times.span.end)
        start = before if isinstance(before, Tensor) else None
        group = Group(header, start.name if start else "", start.type.shape if start else ())
        lists: dict[str, list[Any]] = {name: [] for name in inner}
        self.copies += 1
        try:
            for k, value in enumerate(values):
                if k and self.like_last(expression, group):
                    renamed = self.builder.again(group, header)
                    self.it = moved(self.it, renamed)
                    for each in lists.values():
                        each.append(moved(each[-1], renamed))
                    continue
                if expression.name is not None:
                    self.names[expression.name.value] = value
                for name in inner:
                    self.names.pop(name, None)
                self.copy(expression, group, k, len(values))
                for name, each in lists.items():
                    each.append(self.names.get(name, UNKNOWN))
            result = self.current(header, "`repeat`")
        except Unknown:
            lists = {}
            raise
        finally:
            self.copies -= 1
            self.it = before
            for name in inner:
                self.names[name] = lists.get(name, UNKNOWN)
            if expression.name is not None:
                self.names.pop(expression.name.value, None)
                del self.declared[expression.name.value]
        self.builder.groups.append(group)
        return result

    def copy(self, expression: tree.Repeat, group: Group, k: int, of: int) -> None:
        """One copy of a repeat. Raises Unknown if something in it is wrong."""
        groups = len(self.builder.groups)
        nodes, size, report = len(self.builder.order), self.builder.size, self.report
        self.expander.copies += 1
        if self.expander.copies > LARGEST_NETWORK:
            raise wrong("E0317", f"the repeats come to more than {LARGEST_NETWORK:,} copies", group.span)
        self.free = not self.bound(self.it)
        self.report = Report() if k else report
        errors = self.report.errors
        self.depth += 1
        self.run(expression.body.statements)
        self.depth -= 1
        wrong_here = self.report.errors > errors
        if k:
            note = f"this is copy {k + 1} of {of} of the repeat in line {group.span.line}{self.where(expression.name)}"
            # what is doubtful in every copy was told of the first
            report.extend(
                replace(found, notes=(*found.notes, note)) for found in self.report.found if found.severity == "error"
            )
            self.report = report
        if wrong_here or self.it is UNKNOWN:
            raise Unknown
        group.copies.append(self.builder.order[nodes:])
        group.ends.append(self.it.name if isinstance(self.it, Tensor) else "")
        self.free = self.free and len(self.builder.groups) == groups
        taken = max(self.builder.size - size, 1)
        if k == 0 and self.builder.size + taken * (of - 1) > LARGEST_NETWORK:
            title = f"{of:,} copies of {taken:,} layers are more than the {LARGEST_NETWORK:,} that a model may have"
            raise wrong("E0317", title, group.span)

    def like_last(self, expression: tree.Repeat, group: Group) -> bool:
        """Whether another copy would come out as the last one did, which then needn't be worked out again."""
        if expression.name is not None or not self.free or not group.copies[-1] or not isinstance(self.it, Tensor):
            return False
        nodes = [self.builder.nodes[name] for name in group.copies[-1]]
        if self.it.type.shape != group.shape or not all(node.name in self.builder.bases for node in nodes):
            return False
        if any(node.shares for node in nodes) or group.ends[-1] not in group.copies[-1]:
            return False
        if self.builder.uses or OWN_FACTS.search(expression.body.span.text):
            return False
        return group.entering(len(group.copies) - 1) != group.ends[-1]

    def bound(self, value: Any) -> bool:
        """Whether a name stands for a value."""
        return not isinstance(value, Tensor) or any(stands_for(other, value.name) for other in self.names.values())

    def where(self, index: tree.Name | None) -> str:
        """What the index of a repeat is in the copy at hand."""
        value = self.names.get(index.value) if index is not None else None
        return "" if index is None or called(value) else f", where `{index.value}` is {describe(value)}"

    def times(self, expression: tree.Repeat) -> list[Any]:
        """What a repeat goes through. Raises Wrong."""
        written = expression.times
        value = self.value(written, NUMBER)
        if isinstance(value, list | tuple) and not isinstance(written, tree.Size):
            return list(value)
        number = whole(value)
        if number is None or number < 0:
            title = f"`repeat` takes a whole number or a list, not {called(value) or describe(value)}"
            help, fix = "", None
            if number is not None:
                help = f"`max({written.span.text}, 0)` is never below none"
            elif isinstance(written, tree.Binary) and written.operator == "/":
                fix = f"{written.left.span.text} // {written.right.span.text}"
                help = f"`//` divides without a rest: `{fix}`"
            raise wrong("E0318", title, written.span, help=help, fix=fix)
        if number > LARGEST_NETWORK:
            title = f"{number:,} copies are more than the {LARGEST_NETWORK:,} layers that a model may have"
            raise wrong("E0317", title, written.span)
        return list(range(number))

    # promises

    def expect(self, statement: tree.Expect) -> None:
        wanted: list[int | None] = []
        for dim in statement.dims:
            if isinstance(dim, tree.Name) and dim.value == "_":
                wanted.append(None)
                continue
            number = whole(self.plain(dim, "a dimension", NUMBER))
            if number is None:
                raise wrong("E0204", "a dimension is a whole number, or `_` for any", dim.span)
            wanted.append(number)
        it = self.current(statement.span, "`expect`")
        shape = it.type.shape
        if len(wanted) != len(shape) or any(w is not None and w != n for w, n in zip(wanted, shape, strict=True)):
            shown = "[" + ", ".join("_" if w is None else str(w) for w in wanted) + "]"
            code = "W0502" if self.overridden else "E0502"
            title = f"the value here is {it.type}, and {shown} is expected"
            related = (Related(it.span, f"gives {it.type}"),)
            self.report.add(Diagnostic(code, title, statement.span, related=related))

    def promise(self, statement: tree.Assert) -> None:
        condition, layers = statement.condition, len(self.builder.nodes)
        value = self.value(condition)
        if not isinstance(value, bool) or len(self.builder.nodes) > layers:
            what = called(value) or describe(value)
            title = f"a promise is something that holds or not, and this is {what}"
            if isinstance(value, bool):
                title = "a promise speaks of the model, and builds no layers"
            raise wrong("E0503", title, condition.span, help="such as `assert params == 61_706`")
        if value or not self.trusted:
            return
        condition = self.failing(condition)
        label, equality = "", True
        if isinstance(condition, tree.Binary):
            equality = condition.operator in ("==", "!=")
            left, right = self.value(condition.left), self.value(condition.right)
            label = f"{condition.left.span.text} is {grouped(left)}"
            if not isinstance(condition.right, tree.Number | tree.Size | tree.Boolean):
                label += f", {condition.right.span.text} is {grouped(right)}"
        softened = equality and self.overridden
        help = "values were set from outside, so this only warns" if softened else ""
        if self.late and not softened and "it" in names_read(condition):
            help = "`assert` speaks of the finished model, whose `it` is its last value; `expect` of the value here"
        code = "W0501" if softened else "E0501"
        self.report.add(Diagnostic(code, "this promise doesn't hold", condition.span, label, help=help))

    @property
    def trusted(self) -> bool:
        """Whether facts hold although something was wrong: those about a value do, those about the model don't."""
        return True

    def failing(self, condition: tree.Expression) -> tree.Expression:
        """Of conditions that are joined by `and`, the first that doesn't hold."""
        while isinstance(condition, tree.Binary) and condition.operator == "and":
            condition = condition.right if self.value(condition.left) else condition.left
        return condition

    def nothing_unused(self, named: bool) -> None:
        """A value that leads to no output is a mistake: what it costs is counted, and it never learns."""
        ports = {port.name for port in self.builder.inputs}
        for name, behind in self.builder.unused().items():
            if name in ports and not self.unused_input(name):
                continue
            title = f"nothing uses the input `{name}`" if name in ports else "nothing uses this value"
            help = f"begin a flow with it: `{name} -> …`" if name in ports else "use it, or leave it out"
            if behind is not None:
                what = f"block `{behind.body.name}`" if behind.body is not None else f"`{behind.op}`"
                title += f": the {what} that it enters begins anew"
                help = "merge the two, as in `add(it, parameter(it.shape))`, or leave this out"
            elif name not in ports and named:
                help = "only what `output` names leaves the model: `output name = …`, or leave it out"
            self.report.add(wrong("E0216", title, self.builder.spans[name], help=help).diagnostic)

    def unused_input(self, name: str) -> bool:
        """Whether it is a mistake that nothing reads an input."""
        return True


def moves(statement: tree.Bad) -> bool:
    """Whether a statement that can't be read would have changed `it`."""
    first = re.match(r"\s*(\w*)", statement.span.text)
    return first is None or first[1] not in ("let", "share", "output", "assert", "expect")


def reserved(name: tree.Name) -> Wrong:
    """A name that the language gives a meaning."""
    return wrong("E0303", f"`{name.value}` has a meaning of its own here", name.span, help="choose another name")


def grouped(value: Any) -> str:
    """A value as in a file, with its digits in threes."""
    if isinstance(value, TensorType):
        return str(value)
    return f"{value:_}" if isinstance(value, int) and not isinstance(value, bool) else show(value)


def moved(value: Any, renamed: Mapping[str, str]) -> Any:
    """What stands in the next copy of a repeat for a value of the last one."""
    match value:
        case Tensor():
            return replace(value, name=renamed.get(value.name, value.name))
        case list():
            return [moved(entry, renamed) for entry in value]
        case _:
            return value


def stands_for(value: Any, name: str) -> bool:
    if isinstance(value, list):
        return any(stands_for(entry, name) for entry in value)
    return isinstance(value, Tensor) and value.name == name


def names_given(part: Any) -> Iterator[tree.Name]:
    """The names that statements give, or an expression with its `as`, those between braces included."""
    match part:
        case tuple():
            for one in part:
                yield from names_given(one)
        case tree.Input():
            yield part.name
        case tree.Let() | tree.Output() | tree.Share():
            yield part.name
            yield from names_given(part.value)
        case tree.Flow():
            yield from names_given(part.value)
        case tree.Chain():
            yield from names_given(part.steps)
        case tree.As():
            yield part.name
            yield from names_given(part.step)
        case tree.Call():
            yield from names_given(tuple(given.value for given in part.arguments))
        case tree.Repeat():
            yield from names_given(part.body)
        case tree.If():
            yield from names_given(part.then)
            yield from names_given(part.otherwise)
        case tree.Body():
            yield from names_given(part.statements)
