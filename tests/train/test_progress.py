"""What a person sees while a run trains."""

import io
import time
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest

from archc.train import loop, progress
from archc.train.progress import EpochEnd, Lines, Progress
from tests.train import logistic
from tests.train.conftest import train


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def end(epoch: int, epochs: int, *, best: bool = False) -> EpochEnd:
    averages = {"loss": 0.25, "accuracy": 0.9}
    return EpochEnd(epoch, epochs, {"loss": 0.5}, "validation", averages, best, epoch == epochs, 1000.0)


def test_plain_lines_of_a_run(tmp_path: Path) -> None:
    out = io.StringIO()
    train(tmp_path, listener=Lines(out))
    text = out.getvalue()
    assert "\r" not in text and "\x1b" not in text
    lines = text.splitlines()
    assert lines[0].startswith("training Logistic on points (20 to train, 6 to validate, 4 to test), on ")
    assert lines[1].startswith("epoch 1/5  train loss ") and "validation loss " in lines[1]
    assert any(line.startswith("epoch 5/5") for line in lines)
    assert lines[-2].startswith("test loss ") and lines[-1].startswith("best epoch ")


def test_quick_epochs_are_thinned_to_first_best_and_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: 0.0))
    out = io.StringIO()
    lines = Lines(out)
    for epoch in range(1, 2001):
        lines.epoch_ended(end(epoch, 2000, best=epoch == 1500))
    written = out.getvalue().splitlines()
    first, best, last = written
    assert first.startswith("epoch    1/2000") and last.startswith("epoch 2000/2000")
    assert best.startswith("epoch 1500/2000") and best.endswith("best")


def test_a_live_line_is_overwritten_and_gone_at_the_end() -> None:
    out = Terminal()
    lines = Lines(out, live=True, color=False)
    lines.compiling("the training step")
    lines.stepped(Progress(2, 30, 17, 40, 0.3219, 12345.6, 75.0))
    lines.epoch_ended(end(2, 30, best=True))
    text = out.getvalue()
    assert "\r\x1b[Kcompiling the training step …" in text
    live = "epoch 2/30 · step 17/40 · 12,346 examples/s · loss 0.3219 · at most 1 min 15 s left"
    assert live[:79] in text
    assert text.endswith("\r\x1b[Kepoch  2/30  train loss 0.5000  validation loss 0.2500  accuracy 0.9000  best\n")


def test_no_color_and_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    out = Terminal()
    lines = Lines(out)
    lines.compiling("the training step")
    lines.epoch_ended(end(1, 2, best=True))
    assert "\x1b" not in out.getvalue()
    out = Terminal()
    lines = Lines(out, quiet=True)
    lines.began(Path("run"), logistic.module(), "cpu", 1)
    lines.compiling("x")
    lines.stepped(Progress(1, 1, 1, 1, None, None, None))
    lines.epoch_ended(end(1, 2))
    assert out.getvalue() == ""
    lines.said("damaged checkpoint")
    assert out.getvalue() == "damaged checkpoint\n"


def test_refreshes_are_few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At most four a second, however many epochs there are in it, by a clock that each look moves on a little."""

    class Counting(Lines):
        now = 0.0
        times: tuple[float, ...] = ()

        def look(self) -> float:
            self.now += 1 / 64
            return self.now

        def stepped(self, progress: Progress) -> None:
            self.times += (self.now,)

    listener = Counting(io.StringIO())
    monkeypatch.setattr(loop, "time", SimpleNamespace(monotonic=listener.look, perf_counter=time.perf_counter))
    train(tmp_path, program_text=logistic.program_text(rows=30, epochs=500), listener=listener)
    assert len(listener.times) > 20
    assert all(b - a >= 0.25 for a, b in pairwise(listener.times))


def test_a_reader_that_goes_away_does_not_end_the_run(tmp_path: Path) -> None:
    class Broken(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    assert train(tmp_path, listener=Lines(Broken())).numbers["epochs"] == 5
