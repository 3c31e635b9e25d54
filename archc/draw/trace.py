"""What one example makes a network compute, forwards and backwards, as plain numbers."""

from collections.abc import Mapping
from dataclasses import dataclass

Numbers = tuple[float, ...]


@dataclass(frozen=True)
class Quantity:
    """A value of some shape, and the derivative of the loss by each of its numbers, in C order.

    `slope` is None where there is no derivative: of weights that aren't trained, or where it can't be told.
    """

    shape: tuple[int, ...]
    value: Numbers
    slope: Numbers | None


@dataclass(frozen=True)
class Trace:
    """The values of a network without blocks (`archc.ir.opened`) for one example, and the derivatives of its loss.

    `inputs` are by name, `layers` by scope, `weights` by name, as "dense1.kernel" [in, out]. `said` is what the
    network says where the loss reads what enters a last function: behind that function. `target` is what the
    output is compared with: of its shape, for a class a 1 among zeros. `example` and `origin` tell in words which
    example it is, and where the weights are from.
    """

    inputs: Mapping[str, Quantity]
    layers: Mapping[str, Quantity]
    weights: Mapping[str, Quantity]
    loss: float
    target: Numbers = ()
    said: Quantity | None = None
    example: str = ""
    origin: str = ""
