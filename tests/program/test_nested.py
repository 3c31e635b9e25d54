"""Blocks and repeats compute what their layers would, written out, however they run."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from archc.program import emit
from tests.models import imported
from tests.program.nested import inlined, module, tree_of


def image(rows: int = 3) -> dict[str, np.ndarray]:
    return {"image": np.random.default_rng(0).normal(size=(rows, 6, 6, 2)).astype(np.float32)}


def by_name(program: Any, params: Any, stats: Any) -> dict[str, np.ndarray]:
    state = program.TrainState(params, stats, None, None, None)
    return {name.replace("__", "."): array for name, array in program.named(state).items()}


def results(program: Any, params: Any, stats: Any, *, train: bool) -> dict[str, np.ndarray]:
    """What a step computes: outputs, moved statistics, and gradients, by name; in float64, where rounding is small."""
    with jax.enable_x64(True):
        params, stats, inputs = jax.tree.map(lambda a: np.asarray(a, np.float64), (params, stats, image()))

        @jax.jit
        def run(params: Any, stats: Any) -> Any:
            def loss(params: Any) -> Any:
                outputs, moved = program.apply(params, stats, inputs, train=train, key=jax.random.key(7))
                return jnp.sum(jnp.square(outputs)), (outputs, moved)

            return jax.grad(loss, has_aux=True)(params)

        grads, (outputs, moved) = run(params, stats)
        named = by_name(program, grads, moved)
        return {"outputs": np.asarray(outputs), **named}


def agree(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> None:
    assert set(one) == set(other)
    for name, values in one.items():
        scale = max(float(np.abs(values).max()), 1.0)
        np.testing.assert_allclose(values / scale, other[name] / scale, atol=1e-6, err_msg=name)


@pytest.mark.parametrize("seed", [pytest.param(seed, marks=[pytest.mark.slow] * (seed > 3)) for seed in range(8)])
def test_a_nested_model_computes_what_its_layers_do_written_out(seed: int) -> None:
    nested = module(seed, dropout=False)
    program = imported(emit(nested, "gpu" if seed % 2 else "cpu"))
    flat = imported(emit(inlined(nested)))
    state, like = program.init(jax.random.key(seed)), flat.init(jax.random.key(0))
    weights = by_name(program, state.params, state.stats)
    params, stats = tree_of(weights, like.params), tree_of(weights, like.stats)
    assert set(by_name(flat, params, stats)) == set(weights)
    for train in (True, False):
        agree(results(program, state.params, state.stats, train=train), results(flat, params, stats, train=train))


@pytest.mark.parametrize("seed", [8, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (9, 10))])
def test_scanned_and_unrolled_agree_with_dropout_on(seed: int) -> None:
    nested = module(seed, dropout=True)
    texts = [emit(nested, "gpu"), emit(nested, "gpu", unroll=True)]
    assert "lax.scan" not in texts[1]
    found, starts = [], []
    for text in texts:
        program = imported(text)
        state = program.init(jax.random.key(seed))
        starts.append(by_name(program, state.params, state.stats))
        found.append(results(program, state.params, state.stats, train=True))
    agree(starts[0], starts[1])
    agree(found[0], found[1])


def test_what_is_drawn_is_drawn_once() -> None:
    """No two arrays of a model start alike, however deep they stand."""
    for seed in range(3):
        program = imported(emit(module(seed, dropout=True, convolutions=False), "gpu"))
        state = program.init(jax.random.key(1))
        kernels = [array for name, array in by_name(program, state.params, {}).items() if name.endswith("kernel")]
        first = [float(array.ravel()[0]) for array in kernels]
        assert len(set(first)) == len(first)


def test_programs_are_as_a_formatter_writes_them(tmp_path: Path) -> None:
    for seed in range(40):
        for target in ("cpu", "gpu"):
            text = emit(module(seed, dropout=seed % 2 == 0), target)  # type: ignore[arg-type]
            (tmp_path / f"nested{seed}{target}.py").write_text(text, encoding="utf-8")
    for command in (["check"], ["format", "--check"]):
        run = [sys.executable, "-m", "ruff", *command, "--isolated", "--no-cache", str(tmp_path)]
        done = subprocess.run(run, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr
