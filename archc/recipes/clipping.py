"""How gradients are kept from becoming too large for a step."""

from archc.code import Call, Code, Literal
from archc.parameters import Described, Real


class Clipping(Described):
    """What is done to gradients before anything else."""

    family = "clipping"

    def lower(self) -> Code:
        raise NotImplementedError


class ByNorm(Clipping):
    """Shrinks all gradients by one factor where their norm together is above `limit`; a bare number means this.

    Pascanu et al. (2013), algorithm 1. The norm is that of all that is trained; what is frozen doesn't count.
    """

    name = "norm"
    limit = Real("the largest norm", above=0)

    def lower(self) -> Code:
        return Call("clip_by_norm", (Literal(float(self.limit)),))


class ByValue(Clipping):
    """Cuts each number of a gradient off at ±`limit`, which changes its direction."""

    name = "value"
    limit = Real("the largest absolute value", above=0)

    def lower(self) -> Code:
        return Call("optax.clip", (Literal(float(self.limit)),))
