"""An archc program and a PyTorch function of the same weights, run side by side."""

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import torch

from archc.ir import Module
from tests.models import program_of

Tensors = dict[str, torch.Tensor]
"""Weights and statistics by dotted name, laid out as archc lays them out."""

Peer = Callable[[Tensors, torch.Tensor], torch.Tensor | tuple[torch.Tensor, ...]]
"""What PyTorch makes of weights and an input [batch, …, channels]; it may move statistics in place."""

BATCH = 3

QUICKLY = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}
"""How XLA compiles what runs once."""


def flat(tree: Any) -> dict[str, Any]:
    return {".".join(key.key for key in path): leaf for path, leaf in jax.tree.leaves_with_path(tree)}


def first(tensor: torch.Tensor) -> torch.Tensor:
    """[batch, …, channels] -> [batch, channels, …]."""
    return tensor.movedim(-1, 1)


def last(tensor: torch.Tensor) -> torch.Tensor:
    """[batch, channels, …] -> [batch, …, channels]."""
    return tensor.movedim(1, -1)


def kernel(weight: torch.Tensor) -> torch.Tensor:
    """[…, in, out] -> [out, in, …]."""
    return weight.movedim((-1, -2), (0, 1))


def fan(shape: tuple[int, ...]) -> int:
    """How many numbers a unit reads."""
    return prod(shape[:-1])


def agree(ours: Mapping[str, Any], theirs: Mapping[str, Any], bound: float) -> None:
    """The largest difference in each array is at most `bound` of the largest value that PyTorch has there."""
    assert ours.keys() == theirs.keys()
    for name, array in ours.items():
        one, other = np.asarray(array, np.float64), np.asarray(theirs[name], np.float64)
        assert one.shape == other.shape, name
        assert np.isfinite(other).all(), name
        difference, largest = np.abs(one - other).max(initial=0), np.abs(other).max(initial=0)
        assert difference <= bound * max(largest, 1e-300), f"{name}: {difference / max(largest, 1e-300):.1e}"


def compare(
    module: Module, peer: Peer, *, train: bool, bound: float, wide: bool = True, batch: int = BATCH, seed: int = 0
) -> None:
    """Outputs, moved statistics, and in float64 the gradients of a random sum of the outputs, by input and weights."""
    numbers, program = np.random.default_rng(seed), program_of(module)
    (port,) = module.graph.inputs
    with jax.enable_x64(wide):
        dtype = np.float64 if wide else np.float32
        shapes = jax.eval_shape(program.init, jax.random.key(seed))
        params = jax.tree.map(
            lambda w: jnp.asarray(numbers.normal(0, 1 / fan(w.shape) ** 0.5, w.shape), dtype), shapes.params
        )
        stats = jax.tree.map(lambda s: jnp.asarray(numbers.uniform(0.5, 1.5, s.shape), dtype), shapes.stats)
        x = jnp.asarray(numbers.normal(size=(batch, *port.shape)), dtype)

        def outputs(params: Any, x: Any) -> tuple[tuple[Any, ...], Any]:
            given, moved = program.apply(params, stats, {port.name: x}, train=train, key=jax.random.key(0))
            return tuple(given.values()) if isinstance(given, dict) else (given,), moved

        ours, moved = jax.jit(outputs, compiler_options=QUICKLY)(params, x)
        sums = [jnp.asarray(numbers.normal(size=y.shape), dtype) for y in ours]
        found = {f"output {i}": y for i, y in enumerate(ours)} | {f"moved {k}": v for k, v in flat(moved).items()}
        if wide:

            def total(params: Any, x: Any) -> Any:
                return sum(jnp.vdot(s, y) for s, y in zip(sums, outputs(params, x)[0], strict=True))

            by_weights, by_input = jax.jit(jax.grad(total, (0, 1)), compiler_options=QUICKLY)(params, x)
            found |= {f"gradient {k}": v for k, v in flat(by_weights).items()} | {"gradient of the input": by_input}
        found = {name: np.asarray(value) for name, value in found.items()}
        leaves = {name: torch.tensor(np.asarray(w), requires_grad=wide) for name, w in flat(params).items()}
        kept = {name: torch.tensor(np.asarray(s)) for name, s in flat(stats).items()}
        entering = torch.tensor(np.asarray(x), requires_grad=wide)
        factors = [torch.tensor(np.asarray(s)) for s in sums]
    theirs = peer({**leaves, **kept}, entering)
    theirs = theirs if isinstance(theirs, tuple) else (theirs,)
    told = {f"output {i}": y.detach() for i, y in enumerate(theirs)} | {f"moved {k}": v for k, v in kept.items()}
    if wide:
        torch.autograd.backward([(y * s).sum() for y, s in zip(theirs, factors, strict=True)])
        told |= {f"gradient {name}": leaf.grad for name, leaf in leaves.items()}
        told["gradient of the input"] = entering.grad
    agree(found, {name: value.numpy() for name, value in told.items()}, bound)
