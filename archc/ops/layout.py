"""Layers that arrange values anew."""

from typing import Any

from archc.code import Literal, call
from archc.ops.op import Lowered, Op, Site, need_image, need_positions, per_direction
from archc.parameters import Choice, Count, Real, Unfit, Window, Word, counted
from archc.types import Shape, TensorType

DIRECTIONS: dict[int, tuple[str, ...]] = {
    1: ("length",),
    2: ("height", "width"),
    3: ("depth", "height", "width"),
}
"""What the directions of a sequence, an image and a volume are called."""


class Flatten(Op):
    """All values of an example in one row: [height, width, channels] -> [height * width * channels]."""

    name = "flatten"
    drawing = "layout"
    view = True
    example = "flatten -> dense(10)"

    def output(self, x: TensorType) -> TensorType:
        return TensorType((x.size,))

    def sight(self, x: TensorType) -> None:
        return None

    def lower(self, site: Site) -> Lowered:
        return Lowered.same(call("jnp.reshape", site.x, Literal((-1, site.after.size))))


class Reshape(Op):
    """The same values, row by row, in another shape: `7x7x128` is [7, 7, 128]."""

    name = "reshape"
    drawing = "layout"
    view = True
    example = "dense(6272) -> reshape(7x7x128)"

    shape = Window("the new shape, the batch left out: a size such as `7x7x128`, or a number for a flat value")

    def output(self, x: TensorType) -> TensorType:
        after = TensorType((self.shape,) if isinstance(self.shape, int) else self.shape)
        if after.size != x.size:
            raise Unfit(
                f"{x} is {x.size} values, and {after} holds {after.size}",
                "reshape keeps every value: the product of the sizes stays",
                code="E0204",
                parameter="shape",
            )
        return after

    def sight(self, x: TensorType) -> None:
        return None

    def lower(self, site: Site) -> Lowered:
        return Lowered.same(call("jnp.reshape", site.x, Literal((-1, *site.after.shape))))

    @classmethod
    def usage(cls) -> str:
        return "it is written `reshape(7x7x128)`, the sizes joined by `x`"


class Crop(Op):
    """A part of an image, sequence or volume: [height, width, channels] -> [height', width', channels].

    It is cut out of the middle, unless `offset` says where it starts; if a row or column is left over,
    the odd one is cut off at the end. `crop(24)` serves every direction, `crop(24, 20)` is 24 rows of 20
    columns, as is `crop(24x20)`; a sequence has one direction, and a volume three, `crop(8x24x24)`.
    """

    name = "crop"
    drawing = "layout"
    fused = linear = True
    example = "crop(24, 24) -> conv(16, 3x3)"

    height = Window("how many rows remain; or, without `width`, what remains of every direction")
    width = Count("how many columns of an image remain", default=None)
    offset = Window(
        "the first cell that remains, from 0, in each direction; the middle unless it is said",
        least=0,
        default=None,
        named=True,
    )

    def check(self) -> None:
        if self.width is not None and not isinstance(self.height, int):
            size = "x".join(map(str, self.height))
            raise Unfit(
                f"`crop({size})` says every direction, and `width` says one more", "leave it out", parameter="width"
            )

    def output(self, x: TensorType) -> TensorType:
        if self.width is not None:
            need_image(x, self.name)
        need_positions(x, self.name)
        size, starts = self._size(x), self._offset(x)
        for i, (wanted, start, there) in enumerate(zip(size, starts, x.spatial, strict=True)):
            what = DIRECTIONS[len(size)][i]
            if wanted > there:
                raise Unfit(
                    f"a {what} of {wanted} can't be cut out of {there}",
                    f"at most {there}; `pad` makes {'a sequence longer' if x.rank == 2 else 'an image larger'}",
                    code="E0205",
                    parameter="width" if i and self.width is not None else "height",
                )
            if start + wanted > there:
                raise Unfit(
                    f"a {what} of {wanted} from {start} on ends beyond {there}",
                    f"an offset of at most {there - wanted}",
                    code="E0205",
                    parameter="offset",
                )
        return TensorType((*size, x.channels))

    def lower(self, site: Site) -> Lowered:
        start, size = self._offset(site.before), self._size(site.before)
        return Lowered.same(call("crop_cells", site.x, start=start, size=size))

    def _size(self, x: TensorType) -> Shape:
        if self.width is not None:
            return (self.height, self.width)
        return per_direction(self.height, len(x.spatial), "height")

    def _offset(self, x: TensorType) -> Shape:
        if self.offset is None:
            return tuple((there - wanted) // 2 for there, wanted in zip(x.spatial, self._size(x), strict=True))
        return per_direction(self.offset, len(x.spatial), "offset")


class Margin(Window):
    """Cells on each side: a number, one for each direction, or pairs of those before and behind."""

    kind = "a whole number, a size like `2x3`, or pairs like `[(1, 2), (0, 0)]`"

    def accept(self, value: Any) -> Any:
        if not isinstance(value, tuple | list) or not any(isinstance(part, tuple | list) for part in value):
            return super().accept(value)
        if not all(isinstance(part, tuple | list) and len(part) == 2 for part in value):
            self.refuse(value, "a pair for each direction: the cells before, and those behind")
        return tuple(tuple(self._length(part, value) for part in pair) for pair in value)


class Pad(Op):
    """Puts cells of one value around an image, or before and behind a sequence.

    `pad(2)` puts two on each side, `pad(2x3)` two above and below and three left and right,
    `pad([(1, 2), (0, 0)])` one above and two below.
    """

    name = "pad"
    drawing = "layout"
    fused = linear = True
    example = "pad(2) -> conv(6, 5x5)"

    cells = Margin("how many on each side: `2`, for each direction `2x3`, or pairs, `[(before, behind), …]`", least=0)
    value = Real("what they hold", default=0)

    def output(self, x: TensorType) -> TensorType:
        need_positions(x, self.name)
        return TensorType((*(n + sum(pair) for n, pair in zip(x.spatial, self._pairs(x), strict=True)), x.channels))

    def lower(self, site: Site) -> Lowered:
        pairs = Literal(((0, 0), *self._pairs(site.before), (0, 0)))
        if self.value == 0:
            return Lowered.same(call("jnp.pad", site.x, pairs))
        return Lowered.same(call("jnp.pad", site.x, pairs, constant_values=float(self.value)))

    def _pairs(self, x: TensorType) -> tuple[tuple[int, int], ...]:
        cells, directions = self.cells, len(x.spatial)
        if isinstance(cells, int) or isinstance(cells[0], int):
            return tuple((n, n) for n in per_direction(cells, directions, "cells"))
        if len(cells) != directions:
            raise Unfit(
                f"`cells` holds {counted(len(cells), 'pair')}, and this value has {counted(directions, 'direction')}",
                "a pair for each: the cells before, and those behind",
                parameter="cells",
            )
        return tuple((before, behind) for before, behind in cells)


class Upsample(Op):
    """Makes an image, sequence or volume larger by a whole factor.

    [height, width, channels] -> [2 height, 2 width, channels]. `nearest` repeats each cell; `linear`
    runs straight between the centres of cells, and level beyond the outermost. In an image that is
    bilinear, and may be called so.
    """

    name = "upsample"
    drawing = "layout"
    fused = linear = True
    example = "upsample(2) -> conv(64, 3x3, padding = same)"

    factor = Window("how many times larger, `2` or for each direction `2x3`", default=2)
    kind = Choice("what stands between cells", ("nearest", "linear", "bilinear"), default=Word("nearest"))

    def output(self, x: TensorType) -> TensorType:
        need_positions(x, self.name)
        if self.kind == "bilinear" and x.rank != 3:
            raise Unfit(
                f"`bilinear` is for two directions, and {x} has {len(x.spatial)}",
                "write `linear`, which is straight in each direction",
                parameter="kind",
                fix="linear",
            )
        return TensorType((*(n * f for n, f in zip(x.spatial, self._factor(x), strict=True)), x.channels))

    def sight(self, x: TensorType) -> tuple[tuple[int, int], ...]:
        """Neighbours look less than a cell apart: 1 is the nearest whole number."""
        return tuple((2 if self.kind != "nearest" and f > 1 else 1, 1) for f in self._factor(x))

    def lower(self, site: Site) -> Lowered:
        kernel = "upsample_nearest" if self.kind == "nearest" else "upsample_linear"
        return Lowered.same(call(kernel, site.x, factor=self._factor(site.before)))

    def _factor(self, x: TensorType) -> Shape:
        return per_direction(self.factor, len(x.spatial), "factor")
