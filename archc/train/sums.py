"""What a program counts while it trains, and the figures that are made of it."""

from types import ModuleType
from typing import Any

import jax
import numpy as np

from archc.ir import Module
from archc.ir.items import restored
from archc.train.figures import Figures, loss_first, numbers

Sums = dict[str, Any]
"""By name: a float, or nested lists of floats where a metric counts more than one thing."""


def on_host(totals: Any) -> Sums:
    """Sums as a program gives them, in float64."""
    return {name: np.asarray(value, np.float64).tolist() for name, value in jax.device_get(totals).items()}


def added(sums: Sums, more: Sums) -> Sums:
    """Two sums together."""
    return {name: (np.asarray(sums.get(name, 0.0)) + value).tolist() for name, value in more.items()}


def summable(sums: Sums) -> bool:
    """Whether they are all finite."""
    return all(bool(np.isfinite(value).all()) for value in sums.values())


def summarized(program: ModuleType, sums: Sums, n: int) -> Figures:
    """The figures that the sums over n examples make: means, where the program says nothing else."""
    if not hasattr(program, "summarize"):
        return loss_first({name: total / n for name, total in sums.items()})
    return numbers(program.summarize({name: np.asarray(value) for name, value in sums.items()}, n))


def has_tables(module: Module) -> bool:
    """Whether a metric is a table."""
    return module.recipe is not None and any(restored(term.metric).table for term in module.recipe.metrics)
