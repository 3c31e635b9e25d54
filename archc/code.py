"""The pieces of Python that layers and recipes lower to. `archc.program.printer` lays them out.

A `Call` whose function has a dot calls a library (`jax.nn.relu`); any other is a kernel, whose
text the linker brings.
"""

from collections.abc import Iterator
from dataclasses import dataclass

LiteralValue = None | bool | int | float | str | tuple["LiteralValue", ...] | dict[str, "LiteralValue"]


@dataclass(frozen=True, slots=True)
class Name:
    """A name, or a short expression that is never broken over lines: `x`, `EPOCHS * STEPS`."""

    text: str


@dataclass(frozen=True, slots=True)
class Literal:
    value: LiteralValue


@dataclass(frozen=True, slots=True)
class Entry:
    """`params["C1"]["kernel"]`, `keys[0]`, `table["image"][rows]`."""

    of: str
    keys: tuple["str | int | Code", ...]


@dataclass(frozen=True, slots=True)
class Call:
    """`conv2d(x, kernel, stride=(1, 1))`."""

    function: str
    arguments: tuple["Code", ...]
    keywords: tuple[tuple[str, "Code"], ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """`a + b`, `a @ b`; where that doesn't fit a line, a call of `jnp.add`, `jnp.matmul`."""

    operator: str
    left: "Code"
    right: "Code"


@dataclass(frozen=True, slots=True)
class Mapping:
    """`{"kernel": …}`, keys in the order given; a key that is no text is code."""

    items: tuple[tuple["str | Code", "Code"], ...]


@dataclass(frozen=True, slots=True)
class Group:
    """`(a, b)`."""

    items: tuple["Code", ...]


Code = Name | Literal | Entry | Call | Operation | Mapping | Group


def call(function: str, *arguments: Code, **keywords: LiteralValue) -> Call:
    """A call whose keyword arguments are literals."""
    return Call(function, arguments, tuple((name, Literal(value)) for name, value in keywords.items()))


def kernels(code: Code) -> Iterator[str]:
    """The kernels that a piece calls."""
    match code:
        case Call():
            if "." not in code.function:
                yield code.function
            for piece in (*code.arguments, *(value for _, value in code.keywords)):
                yield from kernels(piece)
        case Operation():
            yield from kernels(code.left)
            yield from kernels(code.right)
        case Mapping():
            for _, value in code.items:
                yield from kernels(value)
        case Group():
            for piece in code.items:
                yield from kernels(piece)
        case Name() | Literal() | Entry():
            return
