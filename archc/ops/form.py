"""The ways in which a layer can be computed: equal in what they give, and not in what they cost."""

from dataclasses import dataclass
from typing import Literal

Target = Literal["cpu", "gpu"]


@dataclass(frozen=True, slots=True)
class Form:
    """One way: the kernel that does it, what it is called, and why a rule takes it, with its measurement.

    `title` reads behind a layer: "as a sum of products"; XLA's own form has none.
    """

    kernel: str
    title: str = ""
    why: str = ""
