"""Fully connected layers."""

from archc.code import Operation
from archc.ops.op import Bias, Lowered, Op, Site, WeightSpec, written_out
from archc.parameters import Count, Numbers, Unfit
from archc.types import TensorType


class Dense(Op):
    """Every output is a weighted sum of every input, plus a bias: [in] -> [units].

    The kernel is [in, units]; texts that write Wx + b hold its transpose. `weights` gives its
    first values, rows for inputs; for one unit a plain list will do.
    """

    name = "dense"
    drawing = "dense"
    keeps = "input"
    title = "Fully Connected"
    example = "dense(120) -> tanh"

    units = Count("how many outputs it has")
    bias = Bias("whether each output has a bias, and how it starts", default=True)
    weights_ = Numbers("the kernel's first values, [in, units]", default=None, named=True)

    def output(self, x: TensorType) -> TensorType:
        if x.rank != 1:
            raise Unfit(
                f"dense needs a flat value, and this one is {x.described}",
                f"put `flatten` before it: {x} becomes [{x.size}]",
                code="E0204",
                label="takes [features]",
                before="flatten",
            )
        return TensorType((self.units,))

    def sight(self, x: TensorType) -> None:
        return None

    def words(self, x: TensorType) -> str:
        return f"{self.units} fully connected layer"

    def weights(self, x: TensorType) -> tuple[WeightSpec, ...]:
        shape = (x.channels, self.units)
        given = self.weights_
        if given is not None and self.units == 1 and not any(isinstance(n, tuple) for n in given):
            given = tuple((n,) for n in given)
        init = None if given is None else written_out(given, shape, "weights")
        return (WeightSpec("kernel", shape, init), *Bias.spec(self.bias, self.units))

    def macs(self, x: TensorType) -> int:
        return x.channels * self.output(x).size

    def lower(self, site: Site) -> Lowered:
        product = Operation("@", site.x, site.weight("kernel"))
        if self.bias is False:
            return Lowered.same(product)
        return Lowered.same(Operation("+", product, site.weight("bias")))
