"""Layers that make one value of several."""

from collections.abc import Sequence
from functools import reduce
from typing import ClassVar

from archc.code import Call, Code, Group, Literal, Operation, call
from archc.ops.op import Lowered, Op, Site
from archc.parameters import Unfit
from archc.types import Shape, TensorType


class Merge(Op):
    """What all of them share. They have no parameters: what stands in their brackets are flows."""

    drawing = "merge"
    merges = True
    fused = True
    pair: ClassVar[bool] = False
    """Whether it takes two values and no more."""
    instead: ClassVar[str] = ""
    """What to write for more than two values."""

    def output(self, x: TensorType) -> TensorType:
        return self.joined([x])

    def joined(self, xs: Sequence[TensorType]) -> TensorType:
        needs = "two values" if self.pair else "two values or more"
        if len(xs) < 2:
            here = "and one is" if xs else "and none is"
            raise Unfit(f"`{self.name}` joins {needs}, {here} given", f"give it flows: `{self.example}`")
        if self.pair and len(xs) > 2:
            raise Unfit(f"`{self.name}` joins two values, and {len(xs)} are given", self.instead)
        return self.together(xs)

    def together(self, xs: Sequence[TensorType]) -> TensorType:
        """The type of what leaves, of enough values. Raises Unfit if they don't go together."""
        if any(x != xs[0] for x in xs):
            raise unlike(self.name, xs, "values of one shape")
        return xs[0]

    def lower(self, site: Site) -> Lowered:
        return Lowered.same(self.merged(aligned(site)))

    def merged(self, values: Sequence[Code]) -> Code:
        raise NotImplementedError

    @classmethod
    def usage(cls) -> str:
        return f"it is written `{cls.name}({'flow, flow' if cls.pair else 'flow, flow, …'})`"


class Elementwise(Merge):
    """A merge of each position by itself, for which a value of one position serves them all."""

    def together(self, xs: Sequence[TensorType]) -> TensorType:
        widest = max(xs, key=lambda x: (x.rank, x.size))
        if any(x != widest and x.shape not in gates(widest) for x in xs):
            raise unlike(self.name, xs, "values of one shape", gated=True)
        return widest


class Add(Elementwise):
    """The sum of values of one shape; a residual connection adds `it`.

    Beside an image or sequence, a flat value with a number a channel is added at every position.
    """

    name = "add"
    title = "Addition"
    linear = True
    example = "add(it, conv(64, 3x3, padding = same) -> relu)"

    def merged(self, values: Sequence[Code]) -> Code:
        return reduce(lambda a, b: Operation("+", a, b), values)


class Multiply(Elementwise):
    """The product of values of one shape, number by number.

    Beside an image or sequence, a flat value with a number a channel multiplies every position,
    as in squeeze-and-excitation (Hu et al., 2018).
    """

    name = "multiply"
    title = "Multiplication"
    example = "multiply(it, global_avg_pool -> dense(64) -> sigmoid)"

    def merged(self, values: Sequence[Code]) -> Code:
        return reduce(lambda a, b: Operation("*", a, b), values)


class Average(Elementwise):
    """The mean of values of one shape, number by number.

    Beside an image or sequence, a flat value with a number a channel counts at every position.
    """

    name = "average"
    linear = True
    example = "average(dense(10), dense(32) -> relu -> dense(10))"

    def merged(self, values: Sequence[Code]) -> Code:
        total = reduce(lambda a, b: Operation("+", a, b), values)
        return call("jnp.divide", total, Literal(len(values)))


class Maximum(Elementwise):
    """The largest of values of one shape, number by number (maxout: Goodfellow et al., 2013).

    Beside an image or sequence, a flat value with a number a channel is compared at every position.
    """

    name = "maximum"
    example = "maximum(dense(64), dense(64))"

    def merged(self, values: Sequence[Code]) -> Code:
        return reduce(lambda a, b: call("jnp.maximum", a, b), values)


class Subtract(Elementwise):
    """The first value less the second, of one shape.

    Beside an image or sequence, a flat value with a number a channel serves at every position.
    """

    name = "subtract"
    linear = True
    example = "subtract(it, global_avg_pool)"
    pair = True
    instead = "add what is taken away first: `subtract(a, add(b, c))`"

    def merged(self, values: Sequence[Code]) -> Code:
        first, second = values
        return Operation("-", first, second)


class Concat(Merge):
    """Values behind one another along the channels; all their other dimensions must be equal."""

    name = "concat"
    title = "Depth Concatenation"
    fused, linear = False, True
    example = "concat(conv(64, 1x1), conv(32, 3x3, padding = same))"

    def together(self, xs: Sequence[TensorType]) -> TensorType:
        if any(x.spatial != xs[0].spatial for x in xs):
            raise unlike(self.name, xs, "values that differ in nothing but their channels", joins=True)
        return TensorType((*xs[0].spatial, sum(x.channels for x in xs)))

    def merged(self, values: Sequence[Code]) -> Code:
        return Call("jnp.concatenate", (Group(tuple(values)),), (("axis", Literal(-1)),))


class Comparison(Merge):
    """Two values of one shape, compared over the channels: one number remains, […, 1]."""

    pair = True
    instead = "two at a time: give each pair a line of its own"

    def together(self, xs: Sequence[TensorType]) -> TensorType:
        return TensorType((*super().together(xs).spatial, 1))

    def sight(self, x: TensorType) -> tuple[tuple[int, int], ...] | None:
        return super().sight(x) if x.spatial else None


class Dot(Comparison):
    """The dot product of two values over the channels: of flat values [n], one number, [1]."""

    name = "dot"
    example = "dot(user, item)"

    def merged(self, values: Sequence[Code]) -> Code:
        first, second = values
        return call("jnp.sum", Operation("*", first, second), axis=-1, keepdims=True)


class Distance(Comparison):
    """The Euclidean distance of two values over the channels: of flat values [n], one number, [1].

    Where they are equal its gradient is taken to be 0.
    """

    name = "distance"
    example = "distance(left -> tower, right -> tower)"

    def merged(self, values: Sequence[Code]) -> Code:
        return call("euclidean_distance", *values)


def gates(x: TensorType) -> tuple[Shape, ...]:
    """The shapes of a value with a number a channel of `x`, for all its positions."""
    return (x.channels,), (*(1 for _ in x.spatial), x.channels)


def aligned(site: Site) -> tuple[Code, ...]:
    """What enters, flat values beside an image or sequence with an axis for each of its directions."""
    rank = max(site.before.rank, *(x.rank for x in site.beside))
    pairs = zip((site.x, *site.others), (site.before, *site.beside), strict=True)
    axes = 1 if rank == 2 else tuple(range(1, rank))
    return tuple(code if x.rank == rank else call("jnp.expand_dims", code, Literal(axes)) for code, x in pairs)


def unlike(name: str, xs: Sequence[TensorType], needs: str, *, gated: bool = False, joins: bool = False) -> Unfit:
    """That values don't go together: `gated` if a flat one may stand beside others, `joins` if channels may differ."""
    given = ", ".join(f"branch {i} gives {x}" for i, x in enumerate(xs, 1))
    widest = max(xs, key=lambda x: x.size)
    gate = next((i for i, x in enumerate(xs, 1) if gated and x != widest and x.size == x.channels), 0)
    if len({x.rank for x in xs}) > 1:
        help = flattened(xs, gated=gated)
    elif gate and widest.size > widest.channels:
        help = f"`pointwise({widest.channels})` at the end of branch {gate}: a number a channel serves all positions"
    else:
        help = remedy(xs, joins=joins)
    return Unfit(f"`{name}` needs {needs}: {given}", help, code="E0204")


def flattened(xs: Sequence[TensorType], *, gated: bool) -> str:
    """What would bring values to one number of dimensions."""
    largest = max(xs, key=lambda x: x.rank)
    if all(x.rank > 1 for x in xs):
        return f"`reshape` or `flatten` brings all to one number of dimensions; branch {xs.index(largest) + 1} has most"
    flatten = f"`flatten` or `global_avg_pool` at the end of branch {xs.index(largest) + 1} makes it flat"
    flat = next(i for i, x in enumerate(xs) if x.rank == 1)
    if not gated or xs[flat].channels == largest.channels:
        return flatten
    gate = f"`dense({largest.channels})` at the end of branch {flat + 1}: a number a channel serves all positions"
    return f"{gate}; or {flatten}"


def remedy(xs: Sequence[TensorType], *, joins: bool) -> str:
    """What would make values alike that have one number of dimensions; the first odd one is spoken of."""
    small = min(xs, key=lambda x: (x.size // x.channels, -x.channels))
    odd = next(
        i for i, x in enumerate(xs) if (x.spatial if joins else x.shape) != (small.spatial if joins else small.shape)
    )
    x, where = xs[odd], f"at the end of branch {odd + 1}"
    channels = small.channels
    if x.spatial == small.spatial:
        layer = "pointwise" if x.spatial else "dense"
        return f"`{layer}({channels})` {where} gives {small}"
    if len(x.spatial) != 2:
        return "make the branches equally long, with `pad`, or without what shortens one of them"
    keep = "`padding = same` keeps an image's height and width"
    stride = shrinking(x, small)
    if not stride:
        return f"{keep}; or `crop({small.shape[0]}, {small.shape[1]})` {where}"
    if not joins and x.channels != channels:
        return f"`conv({channels}, 1, stride = {stride})` {where} gives {small}; {keep}"
    return f"`stride = {stride}` in branch {odd + 1} brings it to {small.shape[0]}x{small.shape[1]}; {keep}"


def shrinking(x: TensorType, small: TensorType) -> str:
    """The stride that brings an image to the height and width of a smaller one; "" if none does."""
    steps = [-(-n // m) for n, m in zip(x.spatial, small.spatial, strict=True)]
    if any(-(-n // s) != m for n, m, s in zip(x.spatial, small.spatial, steps, strict=True)):
        return ""
    return str(steps[0]) if len(set(steps)) == 1 else "x".join(map(str, steps))
