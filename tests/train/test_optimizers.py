"""Optimizers can be stopped and resumed, and treat stacked layers as they do those that are written out."""

import time
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

from archc.data.dataset import Where
from archc.data.readers import Table, load
from archc.ir import Module
from archc.program import emit
from archc.train.driver import fit, resume
from archc.train.progress import EpochEnd, Silent
from archc.train.signals import Interrupted, Signals
from tests.models import imported, module_of

TEXT = """
model Net {
    input x[2]
    dense(8) -> tanh
    repeat %d { dense(8) -> tanh }
    dense(2) -> softmax
}

train {
    data         = moons
    loss         = cross_entropy(smoothing = 10%%)
    optimizer    = %s
    weight_decay = [%s, dense1 = 0]
    clip         = 1
    batch        = 32
    epochs       = 4
}
"""
OPTIMIZERS = [
    "adagrad(warmup(polynomial(0.05, power = 2), epochs = 1.5))",
    "rmsprop(exponential(1e-3, factor = 0.9), centred = true, momentum = 0.5)",
    "lamb(one_cycle(1e-2))",
]
"""Those that have parts of archc's own."""


def made(optimizer: str, folder: Path, repeats: int = 2) -> tuple[Module, str, Table]:
    own = optimizer.startswith(("lion", "lamb"))
    text = TEXT % (repeats, optimizer, "0" if own else "1e-3")
    module = module_of(text, folder)
    assert module.recipe
    return module, text, load(module.recipe.data, Where(folder))


class Stops(Silent):
    """Asks for an end once two epochs are over."""

    def __init__(self, signals: Signals):
        self.signals = signals

    def epoch_ended(self, end: EpochEnd) -> None:
        if end.epoch == 2:
            self.signals.code, self.signals.asked_at = 130, time.monotonic()


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_resumed_run_ends_as_one_that_nobody_stopped(optimizer: str, tmp_path: Path) -> None:
    module, text, table = made(optimizer, tmp_path)
    options: dict[str, Any] = {"program_text": emit(module), "arch_text": text, "table": table}
    fit(module, run=tmp_path / "whole", **options)
    signals = Signals()
    with pytest.raises(Interrupted) as caught:
        fit(module, run=tmp_path / "parts", signals=signals, listener=Stops(signals), **options)
    assert caught.value.saved
    resume(tmp_path / "parts", table)
    for name in ("best.npz", "last.npz"):
        assert (tmp_path / "parts" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    newest = [max((tmp_path / run).glob("checkpoints/0*/state*")).read_bytes() for run in ("whole", "parts")]
    assert newest[0] == newest[1]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_stacked_layers_move_as_those_that_are_written_out(optimizer: str, tmp_path: Path) -> None:
    module, _, table = made(optimizer, tmp_path, repeats=16)
    ends = []
    for unroll in (False, True):
        program = imported(emit(module, unroll=unroll))
        assert hasattr(program, "REPEATS") != unroll
        data = program.parts(table, 3)["train"]
        state = program.adapt(program.init(jax.random.key(3)), data)
        state, _ = program.run_steps(state, data, program.order(program.PART_ROWS["train"], 3, 1), 0, 5)
        ends.append(program.named(state))
    assert ends[0].keys() == ends[1].keys()
    for name, array in ends[0].items():
        np.testing.assert_allclose(array, ends[1][name], rtol=2e-4, atol=2e-5, err_msg=name)
