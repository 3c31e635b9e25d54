"""Losses that are minus the log of a probability, or made of such."""

from typing import Any

from archc.code import Call, Code, Operation, call
from archc.parameters import Numbers, Real, Unfit, counted
from archc.recipes.loss import Loss, one_a_class, same_size
from archc.types import Shape, TensorType


class ClassWeights(Numbers):
    """A factor for each class."""

    kind = "a list of numbers, one a class, of at least 0"

    def accept(self, value: Any) -> Any:
        numbers = super().accept(value)
        if not numbers or any(isinstance(n, tuple) or not 0 <= n < float("inf") for n in numbers) or not any(numbers):
            self.refuse(value)
        return numbers


class CrossEntropy(Loss):
    """-log of the probability that softmax gives to the right class, from its input.

    With `smoothing` s, the right class is worth 1 - s + s/K and each of the K - 1 others s/K (Szegedy
    et al., 2016, section 7). `weights` multiply the loss of an example by the number of its class; the
    mean is over the examples, not over their weights, so a weight of 2 counts as an example that is
    there twice, in a batch that isn't larger.
    """

    name = "cross_entropy"
    reads = "softmax"

    smoothing = Real("share of the right class that is spread over all", default=0, least=0, below=1, named=True)
    weights = ClassWeights("factors, in the order of the classes: `[1, 5]`", default=None, named=True)

    def check_output(self, x: TensorType, classes: int, target: Shape) -> None:
        if not classes:
            help = "for numbers use `mse`, `half_mse` or, between 0 and 1, `binary_cross_entropy`"
            if target == (1,):
                help += (
                    "; if an `.npz` file holds class numbers there, save them as integers of one dimension: `y[:, 0]`"
                )
            elif len(target) == 1 and target == x.shape:
                help += "; if an `.npz` file holds rows with a single 1 there, save class numbers: `y.argmax(1)`"
            raise Unfit("`cross_entropy` needs classes, and the target holds numbers", help)
        if self.weights is not None and len(self.weights) != classes:
            problem = f"`weights` has {counted(len(self.weights), 'number')}, and the data has"
            raise Unfit(f"{problem} {counted(classes, 'class')}", "one for each class, in the order of the classes")
        if x.shape[:-1] != target:
            raise Unfit(
                f"`cross_entropy` needs one value a class, {TensorType((*target, classes))}, and the output is {x}",
                f"end with `flatten -> dense({classes}) -> softmax`" * (not target),
            )
        if x.channels == 1 and classes == 2:
            raise Unfit(
                "`cross_entropy` needs a value for each of the 2 classes, and the output has one",
                "use `binary_cross_entropy`, or end with `dense(2) -> softmax`" * (not target),
            )
        one_a_class(self.name, x, classes)

    def lower(self, outputs: Code, target: Code, x: TensorType, classes: int) -> Code:
        loss: Code = Call("optax.softmax_cross_entropy_with_integer_labels", (outputs, target))
        if self.smoothing:
            loss = call("smoothed_cross_entropy", outputs, target, smoothing=float(self.smoothing))
        if self.weights is not None:
            loss = Operation("*", call("class_weight", target, weights=tuple(map(float, self.weights))), loss)
        return Call("mean_of_each", (loss,)) if x.rank > 1 else loss


class BinaryCrossEntropy(Loss):
    """-y log p - (1 - y) log(1 - p) with p = sigmoid of the output's input, averaged over units."""

    name = "binary_cross_entropy"
    reads = "sigmoid"
    within = (0, 1)

    def check_output(self, x: TensorType, classes: int, target: Shape) -> None:
        if classes > 2:
            raise Unfit(
                f"`binary_cross_entropy` is for two classes, and the data has {classes}",
                f"use `cross_entropy`, and end with `dense({classes}) -> softmax`",
            )
        same_size("binary_cross_entropy", x, TensorType(target))

    def lower(self, outputs: Code, target: Code, x: TensorType, classes: int) -> Code:
        return Call("binary_cross_entropy", (outputs, target))


class KlDivergence(Loss):
    """Σ t log(t / p): how far the softmax p of the output is from a target that is a distribution t itself.

    Where a t is 0 its part is 0. Its gradient is that of the cross-entropy, from which it differs by the entropy of t.
    """

    name = "kl_divergence"
    reads = "softmax"

    def check_output(self, x: TensorType, classes: int, target: Shape) -> None:
        if classes:
            raise Unfit(
                "`kl_divergence` needs a target that is a distribution, and this one holds classes",
                "for classes use `cross_entropy`",
            )
        same_size(self.name, x, TensorType(target))
        if x.rank != 1 or x.channels == 1:
            raise Unfit(f"`kl_divergence` compares distributions, several numbers, and the output is {x}")

    def lower(self, outputs: Code, target: Code, x: TensorType, classes: int) -> Code:
        return Call("kl_divergence", (outputs, target))
