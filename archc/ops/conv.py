"""Convolutions."""

from dataclasses import replace
from math import gcd
from typing import Any

from archc.code import Code, LiteralValue, Operation, call
from archc.ops.connect import (
    Connections,
    UnitBias,
    bias_of,
    check_channels,
    check_connections,
    connected_kernel,
)
from archc.ops.form import Form, Target
from archc.ops.op import (
    Bias,
    Lowered,
    Op,
    Site,
    Weights,
    WeightSpec,
    in_brackets,
    need_positions,
    shape_of,
    sliding,
    written_out,
)
from archc.ops.window import Pairs, Sliding, biased, cells, directions, padded
from archc.parameters import Count, Described, Padding, Real, Unfit, Window, Word
from archc.types import Shape, TensorType


class Conv(Sliding):
    """Slides `filters` windows over an image: [height, width, in] -> [height', width', filters].

    Over a sequence too, [length, in] -> [length', filters], and a volume, [depth, height, width, in]
    -> [depth', height', width', filters]. As everywhere in the field it is a cross-correlation: the
    kernel, [height, width, in / groups, filters], isn't flipped. `padding = same` gives ⌈n / stride⌉
    windows, the odd cell at the end; `causal`, in a sequence, puts all cells before it, so that none
    sees what comes later; `[(1, 2), (0, 1)]` is cells before and after in each direction. The first
    of `groups` equal parts of the filters sees the first of as many parts of the channels, and so on.

    With `connect` the kernel is [height, width, connections], filter by filter, as in LeCun et al.
    (1998), table I; `bias = per_unit` is LeCun et al. (1989). `weights` gives the kernel's first
    values, nested as its shape; for one channel and one filter [height, width] will do.
    """

    name = "conv"
    keeps = "copy"
    title = "Convolution"
    example = "conv(32, 3x3, padding = same) -> relu"

    filters = Count("how many channels it gives")
    window = Window("how far each filter sees, `5x5` or `5`")
    stride = Window("cells between two windows", default=1)
    padding = Padding("cells put around the image", default=Word("valid"))
    bias = UnitBias("whether each filter has a bias, or each unit (`per_unit`), and how it starts", default=True)
    dilation = Window("how far apart the cells of a window lie", default=1, named=True)
    groups = Count("parts of the channels that don't see each other", default=1, named=True)
    connect = Connections(
        "the channels that each filter reads, `[[0, 1], [1, 2]]` for two", default=Word("all"), named=True
    )
    pad_value = Real("what the padding holds", default=0, named=True)
    weights_ = Weights("the kernel's first values, in its shape, or a CSV file of them", default=None, named=True)

    def check(self) -> None:
        check_groups(self.filters, self.groups)
        check_connections(self.connect, self.filters, self.groups)
        if self.pad_value != 0 and self.padding == "valid":
            raise Unfit(
                "`pad_value` is what the padding holds, and there is none",
                "`padding = same`, or a number of cells",
                parameter="pad_value",
            )

    def output(self, x: TensorType) -> TensorType:
        positions = self._positions(x)
        check_groups_of(x, self.filters, self.groups)
        check_channels(self.connect, x)
        return TensorType((*positions, self.filters))

    def weights(self, x: TensorType) -> tuple[WeightSpec, ...]:
        kernel, bias = self._kernel(x), bias_of(self.bias, self.output(x))
        if self.weights_ is not None:
            kernel = replace(kernel, init=written_kernel(self.weights_, kernel.shape))
        return (kernel, *bias)

    def _kernel(self, x: TensorType) -> WeightSpec:
        window = self._window(x)
        if self.connect != "all":
            return connected_kernel(self.connect, window, x.channels)
        inputs, outputs = x.channels // self.groups, self.filters // self.groups
        fans = (cells(window) * inputs, cells(window) * outputs) if self.groups > 1 else None
        return WeightSpec("kernel", (*window, inputs, self.filters), fans=fans)

    def words(self, x: TensorType) -> str:
        window = "x".join(map(str, (*self._window(x), x.channels // self.groups)))
        dilated = f"dilation {in_brackets(self._dilation(x))}, " if max(self._dilation(x)) > 1 else ""
        return f"{self.filters} {window} convolutions with {dilated}{sliding(self._stride(x), self._padding(x))}"

    def macs(self, x: TensorType) -> int:
        return cells(self._positions(x)) * TensorType(self.weights(x)[0].shape).size

    def forms(self, x: TensorType, target: Target) -> tuple[Form, ...]:
        if target != "cpu" or len(x.spatial) != 2 or self.groups > 1 or max(self._dilation(x)) > 1:
            return ()
        return conv_forms(x, self._window(x), self._stride(x), self._padding(x), self.filters)

    def turns(self, x: TensorType) -> bool:
        """Products of matrices read it as it is."""
        return (self.forms(x, "cpu") or (PLAIN,))[0] in (APART, PLAIN, PRODUCTS)

    def lower(self, site: Site) -> Lowered:
        x, kernel = site.before, site.weight("kernel")
        padding, slid, steps = self._padding(x), site.x, list[Code]()
        if self.pad_value != 0 and any(map(any, padding)):
            steps.append(padded(site.x, padding, self.pad_value))
            padding, slid = tuple((0, 0) for _ in padding), site.out
        if self.connect != "all":
            kernel = call("connected", kernel, channels=x.channels, connect=self.connect)
        return biased(site, self.bias, *steps, self._convolved(x, slid, kernel, padding, site.form))

    def _convolved(self, x: TensorType, slid: Code, kernel: Code, padding: Pairs, form: str) -> Code:
        if form == POINTWISE.kernel:
            return call(form, slid, kernel, stride=self._stride(x))
        options: dict[str, LiteralValue] = {"stride": self._stride(x), "padding": padding}
        kind = ""
        if max(self._dilation(x)) > 1:
            kind, options["dilation"] = "_general", self._dilation(x)
        if self.groups > 1:
            # with a channel and a filter to each group, XLA's own way is as fast, and shorter to compile
            depthwise = self.groups == x.channels == self.filters
            kind, options["groups"] = "_general" if depthwise else "_grouped", self.groups
        return call(form or f"conv{directions(x)}{kind}", slid, kernel, **options)


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

    def forms(self, x: TensorType, target: Target) -> tuple[Form, ...]:
        return (ROWS, AS_IT_IS) if target == "cpu" else ()

    def lower(self, site: Site) -> Lowered:
        kernel = site.weight("kernel")
        product = call(site.form, site.x, kernel) if site.form else Operation("@", site.x, kernel)
        return Lowered.same(product if self.bias is False else Operation("+", product, site.weight("bias")))


AS_IT_IS = Form("", "as a product of all positions", "it is the shortest", plain=True)
ROWS = Form(
    "product_of_rows",
    "as a product of rows",
    "XLA's products of more than matrices have slow gradients: 2.2 against 3.7 ms for [128, 100, 32] to 64 channels",
)
PLAIN = Form("conv2d", "by XLA's convolution", "no other form was measured to be faster for such shapes", plain=True)
APART = Form(
    "conv2d_apart",
    "by XLA's convolution, apart from what is before it",
    "its gradient reads x with the batch turned innermost, and to compute x on the way there is slow: steps of "
    "ResNet-20 take 98 ms so, and 119 without",
    together=True,
    barrier=True,
)
PRODUCTS = Form(
    "conv2d_by_products",
    "as a sum of products of numbers",
    "so few channels leave XLA's convolution idle: with the kernel's gradient 1.2 against 3.2 ms for 8 filters of 3x3 "
    "over [128, 28, 28, 1], and 1.7 against 3.8 for 6 of 5x5 with `tanh` and `avg_pool`",
    barrier=True,
)
LINES = Form(
    "conv2d_by_lines",
    "as a product of whole lines",
    "so few channels leave XLA's convolution idle: with its gradients 1.6 against 3.3 ms for 4 filters of 5x5 over "
    "[128, 20, 20, 4], and steps of LeNet-5 3.7 against 4.4 for 16 over [128, 14, 14, 6]",
)
PATCHES = Form(
    "conv2d_by_patches",
    "as a product of patches",
    "XLA's convolution crawls where a window is larger than its image: 4 against 330 ms for 3x3 over [32, 2, 2, 512]",
)
POINTWISE = Form(
    "conv2d_pointwise",
    "as a product of every other cell",
    "a window of one cell needs no sliding: with its gradients 2.6 against 6.2 ms for steps of 2 over "
    "[128, 32, 32, 16]",
)
SPREAD = Form(
    "conv2d_spread_back",
    "its gradient spread cell by cell",
    "XLA's gradient works on the zeros between strides: with it 14 against 19 ms for 3x3 over [128, 32, 32, 16]",
    scattered=True,
)


def conv_forms(x: TensorType, window: Shape, stride: Shape, padding: Pairs, filters: int) -> tuple[Form, ...]:
    """The forms of a convolution of an image on a CPU; the bounds are those at which one was measured to win."""
    if cells(window) == 1 and not any(map(any, padding)):
        return (POINTWISE, APART, PLAIN) if max(stride) > 1 else (APART, PLAIN, POINTWISE)
    products, lengths = cells(window) * x.channels, (x.spatial[1] + sum(padding[1])) / window[1]
    first = APART
    if any(k > n for k, n in zip(window, x.spatial, strict=True)):
        first = PATCHES
    elif products <= 54 and products * filters <= 900:
        first = PRODUCTS
    elif (x.channels <= 4 and filters <= 8 and lengths <= 6.5) or (
        x.channels <= 12 and min(window) >= 5 and lengths <= 3
    ):
        first = LINES
    elif max(stride) > 1 and x.channels > 4:
        first = SPREAD
    others = (APART, PLAIN, LINES, PATCHES, SPREAD, *([PRODUCTS] if products <= 150 else []))
    return (first, *(form for form in others if form is not first))


def written_kernel(numbers: Any, shape: Shape) -> Described:
    """The initialiser that holds a written-out kernel. Raises Unfit unless it has the shape."""
    given = shape_of(numbers)
    if shape[-2:] == (1, 1) and given == shape[:-2]:
        return written_out(nested_alone(numbers), shape, "weights")
    if given not in (None, shape):
        raise Unfit(
            f"`weights` is {TensorType(given)}, and this kernel is {TensorType(shape)}",
            "lists in lists, the filters innermost; for one channel and one filter the window alone will do",
            parameter="weights",
        )
    return written_out(numbers, shape, "weights")


def nested_alone(numbers: Any) -> Any:
    """Nested tuples with each number n as ((n,),): one channel, one filter."""
    return tuple(map(nested_alone, numbers)) if isinstance(numbers, tuple) else ((numbers,),)


def check_groups(filters: int, groups: int) -> None:
    """Raises Unfit unless the filters fall into equal groups."""
    if filters % groups:
        raise Unfit(
            f"{filters} filters don't fall into {groups} equal groups",
            f"a number of filters that {groups} divides, such as {-(-filters // groups) * groups}",
            parameter="groups",
        )


def check_groups_of(x: TensorType, filters: int, groups: int) -> None:
    """Raises Unfit unless the channels that enter fall into equal groups."""
    if x.channels % groups:
        most = gcd(x.channels, filters)
        fitting = [*(n for n in range(1, min(most, 9)) if most % n == 0), most]
        raise Unfit(
            f"the {x.channels} channels that enter don't fall into {groups} equal groups",
            f"`groups` divides the {x.channels} channels and the {filters} filters: "
            f"{' or '.join(map(str, fitting[-2:]))}, for one",
            parameter="groups",
        )
