"""What training makes small. Each loss gives one value an example; a batch's loss is their mean."""

from typing import ClassVar, Literal

from archc.code import Code
from archc.parameters import Described, Unfit, counted
from archc.types import Shape, TensorType

Function = Literal["softmax", "sigmoid", "linear"]


class Loss(Described):
    """A loss between an output and a target column.

    `reads` is the function whose input the loss takes: a network that ends in it is trained on
    what enters it, which is exact where the function itself overflows or rounds. Numbers of a target
    lie `within` two, if any are said.
    """

    family = "loss"
    reads: ClassVar[Function] = "linear"
    within: ClassVar[tuple[float, float] | None] = None

    def check_output(self, x: TensorType, classes: int, target: Shape) -> None:
        """Raises Unfit if an output of type `x` can't be compared with the target.

        `classes` is above 0 for a class column, which holds whole numbers.
        """
        raise NotImplementedError

    def lower(self, outputs: Code, target: Code, x: TensorType, classes: int) -> Code:
        raise NotImplementedError

    def scale(self, x: TensorType, classes: int) -> tuple[float, float]:
        """(a, b) such that a·y + b is largest for the likeliest class, and above ½ for the second of two.

        y is the output, behind the function that the loss reads.
        """
        return 1.0, 0.0


def same_size(loss: str, x: TensorType, target: TensorType) -> None:
    """Raises Unfit unless output and target hold as many values."""
    if x.size != target.size:
        raise Unfit(
            f"`{loss}` compares an output of {counted(x.size, 'value')} with a target of {target.size}",
            f"end with `dense({target.size}){' -> sigmoid' * (loss == 'binary_cross_entropy')}`",
        )


def one_a_class(loss: str, x: TensorType, classes: int, end: str = "") -> None:
    """Raises Unfit unless the output has a value for each class."""
    if x.channels != classes:
        help = f"end with `dense({classes}){end}`, or `dense(data.classes){end}`"
        if x.channels == classes - 1:
            help += f"; labels count from 0, so labels from 1 to {x.channels} make {classes} classes"
        raise Unfit(
            f"the output has {counted(x.channels, 'value')}, and the data has {counted(classes, 'class')}", help
        )
