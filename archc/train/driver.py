"""Training from outside: `fit` begins a run, `resume` goes on with one, and both can be stopped at any time."""

import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np

from archc.data.dataset import Where
from archc.data.table import Table, check_against, fingerprint
from archc.data.table import save as write_arrays
from archc.diagnostics import Diagnostic, Failed
from archc.ir import Module
from archc.source import Source
from archc.train.checkpoints import any_in
from archc.train.folders import (
    AGAIN,
    Beginning,
    RunFolder,
    begin,
    create_run,
    open_run,
    read_module,
    run_name,
    versions,
)
from archc.train.loading import Origins, load_program
from archc.train.loop import Loop, Stopped
from archc.train.memory import check_memory
from archc.train.progress import Listener, Silent
from archc.train.signals import Interrupted, Signals
from archc.train.start import given
from archc.train.weights import read_weights

_GRACE_SECONDS = 4.0
_SALVAGE_SECONDS = 3.0


@dataclass(frozen=True)
class Result:
    """A run that is over: its folder, and what its result.json holds."""

    run: Path
    numbers: dict[str, Any]


def fit(
    module: Module,
    *,
    program_text: str,
    arch_text: str,
    table: Table,
    seed: int | None = None,
    run: Path | None = None,
    runs: Path = Path("runs"),
    device: str | None = None,
    listener: Listener | None = None,
    checkpoint_seconds: float = 60.0,
    source_folder: Path | None = None,
    data_dir: Path | None = None,
    command: Sequence[str] = (),
    signals: Signals | None = None,
) -> Result:
    """Trains a program in a new run folder: `run`, or the next free one in `runs`.

    `seed` is the recipe's unless given, `device` is "cpu", "gpu" or JAX's choice. `source_folder`,
    `data_dir` and `command` are kept for `resume`. Raises Failed if anything is wrong, Interrupted
    after SIGINT or SIGTERM.
    """
    recipe = module.recipe
    if recipe is None:
        help = "add a `train` block that names data, loss and optimizer"
        raise Failed(Diagnostic("E0805", f"{module.source} has nothing to train: it has no `train` block", help=help))
    check_against(table, recipe)
    check_memory(module, device_named(device))
    name = run_name(module.source)
    folders = Where(source_folder or Path(), data_dir=data_dir).folders
    start = given(module, Source(f"{module.source}", arch_text), folders)
    beginning = Beginning(
        name=name,
        source=module.source,
        seed=recipe.seed if seed is None else seed,
        device=device,
        source_folder=str(source_folder) if source_folder is not None else None,
        data_dir=str(data_dir) if data_dir is not None else None,
        command=tuple(command),
        versions=versions(),
        hashes={
            "program": hashlib.sha256(program_text.encode()).hexdigest(),
            "data": fingerprint(table),
            "source": module.sha256,
            **({"start": fingerprint(start.arrays)} if start is not None else {}),
        },
    )
    with signals or Signals() as stop, _held(create_run(name, run, runs)) as folder:
        ir_json = module.model_dump_json(indent=2) + "\n"
        if start is not None:
            write_arrays(start.arrays, folder.start)
            (listener or Silent()).started_from(start.lines)
        begin(folder, beginning, arch_text=arch_text, program_text=program_text, ir_json=ir_json)
        return _drive(folder, beginning, module, table, listener or Silent(), stop, checkpoint_seconds, False)


def resume(
    run: Path,
    table: Table,
    listener: Listener | None = None,
    *,
    checkpoint_seconds: float = 60.0,
    signals: Signals | None = None,
) -> Result:
    """Goes on with a run where its newest good checkpoint is, or from its start if there is none.

    The end is the same, to the bit, as without the pause. A run that is over is not touched, unless
    its weights are missing or damaged: they are written again.
    Raises Failed and Interrupted as `fit` does.
    """
    listener = listener or Silent()
    with signals or Signals() as stop, _held(open_run(run, lock=True)) as folder:
        beginning = folder.beginning()
        if folder.result.exists():
            lost = _lost_weights(folder)
            if not lost:
                listener.said(f"{run} is finished: there is nothing to go on with")
                return Result(run, folder.numbers())
            if not any_in(folder.checkpoints):
                title = f"{run} is finished, and {lost}; there is no checkpoint to write it again from"
                raise Failed(Diagnostic("E0705", title, help=AGAIN))
            listener.said(f"{run} is finished, but {lost}: the weights are written again from the newest checkpoint")
        _check_unchanged(folder, beginning, table)
        module = read_module(folder)
        return _drive(folder, beginning, module, table, listener, stop, checkpoint_seconds, True)


@contextmanager
def _held(folder: RunFolder) -> Iterator[RunFolder]:
    """Gives the folder free at the end, unless a thread that can't be stopped may still write to it."""
    try:
        yield folder
    except Interrupted as interrupted:
        if not interrupted.stuck:
            folder.unlock()
        raise
    except BaseException:
        folder.unlock()
        raise
    folder.unlock()


def _lost_weights(folder: RunFolder) -> str:
    """What is wrong with the weights of a run that is over, nothing if they can be read."""
    for path in (folder.best, folder.last):
        try:
            read_weights(path)
        except Failed:
            return f"{path.name} is {'damaged' if path.exists() else 'missing'}"
    return ""


def _check_unchanged(folder: RunFolder, beginning: Beginning, table: Table) -> None:
    """Raises Failed if the data or the program are not those that the run began with."""
    if fingerprint(table) != beginning.hashes["data"]:
        help = "give back the data that it began with (see run.json), or train in a new folder"
        raise Failed(Diagnostic("E0708", f"the data are not those that {folder.path} began with", help=help))
    try:
        changed = hashlib.sha256(folder.program.read_bytes()).hexdigest() != beginning.hashes["program"]
    except OSError as error:
        raise Failed(Diagnostic("E0704", f"{folder.program} cannot be read", notes=(str(error),))) from None
    if changed:
        help = "undo the change, or train the changed program in a new folder"
        raise Failed(Diagnostic("E0706", f"{folder.program} is not the program that the run began with", help=help))


def device_named(name: str | None) -> Any:
    """The JAX device of that name, None for JAX's choice. Raises Failed."""
    if name is None:
        return None
    try:
        return jax.devices(name)[0]
    except RuntimeError as error:
        found = ", ".join(sorted({device.platform for device in jax.devices()}))
        help = "leave `--device` out; `archc doctor` says what JAX sees"
        notes = (f"JAX sees: {found}", str(error).splitlines()[0])
        raise Failed(Diagnostic("E0803", f"there is no device `{name}`", notes=notes, help=help)) from None


class _Worker(threading.Thread):
    """Runs a function and keeps what comes of it, so that the main thread stays free to hear signals.

    A daemon: XLA can't be stopped, and a process that is told to end must be able to.
    """

    def __init__(self, work: Callable[[], Result]):
        super().__init__(name="archc-train", daemon=True)
        self._work = work
        self.over = threading.Event()
        self.result: Result | None = None
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self.result = self._work()
        except BaseException as error:
            self.error = error
        finally:
            self.over.set()


def _drive(
    folder: RunFolder,
    beginning: Beginning,
    module: Module,
    table: Table,
    listener: Listener,
    signals: Signals,
    checkpoint_seconds: float,
    resuming: bool,
) -> Result:
    """Trains in a thread, and in this one waits for its end or for a signal."""
    name, text = folder.arch()
    program = load_program(folder.program, beginning.name)
    origins = Origins(program, Source(name, text))
    loop = Loop(program, origins, module, folder, listener, lambda: signals.asked, checkpoint_seconds)
    device = device_named(beginning.device)

    def work() -> Result:
        placed: AbstractContextManager[Any] = jax.default_device(device) if device is not None else nullcontext()
        # sums that overflow are told of as what they are, with the step and the layer
        with placed, closing(loop), np.errstate(over="ignore", invalid="ignore"):
            loop.start(beginning, table, resume=resuming)
            listener.began(folder.path, module, beginning.device or jax.default_backend(), loop.epoch)
            loop.train()
            numbers = loop.finish()
        listener.ended(folder.path, numbers)
        return Result(folder.path, numbers)

    worker = _Worker(work)
    worker.start()
    while not worker.over.wait(0.1):
        if signals.waited > _GRACE_SECONDS:
            raise Interrupted(signals.code, folder.path, saved=loop.salvage(_SALVAGE_SECONDS), stuck=True)
    if isinstance(worker.error, Stopped):
        raise Interrupted(signals.code, folder.path, saved=loop.has_checkpoint, stuck=False)
    if worker.error is not None:
        raise worker.error
    assert worker.result is not None
    return worker.result
