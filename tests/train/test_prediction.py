"""What is said of an example, where the network gives logarithms of probabilities."""

import jax
import numpy as np
import pytest

from archc.train.prediction import Prediction, predictions
from tests.models import module_of, program_of

NET = """
model Net {
    input x[2]
    dense(2) -> %s
}

train {
    data      = moons
    loss      = cross_entropy
    optimizer = sgd(0.1)
    batch     = 8
    epochs    = 1
}
"""


def said(function: str) -> Prediction:
    module = module_of(NET % function)
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
