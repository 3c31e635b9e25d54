"""Layers that take a value apart along its axes, or put these in another order."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from archc.code import Literal, call
from archc.ops.op import Lowered, Op, Site, need_positions, per_direction
from archc.parameters import Parameter, Unfit, Window, counted, show, whole
from archc.types import TensorType


class Order(Parameter):
    """Every axis once, in the order in which they are wanted."""

    kind = "the axes in their new order, from 0 and without the batch, such as `[1, 0]`"
    numeric = True

    def accept(self, value: Any) -> tuple[int, ...]:
        axes = tuple(map(whole, value)) if isinstance(value, list | tuple) else ()
        if not axes or any(axis is None or axis < 0 for axis in axes):
            self.refuse(value)
        return tuple(axis for axis in axes if axis is not None)


class Permute(Op):
    """The axes in another order: `permute([1, 0])` makes [length, channels] of [channels, length].

    Axes count from 0 and without the batch, as the entries of `it.shape` do: the new `it.shape[i]` is
    the old `it.shape[axes[i]]`. (Keras counts them from 1.) The last axis is the channels, whatever
    it was before.
    """

    name = "permute"
    drawing = "layout"
    fused = linear = True
    example = "permute([1, 0]) -> pointwise(8)"

    axes = Order("the old place of each axis, such as `[1, 0]`")

    def output(self, x: TensorType) -> TensorType:
        axes = self.axes
        if sorted(axes) == list(range(x.rank)):
            return TensorType(tuple(x.shape[axis] for axis in axes))
        shown = show(list(axes))
        if len(axes) == x.rank + 1 and sorted(axes) == list(range(len(axes))) and axes[0] == 0:
            meant = show([axis - 1 for axis in axes[1:]])
            raise Unfit(
                f"{shown} counts the batch, which is never written", f"write `{meant}`", parameter="axes", fix=meant
            )
        if sorted(axes) == list(range(1, x.rank + 1)):
            meant = show([axis - 1 for axis in axes])
            raise Unfit(
                f"{shown} counts axes from 1, and here the first is 0", f"write `{meant}`", parameter="axes", fix=meant
            )
        raise Unfit(
            f"{shown} isn't every axis of {x} once",
            f"each of 0 to {x.rank - 1}, in another order" if x.rank > 1 else "a flat value has but one",
            parameter="axes",
        )

    def sight(self, x: TensorType) -> tuple[tuple[int, int], ...] | None:
        return ((1, 1),) * len(x.spatial) if self.axes == tuple(range(x.rank)) else None

    def lower(self, site: Site) -> Lowered:
        return Lowered.same(call("jnp.transpose", site.x, Literal((0, *(axis + 1 for axis in self.axes)))))

    @classmethod
    def usage(cls) -> str:
        return "it is written `permute([1, 0])`: the axes in their new order, from 0 and without the batch"


class Entries(Parameter):
    """An entry by its number, or a list of several."""

    kind = "a whole number, or a list of them"
    numeric = True

    def accept(self, value: Any) -> int | tuple[int, ...]:
        one = whole(value)
        if one is not None:
            return one
        several = [whole(entry) for entry in value] if isinstance(value, list | tuple) else []
        if not several or any(entry is None for entry in several):
            self.refuse(value)
        return tuple(entry for entry in several if entry is not None)


class Place(Parameter):
    """A whole number, which may be negative, or none."""

    kind = "a whole number; a negative one counts from the end"
    numeric = True

    def accept(self, value: Any) -> int:
        number = whole(value)
        if number is None:
            self.refuse(value)
        return number


class Take(Op):
    """Some entries along an axis: `take([0, 2])` two channels, `take(-1, axis = 0)` the last step of a sequence.

    One number takes its entry, and the axis is gone; a list keeps it. `start` and `stop` take all
    entries from the one up to the other, which is left out: `take(stop = 16)` and `take(start = 16)`
    split the channels. Entries count from 0, and negative ones from the end; so do axes, as the
    entries of `it.shape`, without the batch.
    """

    name = "take"
    drawing = "layout"
    fused = linear = True
    example = "take(-1, axis = 0) -> dense(10)"

    entries = Entries("one entry, `0`, or several, `[0, 2]`", default=None)
    axis = Place("along which axis, from 0; -1, the last, is the channels", default=-1, named=True)
    start = Place("the first entry that is taken", default=None, named=True)
    stop = Place("the first entry that isn't taken any more", default=None, named=True)

    def check(self) -> None:
        between = self.start is not None or self.stop is not None
        if self.entries is None and not between:
            raise Unfit("`take` needs to know which entries", "such as `take(0)`, `take([0, 2])` or `take(stop = 16)`")
        if self.entries is not None and between:
            parameter = "start" if self.start is not None else "stop"
            raise Unfit(f"`take` has entries, and `{parameter}` besides", "one of the two", parameter=parameter)

    def output(self, x: TensorType) -> TensorType:
        at = self._axis(x)
        taken = self._taken(x)
        if not isinstance(taken, int):
            return TensorType((*x.shape[:at], len(taken), *x.shape[at + 1 :]))
        if x.rank == 1:
            meant = f"[{self.entries}]"
            raise Unfit(
                "one entry of a flat value would be no value with channels any more",
                f"as a list it stays one: `take({meant})`",
                parameter="entries",
                fix=meant,
            )
        return TensorType((*x.shape[:at], *x.shape[at + 1 :]))

    def sight(self, x: TensorType) -> tuple[tuple[int, int], ...] | None:
        at, taken = self._axis(x), self._taken(x)
        if isinstance(taken, int):
            return None
        jump = max((abs(b - a) for a, b in pairwise(taken)), default=1)
        return tuple((1, max(jump, 1) if axis == at else 1) for axis in range(len(x.spatial)))

    def lower(self, site: Site) -> Lowered:
        x, axis, taken = site.before, self._axis(site.before) + 1, self._taken(site.before)
        if isinstance(taken, int):
            return Lowered.same(call("jax.lax.index_in_dim", site.x, Literal(taken), axis=axis, keepdims=False))
        if self.entries is not None:
            return Lowered.same(call("take_entries", site.x, entries=tuple(taken), axis=axis))
        start, stop = taken[0], taken[0] + len(taken)
        if (start, stop) == (0, x.shape[axis - 1]):
            return Lowered.same(*(() if site.x == site.out else (site.x,)))
        return Lowered.same(call("jax.lax.slice_in_dim", site.x, Literal(start), Literal(stop), axis=axis))

    def _axis(self, x: TensorType) -> int:
        """The axis, from 0. Raises Unfit if there is none such."""
        if -x.rank <= self.axis < x.rank:
            return int(self.axis % x.rank)
        raise Unfit(
            f"{x} has no axis {self.axis}",
            f"its axes are 0 to {x.rank - 1}, the batch left out; -1 is the last, the channels",
            parameter="axis",
        )

    def _taken(self, x: TensorType) -> int | Sequence[int]:
        """The entries by their number from 0. Raises Unfit if one of them isn't there."""
        there = x.shape[self._axis(x)]
        if self.entries is None:
            taken = range(there)[self.start : self.stop]
            if not taken:
                ends = ", ".join(
                    f"`{name} = {value}`"
                    for name, value in (("start", self.start), ("stop", self.stop))
                    if value is not None
                )
                parameter = "start" if self.start is not None else "stop"
                raise Unfit(f"nothing among {there} lies between {ends}", parameter=parameter)
            return taken
        several = (self.entries,) if isinstance(self.entries, int) else self.entries
        for entry in several:
            if not -there <= entry < there:
                raise Unfit(
                    f"there is no entry {entry} among {there}",
                    f"entries count from 0 to {there - 1}, or from the end, -1 to -{there}",
                    parameter="entries",
                )
        found = [int(entry % there) for entry in several]
        return found[0] if isinstance(self.entries, int) else found


class PixelShuffle(Op):
    """Makes an image larger with its own channels: [height, width, 4 channels] -> [2 height, 2 width, channels].

    Shi et al. (2016), equation 4, with the channels as PyTorch has them: those that make up one new
    channel stand side by side, row by row of the cells that come of them. In a sequence or volume
    likewise. `space_to_depth` undoes it.
    """

    name = "pixel_shuffle"
    drawing = "layout"
    fused = linear = True
    example = "conv(64, 3x3, padding = same) -> pixel_shuffle(2)"

    factor = Window("how many times larger, `2` or for each direction `2x3`", default=2)

    def output(self, x: TensorType) -> TensorType:
        need_positions(x, self.name)
        factor = per_direction(self.factor, len(x.spatial), "factor")
        cells = TensorType(factor).size
        if x.channels % cells:
            size = "x".join(map(str, factor))
            raise Unfit(
                f"each cell becomes {size}, and {counted(x.channels, 'channel')} don't fall into {cells} equal parts",
                f"a number of channels that {cells} divides, such as {-(-x.channels // cells) * cells}",
                parameter="factor",
            )
        larger = (n * f for n, f in zip(x.spatial, factor, strict=True))
        return TensorType((*larger, x.channels // cells))

    def sight(self, x: TensorType) -> tuple[tuple[int, int], ...]:
        """Neighbours look less than a cell apart: 1 is the nearest whole number."""
        return ((1, 1),) * len(x.spatial)

    def lower(self, site: Site) -> Lowered:
        factor = per_direction(self.factor, len(site.before.spatial), "factor")
        return Lowered.same(call("pixel_shuffle", site.x, factor=factor))


class SpaceToDepth(Op):
    """Puts the cells of each window into channels: [height, width, channels] -> [height / 2, width / 2, 4 channels].

    A channel's cells stand side by side, row by row, as in PyTorch's `pixel_unshuffle`, so that it
    undoes `pixel_shuffle`. (TensorFlow's has all channels of the first cell before those of the next.)
    """

    name = "space_to_depth"
    drawing = "layout"
    fused = linear = True
    example = "space_to_depth(2) -> conv(64, 3x3)"

    factor = Window("how many cells of each direction, `2` or for each `2x3`", default=2)

    def output(self, x: TensorType) -> TensorType:
        need_positions(x, self.name)
        factor = per_direction(self.factor, len(x.spatial), "factor")
        if any(n % f for n, f in zip(x.spatial, factor, strict=True)):
            size, cells = "x".join(map(str, factor)), "x".join(map(str, x.spatial))
            raise Unfit(
                f"{cells} doesn't fall into windows of {size}",
                "`pad` or `crop` it to a multiple of the factor",
                parameter="factor",
            )
        smaller = (n // f for n, f in zip(x.spatial, factor, strict=True))
        return TensorType((*smaller, x.channels * TensorType(factor).size))

    def sight(self, x: TensorType) -> tuple[tuple[int, int], ...]:
        return tuple((f, f) for f in per_direction(self.factor, len(x.spatial), "factor"))

    def lower(self, site: Site) -> Lowered:
        factor = per_direction(self.factor, len(site.before.spatial), "factor")
        return Lowered.same(call("space_to_depth", site.x, factor=factor))
