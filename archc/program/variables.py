"""Which variable of a function holds each value of a graph."""

from collections.abc import Sequence

from archc.ir import Graph
from archc.program.functions import Names

PASSING = ("x", "y", "z", "w")
"""What a value is called that the next step takes and none after it."""


class Variables:
    """`x` for what only the next step takes (`y` as long as an `x` that flowed in is needed); else the node's name.

    `of` tells the variable of each value, given those of the graph's inputs. `passing` are the
    variables for values that pass, `own` the names that others have.
    """

    def __init__(
        self, graph: Graph, entering: Sequence[str], names: Names, own: set[str], passing: Sequence[str] = PASSING
    ):
        self.names = names
        self.own = own
        self.own.update(entering)
        self.of = dict(zip((port.name for port in graph.inputs), entering, strict=True))
        self.last: dict[str, int] = {}
        for i, node in enumerate(graph.nodes):
            self.last.update(dict.fromkeys(node.inputs, i))
        self.last.update({port.value: len(graph.nodes) for port in graph.outputs})
        self.busy: list[frozenset[str]] = []
        """Those of the passing variables that are needed behind each step."""
        until = dict.fromkeys(passing, -1)
        until.update({name: self.last.get(value, -1) for value, name in self.of.items() if name in until})
        for i, node in enumerate(graph.nodes):
            self.busy.append(frozenset(name for name in passing if until[name] > i))
            if self.last.get(node.name, i) > i + 1:
                self.of[node.name] = self.fresh(node.name)
                continue
            # what is needed no more behind this step may give its variable to what comes out of it
            source = [self.of[node.inputs[0]]] if len(node.inputs) == 1 else []
            name = next(name for name in (*source, *passing) if until.get(name, i + 1) <= i)
            self.of[node.name] = name
            until[name] = i + 1

    def fresh(self, name: str) -> str:
        """A variable of its own, named like what it holds."""
        found = name
        while found in self.own or not self.names.free(found):
            found += "_"
        self.own.add(found)
        return found


def of_model(graph: Graph, names: Names) -> Variables:
    """The variables of a model's `apply`: several inputs have their own, and the last flows on as `x`."""
    return _with(graph, names, len(graph.inputs) - 1)


def of_block(graph: Graph, names: Names) -> Variables:
    """The variables of a block's function: what flows in is `x`, and the others have their own."""
    return _with(graph, names, 0)


def _with(graph: Graph, names: Names, flowing: int) -> Variables:
    own: set[str] = set()
    entering: list[str] = []
    for i, port in enumerate(graph.inputs):
        name = PASSING[0] if i == flowing else port.name
        while i != flowing and (name in own or not names.free(name)):
            name += "_"
        own.add(name)
        entering.append(name)
    return Variables(graph, entering, names, own)
