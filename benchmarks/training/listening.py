"""What a side tells of its training, and what becomes of it: times, losses, accuracies."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from benchmarks.training.handover import Handed


@dataclass
class Listener:
    """Hears when the first step and each epoch is over, on the device too; `began` is the process's start.

    Times are of `time.monotonic`, which all processes of a machine share.
    """

    began: float
    goal: float = 0.0
    compile_seconds: Callable[[], float | None] = lambda: None
    start: float = 0.0
    compiling: float | None = None
    first_loss: float = 0.0
    losses: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    accuracies: list[float] = field(default_factory=list)
    reached: float | None = None
    _last: float = 0.0

    def first_step(self, loss: float) -> None:
        """The first step is finished, with that mean loss."""
        self._last = time.monotonic()
        self.start = self._last - self.began
        self.compiling = self.compile_seconds()
        self.first_loss = float(loss)

    def epoch(self, loss: float, accuracy: float | None = None) -> bool:
        """An epoch is finished: whether there is reason to go on. `accuracy` is that of the rows held out."""
        now = time.monotonic()
        self.seconds.append(now - self._last)
        self.losses.append(float(loss))
        if accuracy is not None:
            self.accuracies.append(float(accuracy))
            if accuracy >= self.goal and self.reached is None:
                self.reached = now - self.began
        self._last = time.monotonic()
        return self.reached is None


class Trains(Protocol):
    """What each side's module is."""

    def train(self, handed: Handed, setting: str, epochs: int, listener: Listener) -> None:
        """Trains `epochs` times over the rows in their order, from the first weights, with Adam.

        With a goal it evaluates the rows held out after each epoch, and stops as soon as the listener says so.
        """


def accuracy_of(count: Callable[[int, int], Any], n: int, batch: int = 1000) -> float:
    """The share of right answers among n rows, from their number among the rows of each batch."""
    return sum(int(count(start, min(start + batch, n))) for start in range(0, n, batch)) / n
