"""Convolutions."""

from archc.code import Operation, call
from archc.ops.op import Bias, Lowered, Op, Site, WeightSpec, need_image, padding_pairs, per_direction, windows
from archc.parameters import Count, Padding, Window, Word
from archc.types import TensorType


class Conv(Op):
    """Slides `filters` windows over an image: [height, width, in] -> [height', width', filters].

    As everywhere in the field it is a cross-correlation: the kernel, [height, width, in, filters],
    isn't flipped. `padding = same` gives ⌈n / stride⌉ windows, the odd cell at the end.
    """

    name = "conv"
    drawing = "conv"
    example = "conv(32, 3x3, padding = same) -> relu"

    filters = Count("how many channels it gives")
    window = Window("how far each filter sees, `5x5` or `5`")
    stride = Window("cells between two windows", default=1)
    padding = Padding("cells put around the image", default=Word("valid"))
    bias = Bias("whether each filter has a bias, and how it starts", default=True)

    def output(self, x: TensorType) -> TensorType:
        need_image(x, self.name)
        return TensorType((*windows(x, self._window(x), self._stride(x), self._padding(x), self.name), self.filters))

    def weights(self, x: TensorType) -> tuple[WeightSpec, ...]:
        height, width = self._window(x)
        kernel = WeightSpec("kernel", (height, width, x.channels, self.filters))
        return (kernel, *Bias.spec(self.bias, self.filters))

    def macs(self, x: TensorType) -> int:
        height, width = self._window(x)
        return self.output(x).size * height * width * x.channels

    def lower(self, site: Site) -> Lowered:
        x = site.before
        convolved = call("conv2d", site.x, site.weight("kernel"), stride=self._stride(x), padding=self._padding(x))
        if self.bias is False:
            return Lowered.same(convolved)
        return Lowered.same(convolved, Operation("+", site.out, site.weight("bias")))

    def _window(self, x: TensorType) -> tuple[int, ...]:
        return per_direction(self.window, len(x.spatial), "window")

    def _stride(self, x: TensorType) -> tuple[int, ...]:
        return per_direction(self.stride, len(x.spatial), "stride")

    def _padding(self, x: TensorType) -> tuple[tuple[int, int], ...]:
        return padding_pairs(self.padding, x.spatial, self._window(x), self._stride(x))
