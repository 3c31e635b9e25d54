"""SIGINT and SIGTERM: in every stage the process ends in time, with the right status, and can be resumed."""

import multiprocessing
import os
import signal
import time
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from archc.train import checkpoints
from archc.train.driver import fit, resume
from archc.train.signals import Interrupted
from tests.train import logistic
from tests.train.test_resume import outcome, wait_for

SIZE = {"rows": 6000, "epochs": 60}
TEXT = logistic.program_text(**SIZE)


def train(folder: Path, text: str, slow_save: float) -> None:
    """As the command does it: the exit status says what happened."""
    write = checkpoints._write

    def slowly(path: Path, data: bytes) -> None:
        write(path, data)
        (folder / "saving").touch()
        time.sleep(slow_save)

    checkpoints._write = slowly
    table = logistic.table(SIZE["rows"])
    try:
        fit(logistic.module(**SIZE), program_text=text, arch_text=logistic.ARCH_TEXT, table=table, run=folder)
    except Interrupted as interrupted:
        (folder / "message").write_text(f"{interrupted.saved} {interrupted.stuck} {interrupted}")
        os._exit(interrupted.code)


def start(folder: Path, text: str = TEXT, slow_save: float = 0.0) -> BaseProcess:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["archc.train.driver", "tests.train.logistic"])
    process = context.Process(target=train, args=(folder, text, slow_save))
    process.start()
    return process


def stop(process: BaseProcess, number: int) -> int | None:
    """How it ends within the 10 s that are promised; on a machine of its own it takes about one."""
    assert process.pid is not None
    os.kill(process.pid, number)
    process.join(10)
    return process.exitcode


def sleeping_in(name: str, folder: Path) -> str:
    """The program with a function that takes long; while `loss` is traced, that is as if XLA compiled for long."""
    head, entry = TEXT.split('\n\nif __name__ == "__main__"')
    sleep = (
        f"\n\n_{name} = {name}\n\n\ndef {name}(*args):\n    import pathlib, time\n"
        f"    pathlib.Path({str(folder / 'asleep')!r}).touch()\n    time.sleep(60)\n    return _{name}(*args)\n"
    )
    return head + sleep + '\n\nif __name__ == "__main__"' + entry


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_while_steps_are_taken(tmp_path: Path, number: int, status: int) -> None:
    folder = tmp_path / "run"
    process = start(folder)
    wait_for(folder / "metrics.jsonl", process, lines=1)
    assert stop(process, number) == status
    message = (folder / "message").read_text()
    assert message.startswith("True False") and f"archc train {folder} --resume" in message
    assert list(folder.glob("checkpoints/0*/manifest.json"))
    if number == signal.SIGTERM:
        resume(folder, logistic.table(SIZE["rows"]))
        module, table = logistic.module(**SIZE), logistic.table(SIZE["rows"])
        whole = fit(module, program_text=TEXT, arch_text=logistic.ARCH_TEXT, table=table, run=tmp_path / "whole")
        assert outcome(folder) == outcome(whole.run)


def test_while_xla_compiles(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    process = start(folder, sleeping_in("loss", folder))
    wait_for(folder / "asleep", process)
    assert stop(process, signal.SIGTERM) == 143
    assert (folder / "message").read_text().startswith("False True stopped: nothing new was saved")


def test_while_it_evaluates(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    process = start(folder, sleeping_in("evaluate", folder))
    wait_for(folder / "asleep", process)
    assert stop(process, signal.SIGINT) == 130
    assert (folder / "message").read_text().startswith("True True")
    assert list(folder.glob("checkpoints/0*/manifest.json")), "the steps of the epoch are saved"


def test_while_it_saves(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    process = start(folder, slow_save=0.5)
    wait_for(folder / "saving", process)
    assert stop(process, signal.SIGTERM) == 143
    assert (folder / "message").read_text().startswith("True False")
    assert list(folder.glob("checkpoints/0*/manifest.json"))


def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    process = start(folder, sleeping_in("loss", folder))
    wait_for(folder / "asleep", process)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGINT)
    time.sleep(0.5)
    assert stop(process, signal.SIGINT) == 130
    assert "at once" in (folder / "message").read_text(), "and not because XLA was waited for"
