"""Figures as the library is asked for them: the network, what it has learnt, and what an example makes it compute."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, Union

from archc.draw.figure import Figure
from archc.draw.look import Look
from archc.draw.styles import BACKPROP, STYLES, TAKING
from archc.ir import Module

if TYPE_CHECKING:
    import numpy as np

    from archc.data.dataset import Where
    from archc.data.table import Table

Numbers: TypeAlias = Union[float, str, Sequence[float], "np.ndarray"]
"""What an example holds of one column: a number, several, or a class by its name."""


@dataclass(frozen=True)
class Wanted:
    """The style, how it is printed, and what it shows beside the network; `run` is the folder of the weights, or ""."""

    style: str
    theme: str = "light"
    width: str = ""
    run: str = ""
    example: int | None = None
    given: Mapping[str, Numbers] | None = None

    def refuse_idle(self, depth: int | None, full: bool) -> None:
        """Raises ValueError for arguments of which the style makes nothing, or of which one makes others idle."""
        if self.style not in STYLES:
            raise ValueError(f"there is no style `{self.style}`: there are {', '.join(STYLES)}")
        said = {
            "depth": depth is not None,
            "full": full,
            "weights": bool(self.run),
            "example": self.example is not None,
            "given": self.given is not None,
        }
        for name, there in said.items():
            if there and self.style not in TAKING[name]:
                raise ValueError(f"`{name}` is for the style {' and '.join(TAKING[name])}, and this is {self.style}")
        if depth is not None and (not isinstance(depth, int) or depth < 0):
            raise ValueError(
                f"`depth` is how many levels of blocks to open, from 0 on, and {depth!r} is no such number"
            )
        if full and depth is not None:
            raise ValueError("`full` opens everything: leave out `depth`")
        if self.example is not None and self.given is not None:
            raise ValueError("`given` writes the example out: leave out `example`")
        if self.example is not None and self.example < 1:
            raise ValueError(f"there is no example {self.example}: rows are counted from 1")


def figure(
    module: Module,
    look: Look,
    wanted: Wanted,
    table: "Callable[[], Table]",
    where: "Callable[[], Where] | None" = None,
) -> Figure:
    """The figure that is wanted. Raises Failed."""
    if wanted.style == BACKPROP:
        from archc.train.tracing import Example, traced

        given = None if wanted.given is None else {name: typed(value) for name, value in wanted.given.items()}
        example = Example(wanted.example, given)
        look = traced(module, look, example, table, run=wanted.run, where=where() if where else None)
    return Figure(module, wanted.style, look, wanted.theme, wanted.width)


def typed(value: Numbers) -> str:
    """Numbers as `--given` takes them: "0.5,-1"."""
    if isinstance(value, str):
        return value
    import numpy as np

    numbers = np.asarray(value).ravel().tolist()
    return ",".join(str(int(number) if isinstance(number, bool) else number) for number in numbers)
