"""The training loop: the program's own `train`, cut into chunks that can be watched, saved and stopped."""

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from types import ModuleType
from typing import Any

import jax
import numpy as np

from archc.data.table import Table
from archc.data.table import save as write_arrays
from archc.diagnostics import Failed
from archc.ir import Module
from archc.train.ahead import Ahead
from archc.train.checkpoints import Identity, Moment, newest, save
from archc.train.evaluation import confusions
from archc.train.figures import finite, loss_first, numbers
from archc.train.folders import Beginning, RunFolder, writing
from archc.train.gradients import Recorder
from archc.train.leaves import Form, without_optimizer
from archc.train.loading import Origins, explained
from archc.train.metrics import MetricsFile
from archc.train.nonfinite import Search
from archc.train.plots.kinds import of_report
from archc.train.plots.subject import in_training
from archc.train.progress import REFRESH_SECONDS, EpochEnd, Listener, Progress
from archc.train.report import write_report
from archc.train.start import read_start
from archc.train.sums import Sums, added, has_tables, on_host, summable, summarized
from archc.train.timing import Clock

_EPOCH_SAVE_SECONDS = 3.0
_SAVE_SHARE = 0.1
_CHEAP_BYTES = 16 << 20
_KINDS = _STEP, _LAST_STEP, _EVALUATION = ("the training step", "the smaller last step", "the evaluation")


class Stopped(Exception):
    """The loop was asked to stop, and did."""


class Loop:
    """One run of a program over its data, from its beginning or from a checkpoint.

    `start`, `train` and `finish` run in one thread, in this order. Another may make `asked` true,
    and may call `salvage` if the first doesn't get to notice, as while XLA compiles.
    """

    def __init__(
        self,
        program: ModuleType,
        origins: Origins,
        module: Module,
        folder: RunFolder,
        listener: Listener,
        asked: Callable[[], bool],
        checkpoint_seconds: float,
    ):
        self._program, self._origins, self._module, self._folder = program, origins, module, folder
        self._listener, self._asked, self._checkpoint_seconds = listener, asked, checkpoint_seconds
        self._compiled: set[str] = set()
        self._saving = threading.RLock()
        self._abandoned = False
        self._saved = (0, 0)
        self._saved_at = time.monotonic()
        self._save_seconds = 0.0
        self._recoverable: Moment | None = None
        self._files = ExitStack()
        self._remembered_at = self._refreshed_at = 0.0

    def start(self, beginning: Beginning, table: Table, *, resume: bool) -> None:
        """Puts the data on the device, and the state as it is before the first step or in the newest checkpoint.

        Raises Failed.
        """
        program = self._program
        self._beginning, self._seed, self._rows = beginning, beginning.seed, program.PART_ROWS["train"]
        self._ahead = self._files.enter_context(closing(Ahead(program, self._seed)))
        with explained(self._origins, "the data are split"):
            self._data = program.parts(table, self._seed)
        self._listener.compiling("the initial weights")
        with explained(self._origins, "the weights are made"):
            self._state = self._ahead.random_state(self._data["train"])
        self._form, self._best_form = Form(self._state), Form(without_optimizer(self._state))
        hashes, specs = beginning.hashes, (self._form.specs, self._best_form.specs)
        self._identity = Identity(hashes["program"], hashes["data"], self._seed, program.MODEL, *specs)
        self._now = (self._newest() if resume else None) or Moment(())
        if self._now.state:
            self._state = self._form.put(self._now.state)
        else:
            self._state = self._given(self._state)
        with writing(self._folder.path):
            self._folder.stopped.unlink(missing_ok=True)
        self._saved = (self._now.epoch, self._now.position)
        self._clock = Clock(self._now.seconds)
        metrics = MetricsFile(self._folder, self._now.history, program.CHOOSE, program.STEPS)
        self._metrics = self._files.enter_context(closing(metrics))
        self._gradients: Recorder | None = Recorder(
            self._folder, program, self._module, self._data["train"], self._now.epoch
        )

    def _given(self, state: Any) -> Any:
        """The state with the weights that the run starts from, if there are any. Raises Failed."""
        fingerprint = self._beginning.hashes.get("start")
        if fingerprint is None:
            return state
        weights = read_start(self._folder, fingerprint)
        with explained(self._origins, "it takes over the weights to start from"):
            return self._program.begin(state, weights)

    def _random_state(self) -> Any:
        """The state that the program makes."""
        return self._program.adapt(self._program.init(jax.random.key(self._seed)), self._data["train"])

    def train(self) -> None:
        """Epochs until the program says that it is enough. Raises Stopped when asked to, and Failed."""
        if not self._is_over():
            data, chosen = self._data["train"], self._data[self._program.CHOOSE]
            self._ahead.compile(self._state, self._form, data, chosen, _KINDS)
        if self._now.position == 0:
            self._measure_gradients(is_last=False)
        while not self._is_over():
            self._take_steps()
            self._end_epoch()

    def _is_over(self) -> bool:
        """Whether the program says that it is enough. It is asked only where it may say so.

        A program that waits PATIENCE epochs reads the whole history to tell, which after many epochs takes long.
        """
        program, now = self._program, self._now
        stale = now.epoch - 1 - now.best_epoch if now.best_epoch is not None else 0
        if now.epoch < program.EPOCHS and stale < getattr(program, "PATIENCE", 0):
            return False
        return bool(program.should_stop(now.history))

    def _newest_is_best(self) -> bool:
        """Whether the program takes the newest epoch for the best one: as over all epochs, the first of equals is."""
        history, best = self._now.history, self._now.best_epoch
        return best is None or self._program.best_epoch([history[best], history[-1]]) == 1

    def _take_steps(self) -> None:
        """The steps of an epoch that are still to be taken."""
        program, now = self._program, self._now
        rows = self._ahead.order(now.epoch + 1, last=now.epoch + 1 == program.EPOCHS)
        while now.position < program.STEPS:
            self._stop_if_asked()
            stop = min(program.STEPS, now.position + self._clock.chunk)
            sums = self._take_chunk(rows, stop)
            if not summable(sums):
                raise self._not_finite(f"epoch {now.epoch + 1}", stop)
            now.sums = added(now.sums, sums)
            now.position = stop
            self._refresh()
            if time.monotonic() - self._saved_at >= self._checkpoint_seconds:
                self._save()

    def _take_chunk(self, rows: Any, stop: int) -> Sums:
        """The steps from where the epoch is to `stop`: their sums."""
        program, now = self._program, self._now
        last = stop == program.STEPS and self._rows % program.BATCH != 0
        kinds = {_LAST_STEP} if last else set()
        if not last or now.position < stop - 1:
            kinds.add(_STEP)
        steady = self._ready(kinds)
        before = time.perf_counter()
        with explained(self._origins, "it trains"):
            self._state, totals = program.run_steps(self._state, self._data["train"], rows, now.position, stop)
            sums = on_host(totals)
        if steady:
            seconds = time.perf_counter() - before
            examples = self._examples(stop) - self._examples(now.position)
            self._clock.measured(stop - now.position, examples, seconds)
            now.timed_examples += examples
            now.timed_seconds += seconds
        self._compiled |= kinds
        return sums

    def _end_epoch(self) -> None:
        """Evaluates, keeps the weights if they are the best so far, and writes it all down."""
        program, now = self._program, self._now
        self._ready({_EVALUATION})
        with explained(self._origins, "it evaluates"):
            averages = numbers(program.evaluate(self._state, self._data[program.CHOOSE]))
        self._compiled.add(_EVALUATION)
        if not finite(averages):
            raise self._not_finite(f"the {program.CHOOSE} part after epoch {now.epoch + 1}", program.STEPS)
        now.history.append(averages)
        is_best = self._newest_is_best()
        if is_best:
            now.best, now.best_epoch = self._best_form.take(without_optimizer(self._state)), now.epoch - 1
        end = EpochEnd(
            epoch=now.epoch,
            epochs=program.EPOCHS,
            training=summarized(program, now.sums, self._rows),
            part=program.CHOOSE,
            averages=averages,
            is_best=is_best,
            is_last=self._is_over(),
            examples_per_second=self._clock.epoch_over(),
        )
        now.position, now.sums = 0, {}
        self._metrics.write(end)
        self._listener.epoch_ended(end)
        self._measure_gradients(is_last=end.is_last)
        throttle = min(_EPOCH_SAVE_SECONDS, self._checkpoint_seconds)
        if end.is_last or time.monotonic() - self._saved_at >= max(throttle, self._save_seconds / _SAVE_SHARE):
            self._save()

    def _measure_gradients(self, *, is_last: bool) -> None:
        """Writes down how large the gradients are, where that is due. Training goes on whether it can or not."""
        recorder, epoch = self._gradients, self._now.epoch
        if recorder is None or not recorder.due(epoch, last=is_last):
            return
        self._ready({"the gradients"})
        try:
            recorder.record(self._state, epoch)
        except Exception as error:
            self._gradients = None
            why = error.diagnostics[0].title if isinstance(error, Failed) else f"{type(error).__name__}: {error}"
            self._listener.said(f"gradients are no longer measured: {why}")
        self._compiled.add("the gradients")

    def finish(self) -> dict[str, Any]:
        """Reads the final part, once, and writes the weights and result.json, which it returns.

        Raises Stopped when asked to, and Failed.
        """
        self._stop_if_asked()
        program, now = self._program, self._now
        assert now.best is not None and now.best_epoch is not None
        # with the optimizer's state beside them, the best weights fit what is compiled already
        best = self._best_form.put(now.best)._replace(opt_state=self._state.opt_state)
        chosen = now.history[now.best_epoch]
        measured: dict[str, Any] = chosen
        if program.FINAL != program.CHOOSE or has_tables(self._module):
            with explained(self._origins, "it evaluates"):
                measured = loss_first(program.evaluate(best, self._data[program.FINAL]))
        self._stop_if_asked()
        with explained(self._origins, "the weights are saved"):
            write_arrays(program.named(best), self._folder.best)
            write_arrays(program.named(self._state), self._folder.last)
        timed, seconds = (now.timed_examples, now.timed_seconds), self._clock.seconds
        examples, duration = timed if now.timed_seconds else (now.epoch * self._rows, seconds)
        result = {
            program.FINAL: measured,
            **({program.CHOOSE: chosen} if program.CHOOSE != program.FINAL else {}),
            "best_epoch": now.best_epoch + 1,
            "epochs": now.epoch,
            "seconds": round(seconds, 3),
            "examples_per_second": round(examples / duration, 1),
            "parameters": self._module.graph.parameters,
            "versions": dict(self._beginning.versions),
            "seeds": {"run": self._seed},
            "hashes": dict(self._beginning.hashes),
        }
        self._folder.write_json("result.json", result)
        self._report(result, best)
        return result

    def _report(self, result: dict[str, Any], best: Any) -> None:
        """Draws the report. By now the result is safe, and nothing that happens here may spoil it."""
        program = self._program
        self._listener.compiling("the report")
        try:
            found = confusions(program, self._module, best, self._data[program.FINAL])
            subject = in_training(self._folder, self._module, program, best, self._data)
            pictures = of_report(subject, self._listener.said)
            write_report(self._folder, self._beginning, self._module, result, found, pictures)
        except Exception as error:
            self._listener.said(f"{self._folder.report} could not be drawn: {type(error).__name__}: {error}")

    def close(self) -> None:
        """Lets go of the run's files."""
        self._files.close()

    @property
    def epoch(self) -> int:
        """The epoch that is under way, from 1."""
        return self._now.epoch + 1

    def _examples(self, position: int) -> int:
        """How many examples the first steps of an epoch have."""
        examples: int = min(position * self._program.BATCH, self._rows)
        return examples

    def _stop_if_asked(self) -> None:
        if self._asked():
            self._save()
            raise Stopped

    def _ready(self, kinds: set[str]) -> bool:
        """Called before work of these kinds: whether all are compiled. Remembers where the run is if that is wise.

        A state that is being overwritten, or waits for a compiler, can't be saved, so a copy is kept.
        """
        missing = sorted(kinds - self._compiled)
        for what in missing:
            self._listener.compiling(what)
        cheap = self._form.bytes <= _CHEAP_BYTES
        if missing or (cheap and time.monotonic() - self._remembered_at >= REFRESH_SECONDS):
            self._recoverable = self._moment()
            self._remembered_at = time.monotonic()
        elif not cheap:
            self._recoverable = None
        self._ahead.wait(kinds)
        return not missing

    def _moment(self) -> Moment:
        now = self._now
        state, sums, history = self._form.take(self._state), dict(now.sums), list(now.history)
        return replace(now, state=state, sums=sums, history=history, seconds=self._clock.seconds)

    def _newest(self) -> Moment | None:
        return newest(self._folder.checkpoints, self._identity, self._listener.said)

    def _save(self) -> None:
        """Writes a checkpoint of where the run is, unless there is one. Raises Failed; an earlier one then stays."""
        if (self._now.epoch, self._now.position) == self._saved:
            return
        began = time.monotonic()
        moment = self._moment()
        weights = [array for spec, array in zip(self._form.specs, moment.state, strict=True) if spec.is_weight]
        if not all(np.isfinite(array).all() for array in weights):
            raise self._not_finite(f"the weights after epoch {self._now.epoch}", self._now.position)
        self._metrics.flush_to_disk()
        self._write(moment)
        self._saved_at = time.monotonic()
        self._save_seconds = self._saved_at - began

    def _write(self, moment: Moment) -> None:
        with self._saving:
            if self._abandoned:
                raise Stopped
            save(self._folder.checkpoints, moment, self._identity, self._beginning.versions)
            self._saved = (moment.epoch, moment.position)

    def salvage(self, seconds: float) -> bool:
        """Called from another thread: saves the newest copy that there is, and keeps the loop from saving later.

        Waits `seconds` at most for a save that is under way. Tells whether a checkpoint holds what was reached.
        """
        if not self._saving.acquire(timeout=seconds):
            return False
        try:
            moment = self._recoverable
            if moment is not None and (moment.epoch, moment.position) > self._saved:
                self._write(moment)
            return self.has_checkpoint
        except Failed as failed:
            self._listener.said(f"no checkpoint could be written: {failed.diagnostics[0].title}")
            return False
        finally:
            self._abandoned = True
            self._saving.release()

    @property
    def has_checkpoint(self) -> bool:
        """Whether there is something to go on with."""
        return self._saved > (0, 0)

    def _not_finite(self, where: str, stop: int) -> Failed:
        """The error for numbers that are not finite `where`: looks for the step and the layer that began it."""
        self._listener.said(f"a number that is not finite in {where}: looking for the step and the layer")
        base = self._recoverable or self._newest()
        program, asked = self._program, self._asked
        search = Search(
            program,
            self._origins,
            self._module,
            self._data,
            self._form,
            self._seed,
            asked,
            lambda: self._given(self._random_state()),
        )
        fault = search.fault(base, until=(self._now.epoch, stop))
        kept = self._folder.checkpoints if self.has_checkpoint else None
        found = fault.diagnostic(where, kept)
        recorder, epoch = self._gradients, self._now.epoch + 1
        with suppress(Failed, ValueError, RuntimeError):  # what stopped the training is said in any case
            self._folder.write_text(self._folder.stopped.name, "\n".join((found.title, *found.notes)) + "\n")
            if recorder is not None and recorder.due(epoch, last=True):
                recorder.record(self._state, epoch)
        return Failed(found)

    def _refresh(self) -> None:
        now, program = time.monotonic(), self._program
        if now - self._refreshed_at < REFRESH_SECONDS:
            return
        self._refreshed_at = now
        epoch, position = self._now.epoch, self._now.position
        progress = Progress(
            epoch=epoch + 1,
            epochs=program.EPOCHS,
            step=position,
            steps=program.STEPS,
            loss=self._now.sums["loss"] / self._examples(position),
            examples_per_second=self._clock.rate,
            seconds_left=self._clock.left((program.EPOCHS - epoch) * program.STEPS - position),
        )
        self._listener.stepped(progress)
