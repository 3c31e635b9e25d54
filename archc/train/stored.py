"""Weights in files: what a file or a run holds, read as if it were hostile, and files that know their network."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as tensor_bytes

from archc.data.archive import MOST_ARRAYS, open_archive, regular
from archc.data.atomic import whole_file
from archc.ir import Graph
from archc.parameters import Unfit
from archc.train.folders import AGAIN, MARK
from archc.train.matching import Outline, Shape, as_json, from_json, guessed, outline

KEY = "archc"
"""Under which a safetensors file keeps the outline of its network."""

LARGEST_GRAPH = 2**28
"""Bytes that a stored graph may have."""

FLOATS = {"F16", "BF16", "F32", "F64", "f2", "f4", "f8"}
"""The types of weights, as safetensors and archc's reader of numpy files call them."""


@dataclass(frozen=True)
class WeightFile:
    """A file of weights: the layers that own them, in their order if the network is `known`."""

    path: Path
    layers: Outline
    known: bool

    def read(self, names: Iterable[str]) -> dict[str, np.ndarray]:
        """Some of its arrays, as float32. Raises Unfit."""
        shapes = {f"{layer.scope}.{name}": shape for layer in self.layers for name, shape in layer.weights.items()}
        found = {}
        with opened(self.path) as (_, _, read):
            for name in names:
                what = f"`{name}` in {self.path}"
                with np.errstate(over="ignore"):
                    array = np.asarray(read(name)).astype(np.float32)
                if array.shape != shapes[name]:
                    raise Unfit(f"{what} was changed while it was read", "try again", code="E0720")
                if not np.isfinite(array).all():
                    help = "take the weights of a run that didn't go wrong"
                    raise Unfit(f"{what} holds numbers that aren't finite in float32", help, code="E0720")
                found[name] = array
        return found


def look(path: Path) -> WeightFile:
    """What a `.npz` or `.safetensors` file holds, from its headers alone. Raises Unfit, with a code."""
    with opened(path) as (shapes, stored, _):
        if stored is None and path.suffix == ".npz" and (path.parent / MARK).exists():
            stored = outline_of_run(path.parent)
    if stored is None:
        return WeightFile(path, guessed(shapes), False)
    wanted = {f"{layer.scope}.{name}": shape for layer in stored for name, shape in layer.weights.items()}
    for name in (*wanted, *shapes):
        if wanted.get(name) != shapes.get(name):
            problem = f"{path} isn't what its network says: `{name}` is {told(shapes, name)}, not {told(wanted, name)}"
            raise Unfit(problem, "make or copy the file again", code="E0720")
    return WeightFile(path, stored, True)


def told(shapes: Mapping[str, Shape], name: str) -> str:
    return str(list(shapes[name])) if name in shapes else "missing"


Opened = tuple[Mapping[str, Shape], Outline | None, Callable[[str], np.ndarray]]
"""Shapes by name, the outline that the file knows, and what reads an array."""


@contextmanager
def opened(path: Path) -> Iterator[Opened]:
    """An open file of weights. Raises Unfit: E0601 to E0604, and E0720 for what holds no weights."""
    if path.suffix == ".npz":
        with open_archive(path) as archive:
            kinds = {name: header.kind for name, header in archive.headers.items()}
            check_kinds(kinds, path)
            yield {name: header.shape for name, header in archive.headers.items()}, None, archive.read
        return
    regular(path)
    try:
        with safe_open(path, "numpy") as file:
            slices = {name: file.get_slice(name) for name in islice(file.keys(), MOST_ARRAYS)}
            check_kinds({name: each.get_dtype() for name, each in slices.items()}, path)
            shapes = {name: tuple(each.get_shape()) for name, each in slices.items()}
            yield shapes, stored_outline(file.metadata() or {}, path), file.get_tensor
    except SafetensorError as error:
        problem = f"{path} is damaged, cut off, or no safetensors file ({error})"
        raise Unfit(problem, "copy or make the file again", code="E0602") from None
    except OSError as error:
        raise Unfit(f"{path} cannot be read ({error.strerror or error})", code="E0601") from None


def check_kinds(kinds: Mapping[str, str], path: Path) -> None:
    """Raises Unfit unless there are arrays, and all hold floats."""
    if not kinds:
        raise Unfit(f"{path} holds no arrays", code="E0720")
    for name, kind in kinds.items():
        if kind not in FLOATS:
            raise Unfit(f"`{name}` in {path} is of the type {kind}, and weights are floats", code="E0720")


def stored_outline(metadata: Mapping[str, str], path: Path) -> Outline | None:
    """The outline in the metadata of a safetensors file; None if another tool wrote it. Raises Unfit."""
    if KEY not in metadata:
        return None
    try:
        return from_json(json.loads(metadata[KEY])["layers"])
    except (ValueError, TypeError, KeyError, RecursionError):
        raise Unfit(f"the network that {path} says it is of is damaged", code="E0720") from None


def outline_of_run(folder: Path) -> Outline:
    """The outline of a run's network. Raises Unfit."""
    path = folder / "ir.json"
    if regular(path) > LARGEST_GRAPH:
        raise Unfit(f"{path} is too large for a network", code="E0720")
    try:
        graph = Graph.model_validate(json.loads(path.read_bytes())["graph"])
        stored = [layer for layer in islice(graph.layers(), 100 * MOST_ARRAYS) if layer[1].weights]
        if len(stored) > MOST_ARRAYS:
            raise ValueError("too many layers")
        return outline(graph)
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        raise Unfit(f"{path} is damaged", AGAIN, code="E0720") from None


def save_weights(path: Path, weights: Mapping[str, np.ndarray], graph: Graph) -> None:
    """Writes a safetensors file that knows its network: equal weights give equal bytes. Raises OSError."""
    metadata = {KEY: json.dumps({"version": 1, "layers": as_json(outline(graph))}, separators=(",", ":"))}
    arrays = {name: np.ascontiguousarray(weights[name]) for name in sorted(weights)}
    with whole_file(path) as file:
        file.write(tensor_bytes(arrays, metadata=metadata))
