"""What a figure is asked to show."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from archc.draw.trace import Trace
from archc.source import Source


@dataclass(frozen=True)
class Look:
    """What is to be seen of a model.

    `depth` is how many levels of blocks are open; by itself as many as fit a page. `full` opens
    everything and folds nothing. `by_dot` has Graphviz lay it out. `weights` are learnt arrays by name, as
    "dense1.kernel". `source` is the text of the file, for messages that show a place in it. `trace` is what
    an example makes it compute, for the `backprop` style.
    """

    depth: int | None = None
    full: bool = False
    by_dot: bool = False
    weights: Mapping[str, Any] | None = None
    source: Source | None = None
    trace: Trace | None = None
