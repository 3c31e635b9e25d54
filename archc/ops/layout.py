"""Layers that arrange values anew."""

from archc.code import Literal, call
from archc.ops.op import Lowered, Op, Site
from archc.types import TensorType


class Flatten(Op):
    """All values of an example in one row: [height, width, channels] -> [height * width * channels]."""

    name = "flatten"
    example = "flatten -> dense(10)"

    def output(self, x: TensorType) -> TensorType:
        return TensorType((x.size,))

    def lower(self, site: Site) -> Lowered:
        return Lowered.same(call("jnp.reshape", site.x, Literal((-1, site.after.size))))
