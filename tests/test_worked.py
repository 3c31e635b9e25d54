"""Small networks that lectures draw and work by hand: the programs' figures are those of the formulas."""

from typing import Any

import jax
import numpy as np
import pytest

import archc


def gradients(program: Any, **inputs: list[float]) -> tuple[float, Any]:
    """What a network without a recipe says of one example, and the derivatives of its only number by its weights."""
    state = program.init(jax.random.key(0))
    rows = {name: np.array([row], np.float32) for name, row in inputs.items()}
    said = jax.value_and_grad(lambda params: program.predict(params, state.stats, rows)[0, 0])
    return said(state.params)  # type: ignore[no-any-return]


def taught(program: Any, x: list[list[float]], y: list[float]) -> tuple[float, Any]:
    """The loss of some examples, and its derivatives by the weights."""
    state = program.init(jax.random.key(0))
    rows, targets = {"x": np.array(x, np.float32)}, {"y": np.array(y, np.float32)[:, None]}

    def loss(params: Any) -> Any:
        outputs, _ = program.apply(params, state.stats, rows, train=False, key=jax.random.key(0))
        return program.loss(outputs, targets)

    return jax.value_and_grad(loss)(state.params)  # type: ignore[no-any-return]


def stepped(program: Any, x: list[list[float]], y: list[float]) -> Any:
    """The state after a training step of all the examples."""
    data = {"x": np.array(x, np.float32)}, {"y": np.array(y, np.float32)[:, None]}
    return program.train_step(program.init(jax.random.key(0)), data, np.arange(len(x)))[0]


def sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def told(name: str, **inputs: list[Any]) -> list[Any]:
    """What a network with written-out weights says of some rows."""
    program = archc.compile(name)
    state = program.init(jax.random.key(0))
    rows = {name: np.array(row, np.float32) for name, row in inputs.items()}
    return np.asarray(program.predict(state.params, state.stats, rows)).tolist()  # type: ignore[no-any-return]


CUBE = [[a, b, c] for a in (0, 1) for b in (0, 1) for c in (0, 1)]


def test_a_perceptron_is_a_half_space() -> None:
    assert told("perceptron", x=CUBE) == [[float(sum(row) > 1.5)] for row in CUBE]


@pytest.mark.parametrize(("threshold", "least"), [(0.5, 1), (2.5, 3), (3, 4), (2, 3)])
def test_the_threshold_has_to_be_exceeded(threshold: float, least: int) -> None:
    program = archc.load("perceptron", settings={"threshold": threshold}).compile()
    state = program.init(jax.random.key(0))
    outputs = program.predict(state.params, state.stats, {"x": np.array(CUBE, np.float32)})
    assert outputs[:, 0].tolist() == [float(sum(row) >= least) for row in CUBE]


def test_two_layers_of_threshold_units_tell_odd_from_even() -> None:
    assert told("mlp_threshold", x=CUBE) == [[float(sum(row) % 2)] for row in CUBE]


def test_the_worked_convolution() -> None:
    image = [[1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0]]
    (convolved,) = told("convolved", image=[[[[n] for n in row] for row in image]])
    assert convolved == [[[4], [3], [4]], [[2], [4], [3]], [[2], [3], [4]]]


def test_a_clipped_output_has_no_gradient_beyond_its_ends() -> None:
    rows = [[0, 0], [0.5, 0], [0.5, 0.5], [1, 1], [2, 1], [4, 0]]
    assert told("clipped", h=rows) == [[0], [0], [0.125], [0.5], [1], [1]]
    program = archc.compile("clipped")
    for h, within in (([0, 0], False), ([1, 1], True), ([4, 0], False)):
        _, grads = gradients(program, h=h)
        expected = (h, 1.0) if within else ([0, 0], 0.0)
        assert (grads["dense1"]["kernel"][:, 0].tolist(), grads["dense1"]["bias"].tolist()[0]) == expected


def test_logistic_regression_has_the_gradients_of_its_graph() -> None:
    # z = 1 - 6 + 4 + 1 = 0, so a = 1/2; L = log 2, dL/dz = a - y
    x = [1.0, 2.0, 4.0]
    for y, dz in ((1.0, -0.5), (0.0, 0.5)):
        loss, grads = taught(archc.compile("logistic"), [x], [y])
        assert loss == pytest.approx(np.log(2), rel=1e-6)
        assert grads["dense1"]["bias"].tolist() == [dz]
        assert grads["dense1"]["kernel"][:, 0].tolist() == [dz * n for n in x]


def test_backpropagation_worked_by_hand() -> None:
    # both hidden units and the output have a weighted sum of 0, so that z1 = z2 = y = 1/2, and y* = 1
    loss, grads = taught(archc.compile("backprop"), [[1, 2]], [1])
    assert loss == 0.125
    # dL/dy = -1/2, times y (1 - y) = 1/4: -1/8; then times z
    assert grads["out"]["bias"].tolist() == [-1 / 8]
    assert grads["out"]["kernel"].tolist() == [[-1 / 16], [-1 / 16]]
    # -1/8 times the weights 3 and -1, times z (1 - z) = 1/4; then times x
    assert grads["hidden"]["bias"].tolist() == [-3 / 32, 1 / 32]
    assert grads["hidden"]["kernel"].tolist() == [[-3 / 32, 1 / 32], [-3 / 16, 1 / 16]]


def test_a_step_goes_down_the_gradient() -> None:
    program = archc.compile("backprop")
    state = stepped(program, [[1, 2]], [1])
    assert state.params["out"]["kernel"].tolist() == [[3 + 1 / 16], [-1 + 1 / 16]]
    assert state.params["hidden"]["bias"].tolist() == [1 + 3 / 32, -3 - 1 / 32]


def test_node_derivatives_are_products_and_weight_derivatives_outer_products() -> None:
    """Claim 1, δ_i = W_iᵀ δ̄_(i+1), and claim 2, Δ_i = v_i δ̄_(i+1)ᵀ: kernels here are [in, out], W_i is [out, in]."""
    program = archc.compile("claims")
    params = jax.tree.map(np.float64, program.init(jax.random.key(0)).params)
    names = ["cde", "fgh", "z"]
    kernels, biases = ([params[name][part] for name in names] for part in ("kernel", "bias"))
    assert params["z"]["kernel"].tolist() == [[1], [-2], [1.5]]
    for ab in ([1, -1], [0, 0], [2, 0.5]):
        nodes = [np.array(ab, float)]
        for kernel, bias in zip(kernels, biases, strict=True):
            nodes.append(sigmoid(kernel.T @ nodes[-1] + bias))
        z, grads = gradients(program, ab=ab)
        assert z == pytest.approx(nodes[3][0], rel=1e-6)
        derivative = np.ones(1)
        for i in (2, 1, 0):
            before_s = nodes[i + 1] * (1 - nodes[i + 1]) * derivative
            np.testing.assert_allclose(grads[names[i]]["bias"], before_s, rtol=1e-5)
            np.testing.assert_allclose(grads[names[i]]["kernel"], np.outer(nodes[i], before_s), rtol=1e-5)
            derivative = kernels[i] @ before_s


def test_three_inputs_three_units_one_output() -> None:
    """Derivatives are means over the examples of δ^(l+1) a^(l)ᵀ, and batch gradient descent takes α of them."""
    examples, targets = [[1.0, 0.0, -1.0], [0.0, 1.0, 1.0]], [1.0, 0.0]
    w1, b1 = np.array([[1.0, -1, 1], [0, 1, -1], [2, 0, 1]]), np.array([0.0, 1, -1])
    w2, b2 = np.array([[1.0, -1, 1]]), np.array([0.5])
    cost, steps = 0.0, [np.zeros_like(w) for w in (w1, b1, w2, b2)]
    for x, y in zip(np.array(examples), targets, strict=True):
        a2 = sigmoid(w1 @ x + b1)
        a3 = sigmoid(w2 @ a2 + b2)
        delta3 = -(y - a3) * a3 * (1 - a3)
        delta2 = (w2.T @ delta3) * a2 * (1 - a2)
        cost += 0.5 * float(np.sum((a3 - y) ** 2)) / 2
        for step, found in zip(steps, (np.outer(delta2, x), delta2, np.outer(delta3, a2), delta3), strict=True):
            step += found / 2
    program = archc.compile("net_3_3_1")
    loss, grads = taught(program, examples, targets)
    assert loss == pytest.approx(cost, rel=1e-6)
    state = stepped(program, examples, targets)
    for layer, w, b, dw, db in (("layer2", w1, b1, *steps[:2]), ("layer3", w2, b2, *steps[2:])):
        np.testing.assert_allclose(grads[layer]["kernel"], dw.T, rtol=1e-5, atol=1e-9)
        np.testing.assert_allclose(grads[layer]["bias"], db, rtol=1e-5)
        np.testing.assert_allclose(state.params[layer]["kernel"], (w - 0.5 * dw).T, rtol=1e-6, atol=1e-7)
        np.testing.assert_allclose(state.params[layer]["bias"], b - 0.5 * db, rtol=1e-6, atol=1e-7)


def test_a_cascade_is_the_composition_of_its_blocks() -> None:
    """And its derivatives are products along the chain: dy/dx = dy/dC · dC/dB · dB/dA · dA/dx."""
    program = archc.compile("cascade")
    state = program.init(jax.random.key(3))
    x = np.array([0.5, -1, 2, 0.25])
    a, chain = x, np.eye(4)
    for i, size in enumerate((5, 3, 2), 1):
        weights = jax.tree.map(np.float64, state.params[f"h{i}"]["dense1"])
        a = np.tanh(a @ weights["kernel"] + weights["bias"])
        assert a.shape == (size,)
        chain = (1 - a**2)[:, None] * weights["kernel"].T @ chain

    def whole(x: Any) -> Any:
        return program.predict(state.params, state.stats, {"x": x[None]})[0]

    np.testing.assert_allclose(whole(np.float32(x)), a, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(jax.jacobian(whole)(np.float32(x)), chain, rtol=1e-4, atol=1e-6)
