"""Convolutions turned round, which make larger."""

from archc.code import Literal, LiteralValue, call
from archc.ops.conv import check_groups, check_groups_of
from archc.ops.op import Bias, Lowered, Site, WeightSpec, need_cells, need_order, padding_pairs
from archc.ops.window import Pairs, Sliding, biased, cells, directions
from archc.parameters import Count, Padding, Unfit, Window, Word
from archc.types import TensorType


class ConvTranspose(Sliding):
    """The transpose of a convolution, which makes an image larger: each cell is spread over a window.

    [height, width, in] -> [height', width', filters]; sequences and volumes likewise. Of n cells
    become (n - 1) · stride - 2 · padding + window, as in PyTorch and Caffe, or with `padding = same`
    and `causal` n · stride; `causal` cuts off the end alone. Pairs, `[(1, 0), (1, 0)]`, say what is cut
    off before and after. The kernel is [height, width, in / groups, filters]. Also called a deconvolution.
    """

    name = "conv_transpose"
    keeps = "copy"
    title = "Transposed Convolution"
    example = "conv_transpose(64, 2x2, stride = 2) -> relu"

    filters = Count("how many channels it gives")
    window = Window("over how much each cell is spread, `2x2` or `2`")
    stride = Window("cells between two windows: how many times larger the image becomes", default=1)
    padding = Padding("cells cut off all around", default=Word("valid"))
    bias = Bias("whether each filter has a bias, and how it starts", default=True)
    dilation = Window("how far apart the cells of a window lie", default=1, named=True)
    groups = Count("parts of the channels that don't meet", default=1, named=True)

    def check(self) -> None:
        check_groups(self.filters, self.groups)

    def output(self, x: TensorType) -> TensorType:
        need_cells(x, self.name)
        check_groups_of(x, self.filters, self.groups)
        sizes = []
        for n, k, s, (before, after) in zip(x.spatial, self._span(x), self._stride(x), self._cut(x), strict=True):
            size = (n - 1) * s + k - before - after
            if size < 1:
                # of a pair, what is cut off in all
                each = before if before == after else before + after
                share = 2 if before == after else 1
                raise Unfit(
                    f"a padding of {each} cuts off all of the {(n - 1) * s + k} cells there are",
                    f"at most {((n - 1) * s + k - 1) // share}",
                    parameter="padding",
                )
            sizes.append(size)
        return TensorType((*sizes, self.filters))

    def sight(self, x: TensorType) -> tuple[tuple[int, int], ...]:
        """Neighbours look less than a cell apart where the stride is above 1: 1 is the nearest whole number."""
        return tuple((-(-k // s), 1) for k, s in zip(self._span(x), self._stride(x), strict=True))

    def weights(self, x: TensorType) -> tuple[WeightSpec, ...]:
        window, inputs, outputs = self._window(x), x.channels // self.groups, self.filters // self.groups
        fans = (cells(window) * inputs, cells(window) * outputs) if self.groups > 1 else None
        kernel = WeightSpec("kernel", (*window, inputs, self.filters), fans=fans)
        return (kernel, *Bias.spec(self.bias, self.filters))

    def macs(self, x: TensorType) -> int:
        return x.size // x.channels * TensorType(self.weights(x)[0].shape).size

    def lower(self, site: Site) -> Lowered:
        x, kernel = site.before, site.weight("kernel")
        stride, cut, conv = self._stride(x), self._cut(x), f"conv{directions(x)}"
        options: dict[str, LiteralValue] = {"stride": stride, "cut": cut}
        kind = "_transposed"
        if max(self._dilation(x)) > 1 or self.groups > 1:
            kind, options["dilation"] = "_transposed_general", self._dilation(x)
            if self.groups > 1:
                kind, options["groups"] = "_transposed_grouped", self.groups
        elif stride == self._window(x) and not any(map(any, cut)):
            kind, options = "_transposed_disjoint", {}
        elif max(stride) == 1 and all(max(pair) < k for k, pair in zip(self._window(x), cut, strict=True)):
            # the convolution with the kernel turned round, of an image with as much padding as it reaches
            kernel = call("jax.lax.rev", kernel, Literal(tuple(range(len(stride)))))
            padding = tuple((k - 1 - a, k - 1 - b) for k, (a, b) in zip(self._window(x), cut, strict=True))
            kind, options = "", {"stride": stride, "padding": padding}
        return biased(site, self.bias, call(f"{conv}{kind}", site.x, kernel, **options))

    def _cut(self, x: TensorType) -> Pairs:
        """Cells cut off before and after in each direction; where `same` needs more cells, fewer than none."""
        span, stride = self._span(x), self._stride(x)
        if self.padding == "causal":
            need_order(x.spatial)
            return ((0, span[0] - stride[0]),)
        if self.padding == "same":
            return tuple((max(k - s, 0) // 2, k - s - max(k - s, 0) // 2) for k, s in zip(span, stride, strict=True))
        return padding_pairs(self.padding, x.spatial, span, stride)
