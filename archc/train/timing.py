"""How fast a run goes, how long a chunk should be, and how long is left."""

import time

CHUNK_SECONDS = 0.25


class Clock:
    """Times chunks of steps. What compiles is left out: it says nothing of what is to come."""

    def __init__(self, seconds_before: float):
        self.chunk = 1
        self._began = time.monotonic() - seconds_before
        self._steady_since: float | None = None
        self._steps = 0
        self._epoch_examples, self._epoch_seconds = 0, 0.0

    @property
    def seconds(self) -> float:
        """Since the run began, earlier sittings included."""
        return time.monotonic() - self._began

    def measured(self, steps: int, examples: int, seconds: float) -> None:
        """A chunk that compiled nothing is over."""
        step_seconds = max(seconds, 1e-9) / steps
        # first timings mislead, so a chunk grows by no more than eight at a time
        self.chunk = max(1, min(int(CHUNK_SECONDS / step_seconds), 8 * self.chunk))
        if self._steady_since is None:
            self._steady_since = time.monotonic() - seconds
        self._steps += steps
        self._epoch_examples += examples
        self._epoch_seconds += seconds

    def epoch_over(self) -> float | None:
        """Examples a second in the epoch that ends, evaluation left out; None if all of it went into compiling."""
        rate = self.rate
        self._epoch_examples, self._epoch_seconds = 0, 0.0
        return rate

    @property
    def rate(self) -> float | None:
        """Examples a second in this epoch so far."""
        return self._epoch_examples / self._epoch_seconds if self._epoch_seconds else None

    def left(self, steps: int) -> float | None:
        """Seconds that `steps` more will take, evaluation and saving included as they were so far."""
        if self._steady_since is None:
            return None
        return (time.monotonic() - self._steady_since) / self._steps * steps
