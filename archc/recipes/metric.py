"""What is reported beside the loss. Each metric gives one value an example; a part's is their mean."""

from typing import ClassVar
from typing import Literal as Either

from archc.code import Call, Code, Literal, Operation, call
from archc.parameters import Described, Unfit, counted
from archc.types import Shape, TensorType


class Metric(Described):
    """A metric between an output and a target column."""

    family = "metric"
    better: ClassVar[Either["lower", "higher"]] = "lower"

    def check_output(self, x: TensorType, classes: int, target: Shape) -> None:
        """Raises Unfit if it makes no sense for this output and target."""

    def lower(self, raw: Code, function: str, target: Code, x: TensorType, classes: int) -> Code:
        """`raw` is what the program's `apply` gives, before `function` (softmax, sigmoid or linear)."""
        raise NotImplementedError


class Accuracy(Metric):
    """The share of examples whose class is right.

    With several outputs the class is the largest; a single one says 1 above a half.
    """

    name = "accuracy"
    better = "higher"

    def check_output(self, x: TensorType, classes: int, target: Shape) -> None:
        if x.rank != 1:
            raise Unfit(f"`accuracy` needs one value a class, and the output is {x}")
        if classes and x.channels != classes and (classes, x.channels) != (2, 1):
            raise Unfit(f"`accuracy` needs one value for each of the {classes} classes, and the output is {x}")
        expected = TensorType(target).size
        if not classes and x.size != expected:
            raise Unfit(f"`accuracy` compares an output of {counted(x.size, 'value')} with a target of {expected}")

    def lower(self, raw: Code, function: str, target: Code, x: TensorType, classes: int) -> Code:
        if classes and x.channels > 1:
            return Operation("==", Call("jnp.argmax", (raw, Literal(-1))), target)
        return call("right_side", raw, target, threshold=0.0 if function == "sigmoid" else 0.5)


class MeanAbsolute(Metric):
    """|y - t|, averaged over the outputs."""

    name = "mae"

    def check_output(self, x: TensorType, classes: int, target: Shape) -> None:
        if x.size != TensorType(target).size:
            raise Unfit(
                f"`mae` compares an output of {counted(x.size, 'value')} with a target of {TensorType(target).size}",
                "for classes use `accuracy`" if classes else "",
            )

    def lower(self, raw: Code, function: str, target: Code, x: TensorType, classes: int) -> Code:
        shown = raw if function == "linear" else Call(f"jax.nn.{function}", (raw,))
        return Call("absolute_error", (shown, target))
