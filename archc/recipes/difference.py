"""Losses of the difference between output and target."""

from typing import Any, ClassVar

from archc.code import Call, Code, Operation, call
from archc.code import Literal as Constant
from archc.parameters import Numbers, Real, Unfit, counted
from archc.recipes.loss import Loss, same_size
from archc.types import Shape, TensorType


class Ends(Numbers):
    """What the wrong and the right classes are compared with."""

    kind = "a list of two rising numbers, such as `[-1, 1]`"

    def accept(self, value: Any) -> Any:
        ends = super().accept(value)
        if len(ends) != 2 or any(isinstance(end, tuple) or abs(end) == float("inf") for end in ends):
            self.refuse(value)
        if not ends[0] < ends[1]:
            self.refuse(value)
        return ends


class Difference(Loss):
    """Classes are compared as one-hot rows, of 0 and 1 unless `targets` says otherwise."""

    kernel: ClassVar[str]

    targets = Ends("for classes: what the wrong ones and the right one are compared with", default=None, named=True)

    def check_output(self, x: TensorType, classes: int, target: Shape) -> None:
        if self.targets is not None and not classes:
            raise Unfit("`targets` stands for classes, and the target holds numbers", "leave `targets` out")
        if classes and x.rank == 1 and x.channels == classes:
            return
        if classes > 2:
            raise Unfit(
                f"the output is {x}, and the data has {counted(classes, 'class')}",
                f"end with `dense({classes})`, or `dense(data.classes)`",
            )
        same_size(self.name, x, TensorType(target))

    def lower(self, outputs: Code, target: Code, x: TensorType, classes: int) -> Code:
        if classes and x.channels == classes:
            target = Call("jax.nn.one_hot", (target, Constant(classes)))
        if classes and self.targets is not None:
            low, high = map(float, self.targets)
            target = Operation("+", Constant(low), Operation("*", Constant(high - low), target))
        return self.compared(outputs, target)

    def compared(self, outputs: Code, target: Code) -> Code:
        return Call(self.kernel, (outputs, target))

    def scale(self, x: TensorType, classes: int) -> tuple[float, float]:
        if not classes or self.targets is None:
            return 1.0, 0.0
        low, high = self.targets
        return 1 / (high - low), -low / (high - low)


class MeanSquared(Difference):
    """(y - t)², averaged over the outputs. Classes are compared as one-hot rows."""

    name = "mse"
    kernel = "mean_squared"


class SquaredError(Difference):
    """(y - t)², summed over the outputs. Classes are compared as one-hot rows."""

    name = "squared_error"
    kernel = "squared_error"


class HalfMeanSquared(Difference):
    """½ (y - t)², summed over the outputs: its gradient is y - t."""

    name = "half_mse"
    kernel = "half_squared"


class MeanAbsolute(Difference):
    """|y - t|, averaged over the outputs. Classes are compared as one-hot rows."""

    name = "mae"
    kernel = "absolute_error"


class AbsoluteError(Difference):
    """|y - t|, summed over the outputs. Classes are compared as one-hot rows."""

    name = "absolute_error"
    kernel = "summed_absolute_error"


class Huber(Difference):
    """½ (y - t)² up to a difference of `delta`, and delta (|y - t| - ½ delta) beyond it, averaged over the outputs.

    Huber (1964). With `delta = 1` it is also called the smooth L1 loss.
    """

    name = "huber"
    delta = Real("the difference from which the loss is a line", default=1, above=0)

    def compared(self, outputs: Code, target: Code) -> Code:
        return call("huber", outputs, target, delta=float(self.delta))
