"""Convolutions whose weights aren't shared."""

from archc.code import LiteralValue, call
from archc.ops.connect import bias_of_units
from archc.ops.op import Bias, Lowered, Site, WeightSpec
from archc.ops.window import Sliding, biased, cells
from archc.parameters import Count, Padding, Window, Word
from archc.types import TensorType


class LocallyConnected(Sliding):
    """A `conv` with other weights at each position: [height, width, in] -> [height', width', filters].

    Sequences and volumes likewise. The kernel is [height', width', height, width, in, filters], the
    window's sizes behind those of what leaves; every unit has a bias of its own, [height', width',
    filters]. LeCun (1989) compares such networks with convolutional ones.
    """

    name = "locally_connected"
    keeps = "copy"
    title = "Locally Connected"
    example = "locally_connected(8, 3x3) -> relu"

    filters = Count("how many channels it gives")
    window = Window("how far each unit sees, `5x5` or `5`")
    stride = Window("cells between two windows", default=1)
    padding = Padding("cells put around the image", default=Word("valid"))
    bias = Bias("whether each unit has a bias, and how it starts", default=True)

    def output(self, x: TensorType) -> TensorType:
        return TensorType((*self._positions(x), self.filters))

    def weights(self, x: TensorType) -> tuple[WeightSpec, ...]:
        window, after = self._window(x), self.output(x)
        fans = (cells(window) * x.channels, cells(window) * self.filters)
        kernel = WeightSpec("kernel", (*after.spatial, *window, x.channels, self.filters), fans=fans)
        return (kernel, *bias_of_units(self.bias, after))

    def macs(self, x: TensorType) -> int:
        return TensorType(self.weights(x)[0].shape).size

    def lower(self, site: Site) -> Lowered:
        x = site.before
        options: dict[str, LiteralValue] = {"stride": self._stride(x), "padding": self._padding(x)}
        return biased(site, self.bias, call("locally_connected", site.x, site.weight("kernel"), **options))
