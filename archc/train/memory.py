"""Whether a network can fit into the machine at all, told before anything is built."""

import os

from archc.diagnostics import Diagnostic, Failed
from archc.ir import Module, Recipe
from archc.types import TensorType

BYTES = 4

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


def check_memory(module: Module, there: int | None = None) -> None:
    """Raises Failed if a network needs more than the machine has; `there` is its memory in bytes."""
    there = machine() if there is None else there
    needed = least_needed(module)
    if needed > there:
        title = (
            f"{module.graph.name} needs at least {gigabytes(needed)} to train, and this machine has {gigabytes(there)}"
        )
        count = f"{module.graph.parameters:,} parameters of {BYTES} bytes"
        note = f"it has {count}, with their gradient and the optimizer's state"
        help = "`archc summary` shows which layers they are in"
        raise Failed(Diagnostic("E0806", title, notes=(note,), help=help))


def machine() -> int:
    """The machine's memory in bytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def gigabytes(count: int) -> str:
    return f"{count / 1e9:,.1f} GB"
