"""What an example makes a network compute, for a figure: which example and which weights, and the way there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from archc.draw.look import Look
from archc.ir import Module

if TYPE_CHECKING:
    from archc.data.dataset import Where
    from archc.data.table import Table


@dataclass(frozen=True)
class Example:
    """Which example: the row of that number, from 1, unless numbers are given by name."""

    number: int | None = None
    given: Mapping[str, str] | None = None


def traced(
    module: Module,
    look: Look,
    example: Example,
    table: "Callable[[], Table]",
    *,
    run: str = "",
    where: "Where | None" = None,
) -> Look:
    """The look with what an example makes the network compute, with the weights of `run`, if one is said.

    `table` loads the data, if they are needed; `where` is what a file's weights are looked for in. Raises Failed,
    before anything is computed if the network doesn't suit the style.
    """
    from archc.draw.computation import chain_of

    chain_of(module, look)

    from archc.train.backprop import Asked, reads_data, trace
    from archc.train.folders import open_run
    from archc.train.start import given

    seed = open_run(Path(run), lock=False).beginning().seed if run else None
    start = None
    if look.weights is None and look.source is not None and where is not None:
        start = given(module, look.source, where.folders)
    arrays = None if start is None else start.arrays
    asked = Asked(example.number or 1, example.given, run, look.weights, seed, arrays)
    return replace(look, trace=trace(module, table() if reads_data(module, asked) else None, asked))
