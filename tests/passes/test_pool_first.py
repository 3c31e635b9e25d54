"""A max pooling comes before the activation that it reads, and nothing else changes."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from archc.ir import Module
from archc.ir.items import op_of
from archc.ops import OPS
from archc.passes import run
from archc.passes.pool_first import turned
from archc.program import emit
from archc.program.body import POOLED
from tests.models import imported, module_of

RISING = ("relu", "relu6", "sigmoid", "hard_sigmoid", "tanh", "clip", "elu", "selu", "softplus", "softsign")
FALLING = ("gelu", "silu", "mish", "hard_silu", "prelu", "step", "sign", "leaky_relu(-0.1)", "softmax", "linear")


def net(layers: str) -> Module:
    return module_of(f"model Net {{\n input x[9, 8, 3]\n {layers}\n}}\n")


def order(module: Module) -> list[str]:
    return [node.op for node in run(module).graph.nodes]


@pytest.mark.parametrize("activation", [*RISING, "scaled_tanh", "leaky_relu", "leaky_relu(0)"])
def test_what_never_falls_comes_behind(activation: str) -> None:
    module = net(f"conv(4, 3x3) -> {activation} -> max_pool(3x2, stride = 2, padding = 1) -> conv(2, 1x1)")
    assert order(module) == ["conv", "max_pool", activation.split("(")[0], "conv"]
    assert [node.name for node in turned(run(module).graph)] == [module.graph.nodes[1].name]
    assert POOLED in emit(module)


@pytest.mark.parametrize("activation", FALLING)
def test_what_falls_stays(activation: str) -> None:
    assert order(net(f"{activation} -> max_pool(2x2)")) == [activation.split("(")[0], "max_pool"]


def test_every_activation_is_known_to_rise_or_not() -> None:
    """A sample of points says which do; those that don't move at all, or learn, are left."""
    x = jnp.linspace(-8, 8, 4001)
    for name, op in OPS.items():
        if not op.activation or name in ("step", "sign", "linear", "prelu", "softmax", "log_softmax", "threshold"):
            continue
        module = module_of(f"model Net {{\n input x[4001]\n {name}\n}}\n")
        program = imported(emit(module))
        state = program.init(jax.random.key(0))
        y = program.apply(state.params, state.stats, {"x": x[None]}, train=False, key=jax.random.key(0))[0][0]
        found = op_of(module.graph.nodes[0])
        assert found is not None
        assert found.rises() == bool(np.all(np.diff(y) >= -1e-6)), name


@pytest.mark.parametrize(
    ("layers", "ops"),
    [
        ("relu -> avg_pool(2x2)", ["relu", "avg_pool"]),
        ("relu -> dropout(10%) -> max_pool(2x2)", ["relu", "dropout", "max_pool"]),
        ("relu -> max_pool(2x2) -> max_pool(2x2)", ["max_pool", "max_pool", "relu"]),
        ("tanh -> relu -> max_pool(2x2)", ["max_pool", "tanh", "relu"]),
        ("max_pool(2x2) -> relu", ["max_pool", "relu"]),
        ("let a = relu\n output b = a -> max_pool(2x2)\n output c = a -> flatten", ["relu", "max_pool", "flatten"]),
    ],
)
def test_orders(layers: str, ops: list[str]) -> None:
    assert order(net(layers)) == ops


def test_blocks_are_looked_into_and_bodies_of_repeats_are_not() -> None:
    text = """
    block unit { conv(3, 3x3, padding = 1) -> relu -> max_pool(2x2, stride = 1, padding = [(0, 1), (0, 1)]) }
    model Net { input x[9, 8, 3]
        unit -> repeat 2 { unit -> relu -> max_pool(1x1) } }
    """
    graph = run(module_of(text)).graph
    block, repeat = graph.nodes
    assert block.body is not None and repeat.body is not None
    assert [node.op for node in block.body.nodes] == ["conv", "max_pool", "relu"]
    assert [node.op for node in repeat.body.nodes] == ["block", "relu", "max_pool"]
    inner = repeat.body.nodes[0].body
    assert inner is not None and [node.op for node in inner.nodes] == ["conv", "max_pool", "relu"]


@pytest.mark.parametrize("activation", [*RISING, "scaled_tanh", "leaky_relu", "leaky_relu(0)"])
@pytest.mark.parametrize("pool", ["2x2", "3x3, stride = 2, padding = 1"])
def test_values_and_gradients_are_the_same(activation: str, pool: str) -> None:
    module = net(f"conv(4, 3x3) -> {activation} -> max_pool({pool}) -> flatten -> dense(3)")
    texts = [emit(module), emit(module, plain=True)]
    assert (POOLED in texts[0], POOLED in texts[1]) == (True, False)
    found = [values_and_gradients(text) for text in texts]
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9), *found)


def values_and_gradients(text: str) -> Any:
    program = imported(text)
    with jax.enable_x64(True):
        key = jax.random.key(0)
        params = jax.tree.map(lambda each: each.astype(jnp.float64), program.init(key).params)
        x = jax.random.normal(key, (5, 9, 8, 3), jnp.float64)

        def give(params: Any, x: Any) -> Any:
            return program.apply(params, {}, {"x": x}, train=True, key=key)[0]

        def both(params: Any, x: Any) -> Any:
            y, back = jax.vjp(give, params, x)
            return y, back(jnp.cos(jnp.arange(y.size)).reshape(y.shape))

        return jax.jit(both)(params, x)


UNIT = "block unit(f{}) {{ conv(f, 3x3){}max_pool(2x2){}{} }}\n"
FLOWS = {
    # where the lines of a file and the flow go in different directions
    "let act = relu\n" + UNIT.format("", " -> ", " -> ", "act"): 0,
    UNIT.format(", g = tanh", "\n", "\n", "g"): 0,
    "block unit(f) { conv(f, 3x3, padding = same)\n repeat 2 { max_pool(2x2)\n relu } }\n": 1,
}


@pytest.mark.parametrize("text", FLOWS)
def test_what_was_turned_goes_by_the_flow(text: str) -> None:
    module = module_of(text + "model Net {\n input x[9, 8, 3]\n unit(4)\n flatten -> dense(2)\n}")
    unit = run(module).graph.nodes[0].body
    assert unit is not None and len(list(turned(unit))) == FLOWS[text]
    assert (POOLED in emit(module)) == bool(FLOWS[text])
