"""Fully connected layers."""

from archc.code import Code, Operation, call
from archc.ops.form import Form, Target
from archc.ops.op import Bias, Lowered, Op, Site, Weights, WeightSpec, check_kept
from archc.parameters import Count, Flag, Unfit
from archc.types import TensorType


class Units(Op):
    """What these layers have in common: each unit sees all of a flat value, [in] -> [units]."""

    drawing = "dense"

    units = Count("how many outputs it has")

    def output(self, x: TensorType) -> TensorType:
        need_flat(x, self.name)
        return TensorType((self.units,))

    def sight(self, x: TensorType) -> None:
        return None


class Dense(Units):
    """Every output is a weighted sum of every input, plus a bias: [in] -> [units].

    The kernel is [in, units]; texts that write Wx + b hold its transpose. `weights` gives its
    first values, rows for inputs, in a list or in a CSV file; for one unit a plain list will do.
    With `trainable = false` it keeps them and its bias, which then count as state.
    """

    name = "dense"
    keeps = "input"
    title = "Fully Connected"
    example = "dense(120) -> tanh"

    bias = Bias("whether each output has a bias, and how it starts", default=True)
    weights_ = Weights("the kernel's first values, [in, units], or a CSV file of them", default=None, named=True)
    trainable = Flag("whether training changes its kernel and bias", default=True, named=True)

    def check(self) -> None:
        if not self.trainable:
            check_kept(self.weights_, self.bias, self.name)

    def words(self, x: TensorType) -> str:
        return f"{self.units} fully connected layer"

    def weights(self, x: TensorType) -> tuple[WeightSpec, ...]:
        kernel = Dense.weights_.spec(self.weights_, "kernel", (x.channels, self.units), trainable=self.trainable)
        return (kernel, *Bias.spec(self.bias, self.units, trainable=self.trainable))

    def macs(self, x: TensorType) -> int:
        return x.channels * self.output(x).size

    def forms(self, x: TensorType, target: Target) -> tuple[Form, ...]:
        wide = x.channels >= WIDE and self.units <= FEW
        return (TURNED, AS_WRITTEN) if target == "cpu" and wide and self.trainable else ()

    def lower(self, site: Site) -> Lowered:
        kernel = site.own("kernel", trainable=self.trainable)
        product = call(site.form, site.x, kernel) if site.form else Operation("@", site.x, kernel)
        if self.bias is False:
            return Lowered.same(product)
        return Lowered.same(Operation("+", product, site.own("bias", trainable=self.trainable)))


WIDE, FEW = 128, 32
"""From so many inputs to at most so many units, XLA's gradient of the kernel is slow."""

AS_WRITTEN = Form("", "as a product", "it is the shortest", plain=True)
TURNED = Form(
    "product_to_few",
    "as a product whose kernel's gradient is turned round",
    "XLA's own is slow for few outputs: 160 against 30 µs for [256, 256] to 10 units, 38 against 7 for [128, 128]",
)


class Maxout(Units):
    """The largest of several weighted sums for each output: [in] -> [units] (Goodfellow et al., 2013, section 3).

    A dense layer of pieces * units, piece after piece, of which the largest counts: the kernel is
    [in, pieces * units]. Of convolutions it is `maximum(conv(…), conv(…))`.
    """

    name = "maxout"
    example = "maxout(120, 3) -> dropout(50%)"

    pieces = Count("how many sums each output is the largest of", least=2, default=2)
    bias = Bias("whether each sum has a bias, and how it starts", default=True)

    def weights(self, x: TensorType) -> tuple[WeightSpec, ...]:
        sums = self.pieces * self.units
        kernel = WeightSpec("kernel", (x.channels, sums), fans=(x.channels, self.units))
        return (kernel, *Bias.spec(self.bias, sums))

    def macs(self, x: TensorType) -> int:
        return int(x.channels * self.pieces * self.units)

    def lower(self, site: Site) -> Lowered:
        sums: Code = Operation("@", site.x, site.weight("kernel"))
        if self.bias is not False:
            sums = Operation("+", sums, site.weight("bias"))
        return Lowered.same(call("largest_piece", sums, pieces=self.pieces))


class Rbf(Units):
    """How far the value is from a centre for each output: y_i = Σ_j (x_j - w_ji)², [in] -> [units].

    The output of LeNet-5 (LeCun et al., 1998, equation 7), smallest for the class that fits. The
    centres are [in, units]: `weights` gives their first values, in a list or in a CSV file. With
    `trainable = false` they stay as they are, and count as state.
    """

    name = "rbf"
    example = "dense(84) -> scaled_tanh -> rbf(10)"

    weights_ = Weights("the centres' first values, [in, units], or a CSV file of them", default=None, named=True)
    trainable = Flag("whether training moves the centres", default=True, named=True)

    def check(self) -> None:
        if not self.trainable:
            check_kept(self.weights_, False, self.name)

    def weights(self, x: TensorType) -> tuple[WeightSpec, ...]:
        return (Rbf.weights_.spec(self.weights_, "centres", (x.channels, self.units), trainable=self.trainable),)

    def lower(self, site: Site) -> Lowered:
        return Lowered.same(call("squared_distances", site.x, site.own("centres", trainable=self.trainable)))


def need_flat(x: TensorType, name: str) -> None:
    """Raises Unfit unless `x` is [features]."""
    if x.rank != 1:
        raise Unfit(
            f"{name} needs a flat value, and this one is {x.described}",
            f"put `flatten` before it: {x} becomes [{x.size}]",
            code="E0204",
            label="takes [features]",
            before="flatten",
        )
