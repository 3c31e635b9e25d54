"""What can't fit into the machine is refused before anything is built."""

import pytest

import archc
from archc.diagnostics import Failed
from archc.memory import estimate
from archc.train.memory import check_memory, least_needed, machine
from archc.train.profiling.stand_in import with_recipe


@pytest.mark.parametrize(
    ("optimizer", "copies"), [("adam(0.1)", 4), ("adamw(0.1)", 4), ("sgd(0.1)", 2), ("sgd(0.1, momentum = 0.9)", 3)]
)
def test_it_counts_parameters_gradient_and_moments(optimizer: str, copies: int) -> None:
    module = archc.load("xor", settings={"train.optimizer": optimizer}).module
    assert least_needed(module) == 4 * (9 * copies + 2 * 4)


def test_what_fits_is_let_through() -> None:
    module = archc.load("lenet5").module
    check_memory(module)
    check_memory(module, there=int(estimate(module).total / 1.4))
    assert machine() > estimate(module).total > least_needed(module)


def test_what_does_not_fit_is_told() -> None:
    module = archc.load("mnist_mlp", settings={"hidden": 2_000_000}).module
    with pytest.raises(
        Failed, match=r"E0806: MnistMlp needs at least 25\.4 GB to train, and this machine has 24\.0 GB"
    ):
        check_memory(module, there=24 * 10**9)


def test_a_batch_that_does_not_fit_is_told_with_one_that_does() -> None:
    module = with_recipe(archc.load("lenet5").module, 8192)
    with pytest.raises(
        Failed, match=r"E0806: LeNet5 needs about 0\.4 GB to train in batches of 8,192, and this machine has 0\.2 GB"
    ) as caught:
        check_memory(module, there=200_000_000)
    assert caught.value.diagnostics[0].help == "take a smaller batch: one of 2,048 fits"
    check_memory(with_recipe(module, 2048), there=200_000_000)
    huge = with_recipe(archc.load("resnet18").module, 10**8)
    with pytest.raises(Failed, match=r"ResNet18 needs at least 60,2\d\d\.\d GB to train in batches of 100,000,000"):
        check_memory(huge)
