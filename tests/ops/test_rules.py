"""What every layer says of itself against what its program does: shapes, weights, state, costs.

A thousand random models; `pytest -m slow` takes fifty thousand.
"""

from functools import cache
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from archc.data.dataset import Where
from archc.data.readers import load
from archc.ir import Graph, Module
from archc.ops import OPS
from archc.ops.form import Target
from archc.parameters import members
from archc.passes import run
from archc.program import emit
from tests.grower import Grower, Repeater, forms
from tests.jaxprs import macs
from tests.models import BUILT_IN, FOLDER, Sketch, built_in, imported
from tests.ops.cases import CASES

OFTEN, FEW, MANY, EACH = 1_000, 2_000, 50_000, 50
"""So many random models are tried at every run, looked through for what none leaves out, and tried by `slow`."""


@cache
def sketch(seed: int) -> Sketch:
    return Grower(seed).model(recipe=seed % 4 == 0)


def traced(text: str, module: Module) -> tuple[Any, Graph, Any, Any]:
    """The program and its graph, and the state and outputs that its functions would give for three examples."""
    program = imported(text)
    graph = run(module).graph
    state = jax.eval_shape(program.init, jax.random.key(0))
    inputs = {port.name: jax.ShapeDtypeStruct((3, *port.shape), jnp.float32) for port in graph.inputs}

    def apply(state: Any, inputs: Any) -> Any:
        outputs, stats = program.apply(state.params, state.stats, inputs, train=True, key=state.key)
        return outputs if isinstance(outputs, dict) else {graph.outputs[0].name: outputs}, stats

    return program, graph, state, jax.make_jaxpr(apply, return_shape=True)(state, inputs)


def arrays_of(program: Any, tree: Any) -> dict[tuple[str, str], Any]:
    """The arrays of a program's params or stats by scope and name, those of each copy of a repeat by themselves."""
    apart = program.unstack(tree) if hasattr(program, "REPEATS") else tree
    paths = {tuple(key.key for key in path): array for path, array in jax.tree.leaves_with_path(apart)}
    return {(".".join(path[:-1]), path[-1]): array for path, array in paths.items()}


def shapes_of(program: Any, tree: Any) -> dict[tuple[str, str], Any]:
    """Likewise, where the tree holds shapes."""
    apart = hasattr(program, "REPEATS")
    return jax.eval_shape(lambda tree: arrays_of(program, tree), tree) if apart else arrays_of(program, tree)


def check(module: Module, target: Target = "cpu", *, plain: bool = False) -> None:
    """That the program has the shapes and numbers of its graph; multiply-accumulates where it is `plain`, since what is
    fastest on a CPU may multiply more, zeros of padding for one."""
    program, graph, state, (jaxpr, (outputs, stats)) = traced(emit(module, target, plain=plain), module)
    for arrays, trainable, total in ((state.params, True, graph.parameters), (state.stats, False, graph.state)):
        declared = {
            (scope, weight.name): weight.shape
            for scope, node in graph.layers()
            for weight in node.weights
            if weight.trainable == trainable
        }
        found = shapes_of(program, arrays)
        assert declared == {key: array.shape for key, array in found.items()}
        assert total == sum(array.size for array in found.values())
        assert all(array.dtype == jnp.float32 for array in found.values())
    assert jax.tree.map(lambda array: (array.shape, array.dtype), stats) == jax.tree.map(
        lambda array: (array.shape, array.dtype), state.stats
    )
    assert {port.name: (3, *port.shape) for port in graph.outputs} == {
        name: array.shape for name, array in outputs.items()
    }
    assert all(array.dtype == jnp.float32 for array in outputs.values())
    if plain:
        assert macs(jaxpr) == 3 * graph.macs


@pytest.mark.parametrize("path", BUILT_IN, ids=lambda path: path.stem)
def test_built_in_models_are_what_they_say(path: Path) -> None:
    check(built_in(path))
    check(built_in(path), plain=True)


def test_repeats_that_are_scanned_are_what_they_say() -> None:
    module = built_in(FOLDER / "resnet50.arch")
    assert "REPEATS = " in emit(module, "gpu")
    check(module, "gpu")
    check(module, "gpu", plain=True)


def all_are_what_they_say(seeds: range, folder: Path) -> None:
    for seed in seeds:
        module = sketch(seed).module(folder)
        try:
            check(module, "gpu" if seed % 5 == 0 else "cpu", plain=seed % 2 == 0)
        except Exception as error:
            raise AssertionError(f"{seed}: {error}\n{sketch(seed).text()}") from error


@pytest.mark.parametrize("first", range(0, OFTEN, EACH))
def test_random_models_are_what_they_say(first: int, tmp_path: Path) -> None:
    all_are_what_they_say(range(first, first + EACH), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(OFTEN, MANY, 20 * EACH))
def test_many_random_models_are_what_they_say(first: int, tmp_path: Path) -> None:
    all_are_what_they_say(range(first, min(first + 20 * EACH, MANY)), tmp_path)


@pytest.mark.parametrize("first", range(0, 120, 12))
def test_every_value_has_the_shape_of_its_layer(first: int, tmp_path: Path) -> None:
    """Each layer alone, not only the last: the program that ends in it gives its shape."""
    for seed in range(first, first + 12):
        module = sketch(seed).module(tmp_path).model_copy(update={"recipe": None})
        for node in module.graph.nodes:
            port = module.graph.outputs[0].model_copy(update={"name": "end", "value": node.name, "shape": node.output})
            ended = module.model_copy(update={"graph": module.graph.model_copy(update={"outputs": (port,)})})
            *_, (_, (outputs, _)) = traced(emit(ended), ended)
            assert outputs["end"].shape == (3, *node.output)


STEPS = 60

QUICKLY = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}
"""How XLA compiles what runs once."""


def stepped(module: Module, folder: Path, *, unroll: bool) -> dict[tuple[str, str], Any]:
    """All arrays after a training step on four rows; repeats are loops on the device, or written out."""
    assert module.recipe is not None
    text = emit(module, "gpu", unroll=unroll)
    assert ("lax.scan" in text) != unroll
    program = imported(text)
    with jax.enable_x64(True):
        table = {name: doubled(rows) for name, rows in load(module.recipe.data, Where(folder)).items()}
        data = program.select(table, np.arange(4))
        state = begun(program)
        step = program.train_step.lower(state, data, np.arange(4)).compile(QUICKLY)
        state, _ = step(state, data, np.arange(4))
        arrays = {**arrays_of(program, state.params), **arrays_of(program, state.stats)}
        return {key: np.asarray(array) for key, array in arrays.items()}


def begun(program: Any) -> Any:
    """A state of numbers that don't depend on how repeats are stored; to compile `init` would take longer."""
    numbers, shapes = np.random.default_rng(0), jax.eval_shape(program.init, jax.random.key(0))
    trees = []
    for tree in (shapes.params, shapes.stats):
        apart = jax.eval_shape(program.unstack, tree) if hasattr(program, "REPEATS") else tree
        leaves = [array for _, array in sorted(jax.tree.leaves_with_path(apart), key=lambda leaf: str(leaf[0]))]
        filled = {id(leaf): numbers.uniform(0.3, 0.9, leaf.shape) for leaf in leaves}
        whole = jax.tree.map(lambda leaf, filled=filled: filled[id(leaf)], apart)
        trees.append(jax.tree.map(jnp.asarray, program.stack(whole) if hasattr(program, "REPEATS") else whole))
    params, stats = trees
    return program.TrainState(params, stats, program.optimizer.init(params), 0, jax.random.key(1))


def doubled(array: Any) -> Any:
    """float64 for float32, so that no rounding is large enough to matter."""
    return array.astype(np.float64) if array.dtype == np.float32 else array


@pytest.mark.parametrize("part", [pytest.param(part, marks=[pytest.mark.slow] * (part > 0)) for part in range(6)])
def test_random_models_learn_alike_scanned_and_unrolled(part: int, tmp_path: Path) -> None:
    tried = 0
    for seed in range(part, FEW, 6):
        module = Repeater(seed).model().module(tmp_path)
        if "lax.scan" not in emit(module, "gpu"):
            continue  # a layer whose copies can't be one loop, such as one with numbers of its own
        scanned, unrolled = (stepped(module, tmp_path, unroll=unroll) for unroll in (False, True))
        assert scanned.keys() == unrolled.keys()
        for key, array in scanned.items():
            np.testing.assert_allclose(array, unrolled[key], rtol=1e-6, atol=1e-9, err_msg=f"{seed} {key}")
        tried += 1
        if tried == STEPS // 6:
            return
    raise AssertionError(f"only {tried} models with a repeat that is a loop on the device")


def test_the_random_models_leave_nothing_out() -> None:
    used = set().union(*(sketch(seed).used for seed in range(FEW)))
    missing = {f"{case.op} on {len(case.entering[0])}" for case in CASES} - used
    assert {name.split()[0] for name in missing} <= {name for name, op in OPS.items() if op.merges or op.adapts}
    for name, op in members("layer").items():
        assert name in used
        for parameter in op.parameters.values():
            for form in () if OPS[name].adapts else forms(parameter):
                assert f"{name}.{parameter.name} = {form}" in used
    for word in members("initialiser"):
        assert any(word in choice for choice in used), word
