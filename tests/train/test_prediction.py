"""What is said of an example, where the network gives logarithms of probabilities, or none at all."""

import jax
import numpy as np
import pytest

from archc.cli.predict import as_json, as_text
from archc.train.prediction import Prediction, predictions
from tests.models import module_of, program_of

NET = """
model Net {
    input x[2]
    dense(2) -> %s
}

train {
    data      = moons
    loss      = %s
    optimizer = sgd(0.1)
    batch     = 8
    epochs    = 1
}
"""


BLOCK = "block likely { dense(2) -> softmax }"


def said(function: str, loss: str = "cross_entropy", before: str = "") -> Prediction:
    module = module_of(before + NET % (function, loss))
    program = program_of(module)
    inputs = {"x": np.float32([[0, 1], [5, -3], [-2, 2]])}
    (found,) = predictions(program, module, program.init(jax.random.key(2)), inputs).values()
    return found


@pytest.mark.parametrize("function", ["softmax", "log_softmax"])
def test_values_are_the_files_and_probabilities_are_probabilities(function: str) -> None:
    expected, found = said("softmax"), said(function)
    values = np.log(expected.values) if function == "log_softmax" else expected.values
    np.testing.assert_allclose(found.values, values, rtol=1e-5)
    assert found.probabilities is not None
    np.testing.assert_allclose(found.probabilities, expected.values, rtol=1e-5)
    assert found.names == expected.names


@pytest.mark.parametrize("layers", ["softmax", "likely"])
def test_what_softmax_gives_is_a_probability_whatever_the_loss(layers: str) -> None:
    found = said(layers, "mse", BLOCK)
    assert found.probabilities is not None
    np.testing.assert_allclose(found.probabilities.sum(1), 1, rtol=1e-6)


@pytest.mark.parametrize(
    ("layers", "loss"),
    [
        ("dense(2)", "hinge"),
        ("dense(1)", "hinge"),
        ("dense(2)", "mse"),
        ("dense(2)", "huber(delta = 1)"),
        ("tanh", "mse(targets = [-1, 1])"),
        ("dense(1) -> relu", "contrastive"),
    ],
)
def test_other_numbers_are_scores_and_no_probabilities(layers: str, loss: str) -> None:
    found = said(layers, loss)
    assert found.probabilities is None and found.scores is not None and found.scores.shape == (3, 2)
    for at, name in enumerate(found.names):
        output = as_json("x", {"y": found}, at, None)["outputs"]["y"]
        assert set(output) == {"class", "scores"} and output["class"] == name == max(
            output["scores"], key=output["scores"].get
        )
        text = as_text({"y": found}, at, 3)
        assert text.startswith(name) and "%" not in text


def test_logits_of_a_loss_that_reads_them_become_probabilities() -> None:
    found = said("dense(2)")
    assert found.probabilities is not None and "%" in as_text({"y": found}, 0, 3)
