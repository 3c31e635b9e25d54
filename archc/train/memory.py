"""Whether a network can fit into the machine at all, told before anything is built."""

import os
from collections.abc import Iterator
from typing import Any

import jax

from archc.diagnostics import Diagnostic, Failed
from archc.ir import Module, Recipe
from archc.memory import estimate
from archc.types import TensorType

BYTES = 4

SURE = 1.5
"""So many times the machine's memory an estimate has to be for it to be refused: an estimate may be wrong."""

MOMENTS = {"optimizer:adam": 2, "optimizer:adamw": 2}
"""Arrays as large as the parameters that an optimizer keeps; `sgd` keeps one if it has a momentum."""


def least_needed(module: Module) -> int:
    """Bytes that training can't do without: parameters, their gradient, the optimizer's state, and a batch's input."""
    recipe = module.recipe
    copies = 2 + (moments(recipe) if recipe else 0)
    inputs = sum(TensorType(port.shape).size for port in module.graph.inputs) * (recipe.batch if recipe else 1)
    return BYTES * (module.graph.parameters * copies + module.graph.state + inputs)


def moments(recipe: Recipe) -> int:
    """How many arrays as large as the parameters the optimizer keeps."""
    momentum = recipe.optimizer.arguments.get("momentum")
    return MOMENTS.get(recipe.optimizer.kind, 1 if momentum else 0)


def check_memory(module: Module, device: Any = None, there: int | None = None) -> None:
    """Raises Failed if a network needs more than the machine has; `there` is its memory in bytes.

    `device` is a JAX device, or None for JAX's choice. What a step needs on one that isn't the machine's own is not
    looked at.
    """
    there = machine() if there is None else there
    least, on_cpu = least_needed(module), (device or jax.devices()[0]).platform == "cpu"
    about = estimate(module).total if on_cpu else 0
    if least <= there and about <= SURE * there:
        return
    size = module.recipe.batch if module.recipe else 1
    fits = next((batch for batch in halves(size) if estimate(module, batch).total <= there), None) if on_cpu else None
    needed = f"at least {gigabytes(least)}" if least > there else f"about {gigabytes(about)}"
    if fits:
        steps = f" in batches of {size:,}"
        notes = ("what layers compute grows with the batch, and all of it waits for the way back",)
        help = f"take a smaller batch: one of {fits:,} fits"
    else:
        steps = ""
        count = f"{module.graph.parameters:,} parameters of {BYTES} bytes"
        notes = (f"it has {count}, with their gradient and the optimizer's state",)
        help = "`archc summary` shows which layers they are in"
    title = f"{module.graph.name} needs {needed} to train{steps}, and this machine has {gigabytes(there)}"
    raise Failed(Diagnostic("E0806", title, notes=notes, help=help))


def halves(size: int) -> Iterator[int]:
    """Powers of two below a size, the largest first."""
    power = 1 << max((size - 1).bit_length() - 1, 0)
    while 0 < power < size:
        yield power
        power //= 2


def machine() -> int:
    """The machine's memory in bytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def gigabytes(count: int) -> str:
    return f"{count / 1e9:,.1f} GB"
