"""Pooling."""

from typing import ClassVar

from archc.code import Call, Code, Literal, call
from archc.ops.op import Lowered, Op, Site, need_image, padding_pairs, per_direction, windows
from archc.parameters import Padding, Unfit, Window, Word
from archc.types import TensorType


class Pool(Op):
    """What both kinds share: windows, by default side by side; a part that doesn't fill one is left out."""

    drawing = "pool"
    window_kernel: ClassVar[str]
    """For any windows."""

    window = Window("how far each window sees, `2x2` or `2`")
    stride = Window("cells between two windows; the window's own size unless given", default=None)
    padding = Padding("cells put around the image; they never count", default=Word("valid"))

    def output(self, x: TensorType) -> TensorType:
        need_image(x, self.name)
        padding = self._padding(x)
        for (before, after), k in zip(padding, self._window(x), strict=True):
            if self.padding != "same" and max(before, after) >= k:
                raise Unfit(
                    f"with a padding of {max(before, after)} a window of {k} would see nothing else",
                    f"at most {k - 1}",
                    parameter="padding",
                )
        return TensorType((*windows(x, self._window(x), self._stride(x), padding, self.name), x.channels))

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

    def _padding(self, x: TensorType) -> tuple[tuple[int, int], ...]:
        return padding_pairs(self.padding, x.spatial, self._window(x), self._stride(x))


class MaxPool(Pool):
    """The largest value of each window: [height, width, channels] -> [height', width', channels]."""

    name = "max_pool"
    example = "max_pool(2x2)"
    window_kernel = "max_pool_windows"

    def disjoint(self, site: Site, window: tuple[int, ...]) -> Code:
        return call("max_pool_disjoint", site.x, window=window)


class AvgPool(Pool):
    """The mean of each window: [height, width, channels] -> [height', width', channels].

    Padding is left out of the mean.
    """

    name = "avg_pool"
    example = "avg_pool(2x2)"
    window_kernel = "avg_pool_windows"

    def disjoint(self, site: Site, window: tuple[int, ...]) -> Code:
        height, width, channels = site.before.shape
        rows, columns, _ = site.after.shape
        if (height, width) != (rows * window[0], columns * window[1]):
            return call("avg_pool_disjoint", site.x, window=window)
        cells = Call("jnp.reshape", (site.x, Literal((-1, rows, window[0], columns, window[1], channels))))
        return Call("jnp.mean", (cells, Literal((2, 4))))
