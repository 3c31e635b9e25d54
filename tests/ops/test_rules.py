"""What every layer says of itself against what its program does: shapes, weights, state, costs."""

from functools import cache
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from archc.ir import Graph, Module
from archc.parameters import members
from archc.passes import run
from archc.program import emit
from archc.program.repeats import Target
from tests.author import Author
from tests.jaxprs import macs
from tests.models import BUILT_IN, FOLDER, Sketch, built_in, imported

MODELS, EACH = 480, 48


@cache
def sketch(seed: int) -> Sketch:
    return Author(seed).model(recipe=seed % 4 == 0)


def traced(module: Module, target: Target = "cpu") -> tuple[Any, Graph, Any, Any]:
    """The program and its graph, and the state and outputs that its functions would give for three examples."""
    program = imported(emit(module, target))
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


def check(module: Module, target: Target = "cpu") -> None:
    program, graph, state, (jaxpr, (outputs, stats)) = traced(module, target)
    for arrays, trainable, total in ((state.params, True, graph.parameters), (state.stats, False, graph.state)):
        declared = {
            (scope, weight.name): weight.shape
            for scope, node in graph.layers()
            for weight in node.weights
            if weight.trainable == trainable
        }
        found = jax.eval_shape(lambda tree: arrays_of(program, tree), arrays)
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
    assert macs(jaxpr) == 3 * graph.macs


@pytest.mark.parametrize("path", BUILT_IN, ids=lambda path: path.stem)
def test_built_in_models_are_what_they_say(path: Path) -> None:
    check(built_in(path))


def test_repeats_that_are_scanned_are_what_they_say() -> None:
    module = built_in(FOLDER / "resnet50.arch")
    assert "REPEATS = " in emit(module, "gpu")
    check(module, "gpu")


@pytest.mark.parametrize("first", range(0, MODELS, EACH))
def test_random_models_are_what_they_say(first: int, tmp_path: Path) -> None:
    for seed in range(first, first + EACH):
        module = sketch(seed).module(tmp_path)
        try:
            check(module)
        except AssertionError as error:
            raise AssertionError(f"{seed}: {sketch(seed).text()}") from error


@pytest.mark.parametrize("first", range(0, MODELS, 2 * EACH))
def test_every_value_has_the_shape_of_its_layer(first: int, tmp_path: Path) -> None:
    """Each layer alone, not only the last: the program that ends in it gives its shape."""
    for seed in range(first, first + 12):
        module = sketch(seed).module(tmp_path).model_copy(update={"recipe": None})
        for node in module.graph.nodes:
            port = module.graph.outputs[0].model_copy(update={"name": "end", "value": node.name, "shape": node.output})
            *_, (_, (outputs, _)) = traced(
                module.model_copy(update={"graph": module.graph.model_copy(update={"outputs": (port,)})})
            )
            assert outputs["end"].shape == (3, *node.output)


WRITTEN = ("avg_pool", "batch_norm", "conv", "dense", "dropout", "flatten", "max_pool", "normalize", "relu", "sigmoid",
           "softmax", "step", "tanh")  # fmt: skip
"""Layers that the random models are made of; `test_layers` tries every layer by itself."""


def test_the_random_models_leave_nothing_out() -> None:
    used = set().union(*(sketch(seed).used for seed in range(MODELS)))
    for word in (*WRITTEN, *members("initialiser")):
        assert any(word in choice for choice in used), word
    for op in ("conv", "max_pool", "avg_pool"):
        for padding in ("default", "valid", "same", "number", "size"):
            assert f"{op}.padding = {padding}" in used
        for form in ("number", "size", "tuple"):
            assert {f"{op}.window = {form}", f"{op}.stride = {form}"} <= used
    for op in ("conv", "dense"):
        for bias in ("default", "true", "false", "given", "initialiser"):
            assert f"{op}.bias = {bias}" in used
    assert {"weights = default", "weights = given", "weights = a plain list"} <= used
    assert {f"normalize = normalize({kind})" for kind in ("standard", "minmax", "signed", "center")} <= used
    assert {"input = flat", "input = image", "input = sequence", "inputs = 2", "tap", "as", "output"} <= used


@pytest.mark.parametrize("seed", [0, 4, 8, 12])
def test_arrays_start_as_their_initialisers_say(seed: int, tmp_path: Path) -> None:
    module = sketch(seed).module(tmp_path)
    program = imported(emit(module))
    state = program.init(jax.random.key(1))
    params, stats = arrays_of(program, state.params), arrays_of(program, state.stats)
    for scope, node in module.graph.layers():
        for weight in node.weights:
            array = np.asarray((params if weight.trainable else stats)[scope, weight.name])
            match weight.init.kind:
                case "initialiser:zeros" | "initialiser:ones":
                    assert (array == (weight.init.kind == "initialiser:ones")).all()
                case "initialiser:constant":
                    assert (array == np.float32(weight.init.arguments["value"])).all()  # type: ignore[arg-type]
                case "initialiser:given":
                    given = np.asarray(next(iter(weight.init.arguments.values())), np.float32)
                    assert (array == given).all()
                case _:
                    assert array.size == 1 or array.std() > 0
