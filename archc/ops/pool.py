"""Pooling."""

from math import prod
from typing import ClassVar

from archc.code import Call, Code, Literal, call
from archc.ops.form import Form, Target
from archc.ops.op import Buffers, Lowered, Op, Site, need_cells, need_positions, per_direction, sliding, windows
from archc.ops.window import Pairs, Sliding
from archc.parameters import Flag, Padding, Unfit, Window, Word
from archc.types import Shape, TensorType

ONE_KERNEL = "one kernel each way; other forms were measured on a CPU alone"


class Pool(Sliding):
    """What both kinds share: windows, by default side by side."""

    drawing = "pool"
    why: ClassVar[tuple[str, str]]
    """Why XLA's windows aren't taken: for windows side by side, and for others."""

    window = Window("how far each window sees, `2x2` or `2`")
    stride = Window("cells between two windows; the window's own size unless given", default=None)
    padding = Padding("cells put around the image; they never count", default=Word("valid"))
    ceil = Flag("whether a last window may reach past the end", default=False, named=True)

    def output(self, x: TensorType) -> TensorType:
        need_cells(x, self.name)
        padding = self._around(x)
        for (before, after), k in zip(padding, self._window(x), strict=True):
            if not isinstance(self.padding, Word) and max(before, after) >= k:
                raise Unfit(
                    f"with a padding of {max(before, after)} a window of {k} would see nothing else",
                    f"at most {k - 1}",
                    parameter="padding",
                )
        windows(x, self._window(x), self._stride(x), padding, self.name)
        return TensorType((*self._positions(x), x.channels))

    def words(self, x: TensorType) -> str:
        window = "x".join(map(str, self._window(x)))
        return f"{window} {self.title.lower()} with {sliding(self._stride(x), self._padding(x))}"

    def forms(self, x: TensorType, target: Target) -> tuple[Form, ...]:
        """Windows that lie side by side have a form of their own; of others XLA's gradient is dear on a CPU."""
        disjoint = self.side_by_side(x)
        by_xla = Form(self.window_kernel(x), "by XLA's windows", ONE_KERNEL, plain=not disjoint)
        if disjoint:
            return (Form("", "as windows side by side", self.why[0], plain=True), by_xla)
        by_direction = Form(f"{self.name}_by_direction", "one direction after the other", self.why[1])
        return (by_direction, by_xla) if target == "cpu" else (by_xla, by_direction)

    def side_by_side(self, x: TensorType) -> bool:
        """Whether windows neither overlap nor leave gaps, and nothing is put around."""
        return self._stride(x) == self._window(x) and not any(map(any, self._padding(x)))

    def lower(self, site: Site) -> Lowered:
        x = site.before
        window, stride, padding = self._window(x), self._stride(x), self._padding(x)
        if self.side_by_side(x) and not site.form:
            return Lowered.same(self.disjoint(site, window))
        kernel = site.form or self.window_kernel(x)
        return Lowered.same(call(kernel, site.x, window=window, stride=stride, padding=padding))

    def disjoint(self, site: Site, window: Shape) -> Code:
        """For windows side by side without padding, which need no sliding."""
        raise NotImplementedError

    def window_kernel(self, x: TensorType) -> str:
        """The kernel for any windows."""
        raise NotImplementedError

    def _stride(self, x: TensorType) -> Shape:
        return self._window(x) if self.stride is None else super()._stride(x)

    def _around(self, x: TensorType) -> Pairs:
        """The padding as it is written."""
        return super()._padding(x)

    def _padding(self, x: TensorType) -> Pairs:
        """The padding that is needed, so that with `ceil` the last window is whole."""
        around = self._around(x)
        if not self.ceil:
            return around
        pairs = []
        for n, k, s, (before, after) in zip(x.spatial, self._window(x), self._stride(x), around, strict=True):
            starts = min(-(-(n + before + after - k) // s), (n + before - 1) // s)
            pairs.append((before, max(starts * s + k - n - before, 0)))
        return tuple(pairs)


class MaxPool(Pool):
    """The largest value of each window: [height, width, channels] -> [height', width', channels].

    Sequences and volumes likewise. A part at the end that doesn't fill a window is left out. With
    `ceil = true` one more window covers it, if that window starts in the image or in the padding
    before it, as in Caffe and PyTorch.
    """

    name = "max_pool"
    title = "Max Pooling"
    example = "max_pool(2x2)"
    why = (
        "the gradient of strided slices is cheap: 0.6 against 5.9 ms for [64, 28, 28, 32] on a CPU",
        "the gradient of slices is cheap: 4 against 30 ms for windows of 3x3 over [16, 55, 55, 64], 2 apart",
    )

    def buffers(self, x: TensorType) -> Buffers:
        """Side by side nothing, else what enters, and the maxima along each direction: one beside another, also those
        of fewer cells."""
        if self.side_by_side(x):
            return Buffers()
        y, kept = self.output(x), x.size
        for i, (k, s) in enumerate(zip(self._window(x), self._stride(x), strict=True)):
            maxima = prod((*y.spatial[: i + 1], *x.spatial[i + 1 :], x.channels))
            kept += maxima * (k - 1 if s == 1 else int(i + 1 < len(y.spatial)))
        return Buffers(kept=kept)

    def disjoint(self, site: Site, window: Shape) -> Code:
        return call(of_any("max_pool_disjoint", window), site.x, window=window)

    def window_kernel(self, x: TensorType) -> str:
        return "max_pool_windows"


class AvgPool(Pool):
    """The mean of each window: [height, width, channels] -> [height', width', channels].

    Sequences and volumes likewise. Padding is left out of the mean. A part at the end that doesn't
    fill a window is left out. With `ceil = true` one more window covers it, if that window starts in
    the image or in the padding before it, and its mean is that of the cells it meets.
    """

    name = "avg_pool"
    title = "Average Pooling"
    example = "avg_pool(2x2)"
    why = (
        "the mean of a reshape has a cheap gradient, and needs no windows",
        "sums of slices have a cheap gradient: 1.3 against 5.7 ms for windows of 3x3 over [16, 55, 55, 64], 2 apart",
    )
    linear = True

    def disjoint(self, site: Site, window: Shape) -> Code:
        whole = tuple(n * k for n, k in zip(site.after.spatial, window, strict=True))
        if site.before.spatial != whole:
            return call(of_any("avg_pool_disjoint", window), site.x, window=window)
        return mean_of_parts(site, window)

    def window_kernel(self, x: TensorType) -> str:
        return of_any("avg_pool_windows", x.spatial)


class AdaptiveAvgPool(Op):
    """The mean of each of as many windows as are asked for: [height, width, channels] -> [height', width', channels].

    Sequences and volumes likewise. Of n cells and m windows the i-th (from 0) runs from ⌊i n / m⌋ to
    ⌈(i + 1) n / m⌉, as in PyTorch: windows may overlap, and differ in size where m doesn't divide n.
    """

    name = "adaptive_avg_pool"
    drawing = "pool"
    example = "adaptive_avg_pool(7x7) -> flatten"

    size = Window("how many cells remain, `7x7` or `7`")

    def output(self, x: TensorType) -> TensorType:
        need_cells(x, self.name)
        return TensorType((*self._size(x), x.channels))

    def sight(self, x: TensorType) -> tuple[tuple[int, int], ...]:
        """The largest window, and the largest step."""
        largest = [
            (max(-((i + 1) * n // -m) - i * n // m for i in range(m)), -(-n // m))
            for n, m in zip(x.spatial, self._size(x), strict=True)
        ]
        return tuple(largest)

    def lower(self, site: Site) -> Lowered:
        sizes = list(zip(site.before.spatial, site.after.spatial, strict=True))
        if all(n % m == 0 for n, m in sizes):
            return Lowered.same(mean_of_parts(site, tuple(n // m for n, m in sizes)))
        return Lowered.same(call("adaptive_avg_pool", site.x, size=site.after.spatial))

    def _size(self, x: TensorType) -> Shape:
        return per_direction(self.size, len(x.spatial), "size")


def of_any(kernel: str, window: Shape) -> str:
    """The sibling of a kernel for images that serves any number of directions."""
    return kernel if len(window) == 2 else f"{kernel}_any"


def mean_of_parts(site: Site, window: Shape) -> Code:
    """The mean of windows that fill what enters: [rows, height, columns, width, channels]."""
    sizes = [n for pair in zip(site.after.spatial, window, strict=True) for n in pair]
    cells = Call("jnp.reshape", (site.x, Literal((-1, *sizes, site.before.channels))))
    axes = tuple(range(2, 2 * len(window) + 1, 2))
    return Call("jnp.mean", (cells, Literal(axes if len(axes) > 1 else 2)))


class GlobalPool(Op):
    """What both kinds share: one value a channel, of all positions."""

    drawing = "pool"
    function: ClassVar[str]

    def output(self, x: TensorType) -> TensorType:
        need_positions(x, self.name, "a flat value has no positions to pool: leave it out, or put it before `flatten`")
        return TensorType((x.channels,))

    def sight(self, x: TensorType) -> None:
        return None

    def words(self, x: TensorType) -> str:
        return self.title.lower()

    def lower(self, site: Site) -> Lowered:
        directions = len(site.before.spatial)
        axes = 1 if directions == 1 else tuple(range(1, directions + 1))
        return Lowered.same(call(self.function, site.x, axis=axes))


class GlobalAvgPool(GlobalPool):
    """The mean of each channel over all positions: [height, width, channels] -> [channels].

    Lin et al. (2014); of a sequence, [length, channels] -> [channels].
    """

    name = "global_avg_pool"
    title = "Global Average Pooling"
    example = "global_avg_pool -> dense(10)"
    linear = True
    function = "jnp.mean"


class GlobalMaxPool(GlobalPool):
    """The largest value of each channel over all positions: [height, width, channels] -> [channels].

    Of a sequence, [length, channels] -> [channels].
    """

    name = "global_max_pool"
    title = "Global Max Pooling"
    example = "global_max_pool -> dense(10)"
    function = "jnp.max"
