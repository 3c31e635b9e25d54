"""`kill -9` at any moment, then resume: the end is that of the run that nobody disturbed, to the bit."""

import json
import multiprocessing
import random
import time
from multiprocessing.process import BaseProcess
from pathlib import Path

import numpy as np
import pytest

from archc.train import timing
from archc.train.driver import fit, resume
from archc.train.progress import Silent
from tests.train import logistic

ROWS, EPOCHS = 6000, 8  # 500 steps an epoch, the last one with fewer examples
SIZE = {"rows": ROWS, "epochs": EPOCHS}
MOMENTS = 20
QUICK = {"checkpoint_seconds": 0.02}
BROKEN = (
    "\n\ndef order(n, seed, epoch, calls=[]):\n"
    '    """A shuffle that depends on what this process did before."""\n'
    "    calls.append(epoch)\n"
    "    return np.random.default_rng(len(calls)).permutation(n)\n"
)


def train(folder: Path, text: str) -> None:
    """In a process that is going to be killed, so with chunks that are short beside an epoch."""
    timing.CHUNK_SECONDS = 0.01
    module, table = logistic.module(**SIZE), logistic.table(ROWS)
    fit(module, program_text=text, arch_text=logistic.ARCH_TEXT, table=table, run=folder, **QUICK)


def start(folder: Path, text: str) -> BaseProcess:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["archc.train.driver", "tests.train.logistic"])
    process = context.Process(target=train, args=(folder, text))
    process.start()
    return process


def wait_for(path: Path, process: BaseProcess, lines: int = 0) -> None:
    """Until a living process has made a file, with so many lines."""
    until = time.monotonic() + 60
    while not path.exists() or (lines and len(path.read_text().splitlines()) < lines):
        assert process.is_alive() and time.monotonic() < until
        time.sleep(0.005)


def outcome(folder: Path) -> dict[str, object]:
    """All that has to be equal: hashes of every leaf (weights, optimizer, step, key), history and weights files."""
    manifest = json.loads(max(folder.glob("checkpoints/0*/manifest.json")).read_bytes())["manifest"]
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    result = json.loads((folder / "result.json").read_text())
    return {
        "leaves": {name: entry["sha256"] for name, entry in manifest["files"].items()},
        "history": manifest["history"],
        "best_epoch": manifest["best_epoch"],
        "lines": [(line["epoch"], line["step"], line["validation"]) for line in lines],
        "test": result["test"],
        "weights": [(folder / name).read_bytes() for name in ("best.npz", "last.npz")],
    }


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """The outcome of an uninterrupted run, with chunks and checkpoints as they usually are."""
    module, table, text = logistic.module(**SIZE), logistic.table(ROWS), logistic.program_text(**SIZE)
    runs = tmp_path_factory.mktemp("runs")
    return outcome(fit(module, program_text=text, arch_text=logistic.ARCH_TEXT, table=table, runs=runs).run)


class Reached(Silent):
    """Remembers where a run was when it went on, and what was said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def said(self, text: str) -> None:
        self.lines.append(text)


def kill(folder: Path, text: str, seconds: float) -> None:
    """Trains in a process of its own, killed so long after the folder was made."""
    process = start(folder, text)
    wait_for(folder / "run.json", process)
    time.sleep(seconds)
    process.kill()
    process.join()


@pytest.mark.parametrize(
    "moment", [moment if moment < 6 else pytest.param(moment, marks=pytest.mark.slow) for moment in range(MOMENTS)]
)
def test_killed_at_a_random_moment_and_resumed(tmp_path: Path, moment: int, undisturbed: dict[str, object]) -> None:
    folder = tmp_path / "run"
    # the first second and a half is JAX's; a fifth of the kills is meant to hit it
    kill(folder, logistic.program_text(**SIZE), random.Random(moment).uniform(0.2, 2.6))
    listener = Reached()
    resume(folder, logistic.table(ROWS), listener, checkpoint_seconds=0.1)
    assert listener.lines == [] or "finished" in listener.lines[0]
    assert outcome(folder) == undisturbed


def test_moments_in_mid_epoch_are_saved(tmp_path: Path, undisturbed: dict[str, object]) -> None:
    """The checkpoint that is resumed here lies between two epochs' ends, for sure."""
    folder, text = tmp_path / "run", logistic.program_text(**SIZE)
    process = start(folder, text)
    position = 0
    wait_for(folder / "metrics.jsonl", process, lines=1)
    while position == 0:
        manifests = sorted(folder.glob("checkpoints/0*/manifest.json"))
        try:
            position = json.loads(manifests[-1].read_bytes())["manifest"]["position"]
        except (OSError, IndexError):  # dropped for a newer one meanwhile
            assert process.is_alive()
    process.kill()
    process.join()
    resume(folder, logistic.table(ROWS), checkpoint_seconds=0.1)
    assert outcome(folder) == undisturbed


def test_a_broken_shuffle_would_be_noticed(tmp_path: Path) -> None:
    """The check above can fail: with an order that depends on the process, a resumed run ends elsewhere."""
    head, entry = logistic.program_text(**SIZE).split('\n\nif __name__ == "__main__"')
    text = head + BROKEN + '\n\nif __name__ == "__main__"' + entry
    module, table = logistic.module(**SIZE), logistic.table(ROWS)
    whole = fit(module, program_text=text, arch_text=logistic.ARCH_TEXT, table=table, run=tmp_path / "whole")
    again = fit(module, program_text=text, arch_text=logistic.ARCH_TEXT, table=table, run=tmp_path / "again")
    assert outcome(whole.run) == outcome(again.run), "undisturbed, even the broken one repeats itself"
    process = start(tmp_path / "killed", text)
    wait_for(tmp_path / "killed" / "metrics.jsonl", process, lines=2)
    process.kill()
    process.join()
    resume(tmp_path / "killed", table)
    assert outcome(tmp_path / "killed") != outcome(whole.run)
    assert outcome(tmp_path / "killed")["leaves"] != outcome(whole.run)["leaves"]


def test_other_data_or_another_program_are_refused(tmp_path: Path) -> None:
    from archc.diagnostics import Failed

    folder = tmp_path / "run"
    kill(folder, logistic.program_text(**SIZE), 0.0)
    table = logistic.table(ROWS)
    changed = {**table, "x": table["x"] + np.float32(1)}
    with pytest.raises(Failed, match="E0708"):
        resume(folder, changed)
    program = folder / "program.py"
    program.write_text(program.read_text().replace("optax.adam(0.1)", "optax.adam(0.2)"))
    with pytest.raises(Failed, match="E0706"):
        resume(folder, table)
