"""The loss reads what enters the last softmax or sigmoid; `predict` gives what the file says."""

from pathlib import Path

import jax
import numpy as np
import pytest

from archc.ir import Module
from archc.passes import run
from archc.passes.raw_outputs import raw_outputs
from archc.program import emit
from tests.author import Author
from tests.models import imported, module_of

RECIPE = """
train {{
    data = {data}
    loss = {loss}
    optimizer = sgd(0.1)
    batch = 2
    epochs = 1
}}
"""


def written(body: str, loss: str = "") -> Module:
    data = "moons" if loss == "cross_entropy" else "examples([[0, 0, 1, 0], [1, 1, 0, 1]])"
    recipe = RECIPE.format(data=data, loss=loss) if loss else ""
    return module_of(f"model Net {{\n    input x[2]\n    {body}\n}}\n{recipe}")


def last(module: Module) -> list[str]:
    nodes = {node.name: node.op for node in module.graph.nodes}
    return [nodes[port.value] for port in module.graph.outputs]


@pytest.mark.parametrize(
    ("body", "loss", "ends"),
    [
        ("dense(2) -> sigmoid", "binary_cross_entropy", ["dense"]),
        ("dense(2) -> sigmoid", "mse", ["sigmoid"]),
        ("dense(2)", "binary_cross_entropy", ["dense"]),
        ("dense(2) -> sigmoid -> sigmoid", "binary_cross_entropy", ["sigmoid"]),
        (
            "output a = dense(2) -> sigmoid\n    output b = dense(2) -> sigmoid",
            "binary_cross_entropy(a)",
            ["dense", "sigmoid"],
        ),
        (
            "let a = dense(2) -> sigmoid\n    output b = a\n    output c = a -> dense(2)",
            "binary_cross_entropy(b)",
            ["dense", "dense"],
        ),
        ("dense(2) -> log_softmax", "cross_entropy", ["dense"]),
        ("dense(2) -> log_softmax", "mse", ["log_softmax"]),
        ("dense(2) -> sigmoid", "", ["sigmoid"]),
        ("dense(2) -> softmax", "", ["softmax"]),
    ],
)
def test_what_is_taken_off(body: str, loss: str, ends: list[str]) -> None:
    assert last(raw_outputs(written(body, loss))) == ends


def test_a_value_that_others_read_is_kept() -> None:
    module = written(
        "let a = dense(2) -> sigmoid\n    output b = a\n    output c = a -> dense(2)", "binary_cross_entropy(b)"
    )
    assert [node.op for node in raw_outputs(module).graph.nodes] == ["dense", "sigmoid", "dense"]
    alone = written("dense(2) -> sigmoid", "binary_cross_entropy")
    assert [node.op for node in raw_outputs(alone).graph.nodes] == ["dense"]


def test_the_module_itself_stays() -> None:
    module = written("dense(2) -> sigmoid", "binary_cross_entropy")
    before = module.model_dump_json()
    raw_outputs(module)
    assert module.model_dump_json() == before


@pytest.mark.parametrize("seed", range(40))
def test_weights_and_costs_stay(seed: int, tmp_path: Path) -> None:
    module = Author(seed).model().module(tmp_path)
    after = run(module)
    assert (after.graph.parameters, after.graph.macs, after.graph.state) == (
        module.graph.parameters,
        module.graph.macs,
        module.graph.state,
    )
    assert {port.name: port.shape for port in after.graph.outputs} == {
        port.name: port.shape for port in module.graph.outputs
    }
    assert run(after) == after


@pytest.mark.parametrize("function", ["softmax", "sigmoid", "log_softmax"])
def test_predictions_are_those_of_the_untouched_network(function: str) -> None:
    loss = {"softmax": "mse", "sigmoid": "binary_cross_entropy", "log_softmax": "cross_entropy"}[function]
    trained = imported(emit(written(f"dense(3) -> tanh -> dense(2) -> {function}", loss)))
    plain = imported(emit(written(f"dense(3) -> tanh -> dense(2) -> {function}")))
    inputs = {"x": np.float32([[0, 1], [5, -3]])}
    outputs = []
    for program in (trained, plain):
        state = program.init(jax.random.key(1))
        outputs.append(program.predict(state.params, state.stats, inputs))
    np.testing.assert_allclose(outputs[0], outputs[1], rtol=1e-6)
    shares = np.exp(outputs[0]) if function == "log_softmax" else np.asarray(outputs[0])
    assert (shares > 0).all() and (shares < 1).all()
