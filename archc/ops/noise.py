"""Layers that disturb training on purpose."""

from archc.code import Call, Literal
from archc.ops.op import Buffers, Lowered, Op, Site, Update
from archc.parameters import Real
from archc.types import TensorType


class Dropout(Op):
    """In training, drops each value with probability `rate` and rescales the others by 1 / (1 - rate).

    After training it does nothing (Srivastava et al., 2014, in the inverted form).
    """

    name = "dropout"
    title = "Dropout"
    drawing = "other"
    example = "dropout(50%)"
    random = True
    fused = linear = True

    rate = Real("the share of the values that is dropped", least=0, below=1)

    def output(self, x: TensorType) -> TensorType:
        return x

    def words(self, x: TensorType) -> str:
        return f"{100 * self.rate:g}% dropout"

    def buffers(self, x: TensorType) -> Buffers:
        """A byte for each value, which says whether it was dropped."""
        return Buffers(kept=x.size / 4)

    def lower(self, site: Site) -> Lowered:
        drop = Call("dropout", (site.x, site.random_key), (("rate", Literal(float(self.rate))),))
        return Lowered((Update(drop),), ())
