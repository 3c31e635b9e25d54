"""The ways in which a layer can be computed: equal in what they give, and not in what they cost."""

from dataclasses import dataclass
from typing import Literal

Target = Literal["cpu", "gpu"]


@dataclass(frozen=True, slots=True)
class Form:
    """One way: the kernel that does it, what it is called, and why a rule takes it, with its measurement.

    `title` goes on from a layer: "as a sum of products". `plain` is the one that a reader would expect;
    a kernel without a name is what a layer writes unless told otherwise. `measured` is the file that holds why.
    One that is `scattered` gives the gradient of what enters as a sum of shifted copies, which XLA computes again for
    all that read it. What one saves that is told `together` shows in whole networks only: alone it is the plain one.
    One with a `barrier` is for steps that are compiled so that barriers last.
    """

    kernel: str
    title: str
    why: str
    plain: bool = False
    measured: str = ""
    scattered: bool = False
    together: bool = False
    barrier: bool = False

    @property
    def name(self) -> str:
        """What files call it."""
        return self.kernel or "as_written"
