"""What a person wrote: frozen dataclasses, each with its place.

The set is closed; each phase has one `match` over it. `Expression` covers flows too: a flow is
a chain of steps, and a step is an expression.
"""

from dataclasses import dataclass

from archc.source import Source, Span


@dataclass(frozen=True, slots=True)
class Number:
    """`28`, `1e-3`, `40%` (0.4), `5M` (5_000_000). Whole numbers are ints."""

    span: Span
    value: int | float


@dataclass(frozen=True, slots=True)
class Boolean:
    span: Span
    value: bool


@dataclass(frozen=True, slots=True)
class Text:
    """`"mnist.npz"`; value is what stands between the quotes."""

    span: Span
    value: str


@dataclass(frozen=True, slots=True)
class Size:
    """`5x5`, `224x224x3`."""

    span: Span
    value: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Name:
    """A word: a layer, a value, a parameter, or an argument's own word (`same`)."""

    span: Span
    value: str


@dataclass(frozen=True, slots=True)
class Listing:
    """`[a, b]`."""

    span: Span
    items: tuple["Argument", ...]


@dataclass(frozen=True, slots=True)
class Tuple:
    """`(h, w)`."""

    span: Span
    items: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Argument:
    """`3x3`, `stride = 2`; the left side of `=` is checked where it is used."""

    span: Span
    name: "Expression | None"
    value: "Expression"


@dataclass(frozen=True, slots=True)
class Call:
    """`conv(32, 3x3)`."""

    span: Span
    callee: "Expression"
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class Member:
    """`it.channels`."""

    span: Span
    value: "Expression"
    name: Name


@dataclass(frozen=True, slots=True)
class Item:
    """`skip[2]`."""

    span: Span
    value: "Expression"
    index: "Expression"


@dataclass(frozen=True, slots=True)
class Unary:
    """`-x`, `not x`; operator is "-" or "not"."""

    span: Span
    operator: str
    operand: "Expression"


@dataclass(frozen=True, slots=True)
class Binary:
    """operator is one of or and == != < <= > >= + - * / // % **."""

    span: Span
    operator: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Chain:
    """`a -> b -> c`, at least two steps."""

    span: Span
    steps: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class As:
    """`conv(6, 5x5) as C1`."""

    span: Span
    step: "Expression"
    name: Name


@dataclass(frozen=True, slots=True)
class Body:
    """What stands between braces."""

    span: Span
    statements: tuple["Statement", ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """`repeat n { … }`, `repeat list as x { … }`."""

    span: Span
    times: "Expression"
    name: Name | None
    body: Body


@dataclass(frozen=True, slots=True)
class If:
    """`if condition { … } else { … }`; decided before training."""

    span: Span
    condition: "Expression"
    then: Body
    otherwise: "Body | If | None"


Expression = (
    Number
    | Boolean
    | Text
    | Size
    | Name
    | Listing
    | Tuple
    | Call
    | Member
    | Item
    | Unary
    | Binary
    | Chain
    | As
    | Repeat
    | If
)


@dataclass(frozen=True, slots=True)
class Input:
    """`input image[28, 28, 1]`."""

    span: Span
    name: Name
    dims: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Let:
    """`let name = flow`, in a model or at the top."""

    span: Span
    name: Name
    value: Expression


@dataclass(frozen=True, slots=True)
class Output:
    """`output name = flow`."""

    span: Span
    name: Name
    value: Expression


@dataclass(frozen=True, slots=True)
class Share:
    """`share tower = embed(2)`: a flow whose uses have one set of weights."""

    span: Span
    name: Name
    value: Expression


@dataclass(frozen=True, slots=True)
class Assert:
    """`assert params == 61_706`."""

    span: Span
    condition: Expression


@dataclass(frozen=True, slots=True)
class Expect:
    """`expect [7, 7, _]`."""

    span: Span
    dims: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Flow:
    """A line of layers."""

    span: Span
    value: Expression


@dataclass(frozen=True, slots=True)
class Bad:
    """A statement or setting that could not be read; its mistake has been told."""

    span: Span


Statement = Input | Let | Output | Share | Assert | Expect | Flow | Bad


@dataclass(frozen=True, slots=True)
class Parameter:
    """`classes = 10` between the parentheses of a model or a block."""

    span: Span
    name: Name
    default: Expression | None


@dataclass(frozen=True, slots=True)
class Use:
    """`use "blocks/heads.arch"`, `use resnet`."""

    span: Span
    target: Text | Name


@dataclass(frozen=True, slots=True)
class Block:
    """`block unit(filters, k = 3) { … }`."""

    span: Span
    name: Name
    parameters: tuple[Parameter, ...]
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Model:
    span: Span
    name: Name
    parameters: tuple[Parameter, ...]
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Setting:
    """`batch = 32`."""

    span: Span
    name: Name
    value: Expression


@dataclass(frozen=True, slots=True)
class Train:
    """`train { … }`, or `train quick { … }`."""

    span: Span
    name: Name | None
    settings: tuple[Setting, ...]
    bad: tuple[Bad, ...] = ()


TopLevel = Use | Let | Block | Model | Train | Bad


@dataclass(frozen=True, slots=True)
class File:
    """A whole `.arch` file."""

    source: Source
    items: tuple[TopLevel, ...]
