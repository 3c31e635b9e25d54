"""Layers that arrange values anew."""

from archc.code import Literal, call
from archc.ops.op import Lowered, Op, Site, need_image, need_positions, per_direction
from archc.parameters import Choice, Count, Real, Unfit, Window, Word
from archc.types import Shape, TensorType


class Flatten(Op):
    """All values of an example in one row: [height, width, channels] -> [height * width * channels]."""

    name = "flatten"
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
    """The middle of an image: [height, width, channels] -> [height', width', channels].

    If a row or column is left over, it is cut off at the end.
    """

    name = "crop"
    fused = linear = True
    example = "crop(24, 24) -> conv(16, 3x3)"

    height = Count("how many rows remain")
    width = Count("how many columns remain")

    def output(self, x: TensorType) -> TensorType:
        need_image(x, self.name)
        for what, wanted, there in (("height", self.height, x.shape[0]), ("width", self.width, x.shape[1])):
            if wanted > there:
                raise Unfit(
                    f"a {what} of {wanted} can't be cut out of {there}",
                    f"at most {there}; `pad` makes an image larger",
                    code="E0205",
                    parameter=what,
                )
        return TensorType((self.height, self.width, x.channels))

    def lower(self, site: Site) -> Lowered:
        return Lowered.same(call("crop_middle", site.x, height=self.height, width=self.width))


class Pad(Op):
    """Puts cells of one value around an image, or before and after a sequence."""

    name = "pad"
    fused = linear = True
    example = "pad(2) -> conv(6, 5x5)"

    cells = Window("how many on each side: `2`, or for each direction `2x3`", least=0)
    value = Real("what they hold", default=0)

    def output(self, x: TensorType) -> TensorType:
        need_positions(x, self.name)
        return TensorType((*(n + 2 * p for n, p in zip(x.spatial, self._cells(x), strict=True)), x.channels))

    def lower(self, site: Site) -> Lowered:
        pairs = Literal(((0, 0), *((p, p) for p in self._cells(site.before)), (0, 0)))
        if self.value == 0:
            return Lowered.same(call("jnp.pad", site.x, pairs))
        return Lowered.same(call("jnp.pad", site.x, pairs, constant_values=float(self.value)))

    def _cells(self, x: TensorType) -> Shape:
        return per_direction(self.cells, len(x.spatial), "cells")


class Upsample(Op):
    """Makes an image or sequence larger by a whole factor: [height, width, channels] -> [2 height, 2 width, channels].

    `nearest` repeats each cell; `linear` runs straight between the centres of cells (in an image:
    bilinear), and level beyond the outermost.
    """

    name = "upsample"
    fused = linear = True
    example = "upsample(2) -> conv(64, 3x3, padding = same)"

    factor = Window("how many times larger, `2` or for each direction `2x3`", default=2)
    kind = Choice("what stands between cells", ("nearest", "linear"), default=Word("nearest"))

    def output(self, x: TensorType) -> TensorType:
        need_positions(x, self.name)
        return TensorType((*(n * f for n, f in zip(x.spatial, self._factor(x), strict=True)), x.channels))

    def sight(self, x: TensorType) -> tuple[tuple[int, int], ...]:
        """Neighbours look less than a cell apart: 1 is the nearest whole number."""
        return tuple((2 if self.kind == "linear" and f > 1 else 1, 1) for f in self._factor(x))

    def lower(self, site: Site) -> Lowered:
        return Lowered.same(call(f"upsample_{self.kind}", site.x, factor=self._factor(site.before)))

    def _factor(self, x: TensorType) -> Shape:
        return per_direction(self.factor, len(x.spatial), "factor")
