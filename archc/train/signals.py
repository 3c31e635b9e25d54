"""Ctrl-C and SIGTERM while a run trains: the first asks it to save and stop, the second ends it at once."""

import signal
import threading
import time
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self


class Interrupted(Exception):
    """A run that was asked to stop. `code` is the exit status: 130 after SIGINT, 143 after SIGTERM.

    `saved` tells whether a checkpoint holds what was reached. Where `stuck`, a thread is still at
    work (XLA can't be stopped): end the process with `os._exit(code)`, or wait for that thread.
    """

    def __init__(self, code: int, run: Path | None, *, saved: bool, stuck: bool):
        self.code, self.run, self.saved, self.stuck = code, run, saved, stuck
        if saved:
            what = f"what was reached is saved; go on with `archc train {run} --resume`"
        elif run is not None:
            again = "from the last checkpoint if there is one, else from the start"
            what = f"nothing new was saved; `archc train {run} --resume` goes on {again}"
        else:
            what = "at once, without saving"
        super().__init__(f"stopped: {what}")


class Signals:
    """Listens for SIGINT and SIGTERM inside a `with` block, if that is in the main thread.

    Blocks of the same object may lie inside each other: it listens until the outermost ends.
    """

    def __init__(self) -> None:
        self.code = 0
        self.asked_at = 0.0
        self._before: dict[int, object] = {}
        self._depth = 0

    @property
    def asked(self) -> bool:
        """Whether the run should stop."""
        return self.code != 0

    @property
    def waited(self) -> float:
        """Seconds since it was asked to, 0 before."""
        return time.monotonic() - self.asked_at if self.asked else 0.0

    def stop_if_asked(self) -> None:
        """Raises Interrupted once a signal came: for work before there is a run."""
        if self.asked:
            raise Interrupted(self.code, None, saved=False, stuck=False)

    def __enter__(self) -> Self:
        self._depth += 1
        if self._depth == 1 and threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._receive)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._depth -= 1
        if self._depth:
            return
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        self._before.clear()

    def _receive(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise Interrupted(128 + number, None, saved=False, stuck=True)
        self.code, self.asked_at = 128 + number, time.monotonic()
