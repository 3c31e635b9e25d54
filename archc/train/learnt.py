"""What a run has learnt, for a figure: its network and its best weights, and whether a file is of that network."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archc.diagnostics import Diagnostic, Failed
from archc.ir import Graph, Module
from archc.ir.compare import Comparison, compare

if TYPE_CHECKING:
    import numpy as np


def learnt(run: Path, called: str) -> "tuple[Module, Mapping[str, np.ndarray]]":
    """The network of a run and its best weights by name, "dense1.kernel". Raises Failed if it has none that fit."""
    from archc.train.folders import open_run, read_module
    from archc.train.weights import read_weights

    folder = open_run(run, lock=False)
    module = read_module(folder)
    weights = read_weights(folder.best)
    lacking = misfit(module.graph, weights)
    if lacking:
        help = f"train it again, or write its weights again: `archc train {called} --resume`"
        raise Failed(Diagnostic("E0709", f"the weights in {folder.best} don't fit: {lacking}", help=help))
    return module, weights


def refuse_other(module: Module, written: Module, run: str, file: str) -> None:
    """Raises Failed if the network that is `written` in a file isn't the run's."""
    other = difference(compare(module.graph, written.graph))
    if other:
        title = f"{run} has learnt the weights of another network than {file}: {other}"
        help = f"leave out {file}, and the network of {run} is drawn; or train the file again"
        raise Failed(Diagnostic("E0709", title, help=help))


def misfit(graph: Graph, weights: Mapping[str, Any]) -> str:
    """The first array of a network that is missing, or that has another shape; "" if none is."""
    for scope, node in graph.layers():
        for weight in node.weights:
            name = f"{scope}.{weight.name}"
            if name not in weights:
                return f"the network needs `{name}`"
            if weights[name].shape != weight.shape:
                return f"`{name}` is {list(weights[name].shape)}, and the network has {list(weight.shape)}"
    return ""


def difference(found: Comparison) -> str:
    """The first thing in which a file's network isn't the run's; "" if they are the same. How weights start is none."""
    if found.inputs or found.outputs:
        return "its inputs or outputs are others"
    for what, steps in (("only the run has", found.removed), ("only the file has", found.added)):
        if steps:
            return f"{what} `{steps[0].scope}`"
    pair = next((p for p in found.pairs if p.changes or p.shapes or p.renamed or p.moved), None)
    return f"`{pair.after.scope}` is not the same" if pair else ""
