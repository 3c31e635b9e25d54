"""What a run tells whoever watches it, and how that looks on a terminal and in a log."""

import os
import shutil
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

from archc.ir import Module
from archc.train.figures import numbers

REFRESH_SECONDS = 0.25
_FEW_EPOCHS = 100


@dataclass(frozen=True)
class Progress:
    """How far a run is. Epochs count from 1; `steps` are those of an epoch."""

    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float | None
    examples_per_second: float | None
    seconds_left: float | None


@dataclass(frozen=True)
class EpochEnd:
    """An epoch that is over: averages of its training steps, and of the part that chooses the best epoch."""

    epoch: int
    epochs: int
    training: dict[str, float]
    part: str
    averages: dict[str, float]
    is_best: bool
    is_last: bool
    examples_per_second: float | None


class Listener(Protocol):
    """Told what happens, from the thread that trains: each method should return at once."""

    def began(self, run: Path, module: Module, device: str, epoch: int) -> None:
        """Training starts in a run folder, at an epoch counted from 1."""

    def started_from(self, lines: Sequence[str]) -> None:
        """Which weights the run starts from, told once."""

    def compiling(self, what: str) -> None:
        """XLA starts to compile something."""

    def stepped(self, progress: Progress) -> None:
        """Steps were taken: at most a few times a second."""

    def epoch_ended(self, end: EpochEnd) -> None:
        """An epoch is over: it can be thousands a second."""

    def said(self, text: str) -> None:
        """Something worth a line, such as a damaged checkpoint."""

    def ended(self, run: Path, result: dict[str, Any]) -> None:
        """The run is over; `result` is what result.json holds."""


class Silent:
    """Hears everything and says nothing."""

    def began(self, run: Path, module: Module, device: str, epoch: int) -> None: ...
    def started_from(self, lines: Sequence[str]) -> None: ...
    def compiling(self, what: str) -> None: ...
    def stepped(self, progress: Progress) -> None: ...
    def epoch_ended(self, end: EpochEnd) -> None: ...
    def said(self, text: str) -> None: ...
    def ended(self, run: Path, result: dict[str, Any]) -> None: ...


class Lines:
    """Writes lines to a stream: an epoch a line, and on a terminal a live line below them.

    Where epochs are many and quick, lines are thinned to one in a quarter of a second; those of the
    first, the best and the last are always there. `quiet` leaves what has to be known: damage, and the result.
    """

    def __init__(self, stream: IO[str], *, quiet: bool = False, color: bool | None = None, live: bool | None = None):
        terminal = stream.isatty()
        self._stream = stream
        self._quiet = quiet
        self._live = (terminal and os.environ.get("TERM") != "dumb") if live is None else live
        self._color = (terminal and not os.environ.get("NO_COLOR")) if color is None else color
        self._wrote_live = False
        self._next_line = 0.0
        self._best_unwritten = ""

    def began(self, run: Path, module: Module, device: str, epoch: int) -> None:
        recipe = module.recipe
        if self._quiet or recipe is None:
            return
        goes = "training" if epoch == 1 else f"going on at epoch {epoch}"
        parts = [f"{recipe.train_rows:,} to train", f"{recipe.validation_rows:,} to validate"]
        parts.append(f"{recipe.test_rows:,} to test")
        rows = ", ".join(part for part in parts if not part.startswith("0 "))
        self._line(f"{goes} {self._bold(module.graph.name)} on {recipe.data.name} ({rows}), on {device}, in {run}")

    def started_from(self, lines: Sequence[str]) -> None:
        for line in lines if not self._quiet else ():
            self._line(line)

    def compiling(self, what: str) -> None:
        if self._live and not self._quiet:
            self._show(f"compiling {what} …")

    def stepped(self, progress: Progress) -> None:
        if not self._live or self._quiet:
            return
        words = [f"epoch {progress.epoch}/{progress.epochs}", f"step {progress.step:,}/{progress.steps:,}"]
        if progress.examples_per_second is not None:
            words.append(f"{progress.examples_per_second:,.0f} examples/s")
        if progress.loss is not None:
            words.append(f"loss {_number(progress.loss)}")
        if progress.seconds_left is not None:
            words.append(f"at most {_duration(progress.seconds_left)} left")
        self._show(" · ".join(words))

    def epoch_ended(self, end: EpochEnd) -> None:
        if self._quiet:
            return
        width = len(str(end.epochs))
        averages = "  ".join(f"{name} {_number(value)}" for name, value in end.averages.items())
        # what is measured on the training rows anyway needs no second figure
        trained = f"train loss {_number(end.training['loss'])}  " if end.part != "train" else ""
        line = f"epoch {end.epoch:{width}}/{end.epochs}  {trained}{end.part} {averages}"
        if end.is_best:
            line, self._best_unwritten = line + self._bold("  best"), ""
        now = time.monotonic()
        if end.epochs > _FEW_EPOCHS and now < self._next_line and not end.is_last and end.epoch != 1:
            if end.is_best:
                self._best_unwritten = line
            return
        self._next_line = now + REFRESH_SECONDS
        if end.is_last and self._best_unwritten:
            self._line(self._best_unwritten)
        self._line(line)

    def said(self, text: str) -> None:
        self._line(text)

    def ended(self, run: Path, result: dict[str, Any]) -> None:
        parts = [name for name in ("test", "validation", "train") if name in result]
        averages = "  ".join(f"{name} {_number(value)}" for name, value in numbers(result[parts[0]]).items())
        self._line(f"{self._bold(parts[0])} {averages}")
        if not self._quiet:
            took = f"{_duration(result['seconds'])}, {result['examples_per_second']:,.0f} examples/s"
            self._line(f"best epoch {result['best_epoch']} of {result['epochs']}; {took}; see {run / 'report.html'}")

    def clear(self) -> None:
        """Takes the live line away, so that something else can be written."""
        if self._wrote_live:
            self._write("\r\x1b[K")
            self._wrote_live = False

    def _line(self, text: str) -> None:
        self.clear()
        self._write(text + "\n")

    def _show(self, text: str) -> None:
        width = shutil.get_terminal_size().columns
        self._write("\r\x1b[K" + text[: width - 1])
        self._wrote_live = True

    def _write(self, text: str) -> None:
        # a terminal or a pipe that went away is no reason to lose a run
        with suppress(OSError):
            self._stream.write(text)
            self._stream.flush()

    def _bold(self, text: str) -> str:
        return f"\x1b[1m{text}\x1b[0m" if self._color else text


def _number(value: float) -> str:
    """Four significant digits, more only where whole numbers need them."""
    return f"{value:.4f}" if 0.001 <= abs(value) < 100 or value == 0 else f"{value:.4g}"


def _duration(seconds: float) -> str:
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes == 0:
        return f"{rest} s"
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
