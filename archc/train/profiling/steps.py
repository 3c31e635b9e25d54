"""Runs the steps of a program: compiled ahead, timed, and traced."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import jax
import numpy as np

from archc.train.profiling.events import read_trace

WARM = 3
"""Calls before the first that counts."""

LOOPS = 6
"""How often a device loop is called: what the host does between two calls belongs to training too."""

_MOMENT, _FEWEST, _MOST = 0.5, 10, 200
"""Seconds that are watched unless a number of steps is asked for, and how many steps these are at least and at most."""

_FRAMES = "jax_traceback_in_locations_limit"
_DEEP = 200
"""Lines that are noted with each operation: as deep as blocks may stand in one another."""


@dataclass(frozen=True)
class FirstStep:
    """Seconds before a program's first step: tracing it in Python, and XLA's compiling."""

    trace: float
    compile: float


@dataclass
class Stepper:
    """A program at work on some data, as training drives it: in calls of a step, or of several in a device loop."""

    program: ModuleType
    state: Any
    data: Any
    order: np.ndarray
    batch: int

    def __post_init__(self) -> None:
        full = len(self.order) // self.batch
        self.looped = hasattr(self.program, "device_loop") and full > 0
        self.name = "device_loop" if self.looped else "train_step"
        self.chunk = 1
        self.calls = WARM
        self._full = max(full, 1)
        self._step: Callable[..., Any] | None = None

    def warm_up(self, steps: int | None) -> None:
        """Takes the first steps, and settles how many follow: so many, or what fits into a moment."""
        self.take(WARM)
        steps = steps or max(_FEWEST, min(int(_MOMENT / self.timed()), _MOST))
        self.chunk = min(steps, self._full) if self.looped else 1
        self.calls = LOOPS if self.looped else steps
        self.take(1)

    def compile(self) -> tuple[FirstStep, str]:
        """Compiles what training calls; gives how long that took, and what XLA made of it."""
        with _all_frames():
            start = time.perf_counter()
            function = getattr(self.program, self.name)
            arguments = (self.order, 0, 1) if self.looped else (self._rows(0),)
            lowered = function.lower(self.state, self.data, *arguments)
            traced = time.perf_counter()
            self._step = compiled = lowered.compile()
            ready = time.perf_counter()
        return FirstStep(traced - start, ready - traced), compiled.as_text()

    def _rows(self, step: int) -> np.ndarray:
        step %= self._full
        return self.order[step * self.batch : (step + 1) * self.batch]

    def take(self, calls: int) -> None:
        """Calls the program, and waits for the end."""
        assert self._step is not None
        for call in range(calls):
            arguments = (self.order, 0, self.chunk) if self.looped else (self._rows(call),)
            self.state, _ = self._step(self.state, self.data, *arguments)
        jax.block_until_ready(self.state)  # type: ignore[no-untyped-call]

    def timed(self) -> float:
        """Seconds of a step."""
        start = time.perf_counter()
        self.take(self.calls)
        return (time.perf_counter() - start) / (self.calls * self.chunk)

    def traced(self) -> dict[str, Any]:
        """The trace of some calls."""
        options = jax.profiler.ProfileOptions()
        options.python_tracer_level = 0
        with tempfile.TemporaryDirectory(prefix="archc-profile-") as folder:
            with jax.profiler.trace(folder, create_perfetto_trace=True, profiler_options=options):
                self.take(self.calls)
            return read_trace(next(Path(folder).rglob("perfetto_trace.json.gz")))


@contextmanager
def _all_frames() -> Iterator[None]:
    """Has JAX note the whole stack with every operation; unless told, it is the innermost few lines."""
    before = getattr(jax.config, _FRAMES)
    jax.config.update(_FRAMES, _DEEP)  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        jax.config.update(_FRAMES, before)  # type: ignore[no-untyped-call]
