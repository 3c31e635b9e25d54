"""What the machine can do at most, measured: multiplications a second and bytes a second."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

SECONDS = 0.3
"""How long each is measured."""

_SMALLEST, _LARGEST = 512, 8192
_STREAM_BYTES = 128 << 20
"""Larger than the caches."""


@dataclass(frozen=True)
class Ceilings:
    """`flops` operations a second of a large matrix product in the type of the values, and `bytes` a second of adding
    to a large array, reading and writing both counted."""

    dtype: str
    flops: float
    bytes: float


def measured(precision: str) -> Ceilings:
    """The ceilings of JAX's default device, for a recipe's `precision`."""
    dtype = jnp.bfloat16 if precision == "bf16" else jnp.float32
    return Ceilings(jnp.dtype(dtype).name, _product(dtype), _stream())


def _product(dtype: Any) -> float:
    """Operations a second of square matrix products, as large as take a tenth of the time."""
    size = _SMALLEST
    multiply = jax.jit(jnp.matmul)
    while True:
        square = partial(multiply, *(jnp.ones((size, size), dtype),) * 2)
        seconds = _best(square, 0)
        if seconds > SECONDS / 10 or size >= _LARGEST:
            return 2 * size**3 / min(seconds, _best(square, SECONDS))
        size *= 2


def _stream() -> float:
    add = jax.jit(lambda x: x + 1, donate_argnums=0)
    array = jnp.zeros(_STREAM_BYTES // 4, jnp.float32)

    def once() -> Any:
        # what is read is written anew in its place: fresh pages would cost more than the addition
        nonlocal array
        array = add(array)
        return array

    return 2 * _STREAM_BYTES / _best(once, SECONDS)


def _best(run: Callable[[], Any], seconds: float) -> float:
    """The shortest of the runs that fit into some seconds, of which the first, that compiles, doesn't count."""
    jax.block_until_ready(run())  # type: ignore[no-untyped-call]
    best, until = float("inf"), time.perf_counter() + seconds
    while True:
        start = time.perf_counter()
        jax.block_until_ready(run())  # type: ignore[no-untyped-call]
        end = time.perf_counter()
        best = min(best, end - start)
        if end >= until:
            return best
