"""Looks into what JAX traced."""

from collections.abc import Iterator
from math import prod
from typing import Any


def equations(jaxpr: Any, *, rounds: bool = False) -> Iterator[Any]:
    """Every primitive operation, in functions and loops too: with `rounds`, those in a scan once a round."""
    for equation in getattr(jaxpr, "jaxpr", jaxpr).eqns:
        yield equation
        times = equation.params["length"] if rounds and equation.primitive.name == "scan" else 1
        for value in equation.params.values():
            for inner in value if isinstance(value, tuple | list) else (value,):
                if hasattr(inner, "eqns") or hasattr(inner, "jaxpr"):
                    for _ in range(times):
                        yield from equations(inner, rounds=rounds)


def macs(jaxpr: Any) -> int:
    """Multiply-accumulates of all convolutions and matrix products, padding counted as any other cell."""
    total = 0
    flipped: set[Any] = set()
    scattered: dict[Any, int] = {}
    for equation in equations(jaxpr, rounds=True):
        if equation.primitive.name == "rev":
            flipped.update(equation.outvars)
        if equation.primitive.name == "scatter":  # what a kernel doesn't have stays 0
            scattered |= dict.fromkeys(equation.outvars, equation.invars[2].aval.size)
        if equation.primitive.name == "dot_general":
            (contracted, _), _ = equation.params["dimension_numbers"]
            shape = equation.invars[0].aval.shape
            total += equation.outvars[0].aval.size * prod(shape[axis] for axis in contracted)
        if equation.primitive.name == "conv_general_dilated":
            kernel = equation.invars[1].aval
            outputs = equation.params["dimension_numbers"].rhs_spec[0]
            if equation.invars[1] in flipped:  # a transposed one: each cell that enters meets the whole kernel
                total += cells(equation) * kernel.size
            else:
                size = scattered.get(equation.invars[1], kernel.size)
                total += equation.outvars[0].aval.size * size // kernel.shape[outputs]
    return total


def cells(equation: Any) -> int:
    """How many positions enter a convolution, those of all examples together."""
    x, channels = equation.invars[0].aval, equation.params["dimension_numbers"].lhs_spec[1]
    return int(x.size // x.shape[channels])
