"""What layers have in common whose windows slide over an image, a sequence or a volume."""

from typing import Any

from archc.code import Call, Code, Literal, Operation, call
from archc.ops.op import Lowered, Op, Site, need_cells, padding_pairs, per_direction, spread, windows
from archc.types import Shape, TensorType

Pairs = tuple[tuple[int, int], ...]


class Sliding(Op):
    """A layer with a `window`, a `stride` and a `padding`, some with a `dilation`: each declares its own.

    Its methods give them for each direction of what enters.
    """

    drawing = "conv"

    window: Any
    stride: Any
    padding: Any
    dilation: Any = 1

    def _window(self, x: TensorType) -> Shape:
        return per_direction(self.window, len(x.spatial), "window")

    def _stride(self, x: TensorType) -> Shape:
        return per_direction(self.stride, len(x.spatial), "stride")

    def _dilation(self, x: TensorType) -> Shape:
        return per_direction(self.dilation, len(x.spatial), "dilation")

    def _span(self, x: TensorType) -> Shape:
        """How far the window reaches, gaps included."""
        return spread(self._window(x), self._dilation(x))

    def _padding(self, x: TensorType) -> Pairs:
        return padding_pairs(self.padding, x.spatial, self._span(x), self._stride(x))

    def _positions(self, x: TensorType) -> Shape:
        """How many windows there are. Raises Unfit if `x` has none, or if none fits."""
        need_cells(x, self.name)
        return windows(x, self._window(x), self._stride(x), self._padding(x), self.name, self._dilation(x))

    def sight(self, x: TensorType) -> tuple[tuple[int, int], ...]:
        return tuple(zip(self._span(x), self._stride(x), strict=True))


def directions(x: TensorType) -> str:
    """How the names of kernels tell how many directions they go in: `conv2d`."""
    return f"{len(x.spatial)}d"


def cells(window: Shape) -> int:
    """How many cells a window has."""
    return TensorType(window).size


def padded(x: Code, pairs: Pairs, value: float) -> Call:
    """`x` with cells around it that hold a number."""
    return call("jnp.pad", x, Literal(((0, 0), *pairs, (0, 0))), constant_values=float(value))


def biased(site: Site, bias: object, *computed: Code) -> Lowered:
    """Some steps, and the bias on a line of its own."""
    return Lowered.same(*computed, *(() if bias is False else (Operation("+", site.out, site.weight("bias")),)))
