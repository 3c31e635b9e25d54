"""Two steps of every optimizer, by hand."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from archc.parameters import FAMILIES, Unfit
from archc.recipes.optimizer import whole
from tests.recipes.written import built, evaluated

RATE = 0.1
START = {"dense1": {"kernel": np.array([[1.0, -2.0]]), "bias": np.array([0.5])}}
GRADS = [
    {"dense1": {"kernel": np.array([[0.3, 0.1]]), "bias": np.array([-0.2])}},
    {"dense1": {"kernel": np.array([[-0.4, 0.2]]), "bias": np.array([0.6])}},
]


def moved(optimizer: Any, decay: float = 0.0) -> dict[str, np.ndarray]:
    """The weights after two steps of the program's optimizer."""
    transform = evaluated(whole(optimizer.lower(), {"": decay}, {"": 0.0}, {"": 1.0}))
    params = jax.tree.map(jnp.float32, START)
    state = transform.init(params)
    for grads in GRADS:
        updates, state = transform.update(jax.tree.map(jnp.float32, grads), state, params)
        params = optax.apply_updates(params, updates)
    return params["dense1"]  # type: ignore[no-any-return]


def by_hand(
    step: Callable[[np.ndarray, np.ndarray, dict[str, Any]], np.ndarray], decays: float = 0.0
) -> dict[str, np.ndarray]:
    """The weights after two steps, each weight for itself; `decays` adds to the gradient of the kernel."""
    after = {}
    for name, start in START["dense1"].items():
        w, memory = start.copy(), dict[str, Any]()
        for grads in GRADS:
            g = grads["dense1"][name] + (decays * w if name == "kernel" else 0)
            memory["decays"] = name == "kernel"
            w = step(w, g, memory)
        after[name] = w
    return after


def same(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    for name, array in expected.items():
        np.testing.assert_allclose(found[name], array, rtol=1e-5)


def sgd(momentum: float = 0, nesterov: bool = False) -> Callable[..., np.ndarray]:
    def step(w: np.ndarray, g: np.ndarray, memory: dict[str, Any]) -> np.ndarray:
        memory["v"] = momentum * memory.get("v", 0) + g
        return w - RATE * (g + momentum * memory["v"] if nesterov else memory["v"])

    return step


def adam(
    beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8, decay: float = 0.0
) -> Callable[..., np.ndarray]:
    """Kingma and Ba (2015), algorithm 1, with the decay of Loshchilov and Hutter (2019)."""

    def step(w: np.ndarray, g: np.ndarray, memory: dict[str, Any]) -> np.ndarray:
        t = memory["t"] = memory.get("t", 0) + 1
        m = memory["m"] = beta1 * memory.get("m", 0) + (1 - beta1) * g
        v = memory["v"] = beta2 * memory.get("v", 0) + (1 - beta2) * g**2
        change = m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + epsilon)
        return w - RATE * (change + (decay * w if memory["decays"] else 0))

    return step


@pytest.mark.parametrize("decay", [0.0, 0.05])
@pytest.mark.parametrize(("momentum", "nesterov"), [(0, False), (0.9, False), (0.9, True)])
def test_sgd(momentum: float, nesterov: bool, decay: float) -> None:
    optimizer = built("optimizer", "sgd", RATE, momentum=momentum, nesterov=nesterov)
    same(moved(optimizer, decay), by_hand(sgd(momentum, nesterov), decay))


@pytest.mark.parametrize("decay", [0.0, 0.05])
@pytest.mark.parametrize("moments", [{}, {"beta1": 0.5, "beta2": 0.8, "epsilon": 1e-2}])
def test_adam(moments: dict[str, float], decay: float) -> None:
    same(moved(built("optimizer", "adam", RATE, **moments), decay), by_hand(adam(**moments), decay))


@pytest.mark.parametrize("given", [{}, {"weight_decay": 0.3}, {"weight_decay": 0, "beta1": 0.5}])
def test_adamw(given: dict[str, float]) -> None:
    moments = {name: value for name, value in given.items() if name != "weight_decay"}
    expected = by_hand(adam(**moments, decay=given.get("weight_decay", 0.01)))
    same(moved(built("optimizer", "adamw", RATE, **given)), expected)


def test_decay_leaves_biases_alone() -> None:
    optimizer = built("optimizer", "sgd", RATE)
    plain, decayed = moved(optimizer), moved(optimizer, 0.5)
    np.testing.assert_array_equal(plain["bias"], decayed["bias"])
    assert (np.abs(decayed["kernel"]) < np.abs(plain["kernel"])).any()


def test_looking_ahead_needs_momentum() -> None:
    with pytest.raises(Unfit, match="needs a momentum"):
        built("optimizer", "sgd", 0.1, nesterov=True)


def test_a_rate_has_to_be_given() -> None:
    for name in ("sgd", "adam", "adamw"):
        with pytest.raises(Unfit, match="needs `rate`"):
            built("optimizer", name)


@pytest.mark.parametrize("name", FAMILIES["optimizer"])
@pytest.mark.parametrize("named", [{}, {"momentum": 0.9}], ids=["", "momentum"])
def test_how_many_arrays_it_keeps_for_each_weight(name: str, named: dict[str, float]) -> None:
    if set(named) - set(FAMILIES["optimizer"][name].parameters):
        return
    optimizer = built("optimizer", name, RATE, **named)
    state = evaluated(optimizer.lower()).init(jax.tree.map(jnp.float32, START))
    kept = sum(leaf.size for leaf in jax.tree.leaves(state) if leaf.ndim)
    assert kept == optimizer.slots() * sum(w.size for w in START["dense1"].values())
