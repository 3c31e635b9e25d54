"""NaN and infinity stop a run, which names the step and the layer and keeps the last good checkpoint."""

from pathlib import Path

import pytest

from archc.diagnostics import Diagnostic, Failed
from tests.train import logistic
from tests.train.conftest import train

DENSE = 'x = x @ params["dense1"]["kernel"]\n'
UPDATE = "    params = optax.apply_updates(state.params, updates)\n"


def stopped(tmp_path: Path, text: str) -> Diagnostic:
    with pytest.raises(Failed, match="E0802") as caught:
        train(tmp_path, program_text=text, checkpoint_seconds=0.0)
    return caught.value.diagnostics[0]


def changed(old: str, new: str) -> str:
    text = logistic.program_text()
    assert text.count(old) == 1
    return text.replace(old, new)


def test_a_planted_nan_in_a_weight(tmp_path: Path) -> None:
    plant = UPDATE + '    params["dense1"]["bias"] += jnp.where(state.step == 7, jnp.nan, 0.0)\n'
    found = stopped(tmp_path, changed(UPDATE, plant))
    # step 7, counted from 0, with three steps an epoch
    assert found.title == "training stopped: NaN or infinity from epoch 3, step 2 of 3"
    assert "the optimizer's step for `dense1`" in found.notes[0]
    assert "put a normalization layer before the one named" in (found.help or "")
    assert "the last good checkpoint is kept in" in found.notes[1]
    assert found.span is not None and found.span.line == 5
    assert list((tmp_path / "logistic-1" / "checkpoints").glob("0*/manifest.json"))


def test_a_layer_that_gives_nan(tmp_path: Path) -> None:
    found = stopped(tmp_path, changed(DENSE, DENSE + "        x = jnp.log(x)\n"))
    assert "epoch 1, step 1 of 3" in found.title
    assert "`dense1` in logistic.arch, line 5, is the first to give NaN or infinity" in found.notes[0]
    assert found.notes[1] == "no checkpoint was written yet"
    assert found.span is not None and found.span.text == "dense1 = dense(normalize1, 1)"


def test_a_learning_rate_out_of_all_bounds(tmp_path: Path) -> None:
    old = "optax.adam(0.1)"
    found = stopped(tmp_path, changed(old, "optax.sgd(3e38)"))
    assert "from epoch" in found.title and "so large that the losses of an epoch can't be added up" in found.notes[0]
    assert "put a normalization layer between the others" in (found.help or "")


def test_a_loss_of_log_zero(tmp_path: Path) -> None:
    old = 'return optax.sigmoid_binary_cross_entropy(outputs, targets["y"]).mean()'
    found = stopped(tmp_path, changed(old, old + " - jnp.log(0 * outputs.sum())"))
    assert found.notes[0] == "the outputs of the network are finite, and their loss isn't"


def test_a_gradient_that_is_not_finite(tmp_path: Path) -> None:
    found = stopped(tmp_path, changed(DENSE, DENSE + "        x = x + jnp.sqrt(0 * x)\n"))
    assert "epoch 1, step 1 of 3" in found.title
    assert "the loss is finite, and the gradient of `dense1` isn't" in found.notes[0]


def test_only_the_evaluation_is_not_finite(tmp_path: Path) -> None:
    old = "    if train:\n"
    found = stopped(tmp_path, changed(old, "    if not train:\n        x = x / 0\n" + old))
    assert found.title == "training stopped: NaN or infinity in the validation part after epoch 1"
