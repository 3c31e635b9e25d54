"""A value that is learnt, and computed from nothing."""

from archc.code import call
from archc.ops.op import Lowered, Op, Site, WeightSpec
from archc.parameters import Family, Window
from archc.recipes.initialiser import Normal
from archc.types import TensorType


class Learnt(Op):
    """An array that is learnt: the value of this shape, the same for every example, whatever enters.

    It stands where a value does, most often in a merge: `add(it, parameter(it.shape))` adds a learnt
    number to each one of a value, as the position embeddings of a sequence are, and
    `multiply(it, parameter(it.channels, 1))` learns a factor for each channel. Of what enters
    it takes no more than the number of examples. Like biases it doesn't decay.
    """

    name = "parameter"
    alone = True
    example = "add(it, parameter(it.shape))"

    shape = Window("its shape, the batch left out: a size such as `16x4`, or a number for a flat value")
    init = Family(
        "how it starts: an initialiser, or a number for all",
        "initialiser",
        number="constant",
        default=Normal.build([0.02], {}),
    )

    def output(self, x: TensorType) -> TensorType:
        return TensorType((self.shape,) if isinstance(self.shape, int) else self.shape)

    def sight(self, x: TensorType) -> tuple[tuple[int, int], ...] | None:
        return super().sight(x) if self.output(x).rank == x.rank else None

    def weights(self, x: TensorType) -> tuple[WeightSpec, ...]:
        return (WeightSpec("value", self.output(x).shape, self.init),)

    def lower(self, site: Site) -> Lowered:
        return Lowered.same(call("for_each_example", site.weight("value"), site.x))

    @classmethod
    def usage(cls) -> str:
        return "it is written `parameter(16x4)`, or `parameter(16x4, normal(0.01))`"
