"""The program of a recipe that starts from trained weights and treats parts differently."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from archc.program import emit
from tests.models import module_of

TEXT = """model Tuned {
    input image[8, 8, 1]
    conv(8, 3x3, bias = false) as C1 -> batch_norm -> relu
    conv(8, 3x3) -> batch_norm -> relu -> flatten
    dense(10) as fc8
}

train {
    data         = digits
    loss         = cross_entropy
    optimizer    = sgd(0.01, momentum = 0.9)
    batch        = 32
    epochs       = 10
    start        = weights("trained.npz", except = [fc8])
    init         = [he_normal, fc8 = normal(0.01)]
    freeze       = [C1, batch_norm1]
    rates        = [0.1, fc8 = 1]
    weight_decay = [5e-4, fc8 = 0]
    l1           = [fc8 = 1e-5]
}
"""


def text_of(folder: Path, text: str = TEXT) -> str:
    np.savez(folder / "trained.npz")
    return emit(module_of(text, folder, "tuned.arch"))


def test_program_by_part(tmp_path: Path, golden: Callable[[Path, str], None]) -> None:
    golden(Path(__file__).with_name("parts.golden"), text_of(tmp_path))


def without(setting: str) -> str:
    return "".join(line for line in TEXT.splitlines(keepends=True) if not line.strip().startswith(setting))


def test_a_program_has_nothing_that_its_recipe_does_not_ask_for(tmp_path: Path) -> None:
    names = {
        "start": "def begin(", "freeze": "def frozen(", "rates": "def rates_by_part(",
        "weight_decay": "def decay_by_part(", "l1": "def l1_by_part(",
    }  # fmt: skip
    for setting, name in names.items():
        assert name in text_of(tmp_path), setting
        assert name not in text_of(tmp_path, without(setting)), setting


def test_a_frozen_batch_norm_is_one_line_for_training_and_evaluation(tmp_path: Path) -> None:
    scoped = text_of(tmp_path).split('jax.named_scope("batch_norm')
    assert "if train" not in scoped[1] and "batch_norm_frozen(" in scoped[1]
    assert "if train" in scoped[2]
