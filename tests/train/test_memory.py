"""What can't fit into the machine is refused before anything is built."""

import pytest

import archc
from archc.diagnostics import Failed
from archc.train.memory import check_memory, least_needed, machine


@pytest.mark.parametrize(
    ("optimizer", "copies"), [("adam(0.1)", 4), ("adamw(0.1)", 4), ("sgd(0.1)", 2), ("sgd(0.1, momentum = 0.9)", 3)]
)
def test_it_counts_parameters_gradient_and_moments(optimizer: str, copies: int) -> None:
    module = archc.load("xor", settings={"train.optimizer": optimizer}).module
    assert least_needed(module) == 4 * (9 * copies + 2 * 4)


def test_what_fits_is_let_through() -> None:
    module = archc.load("lenet5").module
    check_memory(module)
    check_memory(module, least_needed(module))
    assert machine() > least_needed(module)


def test_what_does_not_fit_is_told() -> None:
    module = archc.load("mnist_mlp", settings={"hidden": 2_000_000}).module
    with pytest.raises(
        Failed, match=r"E0806: MnistMlp needs at least 25\.4 GB to train, and this machine has 24\.0 GB"
    ):
        check_memory(module, 24 * 10**9)
