"""What a layer is: its parameters, shape rule, weights, cost, and what it lowers to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from archc.code import Call, Code, Entry, Name
from archc.ops.form import Form, Target
from archc.parameters import FAMILIES, Described, Numbers, Parameter, Unfit, Word, members, show
from archc.types import Shape, TensorType


@dataclass(frozen=True, slots=True)
class WeightSpec:
    """An array that a layer owns.

    `init` is an initialiser, or the name of one that takes no arguments, or None for the one that
    the recipe chooses. What isn't `trainable` is state. `fans` are how many inputs a unit reads and how
    many units an input reaches, where the shape alone says it wrongly.
    """

    name: str
    shape: Shape
    init: Described | str | None = None
    trainable: bool = True
    fans: tuple[int, int] | None = None


KEY = Name("key")


@dataclass(frozen=True, slots=True)
class Site:
    """Where a layer is lowered.

    `x`, of type `before`, is what enters it, and `out` the variable of what leaves it, to which a
    second update of the same layer refers. Where it merges values, `others` enter behind `x`, and
    `beside` are their types. In the body of a loop `scope` is a variable that holds it. `dtype` is
    what values are kept in where that isn't float32. `form` is the kernel that was chosen, of those that
    the layer's `forms` names.
    """

    scope: str | Code
    x: Code
    out: Code
    before: TensorType
    after: TensorType
    random_key: Code = KEY
    dtype: str = ""
    others: tuple[Code, ...] = ()
    beside: tuple[TensorType, ...] = ()
    form: str = ""

    def weight(self, name: str) -> Code:
        return Entry("params", (self.scope, name))

    @property
    def weights(self) -> Code:
        return Entry("params", (self.scope,))

    @property
    def stats(self) -> Code:
        return Entry("stats", (self.scope,))

    def stat(self, name: str) -> Code:
        return Entry("stats", (self.scope, name))

    def own(self, name: str, *, trainable: bool) -> Code:
        """An array that is a weight if it is trained, and state if it isn't."""
        return self.weight(name) if trainable else self.cast(self.stat(name))

    def cast(self, value: Code) -> Code:
        """A value that was computed from float32 statistics, in the type that values are kept in."""
        return Call("jnp.astype", (value, Name(self.dtype))) if self.dtype else value


@dataclass(frozen=True, slots=True)
class Update:
    """`out = value`, or `out, stats[scope] = value`."""

    value: Code
    moves_stats: bool = False


@dataclass(frozen=True, slots=True)
class Lowered:
    """What a layer does in training, and in evaluation where that differs."""

    train: tuple[Update, ...]
    evaluate: tuple[Update, ...]

    @classmethod
    def same(cls, *values: Code) -> "Lowered":
        updates = tuple(Update(value) for value in values)
        return cls(updates, updates)


@dataclass(frozen=True, slots=True)
class Buffers:
    """Numbers that a training step holds for a layer and one example, beside what enters and leaves it.

    `kept` from its forward pass to its backward pass.
    """

    kept: float = 0


class Op(Described):
    """A layer of the catalogue. Subclasses set `name`, and declare parameters as class attributes."""

    family = "layer"
    drawing: ClassVar[str] = "other"
    """Which colour and legend entry a figure gives it."""
    title: ClassVar[str] = ""
    """What courses call it in a table, if not by its name."""
    example: ClassVar[str] = ""
    """A line that a person could write."""
    random: ClassVar[bool] = False
    """Whether training draws random numbers."""
    adapts: ClassVar[bool] = False
    """Whether its state is computed from the training rows beforehand."""
    activation: ClassVar[bool] = False
    fused: ClassVar[bool] = False
    """Whether its output is computed anew where the backward pass reads it, and so isn't kept."""
    linear: ClassVar[bool] = False
    """Whether its gradient reads nothing of what enters."""
    view: ClassVar[bool] = False
    """Whether its output is what entered, under another shape."""
    keeps: ClassVar[Literal["", "input", "copy"]] = ""
    """Whether the gradient of its kernel reads what entered as an array, as it is or in another layout."""
    alone: ClassVar[bool] = False
    """Whether its output depends on nothing that enters but how many examples there are."""
    merges: ClassVar[bool] = False
    """Whether it takes several values, each from a flow of its own: then `joined` is its shape rule."""

    def output(self, x: TensorType) -> TensorType:
        """The type that leaves the layer. Raises Unfit if `x` cannot enter it."""
        raise NotImplementedError

    def joined(self, xs: Sequence[TensorType]) -> TensorType:
        """For a layer that `merges`: the type that leaves it. Raises Unfit if the values don't go together."""
        raise NotImplementedError

    def sight(self, x: TensorType) -> tuple[tuple[int, int], ...] | None:
        """In each spatial direction, how many cells of `x` one cell of the output sees, and how far apart
        neighbours look; None if every cell sees all of `x`."""
        return ((1, 1),) * len(x.spatial)

    def weights(self, x: TensorType) -> tuple[WeightSpec, ...]:
        """The arrays it owns, given what enters it. Raises Unfit if written-out ones don't fit."""
        return ()

    def macs(self, x: TensorType) -> int:
        """Multiply-accumulates of convolution and dense layers for one example."""
        return 0

    def words(self, x: TensorType) -> str:
        """What it does, as courses tell it in a table; as it is written, where they don't."""
        return self.written()

    def buffers(self, x: TensorType) -> Buffers:
        """What a training step holds for it on a CPU; for a layer that `merges`, `x` is its first value."""
        return Buffers()

    def turns(self, x: TensorType) -> bool:
        """Whether the gradient of what enters reads its kernel in another layout, on a CPU."""
        return self.keeps == "copy"

    def rises(self) -> bool:
        """Whether it is a function of each value by itself that nowhere falls."""
        return False

    def forms(self, x: TensorType, target: Target) -> tuple[Form, ...]:
        """The ways in which a target can compute it, that which the cost rule takes first; none if there is but one."""
        return ()

    def lower(self, site: Site) -> Lowered:
        """The Python of it."""
        raise NotImplementedError

    def adaptation(self, x: Code) -> Code:
        """For a layer that `adapts`: its state, from the training rows `x` that reach it."""
        raise NotImplementedError


class Bias(Parameter):
    """`true`, `false`, an initialiser, or written-out numbers."""

    family = "initialiser"
    kind = "`true`, `false`, an initialiser such as `constant(1)`, or a list of numbers"

    def accept(self, value: Any) -> Any:
        if isinstance(value, list | tuple):
            numbers = Numbers(self.doc)
            numbers.name = self.name
            return numbers.accept(value)
        if isinstance(value, Described) and value.family == self.family and getattr(value, "by_fans", False):
            self.refuse(value, "its spread follows from what a kernel reads, and a bias reads nothing: `normal(0.01)`")
        if isinstance(value, bool) or (isinstance(value, Described) and value.family == self.family):
            return value
        if value in (0, 1):
            word = "true" if value else "false"
            self.refuse(value, f"write `{word}`", word)
        return self.refuse_word(value, ["true", "false", *self.words, *members(self.family)])

    @staticmethod
    def spec(value: Any, units: int, *, trainable: bool = True) -> tuple[WeightSpec, ...]:
        """The weight of a bias of `units` numbers; none for `false`."""
        if value is False:
            return ()
        if isinstance(value, tuple):
            return (WeightSpec("bias", (units,), written_out(value, (units,), "bias"), trainable),)
        return (WeightSpec("bias", (units,), "zeros" if value is True else value, trainable),)


class Weights(Numbers):
    """Written-out weights, or the name of a CSV file that holds them.

    Whoever puts the layer into a network reads the file, and hands its numbers over.
    """

    kind = 'a list of numbers, or a file of them such as `"w.csv"`'

    def accept(self, value: Any) -> Any:
        if isinstance(value, str) and not isinstance(value, Word):
            return value
        return super().accept(value)

    def spec(self, value: Any, name: str, shape: Shape, *, trainable: bool) -> WeightSpec:
        """The weight of that name, [in, out]; for one output a plain list will do."""
        if value is not None and shape[-1] == 1 and not any(isinstance(n, tuple) for n in value):
            value = tuple((n,) for n in value)
        return WeightSpec(name, shape, None if value is None else written_out(value, shape, self.name), trainable)


def check_kept(weights: Any, bias: Any, layer: str) -> None:
    """Raises Unfit unless the first values of weights that are never trained are known."""
    if weights is None:
        raise Unfit(
            "`trainable = false` keeps weights as they are written out, and none are",
            f"give `{layer}` its `weights = …`; what begins at random is kept by the recipe: `freeze = [{layer}]`",
            parameter="trainable",
        )
    if isinstance(bias, Described) and getattr(bias, "random", False):
        raise Unfit(
            "`trainable = false` keeps the bias too, and this one would be random",
            "write it out, `bias = [0, -1]`, or say `bias = false`",
            parameter="bias",
        )


def shape_of(numbers: Any) -> Shape | None:
    """The shape of nested tuples of numbers; None if they are ragged."""
    if not isinstance(numbers, tuple):
        return ()
    inner = {shape_of(n) for n in numbers}
    if len(inner) != 1 or None in inner:
        return None
    return (len(numbers), *(inner.pop() or ()))


def written_out(numbers: tuple[Any, ...], shape: Shape, what: str) -> Described:
    """The initialiser that holds written-out `numbers`. Raises Unfit unless they have the shape."""
    given = shape_of(numbers)
    if given is None:
        raise Unfit(
            f"the rows of `{what}` have different lengths",
            "every row needs as many numbers as there are outputs",
            parameter=what,
        )
    if given != shape:
        help = "rows are inputs and columns are outputs: [in, out]" if len(shape) == 2 else ""
        if len(shape) == 2 and given == shape[::-1]:
            help = "it looks transposed: here rows are inputs and columns are outputs, [in, out]"
        raise Unfit(f"`{what}` is {TensorType(given)}, and this layer needs {TensorType(shape)}", help, parameter=what)
    return FAMILIES["initialiser"]["given"].build([numbers], {})


def per_direction(value: Any, directions: int, what: str) -> tuple[Any, ...]:
    """A window's length in each spatial direction. Raises Unfit if it names another number of them."""
    if isinstance(value, int):
        return (value,) * directions
    if len(value) == directions:
        return tuple(value)
    named = f"{len(value)} direction{'s' if len(value) > 1 else ''}"
    has = {1: "a sequence, [length, channels], has 1", 3: "a volume, [depth, height, width, channels], has 3"}
    help = f"write one number for all, or {directions} joined by `x`"
    if directions == 1:
        help = "write one number" + "; a grey image is declared with its channel: [28, 28, 1]" * (len(value) == 2)
    if any(not isinstance(v, int) for v in value):
        pairs = ", ".join(["(1, 0)"] * directions)
        help = f"write one number for all, or a pair for each: `[{pairs}]`"
    raise Unfit(
        f"`{what} = {show(tuple(value))}` names {named}, and {has.get(directions, f'this value has {directions}')}",
        help,
        parameter=what,
    )


def padding_pairs(padding: Any, lengths: Shape, window: Shape, stride: Shape) -> tuple[tuple[int, int], ...]:
    """Cells put before and after each direction. `same` gives ⌈n / stride⌉, the odd cell at the end.

    `causal` does too, with all of them before a sequence. Raises Unfit where it has no meaning.
    """
    match padding:
        case "valid":
            return ((0, 0),) * len(lengths)
        case "same":
            pairs = []
            for n, k, s in zip(lengths, window, stride, strict=True):
                total = max((-(-n // s) - 1) * s + k - n, 0)
                pairs.append((total // 2, total - total // 2))
            return tuple(pairs)
        case "causal":
            need_order(lengths)
            return ((window[0] - 1, 0),)
    assert not isinstance(padding, str)
    sides = per_direction(padding, len(lengths), "padding")
    return tuple(side if isinstance(side, tuple) else (side, side) for side in sides)


def need_order(lengths: Shape) -> None:
    """Raises Unfit unless what is padded has one direction, for only then one cell comes before another."""
    if len(lengths) != 1:
        pairs = ["(2, 0)", *["(1, 1)"] * (len(lengths) - 1)]
        raise Unfit(
            f"`padding = causal` is for a sequence, [length, channels], and this value has {len(lengths)} directions",
            f"`padding = same`; or pairs, cells before and after: `padding = [{', '.join(pairs)}]`",
            parameter="padding",
        )


def windows(
    x: TensorType, window: Shape, stride: Shape, padding: Sequence[tuple[int, int]], what: str, dilation: Shape = ()
) -> Shape:
    """How many windows fit in each direction. Raises Unfit if none does."""
    counts = []
    spans = spread(window, dilation)
    for n, k, s, (before, after) in zip(x.spatial, spans, stride, padding, strict=True):
        room = n + before + after
        if k > room:
            size, cells = "x".join(map(str, window)), "x".join(map(str, x.spatial))
            size += "-cell" * (len(window) == 1)
            padded = " with its padding" if before or after else ""
            dilated = f", which its dilation spreads over {'x'.join(map(str, spans))}," if spans != window else ""
            smaller = "dilation" if dilated else "window"
            kind = x.described.split()[-1]
            raise Unfit(
                f"the {size} window of `{what}`{dilated} is larger than what it slides over, {cells}{padded}",
                f"a smaller {smaller}, `padding = same`, or fewer layers that shrink the {kind} before it",
                code="E0205",
            )
        counts.append((room - k) // s + 1)
    return tuple(counts)


def spread(window: Shape, dilation: Shape) -> Shape:
    """How far a window reaches whose cells lie `dilation` apart."""
    return tuple((k - 1) * d + 1 for k, d in zip(window, dilation or (1,) * len(window), strict=True))


def need_image(x: TensorType, name: str) -> None:
    """Raises Unfit unless `x` is [height, width, channels]."""
    if x.rank == 3:
        return
    help = "an image is declared as `input image[28, 28, 1]`, and is one until `flatten`"
    if x.rank == 2:
        help = f"an image has channels too: [{x.shape[0]}, {x.shape[1]}, 1] if it is grey"
    raise Unfit(
        f"{name} needs an image, and this one is {x.described}",
        "" if x.rank > 3 else help,
        code="E0204",
        label="takes [height, width, channels]",
    )


def need_cells(x: TensorType, name: str) -> None:
    """Raises Unfit unless `x` is something that a window can slide over: an image, a sequence, a volume."""
    if 2 <= x.rank <= 4:
        return
    label = "takes [height, width, channels]"
    if x.rank > 4:
        raise Unfit(
            f"{name} needs an image, a sequence or a volume, and this value has {x.rank} dimensions",
            "at most [depth, height, width, channels]",
            code="E0204",
            label=label,
        )
    raise Unfit(
        f"{name} needs an image, a sequence or a volume, and this one is {x.described}",
        "an image is declared as `input image[28, 28, 1]`, a sequence `input series[100, 1]`, both until `flatten`",
        code="E0204",
        label=label,
    )


def need_positions(x: TensorType, name: str, instead: str = "") -> None:
    """Raises Unfit unless `x` has channels at positions: an image, a sequence, a volume."""
    if x.rank < 2:
        raise Unfit(
            f"{name} needs an image or a sequence, and this one is {x.described}",
            instead or "put it before what makes the value flat",
            code="E0204",
            label="takes [height, width, channels]",
        )


def in_brackets(values: Iterable[int]) -> str:
    """`[4 4]`: numbers by direction, as courses write them."""
    return f"[{' '.join(str(value) for value in values)}]"


def sliding(stride: Shape, padding: Sequence[tuple[int, int]]) -> str:
    """`stride [2 2] and padding [0 0]`; where paddings differ before and after, all of them: `[0 1 0 1]`."""
    even = all(before == after for before, after in padding)
    cells = [before for before, _ in padding] if even else [n for pair in padding for n in pair]
    return f"stride {in_brackets(stride)} and padding {in_brackets(cells)}"
