"""gradients.jsonl: how large the gradient of each layer is, before training and as it goes on.

Measured with the program's own loss and network, on a batch that stays the same. What is measured
doesn't enter the training.
"""

import json
import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp

from archc.ir import Module
from archc.train.folders import RunFolder, writing

MOST = 200
"""No run is measured more often."""
LEAST = 20
SHARE = 20
"""Above `LEAST` times, a measurement may come no oftener than every so many steps."""
MOST_NUMBERS = 100_000
MOST_ROWS = 256
DIGITS = 6
_QUICKLY: dict[str, bool | int | str | None] = {"xla_backend_optimization_level": 0}
"""It runs a few times, so most of what it costs is to compile it: half as long, if XLA optimizes less."""


@dataclass(frozen=True)
class Measured:
    """The norms after an epoch, 0 for before the first one, by layer; None for what isn't finite."""

    epoch: int
    norms: Mapping[str, float | None]


class Recorder:
    """Measures, at epochs that depend on nothing but the program, and writes a line for each."""

    def __init__(self, folder: RunFolder, program: ModuleType, module: Module, data: tuple[Any, Any], epoch: int):
        """`data` are the training rows; lines of what comes after `epoch` are dropped. Raises Failed."""
        self._folder, self._program = folder, program
        self._layers = learning(module)
        rows = min(program.BATCH, program.PART_ROWS["train"], MOST_ROWS)
        self._batch = jax.tree.map(lambda values: values[:rows], data)
        device = next(iter(jax.tree.leaves(self._batch)[0].devices()))
        options = _QUICKLY if device.platform == "cpu" else None
        self._measure = jax.jit(partial(norms, program), compiler_options=options)
        kept = [line for line in read(folder) if line.epoch <= epoch]
        self._next = kept[-1].epoch + 1 if kept else 0
        self._every = spacing(program.EPOCHS, program.STEPS, len(self._layers))
        if self._layers:
            folder.write_text(folder.gradients.name, "".join(_line(measured) for measured in kept))

    def due(self, epoch: int, *, last: bool = False) -> bool:
        """Whether the end of an epoch is one of those that are measured."""
        return bool(self._layers) and epoch >= self._next and (last or epoch == 1 or epoch % self._every == 0)

    def record(self, state: Any, epoch: int) -> None:
        """Measures and writes. Raises Failed if it can't be written."""
        key = jax.random.fold_in(state.key, 0)
        found = jax.device_get(self._measure(state.params, state.stats, self._batch, key))
        measured = Measured(epoch, {layer: _short(float(found[layer])) for layer in self._layers})
        with writing(self._folder.gradients), self._folder.gradients.open("a", encoding="utf-8") as file:
            file.write(_line(measured))
        self._next = epoch + 1


def learning(module: Module) -> list[str]:
    """The layers that training moves, in the order of the file."""
    frozen = module.recipe.freeze if module.recipe is not None else ()
    return [
        scope
        for scope, node in module.graph.layers()
        if any(weight.trainable for weight in node.weights)
        and not any(scope == part or scope.startswith(f"{part}.") for part in frozen)
    ]


def spacing(epochs: int, steps: int, layers: int) -> int:
    """Every how many epochs is measured: a measurement costs about a step."""
    times = min(MOST, MOST_NUMBERS // max(layers, 1), max(LEAST, epochs * steps // SHARE))
    return -(-epochs // max(times, 1))


def norms(program: ModuleType, params: Any, stats: Any, batch: tuple[Any, Any], key: Any) -> dict[str, Any]:
    """The Euclidean norm of ∂loss/∂weights by layer, in training mode; to be traced by `jax.jit`."""
    inputs, targets = batch

    def objective(params: Any) -> Any:
        return program.loss(program.apply(params, stats, inputs, train=True, key=key)[0], targets)

    gradients = jax.grad(objective)(params)
    if hasattr(program, "unstack"):
        gradients = program.unstack(gradients)
    layers: dict[str, list[Any]] = {}
    for path, leaf in jax.tree_util.tree_leaves_with_path(gradients):
        *scope, _ = (entry.key for entry in path)
        layers.setdefault(".".join(scope), []).append(leaf.astype(jnp.float32))
    return {scope: _norm(leaves) for scope, leaves in layers.items()}


def _norm(leaves: list[Any]) -> Any:
    # squares of large numbers overflow, and those of small ones vanish
    largest = jnp.stack([jnp.max(jnp.abs(leaf)) for leaf in leaves if leaf.size]).max()
    unit = jnp.where(largest > 0, largest, 1.0)
    return unit * jnp.sqrt(sum(jnp.sum((leaf / unit) ** 2) for leaf in leaves if leaf.size))


def read(folder: RunFolder) -> list[Measured]:
    """What was measured of a run, by epoch; nothing where it wasn't. A line that was cut off doesn't count."""
    lines: dict[int, Measured] = {}
    with suppress(OSError, UnicodeDecodeError):
        for text in folder.gradients.read_text(encoding="utf-8").splitlines():
            with suppress(ValueError, KeyError, TypeError):
                line = json.loads(text)
                lines[int(line["epoch"])] = Measured(int(line["epoch"]), dict(line["norms"]))
    return [lines[epoch] for epoch in sorted(lines)]


def _short(norm: float) -> float | None:
    return float(f"{norm:.{DIGITS}g}") if math.isfinite(norm) else None


def _line(measured: Measured) -> str:
    return json.dumps({"epoch": measured.epoch, "norms": measured.norms}, allow_nan=False) + "\n"
