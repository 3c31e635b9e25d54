"""What is reported beside the loss.

Most metrics give one value an example, and a part's is their mean. Some are made of counts, which
add up over batches. A few need all examples of a part side by side, and are measured there alone.
"""

from collections.abc import Sequence
from typing import Any, ClassVar, Self, TypeVar
from typing import Literal as Either

from archc.code import Call, Code, Group, Literal, Name, Operation, call
from archc.diagnostics.suggest import closest
from archc.parameters import Choice, Count, Described, Parameter, Real, Unfit, Word, counted, whole
from archc.recipes.loss import Function
from archc.types import Shape, TensorType

MASK = Name("mask")
"""1 for the examples of a batch that count: [batch], or a number for all."""
AVERAGES = ("macro", "micro", "weighted")


class Metric(Described):
    """A metric between an output and a target column.

    Its `form` says what `lower` gives: one value an example, which is averaged; sums over the
    examples that MASK keeps; or something of each example that `value` needs of all of a part.
    """

    family = "metric"
    better: ClassVar[Either["lower", "higher"]] = "lower"
    form: ClassVar[Either["mean", "sums", "examples"]] = "mean"
    table: ClassVar[bool] = False
    """Whether it is a table and not a number."""

    def check_output(self, x: TensorType, classes: int, target: Shape) -> None:
        """Raises Unfit if it makes no sense for this output and target."""

    def among(self, classes: Sequence[str]) -> Self:
        """The same, the classes that it names known by their numbers. Raises Unfit if there is no such class."""
        return self

    def lower(self, raw: Code, function: Function, target: Code, x: TensorType, classes: int) -> Code:
        """`raw` is what the program's `apply` gives, before `function`."""
        raise NotImplementedError

    def value(self, found: Code, n: Code, classes: int) -> Code:
        """The figure, from what `lower` gave for all of n examples."""
        return call("mean_of", found, n)


class Threshold(Real):
    """Where a single output begins to say 1."""

    def __init__(self) -> None:
        super().__init__("above it an output says 1; for one of several classes the largest decides", default=0.5)
        self.named_only = True


class OneClass(Parameter):
    """A class by its name, or by its number from 0; unless it is given, metrics choose."""

    kind = 'a class: its name in quotes, as `"setosa"`, or its number from 0'

    def accept(self, value: Any) -> str | int:
        if isinstance(value, str) and not isinstance(value, Word):
            return value
        if isinstance(value, Word):
            self.refuse(value, f'write it in quotes: `"{value}"`', f'"{value}"')
        number = whole(value)
        if number is None or number < 0:
            self.refuse(value)
        return number

    def number(self, value: str | int, classes: Sequence[str]) -> int:
        """Which class is meant. Raises Unfit."""
        if str(value) in classes:
            return classes.index(str(value))
        if isinstance(value, int) and value < len(classes):
            return value
        what = f"number {value}" if isinstance(value, int) else f'`"{value}"`'
        near = closest(str(value), classes)
        shown = ", ".join(f'`"{name}"`' for name in classes[:8]) + ", …" * (len(classes) > 8)
        help = f'did you mean `"{near[0]}"`?' if near and isinstance(value, str) else f"the classes are {shown}"
        raise Unfit(f"the data has no class {what}", help, parameter=self.name)


class Decided(Metric):
    """What an output says of an example: which class it is, or of every number whether it is above a threshold."""

    better = "higher"
    threshold = Threshold()

    def check_output(self, x: TensorType, classes: int, target: Shape) -> None:
        if classes:
            check_classes(self.name, x, classes)
        elif x.size != TensorType(target).size:
            raise other_size(self.name, x, target)
        if x.size > 1 and classes and self.threshold != 0.5:
            title = f"the largest of {x.channels} outputs decides, so `{self.name}` has no threshold"
            raise Unfit(title, "leave `threshold` out", parameter="threshold")

    def cut(self, raw: Code, function: Function) -> tuple[Code, float]:
        """What is compared with which number to know on which side of the threshold an output is."""
        if function != "sigmoid":
            return raw, float(self.threshold)
        # a sigmoid is above a half where its input is above 0
        return (raw, 0.0) if self.threshold == 0.5 else (Call("jax.nn.sigmoid", (raw,)), float(self.threshold))

    def labels(self, raw: Code, function: Function, x: TensorType, classes: int) -> Code:
        """The class of each example; of outputs that are not for one class each, 0 or 1 for every number."""
        if classes and x.channels > 1:
            return largest(raw)
        compared, threshold = self.cut(raw, function)
        return call("above", compared, threshold=threshold)


class Accuracy(Decided):
    """The share of examples whose class is right.

    With several outputs the class is the largest; a single one says 1 above the threshold.
    """

    name = "accuracy"

    def check_output(self, x: TensorType, classes: int, target: Shape) -> None:
        if x.rank != 1:
            raise Unfit(f"`accuracy` needs one value a class, and the output is {x}")
        super().check_output(x, classes, target)

    def lower(self, raw: Code, function: Function, target: Code, x: TensorType, classes: int) -> Code:
        if classes and x.channels > 1:
            return Operation("==", largest(raw), target)
        compared, threshold = self.cut(raw, function)
        return call("right_side", compared, target, threshold=threshold)


class TopK(Metric):
    """The share of examples whose class is among the k likeliest; of equally likely ones the first count."""

    name = "top_k"
    better = "higher"

    k = Count("how many of the likeliest classes count")

    def check_output(self, x: TensorType, classes: int, target: Shape) -> None:
        need_classes("top_k", classes)
        if x.rank != 1 or x.channels != classes:
            title = f"`top_k` needs one value for each of the {classes} classes, and the output is {x}"
            raise Unfit(title, "" if classes > 2 else "of two classes use `accuracy`")
        if self.k >= classes:
            help = f"a number below {classes}, such as `top_k({max(1, min(5, classes - 1))})`"
            raise Unfit(f"`top_k({self.k})` of {counted(classes, 'class')} is always 1", help, parameter="k")

    def lower(self, raw: Code, function: Function, target: Code, x: TensorType, classes: int) -> Code:
        return call("in_top", raw, target, k=self.k)


class Counted(Decided):
    """A ratio of counts over all of a part.

    Of two classes it is that of the second, of more the mean over classes (`macro`: those that are
    there or are said; `weighted`: each as often as it is there; `micro`: their counts together).
    """

    form = "sums"
    kernel: ClassVar[str] = ""

    average = Choice(
        "over classes: `macro`, `micro` or `weighted`; unless given, two classes have the second's value",
        AVERAGES,
        default=None,
        named=True,
    )
    positive = OneClass("the class whose value it is, by name or number from 0", default=None, named=True)

    def check(self) -> None:
        if self.average and self.positive is not None:
            help = "leave one of them out"
            raise Unfit("`positive` is of one class, and `average` of all", help, parameter="average")

    def check_output(self, x: TensorType, classes: int, target: Shape) -> None:
        super().check_output(x, classes, target)
        for argument in ("average", "positive"):
            if not classes and getattr(self, argument) is not None:
                title = f"the target holds numbers and no classes, so `{self.name}` has no `{argument}`"
                raise Unfit(title, "a number above a half counts as positive", parameter=argument)

    def among(self, classes: Sequence[str]) -> Self:
        return with_number(self, classes)

    def lower(self, raw: Code, function: Function, target: Code, x: TensorType, classes: int) -> Code:
        labels = self.labels(raw, function, x, classes)
        truth = target if classes else call("above", target, threshold=0.5)
        return call("class_counts", labels, truth, MASK, classes=classes or 2)

    def value(self, found: Code, n: Code, classes: int) -> Code:
        if self.average == "micro":
            return call("value_of", call(self.kernel, call("pooled", found)), number=0)
        if self.average or (classes > 2 and self.positive is None):
            return call(f"{self.average or 'macro'}_mean", call(self.kernel, found), found)
        return call("value_of", call(self.kernel, found), number=1 if self.positive is None else self.positive)


class Precision(Counted):
    """Of what is said to be of a class, the share that is; 0 if nothing is said to be."""

    name = "precision"
    kernel = "precisions"


class Recall(Counted):
    """Of what is of a class, the share that is said to be; 0 if nothing is."""

    name = "recall"
    kernel = "recalls"


class F1(Counted):
    """The harmonic mean of precision and recall; 0 for a class that is neither there nor said."""

    name = "f1"
    kernel = "f1_scores"


class Iou(Counted):
    """Intersection over union: of what is of a class or is said to be, the share that is both.

    Jaccard (1912). An output and a target of as many numbers are compared as masks, all cells of a part together.
    """

    name = "iou"
    kernel = "overlaps"


class Confusion(Decided):
    """How often each class (row) was taken for each (column): a table, [classes, classes]."""

    name = "confusion"
    form = "sums"
    table = True

    def check_output(self, x: TensorType, classes: int, target: Shape) -> None:
        need_classes("confusion", classes)
        super().check_output(x, classes, target)

    def lower(self, raw: Code, function: Function, target: Code, x: TensorType, classes: int) -> Code:
        return call("confusion_counts", self.labels(raw, function, x, classes), target, MASK, classes=classes)

    def value(self, found: Code, n: Code, classes: int) -> Code:
        return call("whole_numbers", found)


class Auc(Metric):
    """The area under the ROC curve, exactly: the share of pairs of a positive and another example in which the
    positive one has the larger output, equal ones half. A half where a part has no such pairs.

    Hanley and McNeil (1982). It is measured on the part that is evaluated, not during the training steps.
    """

    name = "auc"
    better = "higher"
    form = "examples"

    positive = OneClass("the class that is told from all others; of two the second", default=None, named=True)

    def check_output(self, x: TensorType, classes: int, target: Shape) -> None:
        if classes:
            check_classes("auc", x, classes)
        elif (x.size, TensorType(target).size) != (1, 1):
            raise Unfit(f"`auc` ranks examples by one number, and the output is {x}", "end with `dense(1) -> sigmoid`")
        if classes > 2 and self.positive is None:
            title = f"`auc` tells two classes apart, and the data has {classes}"
            raise Unfit(title, "`auc(positive = 0)` tells the first from all others")
        if not classes and self.positive is not None:
            title = "the target holds numbers and no classes, so `auc` has no `positive`"
            raise Unfit(title, "a number above a half counts as positive", parameter="positive")

    def among(self, classes: Sequence[str]) -> Self:
        return with_number(self, classes)

    def lower(self, raw: Code, function: Function, target: Code, x: TensorType, classes: int) -> Code:
        number = 1 if self.positive is None else self.positive
        truth = Operation("==", target, Literal(number)) if classes else target
        if x.size == 1:
            # the less the one output says, the more it is for the first class
            return Group((raw if number else Call("jnp.negative", (raw,)), truth))
        # the probability itself would be 1 for all that are above 0.99999994
        kernel = "log_odds" if function == "softmax" else "of_unit"
        return Group((call(kernel, raw, number=number), truth))

    def value(self, found: Code, n: Code, classes: int) -> Code:
        return Call("roc_auc", (found,))


class OfNumbers(Metric):
    """A metric between numbers."""

    def check_output(self, x: TensorType, classes: int, target: Shape) -> None:
        if x.size != TensorType(target).size:
            raise other_size(self.name, x, target, "for classes use `accuracy`" if classes else "")

    def shown(self, raw: Code, function: Function) -> Code:
        """The output as the file says it."""
        return raw if function == "linear" else Call(f"jax.nn.{function}", (raw,))


class MeanAbsolute(OfNumbers):
    """|y - t|, averaged over the outputs."""

    name = "mae"

    def lower(self, raw: Code, function: Function, target: Code, x: TensorType, classes: int) -> Code:
        return Call("absolute_error", (self.shown(raw, function), target))


class RootMeanSquared(OfNumbers):
    """√ of the mean of (y - t)² over the outputs and all examples of a part."""

    name = "rmse"
    form = "sums"

    def lower(self, raw: Code, function: Function, target: Code, x: TensorType, classes: int) -> Code:
        squared = Call("mean_squared", (self.shown(raw, function), target))
        return Call("jnp.sum", (Operation("*", MASK, squared),))

    def value(self, found: Code, n: Code, classes: int) -> Code:
        return call("root_mean", found, n)


class RSquared(OfNumbers):
    """1 - Σ(t - y)² / Σ(t - mean of t)² over a part, averaged over the outputs: the variance that is explained.

    Where all targets are equal it is 1 if the outputs are right to the bit, and 0 else. It is measured on the part
    that is evaluated, not during the training steps.
    """

    name = "r2"
    better = "higher"
    form = "examples"

    def lower(self, raw: Code, function: Function, target: Code, x: TensorType, classes: int) -> Code:
        return Group((self.shown(raw, function), target))

    def value(self, found: Code, n: Code, classes: int) -> Code:
        return Call("r_squared", (found,))


def largest(raw: Code) -> Code:
    """The class of the largest output."""
    return Call("jnp.argmax", (raw, Literal(-1)))


M = TypeVar("M", bound=Metric)


def with_number(metric: M, classes: Sequence[str]) -> M:
    """A metric whose `positive` class is known by its number. Raises Unfit if there is no such class."""
    values, parameter = metric.values(), metric.parameters["positive"]
    if values["positive"] is None or not classes:
        return metric
    assert isinstance(parameter, OneClass)
    return type(metric).restore({**values, "positive": parameter.number(values["positive"], classes)})


def need_classes(name: str, classes: int) -> None:
    """Raises Unfit for a target of numbers."""
    if not classes:
        raise Unfit(f"`{name}` needs classes, and the target holds numbers", "for numbers there are `mae` and `rmse`")


def check_classes(name: str, x: TensorType, classes: int) -> None:
    """Raises Unfit unless an output has a value for each class, or one for two."""
    if x.rank != 1 or (x.channels != classes and (classes, x.channels) != (2, 1)):
        raise Unfit(f"`{name}` needs one value for each of the {classes} classes, and the output is {x}")


def other_size(name: str, x: TensorType, target: Shape, help: str = "") -> Unfit:
    """The refusal of an output and a target that don't hold as many numbers."""
    size = TensorType(target).size
    return Unfit(f"`{name}` compares an output of {counted(x.size, 'value')} with a target of {size}", help)
