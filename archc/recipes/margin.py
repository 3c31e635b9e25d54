"""Losses that ask no more once classes are far enough apart."""

from archc.code import Call, Code, call
from archc.parameters import Count, Real, Unfit
from archc.recipes.loss import Loss, one_a_class, same_size
from archc.types import Shape, TensorType


class Hinge(Loss):
    """max(0, 1 - t y) for two classes, t = -1 and 1; max(0, 1 + the largest other score - the right one) for more.

    The one with a single output, or a target of numbers, of which those above 0 stand for 1, is averaged
    over the outputs. That of several classes, with an output for each, is Crammer and Singer's (2001).
    """

    name = "hinge"

    def check_output(self, x: TensorType, classes: int, target: Shape) -> None:
        if x.rank != 1:
            raise Unfit(f"`hinge` needs a flat output, and this one is {x}", "put `flatten -> dense` at the end")
        if not classes or (classes == 2 and x.channels == 1):
            same_size(self.name, x, TensorType(target))
            return
        one_a_class(self.name, x, classes)

    def lower(self, outputs: Code, target: Code, x: TensorType, classes: int) -> Code:
        return Call("class_hinge" if classes and x.channels > 1 else "hinge", (outputs, target))

    def scale(self, x: TensorType, classes: int) -> tuple[float, float]:
        return (1.0, 0.0) if x.channels > 1 else (0.5, 0.5)


class Contrastive(Loss):
    """½ D² for a pair that belongs together, ½ max(0, margin - D)² for any other, of a distance D.

    Hadsell, Chopra and LeCun (2006), equation 4. `same` is the target of a pair that belongs
    together: 1 unless said, where the paper's Y is 0. A metric takes a pair to belong together if
    its distance is below half the margin.
    """

    name = "contrastive"
    within = (0, 1)
    margin = Real("how far apart others should be", default=1, above=0)
    same = Count("the target of a pair that belongs together, 0 or 1", least=0, default=1, named=True)

    def check(self) -> None:
        if self.same > 1:
            raise Unfit(f"`same` is 0 or 1, not {self.same}", parameter="same")

    def check_output(self, x: TensorType, classes: int, target: Shape) -> None:
        if x.size != 1:
            help = "two flows are compared by `distance`: `output gap = distance(left -> tower, right -> tower)`"
            raise Unfit(f"`contrastive` needs a distance, a single number, and the output is {x}", help)
        if classes > 2:
            raise Unfit(f"`contrastive` needs a target of 0 and 1, and the data has {classes} classes")
        same_size(self.name, x, TensorType(target))

    def lower(self, outputs: Code, target: Code, x: TensorType, classes: int) -> Code:
        return call("contrastive", outputs, target, margin=float(self.margin), same=self.same)

    def scale(self, x: TensorType, classes: int) -> tuple[float, float]:
        return (-1 / self.margin, 1.0) if self.same else (1 / self.margin, 0.0)


class MapDistance(Loss):
    """y_t + log(e^-j + Σ e^-y): pulls the distance y of the right class down and pushes the others up.

    LeCun et al. (1998), equation 9, for outputs such as those of `rbf`: the smallest is the likeliest
    class. `j` is the distance of a class for rubbish, beyond which nothing is pushed any more.
    """

    name = "map_distance"
    j = Real("the distance of the class for rubbish", default=0.1, above=0)

    def check_output(self, x: TensorType, classes: int, target: Shape) -> None:
        if not classes:
            raise Unfit("`map_distance` needs classes, and the target holds numbers", "for numbers use `mse`")
        if x.rank != 1:
            raise Unfit(f"`map_distance` needs one value a class, [{classes}], and the output is {x}")
        one_a_class(self.name, x, classes)

    def lower(self, outputs: Code, target: Code, x: TensorType, classes: int) -> Code:
        return call("map_distance", outputs, target, j=float(self.j))

    def scale(self, x: TensorType, classes: int) -> tuple[float, float]:
        return -1.0, 0.0
