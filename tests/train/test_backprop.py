"""Traces hold what the program computes, and its derivatives: those of `jax.grad`, of central differences, by hand."""

from typing import Any

import jax
import numpy as np
import pytest

from archc.data.dataset import Where
from archc.data.readers import load
from archc.diagnostics import Failed
from archc.draw.trace import Trace
from archc.ir import Module
from archc.ir.opened import opened
from archc.program import emit
from archc.program.passages import watched
from archc.train.backprop import Asked, reads_data, trace
from archc.train.loading import load_program
from archc.train.weights import with_weights
from tests.models import FOLDER, built_in, module_of

TEACHING = """
train {
    data      = examples([[0.5, -1, 2, 1], [1, 0, -1, 0], [0, 2, 1, 1]])
    loss      = half_mse
    optimizer = sgd(0.1)
    init      = normal(0.7)
    batch     = 3
    epochs    = 1
}
"""

NETWORKS = {
    "deep": "dense(4) -> tanh\n dense(3) -> sigmoid\n dense(1)",
    "unlike": "dense(4) -> batch_norm -> leaky_relu -> dropout(50%)\n dense(3) -> layer_norm -> linear\n"
    "dense(1) -> step",
    "blocks": "hidden(4)\n repeat 2 { hidden(4) }\n dense(1) -> sigmoid",
    "kept": "dense(2, weights = [[1, 0], [2, 1], [0, -1]], bias = [0, 1], trainable = false) -> tanh\n dense(1)",
    "many": "repeat 17 { dense(3) -> tanh }\n dense(1)",
    "narrow": "dense(2) -> relu -> dense(1)",
}
HIDDEN = "block hidden(n) { dense(n) -> batch_norm -> tanh }\n"


def network(name: str) -> Module:
    precision = TEACHING.replace("batch ", "precision = bf16\n    batch ") if name == "narrow" else TEACHING
    return module_of(f"{HIDDEN if name == 'blocks' else ''}model M {{\n input x[3]\n {NETWORKS[name]}\n}}\n{precision}")


def traced(module: Module, **asked: Any) -> Trace:
    assert module.recipe is not None
    return trace(module, load(module.recipe.data, Where(FOLDER)), Asked(**asked))


def arrays(module: Module, found: Trace) -> tuple[Any, Any, Any]:
    """The program, and its state and the example as the trace has them."""
    program: Any = load_program(emit(module))
    weights = {name: np.reshape(q.value, q.shape).astype(np.float32) for name, q in found.weights.items()}
    inputs = {name: np.reshape(q.value, (1, *q.shape)).astype(np.float32) for name, q in found.inputs.items()}
    return program, with_weights(program, weights, "trace"), inputs


@pytest.mark.parametrize("name", NETWORKS)
def test_values_and_derivatives_are_those_of_the_program(name: str) -> None:
    module = network(name)
    found = traced(module, number=2)
    program, state, inputs = arrays(module, found)
    assert inputs["x"].tolist() == [[1, 0, -1]]
    targets = {"y": np.array([[0.0]], np.float32)}

    def loss(params: Any, inputs: Any) -> Any:
        outputs, _ = program.apply(params, state.stats, inputs, train=False, key=jax.random.key(0))
        return program.loss(outputs, targets)

    value, (params, entering) = jax.value_and_grad(loss, argnums=(0, 1))(state.params, inputs)
    assert found.loss == float(value)
    # a device loop may differ from its copies written out in the last bit
    assert found.inputs["x"].slope is not None
    np.testing.assert_allclose(found.inputs["x"].slope, entering["x"].ravel(), rtol=1e-6, atol=1e-7)
    named = program.named(state._replace(params=params, stats={}))
    trained = {name: q.slope for name, q in found.weights.items() if q.slope is not None}
    assert trained.keys() == named.keys()
    for weight, slope in trained.items():
        np.testing.assert_allclose(slope, named[weight].ravel(), rtol=1e-6, atol=1e-7)
    last = module.graph.outputs[0].value
    assert found.layers[last].value == tuple(map(float, np.ravel(program.predict(state.params, state.stats, inputs))))
    assert {layer: q.shape for layer, q in found.layers.items()} == {
        node.name: node.output for node in opened(module).graph.nodes
    }


@pytest.mark.parametrize("name", ["deep", "backprop", "net_3_3_1"])
def test_derivatives_are_central_differences(name: str) -> None:
    """Of a chain computed here in float64, in which one number after another is nudged."""
    module = network(name) if name in NETWORKS else built_in(FOLDER / f"{name}.arch")
    found = traced(module)
    functions = {"tanh": np.tanh, "sigmoid": lambda z: 1 / (1 + np.exp(-z))}
    weights = {name: np.reshape(q.value, q.shape).astype(float) for name, q in found.weights.items()}

    def loss(nudged: str = "", at: int = 0, by: float = 0.0) -> float:
        def moved(name: str, value: Any) -> Any:
            step = np.zeros(value.size)
            if name == nudged:
                step[at] = by
            return value + step.reshape(value.shape)

        x = moved("x", np.array(found.inputs["x"].value))
        for node in module.graph.nodes:
            if node.op == "dense":
                kernel, bias = (f"{node.name}.{part}" for part in ("kernel", "bias"))
                x = x @ moved(kernel, weights[kernel]) + moved(bias, weights[bias])
            else:
                x = functions[node.op](x)
            x = moved(node.name, x)
        return 0.5 * float(((x - np.array(found.target)) ** 2).sum())

    assert loss() == pytest.approx(found.loss, rel=1e-5)
    for name, quantity in {**found.inputs, **found.layers, **found.weights}.items():
        assert quantity.slope is not None
        for at, slope in enumerate(quantity.slope):
            difference = (loss(name, at, 1e-5) - loss(name, at, -1e-5)) / 2e-5
            assert slope == pytest.approx(difference, rel=1e-4, abs=1e-7), (name, at)


def test_backpropagation_worked_by_hand() -> None:
    found = traced(built_in(FOLDER / "backprop.arch"))
    assert found.loss == 1 / 8
    assert [found.layers[name].slope for name in ("sigmoid2", "out")] == [(-1 / 2,), (-1 / 8,)]
    assert [found.layers[name].slope for name in ("sigmoid1", "hidden")] == [(-3 / 8, 1 / 8), (-3 / 32, 1 / 32)]
    assert found.weights["out.kernel"].slope == (-1 / 16, -1 / 16)
    assert found.weights["hidden.kernel"].slope == (-3 / 32, 1 / 32, -3 / 16, 1 / 16)
    assert (found.example, found.origin) == ("example 1 of 1", "weights written in backprop.arch")


@pytest.mark.parametrize("y", [0, 1])
def test_logistic_regression_is_that_of_the_lecture(y: int) -> None:
    """∂L/∂a = -y/a + (1 - y)/(1 - a), ∂L/∂z = ∂L/∂b = a - y and ∂L/∂w = (a - y) x."""
    x = (0.5, -1.0, 0.25)
    found = traced(built_in(FOLDER / "logistic.arch"), given={"x": "0.5,-1,.25", "y": str(y)})
    a = 1 / (1 + np.exp(-(0.5 + 3 + 0.25 + 1)))
    assert found.said is not None and found.said.slope is not None
    assert found.said.value[0] == pytest.approx(a, rel=1e-6)
    assert found.said.slope[0] == pytest.approx(-y / a + (1 - y) / (1 - a), rel=1e-4)
    assert found.layers["dense1"].slope == pytest.approx((a - y,), rel=1e-4)
    assert found.weights["dense1.bias"].slope == pytest.approx((a - y,), rel=1e-4)
    assert found.weights["dense1.kernel"].slope == pytest.approx(tuple((a - y) * n for n in x), rel=1e-4)
    assert (found.target, found.example) == ((y,), f"x = (0.5, \u22121, .25), y = {y}")


def test_a_derivative_that_cannot_be_told_is_left_out() -> None:
    """σ(z) is 1 in float32, and so flat that nothing can be divided by its derivative."""
    found = traced(built_in(FOLDER / "logistic.arch"), given={"x": "200,0,0", "y": "1"})
    assert found.said is not None and found.said.value == (1,) and found.said.slope is None
    assert found.layers["dense1"].slope == (0,)


@pytest.mark.parametrize("name", [*NETWORKS, "lenet5", "iris", "digits"])
def test_the_watched_program_is_the_program_and_a_line_for_each_layer(name: str) -> None:
    module = opened(network(name) if name in NETWORKS else built_in(FOLDER / f"{name}.arch"))
    text = emit(module)
    more = [line for line in watched(text, module).splitlines() if "archc_watch" in line]
    rest = [line for line in watched(text, module).splitlines() if "archc_watch" not in line]
    assert "\n".join(rest) + "\n" == text
    raw = module.graph.nodes[:-1] if name in ("lenet5", "iris", "digits") else module.graph.nodes
    assert [line.split("'")[1] for line in more] == [node.name for node in raw]


def test_examples_are_counted_in_the_order_of_the_data() -> None:
    module = built_in(FOLDER / "xor.arch")
    rows = [traced(module, number=n) for n in (1, 2, 3, 4)]
    assert [row.inputs["x"].value for row in rows] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert [row.target for row in rows] == [(0,), (1,), (1,), (0,)]
    with pytest.raises(Failed) as failed:
        traced(module, number=5)
    assert failed.value.diagnostics[0].title == "there is no example 5: there are 4 to train on"


def test_training_rows_are_those_of_the_split_and_teach_normalize() -> None:
    module = built_in(FOLDER / "iris.arch")
    assert module.recipe is not None
    table = load(module.recipe.data, Where(FOLDER))
    program: Any = load_program(emit(module))
    rows = np.sort(program.split(150, 0)["train"])
    found = trace(module, table, Asked(number=7))
    assert found.inputs["flower"].value == tuple(map(float, table["features"][rows[6]]))
    assert found.target == tuple(np.eye(3)[table["species"][rows[6]]])
    mean = table["features"][rows].mean(0)
    np.testing.assert_allclose(found.weights["normalize1.offset"].value, mean, rtol=1e-5)
    assert found.weights["normalize1.offset"].slope is None
    assert found.said is not None and sum(found.said.value) == pytest.approx(1) and found.said.slope is None


def test_data_are_read_only_where_they_are_needed() -> None:
    iris, logistic = (built_in(FOLDER / f"{name}.arch") for name in ("iris", "logistic"))
    given = {"x": "1"}
    assert reads_data(logistic, Asked()) and not reads_data(logistic, Asked(given=given))
    assert reads_data(iris, Asked(given=given)) and not reads_data(iris, Asked(given=given, weights={}))


@pytest.mark.parametrize(
    ("given", "title"),
    [
        ({"x": "1,2,4"}, "`y` is not given"),
        ({"y": "1"}, "`x` is not given"),
        ({"x": "1,2,4", "y": "1", "z": "1"}, "the data has no column `z`"),
        ({"x": "1,2", "y": "1"}, "`x=1,2` is 2 numbers, and `x` has 3"),
        ({"x": "1,2,b", "y": "1"}, "`b` in `x=1,2,b` is not a number"),
        ({"x": "1,2,1e99", "y": "1"}, "`x=1,2,1e99` holds a number that float32 doesn't: they go up to 3.4e38"),
    ],
)
def test_examples_that_do_not_fit_are_refused(given: dict[str, str], title: str) -> None:
    with pytest.raises(Failed) as failed:
        trace(built_in(FOLDER / "logistic.arch"), None, Asked(given=given))
    assert (failed.value.diagnostics[0].code, failed.value.diagnostics[0].title) == ("E0901", title)


@pytest.mark.parametrize("said", ["versicolor", "1"])
def test_a_class_is_given_by_name_or_number(said: str) -> None:
    found = traced(built_in(FOLDER / "iris.arch"), given={"flower": "5,3,1,0.2", "species": said})
    assert found.target == (0, 1, 0)


@pytest.mark.parametrize("said", ["versicolour", "3", "-1"])
def test_a_class_that_there_is_not_is_refused(said: str) -> None:
    with pytest.raises(Failed) as failed:
        traced(built_in(FOLDER / "iris.arch"), given={"flower": "5,3,1,0.2", "species": said})
    assert failed.value.diagnostics[0].title == f"`species={said}` is none of the 3 classes"


def test_weights_of_a_run_take_the_place_of_the_first_ones() -> None:
    module = built_in(FOLDER / "backprop.arch")
    shapes = {"hidden.kernel": (2, 2), "hidden.bias": (2,), "out.kernel": (2, 1), "out.bias": (1,)}
    weights = {name: np.full(shape, 0.5, np.float32) for name, shape in shapes.items()}
    found = traced(module, weights=weights, run="runs/backprop-1")
    assert found.origin == "weights of runs/backprop-1"
    assert found.layers["hidden"].value == (2, 2)
    with pytest.raises(Failed) as failed:
        traced(module, weights={**weights, "out.bias": np.zeros(2, np.float32)}, run="runs/backprop-1")
    assert failed.value.diagnostics[0].code == "E0709"
