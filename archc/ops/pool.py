"""Pooling."""

from math import prod
from typing import ClassVar

from archc.code import Call, Code, Literal, call
from archc.ops.op import (
    Buffers,
    Lowered,
    Op,
    Site,
    need_image,
    need_positions,
    padding_pairs,
    per_direction,
    sliding,
    windows,
)
from archc.parameters import Flag, Padding, Unfit, Window, Word
from archc.types import TensorType


class Pool(Op):
    """What both kinds share: windows, by default side by side."""

    drawing = "pool"
    window_kernel: ClassVar[str]
    """For any windows."""

    window = Window("how far each window sees, `2x2` or `2`")
    stride = Window("cells between two windows; the window's own size unless given", default=None)
    padding = Padding("cells put around the image; they never count", default=Word("valid"))
    ceil = Flag("whether a last window may reach past the end", default=False, named=True)

    def output(self, x: TensorType) -> TensorType:
        need_image(x, self.name)
        padding = self._around(x)
        for (before, after), k in zip(padding, self._window(x), strict=True):
            if self.padding != "same" and max(before, after) >= k:
                raise Unfit(
                    f"with a padding of {max(before, after)} a window of {k} would see nothing else",
                    f"at most {k - 1}",
                    parameter="padding",
                )
        windows(x, self._window(x), self._stride(x), padding, self.name)
        return TensorType((*windows(x, self._window(x), self._stride(x), self._padding(x), self.name), x.channels))

    def sight(self, x: TensorType) -> tuple[tuple[int, int], ...]:
        return tuple(zip(self._window(x), self._stride(x), strict=True))

    def words(self, x: TensorType) -> str:
        window = "x".join(map(str, self._window(x)))
        return f"{window} {self.title.lower()} with {sliding(self._stride(x), self._padding(x))}"

    def lower(self, site: Site) -> Lowered:
        x = site.before
        window, stride, padding = self._window(x), self._stride(x), self._padding(x)
        if stride == window and not any(map(any, padding)):
            return Lowered.same(self.disjoint(site, window))
        return Lowered.same(call(self.window_kernel, site.x, window=window, stride=stride, padding=padding))

    def disjoint(self, site: Site, window: tuple[int, ...]) -> Code:
        """For windows side by side without padding, which need no sliding."""
        raise NotImplementedError

    def _window(self, x: TensorType) -> tuple[int, ...]:
        return per_direction(self.window, len(x.spatial), "window")

    def _stride(self, x: TensorType) -> tuple[int, ...]:
        return self._window(x) if self.stride is None else per_direction(self.stride, len(x.spatial), "stride")

    def _around(self, x: TensorType) -> tuple[tuple[int, int], ...]:
        """The padding as it is written."""
        return padding_pairs(self.padding, x.spatial, self._window(x), self._stride(x))

    def _padding(self, x: TensorType) -> tuple[tuple[int, int], ...]:
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

    A part at the end that doesn't fill a window is left out. With `ceil = true` one more window covers
    it, if that window starts in the image or in the padding before it, as in Caffe and PyTorch.
    """

    name = "max_pool"
    title = "Max Pooling"
    example = "max_pool(2x2)"
    window_kernel = "max_pool_windows"

    def buffers(self, x: TensorType) -> Buffers:
        """Side by side: the maxima of the first cells of each window, of the first two, …

        Else for each window the four numbers of the cell that won, and for each cell its four numbers
        and a 0 to which gradients are added.
        """
        y, window, padding = self.output(x), self._window(x), self._padding(x)
        if self._stride(x) == window and not any(map(any, padding)):
            return Buffers(kept=y.size * (prod(window) - 1))
        sides = (n + before + after for n, (before, after) in zip(x.spatial, padding, strict=True))
        cells = prod(sides) * x.channels
        return Buffers(kept=(x.rank + 1) * y.size, early=(x.rank + 1) * cells, zeros=cells)

    def disjoint(self, site: Site, window: tuple[int, ...]) -> Code:
        return call("max_pool_disjoint", site.x, window=window)


class AvgPool(Pool):
    """The mean of each window: [height, width, channels] -> [height', width', channels].

    Padding is left out of the mean. A part at the end that doesn't fill a window is left out. With
    `ceil = true` one more window covers it, if that window starts in the image or in the padding
    before it, and its mean is that of the cells it meets.
    """

    name = "avg_pool"
    title = "Average Pooling"
    example = "avg_pool(2x2)"
    linear = True
    window_kernel = "avg_pool_windows"

    def disjoint(self, site: Site, window: tuple[int, ...]) -> Code:
        height, width, channels = site.before.shape
        rows, columns, _ = site.after.shape
        if (height, width) != (rows * window[0], columns * window[1]):
            return call("avg_pool_disjoint", site.x, window=window)
        cells = Call("jnp.reshape", (site.x, Literal((-1, rows, window[0], columns, window[1], channels))))
        return Call("jnp.mean", (cells, Literal((2, 4))))


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
