"""What training makes small. Each loss gives one value an example; a batch's loss is their mean."""

from typing import ClassVar, Literal

from archc.code import Call, Code
from archc.code import Literal as Constant
from archc.parameters import Described, Unfit, counted
from archc.types import Shape, TensorType

Function = Literal["softmax", "sigmoid", "linear"]


class Loss(Described):
    """A loss between an output and a target column.

    `reads` is the function whose input the loss takes: a network that ends in it is trained on
    what enters it, which is exact where the function itself overflows or rounds.
    """

    family = "loss"
    reads: ClassVar[Function] = "linear"

    def check_output(self, x: TensorType, classes: int, target: Shape) -> None:
        """Raises Unfit if an output of type `x` can't be compared with the target.

        `classes` is above 0 for a class column, which holds whole numbers.
        """
        raise NotImplementedError

    def lower(self, outputs: Code, target: Code, x: TensorType, classes: int) -> Code:
        raise NotImplementedError


class CrossEntropy(Loss):
    """-log of the probability that softmax gives to the right class, from its input."""

    name = "cross_entropy"
    reads = "softmax"

    def check_output(self, x: TensorType, classes: int, target: Shape) -> None:
        if not classes:
            raise Unfit(
                "`cross_entropy` needs classes, and the target holds numbers",
                "for numbers use `mse`, `half_mse` or, between 0 and 1, `binary_cross_entropy`",
            )
        if x.rank != 1:
            raise Unfit(
                f"`cross_entropy` needs one value a class, [{classes}], and the output is {x}",
                f"end with `flatten -> dense({classes}) -> softmax`",
            )
        if x.channels == 1 and classes == 2:
            raise Unfit(
                "`cross_entropy` needs a value for each of the 2 classes, and the output has one",
                "use `binary_cross_entropy`, or end with `dense(2) -> softmax`",
            )
        if x.channels != classes:
            help = f"end with `dense({classes})`, or `dense(data.classes)`"
            if x.channels == classes - 1:
                help += f"; labels count from 0, so labels from 1 to {x.channels} make {classes} classes"
            raise Unfit(
                f"the output has {counted(x.channels, 'value')}, and the data has {counted(classes, 'class')}", help
            )

    def lower(self, outputs: Code, target: Code, x: TensorType, classes: int) -> Code:
        return Call("optax.softmax_cross_entropy_with_integer_labels", (outputs, target))


class BinaryCrossEntropy(Loss):
    """-y log p - (1 - y) log(1 - p) with p = sigmoid of the output's input, averaged over units."""

    name = "binary_cross_entropy"
    reads = "sigmoid"

    def check_output(self, x: TensorType, classes: int, target: Shape) -> None:
        if classes > 2:
            raise Unfit(
                f"`binary_cross_entropy` is for two classes, and the data has {classes}",
                f"use `cross_entropy`, and end with `dense({classes}) -> softmax`",
            )
        same_size("binary_cross_entropy", x, TensorType(target))

    def lower(self, outputs: Code, target: Code, x: TensorType, classes: int) -> Code:
        return Call("binary_cross_entropy", (outputs, target))


class MeanSquared(Loss):
    """(y - t)², averaged over the outputs. Classes are compared as one-hot rows."""

    name = "mse"
    kernel: ClassVar[str] = "mean_squared"

    def check_output(self, x: TensorType, classes: int, target: Shape) -> None:
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
        return Call(self.kernel, (outputs, target))


class HalfMeanSquared(MeanSquared):
    """½ (y - t)², summed over the outputs: its gradient is y - t."""

    name = "half_mse"
    kernel = "half_squared"


def same_size(loss: str, x: TensorType, target: TensorType) -> None:
    """Raises Unfit unless output and target hold as many values."""
    if x.size != target.size:
        raise Unfit(
            f"`{loss}` compares an output of {counted(x.size, 'value')} with a target of {target.size}",
            f"end with `dense({target.size}){' -> sigmoid' * (loss == 'binary_cross_entropy')}`",
        )
