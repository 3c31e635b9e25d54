"""Convolutions that filter each channel by itself."""

from typing import Any

from archc.code import Call, LiteralValue, Operation, call
from archc.ops.op import Bias, Lowered, Site, WeightSpec
from archc.ops.window import Sliding, biased, cells, directions
from archc.parameters import Count, Padding, Unfit, Window, Word, show
from archc.types import TensorType


class Channelwise(Sliding):
    """What both kinds share: `multiplier` filters for each channel."""

    keeps = "input"

    multiplier: Any

    def _kernel(self, x: TensorType, name: str) -> WeightSpec:
        """[height, width, 1, in * multiplier]; what a channel gives stands side by side."""
        window = self._window(x)
        fans = (cells(window), cells(window) * self.multiplier)
        return WeightSpec(name, (*window, 1, x.channels * self.multiplier), fans=fans)

    def _filtered(self, site: Site, name: str) -> Call:
        x = site.before
        options: dict[str, LiteralValue] = {"stride": self._stride(x), "padding": self._padding(x)}
        if max(self._dilation(x)) > 1:
            options["dilation"] = self._dilation(x)
        kind = "general"
        if self.multiplier > 1:
            kind, options["multiplier"] = "depthwise", self.multiplier
        else:
            options["groups"] = x.channels
        return call(f"conv{directions(x)}_{kind}", site.x, site.weight(name), **options)


class DepthwiseConv(Channelwise):
    """Slides a window over each channel by itself: [height, width, in] -> [height', width', in * multiplier].

    Sequences and volumes likewise. The kernel is [height, width, 1, in * multiplier]; the first
    `multiplier` channels that leave are those of the first that enters. As in `conv`, there is
    `padding = causal` for sequences, and `[(1, 2), (0, 1)]` for cells before and after.
    """

    name = "depthwise_conv"
    title = "Depthwise Convolution"
    example = "depthwise_conv(3x3, padding = same) -> relu"

    window = Window("how far each filter sees, `3x3` or `3`")
    stride = Window("cells between two windows", default=1)
    padding = Padding("cells put around the image", default=Word("valid"))
    bias = Bias("whether each filter has a bias, and how it starts", default=True)
    multiplier = Count("how many filters each channel has", default=1, named=True)
    dilation = Window("how far apart the cells of a window lie", default=1, named=True)

    def check(self) -> None:
        # nobody leaps so far; `conv(16, 3x3)` was in mind
        if isinstance(self.window, int) and isinstance(self.stride, tuple) and min(self.stride) > 2:
            size = show(self.stride)
            raise Unfit(
                f"`depthwise_conv` takes no number of filters, and its second value, {size}, would be its stride",
                f"each channel has `multiplier` filters: `depthwise_conv({size})`, or `multiplier = 2` for two each",
                parameter="window",
            )

    def output(self, x: TensorType) -> TensorType:
        return TensorType((*self._positions(x), x.channels * self.multiplier))

    def weights(self, x: TensorType) -> tuple[WeightSpec, ...]:
        return (self._kernel(x, "kernel"), *Bias.spec(self.bias, x.channels * self.multiplier))

    def macs(self, x: TensorType) -> int:
        return cells(self._positions(x)) * TensorType(self.weights(x)[0].shape).size

    def lower(self, site: Site) -> Lowered:
        return biased(site, self.bias, self._filtered(site, "kernel"))


class SeparableConv(Channelwise):
    """A `depthwise_conv`, then a `pointwise`: [height, width, in] -> [height', width', filters].

    Sequences and volumes likewise. The depthwise kernel is [height, width, 1, in * multiplier], the
    pointwise one [in * multiplier, filters]; the bias stands at the end. MobileNet puts norms and
    activations between the two, and so writes them as two layers.
    """

    name = "separable_conv"
    title = "Separable Convolution"
    example = "separable_conv(64, 3x3, padding = same) -> relu"

    filters = Count("how many channels it gives")
    window = Window("how far each filter sees, `3x3` or `3`")
    stride = Window("cells between two windows", default=1)
    padding = Padding("cells put around the image", default=Word("valid"))
    bias = Bias("whether each filter has a bias, and how it starts", default=True)
    multiplier = Count("how many depthwise filters each channel has", default=1, named=True)
    dilation = Window("how far apart the cells of a window lie", default=1, named=True)

    def output(self, x: TensorType) -> TensorType:
        return TensorType((*self._positions(x), self.filters))

    def weights(self, x: TensorType) -> tuple[WeightSpec, ...]:
        pointwise = WeightSpec("pointwise_kernel", (x.channels * self.multiplier, self.filters))
        return (self._kernel(x, "depthwise_kernel"), pointwise, *Bias.spec(self.bias, self.filters))

    def macs(self, x: TensorType) -> int:
        both = self.weights(x)[:2]
        return cells(self._positions(x)) * sum(TensorType(kernel.shape).size for kernel in both)

    def lower(self, site: Site) -> Lowered:
        product = Operation("@", site.out, site.weight("pointwise_kernel"))
        return biased(site, self.bias, self._filtered(site, "depthwise_kernel"), product)
