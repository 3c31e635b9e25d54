"""What a run will need soon, done in a second thread: compiling, and the next epoch's order of rows."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from types import ModuleType
from typing import Any

import jax
import numpy as np

from archc.train.leaves import Form

_MOST_BYTES = 256 << 20
"""A larger state isn't copied, only to be compiled for."""


class Ahead:
    """Works for the thread that makes it, on its device. Nothing that is done ahead alters a run."""

    def __init__(self, program: ModuleType, seed: int):
        self._program, self._seed = program, seed
        self._rows = program.PART_ROWS["train"]
        self._device = jax.config.jax_default_device  # type: ignore[attr-defined]
        self._pool = ThreadPoolExecutor(1, "archc-ahead")
        self._init = [self._later(lambda: program.init(jax.random.key(seed)))]
        self._compiling: dict[str, Future[Any]] = {}
        self._order: tuple[int, Future[Any]] | None = None

    def random_state(self, data: Any) -> Any:
        """The state that the program makes, once `data`, the training rows, are there; it is given once."""
        return self._program.adapt(self._init.pop().result(), data)

    def compile(self, state: Any, form: Form, data: Any, chosen: Any, kinds: tuple[str, str, str]) -> None:
        """Has a copy of the state take a first and a last step and be evaluated on `chosen`, in the order of `kinds`.

        Calls of the program alone tell JAX what to compile.
        """
        if form.bytes > _MOST_BYTES:
            return
        program, steps = self._program, self._program.STEPS
        # through the host, as copying on the device would compile a program for each shape
        kept = [form.put(form.take(state))]
        rows = np.arange(self._rows, dtype=np.int32)

        def step(start: int) -> None:
            kept[0], _ = program.run_steps(kept[0], data, rows, start, start + 1)

        ragged = self._rows % program.BATCH != 0
        works: tuple[Callable[[], Any] | None, ...] = (
            (lambda: step(0)) if steps > 1 or not ragged else None,
            (lambda: step(steps - 1)) if ragged else None,
            lambda: program.evaluate_step(kept.pop(), chosen, 0),
        )
        for kind, work in zip(kinds, works, strict=True):
            if work is not None:
                self._compiling[kind] = self._later(work)

    def wait(self, kinds: set[str]) -> None:
        """Until these are compiled. Whatever went wrong will do so again where it is told of."""
        for kind in kinds:
            with suppress(Exception):
                if (future := self._compiling.pop(kind, None)) is not None:
                    future.result()

    def order(self, epoch: int, *, last: bool) -> Any:
        """The order of the rows in an epoch; that of the next is begun, unless this is the last."""
        begun, self._order = self._order, None
        if begun is not None and begun[0] == epoch:
            rows = begun[1].result()
        else:
            rows = self._program.order(self._rows, self._seed, epoch)
        if not last:
            following = self._later(lambda: self._program.order(self._rows, self._seed, epoch + 1))
            self._order = (epoch + 1, following)
        return rows

    def close(self) -> None:
        """Drops what isn't begun, and waits for what is: a thread in XLA can't be left."""
        self._pool.shutdown(cancel_futures=True)

    def _later(self, work: Callable[[], Any]) -> Future[Any]:
        def placed() -> Any:
            # both hold for one thread
            with jax.default_device(self._device), np.errstate(over="ignore", invalid="ignore"):
                return work()

        return self._pool.submit(placed)
