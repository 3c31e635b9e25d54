"""The body of a function as data, so that functions can be compared before they are written.

Two uses of a block whose statements differ in literals alone become one function: `skeleton` finds
the literals that may differ, and `Replacing` puts names in their place.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from archc.code import Call, Code, Entry, Group, Literal, LiteralValue, Mapping, Name, Operation, kernels
from archc.program.printer import flat, layout

POSITIONAL = {
    "jnp.reshape": {1: "shape"},
    "jnp.full": {1: "value"},
    "jnp.array": {0: "values"},
    "jnp.arange": {0: "count"},
    "jax.random.split": {1: "count"},
    "range": {0: "count"},
}
"""What the literals are called that libraries take by position."""

DIMENSIONS = ("inputs", "outputs")
"""What the last dimensions of a kernel are; those before them are its window."""

Slot = Callable[[str, Literal], Code]
"""What is put in the place of a literal, given what it stands for."""


@dataclass(frozen=True, slots=True)
class Assign:
    """`lead value  # comment`, such as `x = relu(x)` or `return x`; `open` breaks its bracket in any case."""

    lead: str
    value: Code
    comment: str = ""
    open: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A line without literals that could differ."""

    text: str


@dataclass(frozen=True, slots=True)
class Compound:
    """`if train:`, `with …:`, `for i in …:` or `def …:`, and what stands below; `over` is what a loop goes over."""

    lead: str
    body: "tuple[Statement, ...]"
    over: Code | None = None


Statement = Assign | Line | Compound


def lines(statements: Iterable[Statement], indent: int = 4) -> Iterator[str]:
    """The lines of statements."""
    for statement in statements:
        match statement:
            case Assign(lead, value, comment, open):
                yield from layout(value, indent, lead, comment=comment, open=open)
            case Line(text):
                yield " " * indent + text
            case Compound(lead, body, over):
                apart = [""] if lead.startswith("def ") else []
                head = [f"{' ' * indent}{lead}:"] if over is None else layout(over, indent, lead, ":")
                yield from [*apart, *head]
                yield from lines(body, indent + 4)
                yield from apart


def used(statements: Iterable[Statement]) -> Iterator[str]:
    """The kernels that are called."""
    for statement in statements:
        match statement:
            case Assign(value=value):
                yield from kernels(value)
            case Compound(body=body):
                yield from used(body)
            case Line():
                continue


@dataclass(frozen=True, slots=True)
class Replacing:
    """Puts `slot` of it in the place of every literal that may differ, always in one order.

    With `shapes`, the shapes of arrays are taken apart into their dimensions.
    """

    slot: Slot
    shapes: bool

    def all(self, statements: Iterable[Statement]) -> tuple[Statement, ...]:
        return tuple(map(self.statement, statements))

    def statement(self, statement: Statement) -> Statement:
        match statement:
            case Assign(lead, value, comment, open):
                return Assign(lead, self.code(value), comment, open)
            case Compound(lead, body, over):
                return Compound(lead, self.all(body), over and self.code(over))
            case Line():
                return statement

    def code(self, code: Code) -> Code:
        match code:
            case Call(function, arguments, keywords):
                hints = POSITIONAL.get(function, {})
                return Call(
                    function,
                    tuple(self.argument(value, hints.get(i, "")) for i, value in enumerate(arguments)),
                    tuple((name, self.argument(value, name)) for name, value in keywords),
                )
            case Operation(operator, left, right):
                return Operation(operator, self.code(left), self.code(right))
            case Mapping(items):
                return Mapping(tuple((key, self.code(value)) for key, value in items))
            case Group(items):
                return Group(tuple(map(self.code, items)))
            case Name() | Literal() | Entry():
                return code

    def argument(self, code: Code, hint: str) -> Code:
        if not isinstance(code, Literal):
            return self.code(code)
        value = code.value
        if hint:
            return self.slot(hint, code)
        if self.shapes and isinstance(value, int):
            return self.slot("size", code)
        if self.shapes and isinstance(value, tuple):
            hints = (*("window",) * (len(value) - 2), *DIMENSIONS[-len(value) :])
            return Group(tuple(self.slot(hint, Literal(n)) for hint, n in zip(hints, value, strict=True)))
        return code


def skeleton(statements: Iterable[Statement], *, shapes: bool) -> tuple[str, list[tuple[str, LiteralValue]]]:
    """All but the literals that may differ, as a text; and those, each with what it stands for."""
    slots: list[tuple[str, LiteralValue]] = []

    def blank(hint: str, value: Literal) -> Code:
        slots.append((hint, value.value))
        return Name(f"<{hint}>")

    texts = [_text(statement) for statement in Replacing(blank, shapes).all(statements)]
    return "\n".join(texts), slots


def _text(statement: Statement) -> str:
    match statement:
        case Assign(lead, value, comment):
            return f"{lead}{flat(value)} # {comment}"
        case Line(text):
            return text
        case Compound(lead, body, over):
            return f"{lead}{flat(over) if over else ''}: {{{'; '.join(map(_text, body))}}}"
