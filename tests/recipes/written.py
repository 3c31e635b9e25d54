"""Recipes as they stand in programs."""

from typing import Any

import jax
import jax.numpy as jnp
import optax

from archc.code import Code
from archc.kernels import descent
from archc.kernels import schedule as rates
from archc.kernels.decay import only_kernels
from archc.parameters import FAMILIES, Described
from archc.program.printer import flat

STEPS, EPOCHS = 10, 4


def built(family: str, name: str, *values: Any, **named: Any) -> Any:
    return FAMILIES[family][name].build(values, named)


def evaluated(code: Code) -> Any:
    libraries = {"jax": jax, "jnp": jnp, "optax": optax}
    names = {**vars(descent), **vars(rates), **libraries, "only_kernels": only_kernels}
    return eval(flat(code), {**names, "STEPS": STEPS, "EPOCHS": EPOCHS})


def schedule(described: Described, step: float) -> float:
    """The rate at a step."""
    value = evaluated(described.lower())  # type: ignore[attr-defined]
    return float(value(step)) if callable(value) else float(value)
