"""What layers compute and move in a step, against numbers worked by hand."""

from pathlib import Path

import pytest

import archc
from archc.passes import run
from archc.train.profiling.costs import Costs, costs
from tests.train.profiling.networks import DEEP, RECIPE, RESIDUAL


def of(text: str, tmp_path: Path, **settings: str) -> Costs:
    path = tmp_path / "net.arch"
    path.write_text(text, encoding="utf-8")
    model = archc.load(path, settings={f"train.{name}": value for name, value in settings.items()})
    assert model.module.recipe is not None
    return costs(run(model.module).graph, model.module.recipe)


NET = (
    """
model Net {
    input image[8, 8, 1]
    flatten
    dense(20) -> relu
    dense(data.classes) -> softmax
}
"""
    + RECIPE
)


def test_a_dense_network_by_hand(tmp_path: Path) -> None:
    found = of(NET, tmp_path).layers
    first, second = found["dense1",], found["dense2",]
    assert (first.weights, second.weights) == (64 * 20 + 20, 20 * 10 + 10)
    assert first.forward.flops == 8 * 2 * 64 * 20
    # nothing before it learns: there is no gradient of what enters
    assert first.backward.flops == 8 * 2 * 64 * 20
    assert second.backward.flops == 2 * second.forward.flops == 2 * 8 * 2 * 20 * 10
    assert first.forward.bytes == 4 * (8 * (64 + 20) + 1300)
    assert first.backward.bytes == 4 * (8 * (20 + 64) + 1300)
    assert second.backward.bytes == 4 * (8 * (10 + 20 + 20) + 210 + 210)
    assert found["relu1",].backward.bytes == 4 * 8 * 3 * 20
    assert found["flatten1",].forward.bytes == 0


def test_half_as_wide_numbers_move_half_as_much(tmp_path: Path) -> None:
    wide, narrow = of(NET, tmp_path).layers, of(NET, tmp_path, precision="bf16").layers
    assert wide["relu1",].forward.bytes == 2 * narrow["relu1",].forward.bytes
    # gradients of weights stay as wide as they are
    assert narrow["dense1",].backward.bytes == 2 * 8 * (20 + 64) + 4 * 1300
    assert wide["dense1",].forward.flops == narrow["dense1",].forward.flops


def test_what_is_frozen_has_no_gradient(tmp_path: Path) -> None:
    found = of(NET, tmp_path, freeze="[dense1]").layers
    assert found["dense1",].backward.bytes == found["relu1",].backward.bytes == 0
    assert found["dense2",].backward.flops == found["dense2",].forward.flops


@pytest.mark.parametrize("text", [NET, DEEP, RESIDUAL], ids=["net", "deep", "residual"])
def test_layers_sum_to_the_network(text: str, tmp_path: Path) -> None:
    found = of(text, tmp_path)
    model = archc.load(tmp_path / "net.arch")
    assert sum(layer.forward.flops for layer in found.layers.values()) == 2 * 8 * model.macs


def test_copies_are_one_layer_under_the_scopes_of_each(tmp_path: Path) -> None:
    found = of(DEEP, tmp_path)
    assert found.layers["dense2",].copies == 20
    assert {found.scopes[f"dense{number}"] for number in range(2, 22)} == {("dense2",)}
    assert found.scopes["dense22"] == ("dense22",)
    blocks = of(RESIDUAL, tmp_path)
    assert blocks.layers["residual1", "unit2", "conv1"].copies == 2
    assert blocks.scopes["residual2.unit2.conv1"] == ("residual1", "unit2", "conv1")
