"""The weights that a run starts from: found, held against the network, and told of."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from archc.data.archive import open_archive
from archc.data.table import fingerprint
from archc.diagnostics import Diagnostic, Failed
from archc.diagnostics.suggest import closest
from archc.ir import Graph, Module, Place
from archc.ir.items import restored
from archc.parameters import Unfit, counted
from archc.recipes.start import FromRun, Start
from archc.source import Source, Span
from archc.train.folders import AGAIN, RunFolder, unfinished
from archc.train.matching import Match, Outline, Stored, match, outline, together
from archc.train.stored import WeightFile, look

FEW = 8
"""Names that a line tells before it only counts them."""


@dataclass(frozen=True)
class Given:
    """Weights and statistics by the program's names, and lines that tell where each layer's are from."""

    arrays: dict[str, np.ndarray]
    lines: tuple[str, ...]


def given(module: Module, source: Source, folders: Sequence[Path]) -> Given | None:
    """What the recipe starts from; None if that is nothing. Relative paths start at `folders`, in turn.

    Raises Failed, with the place in `source`, if it can't be read or doesn't fit.
    """
    if module.recipe is None or module.recipe.start is None:
        return None
    start, span = restored(module.recipe.start.source), span_of(module.recipe.start.place, source)
    assert isinstance(start, Start)
    try:
        file = look(file_of(start, folders))
        here, left_out = parted(module.graph, start)
        found = match(here, file.layers, ordered=file.known)
        check(found, start, file)
        arrays: dict[str, np.ndarray] = {}
        read = file.read(name for _, there in found.pairs for name in there.names)
        for layer, there in found.pairs:
            arrays |= {f"{layer.scope}.{name}": read[f"{there.scope}.{name}"] for name in layer.weights}
    except Unfit as unfit:
        raise Failed(Diagnostic(unfit.code, unfit.problem, span, help=unfit.help)) from None
    told = lines(found, left_out, file, outline(module.graph))
    frozen = [
        layer.scope
        for layer in (*found.new, *(here for here, _ in found.differing))
        if any(f"{layer.scope}.".startswith(f"{scope}.") for scope in module.recipe.freeze)
    ]
    if frozen:
        told.append(f"  note     frozen, and not loaded: {listed(frozen, quoted=False)}")
    return Given(arrays, tuple(told))


def read_start(folder: RunFolder, fingerprint_then: str) -> dict[str, np.ndarray]:
    """What a run started from, as it kept it. Raises Failed."""
    try:
        with open_archive(folder.start) as archive:
            arrays = {name: archive.read(name) for name in archive.headers}
    except Unfit as unfit:
        raise Failed(Diagnostic("E0704", unfit.problem, help=AGAIN)) from None
    if fingerprint(arrays) != fingerprint_then:
        raise Failed(Diagnostic("E0704", f"{folder.start} is not what the run began with", help=AGAIN))
    return arrays


def span_of(place: Place, source: Source) -> Span | None:
    """From a place to the end of its line; None if the source isn't the one that the place is in."""
    if place.file != Path(source.name).name or place.line > len(source.starts):
        return None
    start = source.starts[place.line - 1]
    return source.span(start + place.column - 1, start + len(source.line(place.line).rstrip()))


def file_of(start: Start, folders: Sequence[Path]) -> Path:
    """The file with the weights. Raises Unfit if there is none."""
    path = start.find(folders)
    if path is None:
        raise Unfit(f"there is no {start.noun} `{start.path}` to start from", code="E0433")
    if path.is_relative_to(Path.cwd()):
        path = path.relative_to(Path.cwd())
    if not isinstance(start, FromRun):
        return path
    best = path / "best.npz"
    if not best.exists():
        help = f"a run has weights when it is over: {unfinished(RunFolder(path), str(path))}"
        raise Unfit(f"the run {path} has no weights: {best} is not there", help, code="E0720")
    return best


def parted(graph: Graph, start: Start) -> tuple[Outline, Outline]:
    """The layers that take stored weights, and those that `except` names."""
    layers = outline(graph)
    named = [
        layer for layer in layers if any(f"{layer.scope}.".startswith(f"{scope}.") for scope in start.except_ or ())
    ]
    return tuple(layer for layer in layers if layer not in named), tuple(named)


def check(found: Match, start: Start, file: WeightFile) -> None:
    """Raises Unfit if a layer has another shape than the stored one, or nothing is loaded at all."""
    if found.differing and start.shapes != "skip":
        here, there = found.differing[0]
        names = ", ".join(here.scope for here, _ in found.differing)
        others = f", and {counted(len(found.differing) - 1, 'other layer')}" if len(found.differing) > 1 else ""
        problem = f"`{here.scope}` is {different(here, there)}{others}"
        help = f"leave it out, `except = [{names}]`, or every one of another shape, `shapes = skip`"
        raise Unfit(problem, help, code="E0721")
    if not file.known and found.new:
        raise Unfit(*unnamed(found.new[0], file), code="E0721")
    if not found.pairs:
        raise Unfit(
            f"{file.path} has no weights for any layer of this network",
            f"its layers are {listed(together(file.layers, file.layers))}",
            code="E0721",
        )


def different(here: Stored, there: Stored) -> str:
    """In what a layer differs from the stored one, the first of it."""
    if here.op and there.op and here.op != there.op:
        return f"a `{here.op}` here and a `{there.op}` in the stored network"
    for name in dict.fromkeys((*here.weights, *there.weights)):
        ours, theirs = here.weights.get(name), there.weights.get(name)
        if ours != theirs:
            shown = [f"{list(shape)}" if shape is not None else "missing" for shape in (ours, theirs)]
            return f"another layer than the stored one: its {name} is {shown[0]} here and {shown[1]} there"
    return "another layer than the stored one"


def unnamed(layer: Stored, file: WeightFile) -> tuple[str, str]:
    """That a foreign file lacks a layer's arrays, and which were perhaps meant."""
    name, shape = next((f"{layer.scope}.{name}", shape) for name, shape in layer.weights.items())
    shapes = {
        f"{other.scope}.{weight}".removeprefix("."): size
        for other in file.layers
        for weight, size in other.weights.items()
    }
    fitting = [stored for stored, size in shapes.items() if size == shape]
    near = closest(name, fitting, 3) or fitting or closest(name, shapes, 3) or list(shapes)
    rename = "rename the arrays as this network has them, or leave the layer out"
    return f"{file.path} holds no `{name}`", f"it has {listed(near)}; {rename}: `except = [{layer.scope}]`"


def lines(found: Match, left_out: Outline, file: WeightFile, whole: Outline) -> list[str]:
    """What was loaded and what wasn't, a line for each kind."""
    layers = [here for here, _ in found.pairs]
    numbers = sum(layer.size for layer in layers)
    told = [
        f"start    {len(layers)} of {counted(len(whole), 'layer')} from {file.path.as_posix()}, {numbers:,} numbers"
    ]
    chosen = {layer.scope for layer in left_out}
    still = [here for here, there in found.pairs if here.scope == there.scope]
    sorts = {
        "loaded": together(still, whole),
        "moved": [f"{here.scope} (stored as {there.scope})" for here, there in found.moved],
        "new": together(found.new, whole),
        "left out": together(left_out, whole),
        "skipped": [f"{here.scope} ({different(here, there).rpartition(': ')[2]})" for here, there in found.differing],
        "unused": together((layer for layer in found.unused if layer.scope not in chosen), file.layers),
    }
    return told + [f"  {sort:9}{listed(names, quoted=False)}" for sort, names in sorts.items() if names]


def listed(names: Sequence[str], *, quoted: bool = True) -> str:
    """The first few names, and how many more there are."""
    shown = ", ".join(f"`{name}`" if quoted else name for name in names[:FEW])
    return f"{shown} and {len(names) - FEW} more" if len(names) > FEW else shown
