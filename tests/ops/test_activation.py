"""What each activation computes, from its formula in float64."""

from collections.abc import Callable
from math import erf

import jax.numpy as jnp
import numpy as np
import pytest

from archc.ops import OPS
from archc.types import TensorType
from tests.ops.cases import function, lowered

X = np.array([-30.0, -3.5, -3.0, -1.2, -0.5, -1e-3, 0.0, 1e-3, 0.3, 1.0, 2.9, 3.0, 5.9, 6.5, 30.0])

Formula = Callable[[np.ndarray], np.ndarray]


def share_below(x: np.ndarray) -> np.ndarray:
    return np.array([(1 + erf(value / 2**0.5)) / 2 for value in x])


def softmax(x: np.ndarray) -> np.ndarray:
    powers: np.ndarray = np.exp(x - x.max())
    return powers / powers.sum()


FORMULAS: dict[str, Formula] = {
    "relu": lambda x: np.maximum(x, 0),
    "relu6": lambda x: np.minimum(np.maximum(x, 0), 6),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.01 * x),
    "prelu": lambda x: np.where(x > 0, x, 0.25 * x),
    "elu": lambda x: np.where(x > 0, x, np.exp(np.minimum(x, 0)) - 1),
    "selu": lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * (np.exp(np.minimum(x, 0)) - 1)),
    "gelu": lambda x: x * share_below(x),
    "gelu(approximate = true)": lambda x: x / 2 * (1 + np.tanh((2 / np.pi) ** 0.5 * (x + 0.044715 * x**3))),
    "silu": lambda x: x / (1 + np.exp(-x)),
    "hard_silu": lambda x: x * np.clip(x + 3, 0, 6) / 6,
    "mish": lambda x: x * np.tanh(np.log1p(np.exp(x))),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "hard_sigmoid": lambda x: np.clip(x + 3, 0, 6) / 6,
    "tanh": np.tanh,
    "scaled_tanh": lambda x: 1.7159 * np.tanh(2 / 3 * x),
    "softplus": lambda x: np.log1p(np.exp(x)),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "step": lambda x: np.where(x > 0, 1, 0),
    "sign": lambda x: np.where(x > 0, 1, np.where(x < 0, -1, 0)),
    "clip": lambda x: np.minimum(np.maximum(x, 0), 1),
    "linear": lambda x: x,
    "softmax": softmax,
    "log_softmax": lambda x: x - x.max() - np.log(np.exp(x - x.max()).sum()),
}


def test_no_activation_is_forgotten() -> None:
    assert {name.partition("(")[0] for name in FORMULAS} == {
        name for name, op in OPS.items() if op.drawing == "activation"
    }


@pytest.mark.parametrize("name", FORMULAS)
def test_an_activation_is_its_formula(name: str) -> None:
    word, _, argument = name.partition("(")
    op, x = OPS[word].build([], {"approximate": True} if argument else {}), TensorType(X.shape)
    weights = {"slope": jnp.full(X.shape, 0.25)}
    layer = function(lowered(op, [x], x).evaluate, 1)
    found, _ = layer({"layer": weights}, {}, [None], jnp.asarray(X[None], jnp.float32))
    np.testing.assert_allclose(found[0], FORMULAS[name](X), rtol=2e-5, atol=2e-6)
