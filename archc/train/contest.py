"""Times several ways to compute the same, in turn, and says which is taken."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from archc.ir.tuning import NEARLY, Timed

_MOMENT, _FEWEST, _MOST = 0.4, 7, 60
"""Seconds for which a form is timed, and how many calls these are at least and at most."""


@dataclass(frozen=True)
class Contest:
    """What the ways to compute something took, in seconds, the fastest first; `rule` is what the cost rule takes.

    `what` is in words what was timed, `failed` are those that could not be run.
    """

    what: str
    rule: str
    seconds: Mapping[str, float]
    titles: Mapping[str, str]
    failed: tuple[str, ...] = ()

    @property
    def chosen(self) -> str:
        """The fastest, unless what the rule takes is nearly as fast."""
        best = min(self.seconds, key=lambda name: self.seconds[name])
        usual = self.seconds.get(self.rule, float("inf"))
        return best if self.seconds[best] < NEARLY * usual else self.rule

    @property
    def timed(self) -> Timed:
        """What a file holds of it. There is something that could be run."""
        milliseconds = {name: float(f"{seconds * 1e3:.3g}") for name, seconds in self.seconds.items()}
        return Timed(form=self.chosen, milliseconds=milliseconds)


def contested(what: str, titles: Mapping[str, str], makers: Mapping[str, Callable[[], Callable[[], Any]]]) -> Contest:
    """Times in turn what `makers` make, that of the cost rule first."""
    calls: dict[str, Callable[[], Any]] = {}
    failed = []
    for name, make in makers.items():
        try:
            calls[name] = make()
        except jax.errors.JaxRuntimeError:
            # most often too little memory: then it is no choice
            failed.append(name)
    ordered = dict(sorted(timed(calls).items(), key=lambda pair: pair[1]))
    return Contest(what, next(iter(makers)), ordered, titles, tuple(failed))


def timed(calls: Mapping[str, Callable[[], Any]]) -> dict[str, float]:
    """Seconds of a call of each, in turn, so that what disturbs the machine disturbs all: a quarter took less."""
    taken: dict[str, list[float]] = {name: [] for name in calls}
    rounds = _MOST
    begin = time.perf_counter()
    for done in range(_MOST):
        if done >= rounds:
            break
        for name, call in calls.items():
            start = time.perf_counter()
            jax.block_until_ready(call())  # type: ignore[no-untyped-call]
            taken[name].append(time.perf_counter() - start)
        each = (time.perf_counter() - begin) / (done + 1) / max(len(calls), 1)
        rounds = max(_FEWEST, min(int(_MOMENT / each), _MOST))
    return {name: float(np.quantile(values, 0.25)) for name, values in taken.items()}
