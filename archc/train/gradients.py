"""gradients.jsonl: how large the gradient of each layer is, before training and as it goes on.

Measured with the program's own loss and network, on a batch that stays the same. What is measured
doesn't enter the training.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp

from archc.ir import Module
from archc.train.folders import RunFolder, writing
from archc.train.records import read_records, whole_records

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
        known = {line.epoch: line for _, line in whole_records(folder.gradients, _measured)}
        kept = [known[past] for past in sorted(known) if past <= epoch]
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
        found = by_layer(self._program, self._measure(state.params, state.stats, self._batch, key))
        measured = Measured(epoch, {layer: _short(found[layer]) for layer in self._layers})
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


def norms(program: ModuleType, params: Any, stats: Any, batch: tuple[Any, Any], key: Any) -> Any:
    """The Euclidean norm of ∂loss/∂weights of each array, in training mode; to be traced by `jax.jit`.

    The form is that of params; arrays that hold the copies of a repeat have a norm for each copy.
    """
    inputs, targets = batch
    repeats = getattr(program, "REPEATS", {})

    def objective(params: Any) -> Any:
        return program.loss(program.apply(params, stats, inputs, train=True, key=key)[0], targets)

    def norm(path: Any, gradient: Any) -> Any:
        scopes = [entry.key for entry in path]
        copies = sum(".".join(scopes[:depth]) in repeats for depth in range(1, len(scopes)))
        return _norm(gradient.astype(jnp.float32), tuple(range(copies, gradient.ndim)))

    return jax.tree_util.tree_map_with_path(norm, jax.grad(objective)(params))


def _norm(array: Any, axes: tuple[int, ...]) -> Any:
    # squares of large numbers overflow, and those of small ones vanish
    largest = jnp.max(jnp.abs(array), axes, keepdims=True, initial=0)
    unit = jnp.where(largest > 0, largest, 1.0)
    return jnp.squeeze(unit, axes) * jnp.sqrt(jnp.sum((array / unit) ** 2, axes))


def by_layer(program: ModuleType, found: Any) -> dict[str, float]:
    """The norms of whole layers, of what `norms` gave for their arrays."""
    found = jax.device_get(found)
    if hasattr(program, "unstack"):
        found = program.unstack(found)
    layers: dict[str, list[float]] = {}
    for path, norm in jax.tree_util.tree_leaves_with_path(found):
        *scope, _ = (entry.key for entry in path)
        layers.setdefault(".".join(scope), []).append(float(norm))
    return {scope: math.hypot(*values) for scope, values in layers.items()}


def read(folder: RunFolder) -> list[Measured]:
    """What was measured of a run, by epoch; nothing where it wasn't. Raises Failed if the file is damaged."""
    passed = -1

    def in_order(line: Any, number: int) -> Measured:
        nonlocal passed
        found = _measured(line, number)
        if found.epoch <= passed:
            raise ValueError("is of an epoch that the line before it has passed")
        passed = found.epoch
        return found

    return read_records(folder.gradients, in_order)


def _measured(line: Any, number: int) -> Measured:
    """What a line says. Raises ValueError."""
    norms = line.get("norms") if isinstance(line, dict) else None
    if not isinstance(norms, dict) or type(line.get("epoch")) is not int or line["epoch"] < 0:
        raise ValueError("says nothing of an epoch")
    if not all(norm is None or (isinstance(norm, int | float) and 0 <= norm < math.inf) for norm in norms.values()):
        raise ValueError("holds something else than norms")
    return Measured(line["epoch"], norms)


def _short(norm: float) -> float | None:
    return float(f"{norm:.{DIGITS}g}") if math.isfinite(norm) else None


def _line(measured: Measured) -> str:
    return json.dumps({"epoch": measured.epoch, "norms": measured.norms}, allow_nan=False) + "\n"
