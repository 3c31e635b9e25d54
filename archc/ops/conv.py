"""Convolutions."""

from math import gcd

from archc.code import Call, Code, Literal, LiteralValue, Operation, call
from archc.ops.op import (
    Bias,
    Lowered,
    Op,
    Site,
    WeightSpec,
    in_brackets,
    need_image,
    need_positions,
    padding_pairs,
    per_direction,
    sliding,
    spread,
    windows,
)
from archc.parameters import Count, Padding, Unfit, Window, Word
from archc.types import Shape, TensorType

Pairs = tuple[tuple[int, int], ...]


class Conv(Op):
    """Slides `filters` windows over an image: [height, width, in] -> [height', width', filters].

    As everywhere in the field it is a cross-correlation: the kernel, [height, width, in / groups,
    filters], isn't flipped. `padding = same` gives ⌈n / stride⌉ windows, the odd cell at the end.
    The first of `groups` equal parts of the filters sees the first of as many parts of the
    channels, and so on.
    """

    name = "conv"
    drawing = "conv"
    keeps = "copy"
    title = "Convolution"
    example = "conv(32, 3x3, padding = same) -> relu"

    filters = Count("how many channels it gives")
    window = Window("how far each filter sees, `5x5` or `5`")
    stride = Window("cells between two windows", default=1)
    padding = Padding("cells put around the image", default=Word("valid"))
    bias = Bias("whether each filter has a bias, and how it starts", default=True)
    dilation = Window("how far apart the cells of a window lie", default=1, named=True)
    groups = Count("parts of the channels that don't see each other", default=1, named=True)

    def check(self) -> None:
        if self.filters % self.groups:
            enough = -(-self.filters // self.groups) * self.groups
            raise Unfit(
                f"{self.filters} filters don't fall into {self.groups} equal groups",
                f"a number of filters that {self.groups} divides, such as {enough}",
                parameter="groups",
            )

    def output(self, x: TensorType) -> TensorType:
        need_image(x, self.name)
        if x.channels % self.groups:
            most = gcd(x.channels, self.filters)
            fitting = [*(n for n in range(1, min(most, 9)) if most % n == 0), most]
            raise Unfit(
                f"the {x.channels} channels that enter don't fall into {self.groups} equal groups",
                f"`groups` divides the {x.channels} channels and the {self.filters} filters: "
                f"{' or '.join(map(str, fitting[-2:]))}, for one",
                parameter="groups",
            )
        window, stride, padding = self._window(x), self._stride(x), self._padding(x)
        return TensorType((*windows(x, window, stride, padding, self.name, self._dilation(x)), self.filters))

    def sight(self, x: TensorType) -> tuple[tuple[int, int], ...]:
        return tuple(zip(spread(self._window(x), self._dilation(x)), self._stride(x), strict=True))

    def weights(self, x: TensorType) -> tuple[WeightSpec, ...]:
        height, width = self._window(x)
        kernel = WeightSpec("kernel", (height, width, x.channels // self.groups, self.filters))
        return (kernel, *Bias.spec(self.bias, self.filters))

    def words(self, x: TensorType) -> str:
        window = "x".join(map(str, (*self._window(x), x.channels // self.groups)))
        dilated = f"dilation {in_brackets(self._dilation(x))}, " if max(self._dilation(x)) > 1 else ""
        return f"{self.filters} {window} convolutions with {dilated}{sliding(self._stride(x), self._padding(x))}"

    def macs(self, x: TensorType) -> int:
        return self.output(x).size * TensorType(self.weights(x)[0].shape[:-1]).size

    def lower(self, site: Site) -> Lowered:
        x = site.before
        arguments = (site.x, site.weight("kernel"))
        options: dict[str, LiteralValue] = {"stride": self._stride(x), "padding": self._padding(x)}
        kernel = "conv2d"
        if max(self._dilation(x)) > 1:
            kernel, options["dilation"] = "conv2d_general", self._dilation(x)
        if self.groups > 1:
            # with a channel and a filter to each group, XLA's own way is as fast, and shorter to compile
            depthwise = self.groups == x.channels == self.filters
            kernel, options["groups"] = "conv2d_general" if depthwise else "conv2d_grouped", self.groups
        return biased(site, self.bias, call(kernel, *arguments, **options))

    def _window(self, x: TensorType) -> Shape:
        return per_direction(self.window, len(x.spatial), "window")

    def _stride(self, x: TensorType) -> Shape:
        return per_direction(self.stride, len(x.spatial), "stride")

    def _dilation(self, x: TensorType) -> Shape:
        return per_direction(self.dilation, len(x.spatial), "dilation")

    def _padding(self, x: TensorType) -> Pairs:
        return padding_pairs(self.padding, x.spatial, spread(self._window(x), self._dilation(x)), self._stride(x))


class ConvTranspose(Op):
    """The transpose of a convolution, which makes an image larger: each cell is spread over a window.

    [height, width, in] -> [height', width', filters]. Of n cells become (n - 1) · stride - 2 ·
    padding + window, as in PyTorch and Caffe, or with `padding = same` n · stride. The kernel is
    [height, width, in, filters]. Also called a deconvolution.
    """

    name = "conv_transpose"
    drawing = "conv"
    keeps = "copy"
    title = "Transposed Convolution"
    example = "conv_transpose(64, 2x2, stride = 2) -> relu"

    filters = Count("how many channels it gives")
    window = Window("over how much each cell is spread, `2x2` or `2`")
    stride = Window("cells between two windows: how many times larger the image becomes", default=1)
    padding = Padding("cells cut off all around", default=Word("valid"))
    bias = Bias("whether each filter has a bias, and how it starts", default=True)

    def output(self, x: TensorType) -> TensorType:
        need_image(x, self.name)
        sizes = []
        for n, k, s, (before, after) in zip(x.spatial, self._window(x), self._stride(x), self._cut(x), strict=True):
            size = (n - 1) * s + k - before - after
            if size < 1:
                raise Unfit(
                    f"a padding of {before} cuts off all of the {(n - 1) * s + k} cells there are",
                    f"at most {((n - 1) * s + k - 1) // 2}",
                    parameter="padding",
                )
            sizes.append(size)
        return TensorType((*sizes, self.filters))

    def sight(self, x: TensorType) -> tuple[tuple[int, int], ...]:
        """Neighbours look less than a cell apart where the stride is above 1: 1 is the nearest whole number."""
        return tuple((-(-k // s), 1) for k, s in zip(self._window(x), self._stride(x), strict=True))

    def weights(self, x: TensorType) -> tuple[WeightSpec, ...]:
        kernel = WeightSpec("kernel", (*self._window(x), x.channels, self.filters))
        return (kernel, *Bias.spec(self.bias, self.filters))

    def macs(self, x: TensorType) -> int:
        return x.size // x.channels * TensorType(self.weights(x)[0].shape).size

    def lower(self, site: Site) -> Lowered:
        x = site.before
        arguments = (site.x, site.weight("kernel"))
        if self._stride(x) == self._window(x) and not any(map(any, self._cut(x))):
            return biased(site, self.bias, call("conv2d_transposed_disjoint", *arguments))
        if max(self._stride(x)) == 1:
            # a convolution with the kernel turned round, of an image with as much padding as it reaches
            turned = call("jax.lax.rev", site.weight("kernel"), Literal((0, 1)))
            padding = tuple((k - 1 - a, k - 1 - b) for k, (a, b) in zip(self._window(x), self._cut(x), strict=True))
            return biased(site, self.bias, call("conv2d", site.x, turned, stride=(1, 1), padding=padding))
        spread_out = call("conv2d_transposed", *arguments, stride=self._stride(x), cut=self._cut(x))
        return biased(site, self.bias, spread_out)

    def _window(self, x: TensorType) -> Shape:
        return per_direction(self.window, len(x.spatial), "window")

    def _stride(self, x: TensorType) -> Shape:
        return per_direction(self.stride, len(x.spatial), "stride")

    def _cut(self, x: TensorType) -> Pairs:
        """Cells cut off before and after in each direction; where `same` needs more cells, fewer than none."""
        window, stride = self._window(x), self._stride(x)
        if self.padding == "same":
            return tuple((max(k - s, 0) // 2, k - s - max(k - s, 0) // 2) for k, s in zip(window, stride, strict=True))
        return padding_pairs(self.padding, x.spatial, window, stride)


class Pointwise(Op):
    """`dense` at each position of an image or sequence: [..., in] -> [..., units].

    The same as a 1x1 convolution; the kernel is [in, units].
    """

    name = "pointwise"
    drawing = "dense"
    keeps = "input"
    example = "pointwise(64) -> relu"

    units = Count("how many channels it gives")
    bias = Bias("whether each channel has a bias, and how it starts", default=True)

    def output(self, x: TensorType) -> TensorType:
        need_positions(x, self.name, f"of a flat value it is `dense({self.units})`")
        return TensorType((*x.spatial, self.units))

    def weights(self, x: TensorType) -> tuple[WeightSpec, ...]:
        return (WeightSpec("kernel", (x.channels, self.units)), *Bias.spec(self.bias, self.units))

    def macs(self, x: TensorType) -> int:
        return self.output(x).size * x.channels

    def lower(self, site: Site) -> Lowered:
        product = Operation("@", site.x, site.weight("kernel"))
        return Lowered.same(product if self.bias is False else Operation("+", product, site.weight("bias")))


def biased(site: Site, bias: object, convolved: Call) -> Lowered:
    """A convolution, and its bias on a line of its own."""
    values: tuple[Code, ...] = (convolved,)
    return Lowered.same(*values, *(() if bias is False else (Operation("+", site.out, site.weight("bias")),)))
