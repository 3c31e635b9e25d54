"""Two steps of every optimizer worked out by hand, and twenty against a float64 implementation of its paper."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import optax
import pytest

from tests.recipes.written import built, evaluated

Numbers = list[float]

BY_HAND: list[tuple[str, dict[str, Any], Numbers, Numbers]] = [
    # the weight is 1, its gradients are 1/2 and then -1, the rate is 1/10
    # 1 - 0.1 · 0.5 = 0.95; 0.95 + 0.1 · 1 = 1.05
    ("sgd", {}, [0.95], [1.05]),
    # v = 0.5; then 0.9 · 0.5 - 1 = -0.55, and 0.95 + 0.055
    ("sgd", {"momentum": 0.9}, [0.95], [1.005]),
    # 0.5 + 0.9 · 0.5 = 0.95; then v = -0.55, and -1 - 0.9 · 0.55 = -1.495
    ("sgd", {"momentum": 0.9, "nesterov": True}, [0.905], [1.0545]),
    # v = 0.1 · 0.5 = 0.05; then 0.9 · 0.05 - 0.1 · 1 = -0.055
    ("sgd", {"momentum": 0.9, "average": True}, [0.995], [1.0005]),
    # r = 0.25: 0.05 / (0.5 + 0.5) = 0.05; r = 1.25, its root 1.1180340: -0.1 / 1.6180340 = -0.0618034
    ("adagrad", {"epsilon": 0.5}, [0.95], [1.0118034]),
    # r = 0.75 + 0.25 = 1: 0.05 / 1.5 = 0.0333333; r = 2, its root 1.4142136: -0.1 / 1.9142136 = -0.0522408
    ("adagrad", {"epsilon": 0.5, "initial": 0.75}, [0.9666667], [1.0189075]),
    # r = 0.125, s = 0: the step is 0.5 · √0.25 / √0.375 = 0.4082483, a tenth of it is taken, and
    # s = 0.0833333; r = 0.5625: -√0.3333333 / √0.8125 = -0.6405126
    ("adadelta", {"rho": 0.5, "epsilon": 0.25}, [0.9591752], [1.0232264]),
    # r = 0.125: 0.05 / √0.25 = 0.1; r = 0.5625: -0.1 / √0.6875 = -0.1206045
    ("rmsprop", {"rho": 0.5, "epsilon": 0.125}, [0.9], [1.0206045]),
    # 0.05 / (√0.125 + 0.25) = 0.0828427; -0.1 / (0.75 + 0.25) = -0.1
    ("rmsprop", {"rho": 0.5, "epsilon": 0.25, "under_root": False}, [0.9171573], [1.0171573]),
    # v = 0.1; then 0.9 · 0.1 - 0.1206045 = -0.0306045
    ("rmsprop", {"rho": 0.5, "epsilon": 0.125, "momentum": 0.9}, [0.9], [0.9306045]),
    # mean 0.25, variance 0.125 - 0.0625: 0.05 / √(0.0625 + 0.0625) = 0.1414214;
    # mean -0.375, variance 0.5625 - 0.140625: -0.1 / √(0.421875 + 0.0625) = -0.1436842
    ("rmsprop", {"rho": 0.5, "epsilon": 0.0625, "centred": True}, [0.8585786], [1.0022628]),
    # 0.05 / (0.25 + 0.25) = 0.1; -0.1 / (√0.421875 + 0.25) = -0.1111705; v = 0.5 · 0.1 - 0.1111705
    (
        "rmsprop",
        {"rho": 0.5, "epsilon": 0.25, "centred": True, "under_root": False, "momentum": 0.5},
        [0.9],
        [0.9611705],
    ),
    # m = 0.25, r = 0.125, and halves of what is left off: 0.05 / (√0.25 + 0.5) = 0.05;
    # m = -0.375, r = 0.5625, and three quarters: -0.05 / (√0.75 + 0.5) = -0.0366025
    ("adam", {"beta1": 0.5, "beta2": 0.5, "epsilon": 0.5}, [0.95], [0.9866025]),
    # 0.05 / √(0.25 + 0.75) = 0.05; -0.05 / √(0.75 + 0.75) = -0.0408248
    ("adam", {"beta1": 0.5, "beta2": 0.5, "epsilon": 0.75, "under_root": True}, [0.95], [0.9908248]),
    # as `adam`, and 0.1 · 0.1 of the weight before: 0.01, then 0.0094
    ("adamw", {"beta1": 0.5, "beta2": 0.5, "epsilon": 0.5, "weight_decay": 0.1}, [0.94], [0.9672025]),
    # the sign of 0.25: 0.1 and 0.01 of decay; of 0.125 - 0.5: -0.1 and 0.0089
    ("lion", {"beta1": 0.5, "beta2": 0.5, "weight_decay": 0.1}, [0.89], [0.9811]),
    # 0.5 / (√0.25 + 0.5) + 0.1 = 0.6, made as long as the weight, 1: 0.1;
    # -0.3660254 + 0.1 · 0.9 = -0.2760254, made as long as 0.9: -0.09
    ("lamb", {"beta1": 0.5, "beta2": 0.5, "epsilon": 0.5, "weight_decay": 0.1}, [0.9], [0.99]),
]


def kernel(*numbers: float) -> dict[str, dict[str, np.ndarray]]:
    return {"dense1": {"kernel": np.array(numbers, float)}}


def run(name: str, named: dict[str, Any], start: Any, gradients: list[Any]) -> list[Any]:
    """The weights after each step of what stands in programs, in float64."""
    with jax.enable_x64(True):
        transform = evaluated(built("optimizer", name, 0.1, **named).lower())
        params = jax.tree.map(np.float64, start)
        state, after = transform.init(params), []
        for grads in gradients:
            updates, state = transform.update(jax.tree.map(np.float64, grads), state, params)
            params = optax.apply_updates(params, updates)
            after.append(jax.tree.map(np.asarray, params))
    return after


@pytest.mark.parametrize(("name", "named", "first", "second"), BY_HAND)
def test_two_steps_by_hand(name: str, named: dict[str, Any], first: Numbers, second: Numbers) -> None:
    gradients = [kernel(0.5), kernel(-1)]
    after = run(name, named, kernel(1), gradients)
    np.testing.assert_allclose(after[0]["dense1"]["kernel"], first, atol=6e-8)
    np.testing.assert_allclose(after[1]["dense1"]["kernel"], second, atol=6e-8)


def test_two_steps_of_lamb_with_two_weights() -> None:
    # the moments are the gradients: (0.5 / 1, -1 / 1.5) is 5/6 long, the weights 5: six times 0.1 · (1/2, -2/3);
    # then m = (-0.375, 0) / 0.75 and r = (0.5625, 0.375) / 0.75: (-0.3660254, 0), made as long as √26.65 = 5.1623638
    named = {"beta1": 0.5, "beta2": 0.5, "epsilon": 0.5, "weight_decay": 0}
    after = run("lamb", named, kernel(3, 4), [kernel(0.5, -1), kernel(-1, 0.5)])
    np.testing.assert_allclose(after[0]["dense1"]["kernel"], [2.7, 4.4])
    np.testing.assert_allclose(after[1]["dense1"]["kernel"], [3.2162364, 4.4], atol=6e-8)


Step = Callable[[np.ndarray, np.ndarray, dict[str, Any], int, float], np.ndarray]
"""The step of a weight, from its gradient, what is remembered of it, the number of the step from 1, and its decay."""


def sgd(momentum: float = 0, nesterov: bool = False, average: bool = False) -> Step:
    def step(w: np.ndarray, g: np.ndarray, memory: dict[str, Any], t: int, decay: float) -> np.ndarray:
        v = memory["v"] = momentum * memory.get("v", 0) + (1 - momentum if average else 1) * g
        return g + momentum * v if nesterov else v  # type: ignore[no-any-return]

    return step


def adagrad(epsilon: float = 1e-7, initial: float = 0) -> Step:
    def step(w: np.ndarray, g: np.ndarray, memory: dict[str, Any], t: int, decay: float) -> np.ndarray:
        memory["r"] = memory.get("r", initial) + g**2
        return g / (memory["r"] ** 0.5 + epsilon)  # type: ignore[no-any-return]

    return step


def adadelta(rho: float = 0.95, epsilon: float = 1e-6) -> Step:
    def step(w: np.ndarray, g: np.ndarray, memory: dict[str, Any], t: int, decay: float) -> np.ndarray:
        before = memory.get("s", 0)
        memory["r"] = rho * memory.get("r", 0) + (1 - rho) * g**2
        change = ((before + epsilon) / (memory["r"] + epsilon)) ** 0.5 * g
        memory["s"] = rho * before + (1 - rho) * change**2
        return change  # type: ignore[no-any-return]

    return step


def rmsprop(
    rho: float = 0.9, epsilon: float = 1e-6, momentum: float = 0, centred: bool = False, under_root: bool = True
) -> Step:
    def step(w: np.ndarray, g: np.ndarray, memory: dict[str, Any], t: int, decay: float) -> np.ndarray:
        memory["m"] = rho * memory.get("m", 0) + (1 - rho) * g
        memory["r"] = rho * memory.get("r", 0) + (1 - rho) * g**2
        r = memory["r"] - memory["m"] ** 2 if centred else memory["r"]
        root = np.sqrt(r + epsilon) if under_root else np.sqrt(r) + epsilon
        memory["v"] = momentum * memory.get("v", 0) + g / root
        return memory["v"]  # type: ignore[no-any-return]

    return step


def adam(
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    under_root: bool = False,
    weight_decay: float = 0,
) -> Step:
    def step(w: np.ndarray, g: np.ndarray, memory: dict[str, Any], t: int, decay: float) -> np.ndarray:
        memory["m"] = beta1 * memory.get("m", 0) + (1 - beta1) * g
        memory["r"] = beta2 * memory.get("r", 0) + (1 - beta2) * g**2
        m, r = memory["m"] / (1 - beta1**t), memory["r"] / (1 - beta2**t)
        root = np.sqrt(r + epsilon) if under_root else np.sqrt(r) + epsilon
        return m / root + decay * weight_decay * w  # type: ignore[no-any-return]

    return step


def adamw(weight_decay: float = 0.01, **moments: Any) -> Step:
    return adam(weight_decay=weight_decay, **moments)


def lion(beta1: float = 0.9, beta2: float = 0.99, weight_decay: float = 0.01) -> Step:
    def step(w: np.ndarray, g: np.ndarray, memory: dict[str, Any], t: int, decay: float) -> np.ndarray:
        m = memory.get("m", np.zeros_like(w))
        memory["m"] = beta2 * m + (1 - beta2) * g
        return np.sign(beta1 * m + (1 - beta1) * g) + decay * weight_decay * w

    return step


def lamb(weight_decay: float = 0.01, epsilon: float = 1e-6, **moments: Any) -> Step:
    inner = adam(weight_decay=weight_decay, epsilon=epsilon, **moments)

    def step(w: np.ndarray, g: np.ndarray, memory: dict[str, Any], t: int, decay: float) -> np.ndarray:
        change = inner(w, g, memory, t, decay)
        ours, theirs = np.linalg.norm(w), np.linalg.norm(change)
        return change * (ours / theirs if ours and theirs else 1)

    return step


IMPLEMENTED = {f.__name__: f for f in (sgd, adagrad, adadelta, rmsprop, adam, adamw, lion, lamb)}
TWENTY: list[tuple[str, dict[str, Any]]] = [
    *((name, {}) for name in IMPLEMENTED),
    *((name, named) for name, named, _, _ in BY_HAND),
]


@pytest.mark.parametrize(("name", "named"), TWENTY)
def test_twenty_steps(name: str, named: dict[str, Any]) -> None:
    random = np.random.default_rng(5)
    start = {"dense1": {"kernel": random.normal(size=(3, 4)), "bias": np.zeros(4)}}
    gradients = [{"dense1": {k: random.normal(size=w.shape) for k, w in start["dense1"].items()}} for _ in range(20)]
    gradients[7]["dense1"]["kernel"][0] = 0
    after = run(name, named, start, gradients)[-1]
    for key, first in start["dense1"].items():
        w, memory, step = first, dict[str, Any](), IMPLEMENTED[name](**named)  # type: ignore[operator]
        for t, grads in enumerate(gradients, 1):
            w = w - 0.1 * step(w, grads["dense1"][key], memory, t, float(key == "kernel"))
        np.testing.assert_allclose(after["dense1"][key], w, rtol=1e-10)


def test_equal_gradients_have_no_variance_below_zero() -> None:
    transform = evaluated(built("optimizer", "rmsprop", 0.1, centred=True).lower())
    params, grads = jax.tree.map(np.float32, (kernel(1, 1), kernel(1e3, 1e-3)))
    state = transform.init(params)
    for _ in range(300):
        updates, state = transform.update(grads, state, params)
    assert np.isfinite(jax.tree.leaves(updates)[0]).all()
