"""Run folders: two runs never share one, and what is no run is refused."""

import multiprocessing
from pathlib import Path

import pytest

from archc.diagnostics import Failed
from archc.train.driver import Result
from archc.train.folders import create_run, open_run, run_name
from tests.train.conftest import train

PROCESSES = 8


def create_many(runs: Path, explicit: bool, rounds: int, barrier: object, results: object) -> None:
    """Takes part in `rounds` races for a folder and tells which it won."""
    held = []
    for number in range(rounds):
        barrier.wait(30)  # type: ignore[attr-defined]
        try:
            run = runs / f"explicit-{number}" if explicit else None
            held.append(create_run(f"race{number}", run, runs))
            results.put((number, str(held[-1].path)))  # type: ignore[attr-defined]
        except Failed as failed:
            results.put((number, failed.diagnostics[0].code))  # type: ignore[attr-defined]
    barrier.wait(30)  # type: ignore[attr-defined]


@pytest.mark.parametrize("explicit", [False, True])
def test_eight_at_once_never_share_a_folder(tmp_path: Path, explicit: bool) -> None:
    context, rounds = multiprocessing.get_context("forkserver"), 10
    context.set_forkserver_preload(["archc.train.driver", "tests.train.logistic"])
    barrier, results = context.Barrier(PROCESSES), context.Queue()
    processes = [
        context.Process(target=create_many, args=(tmp_path, explicit, rounds, barrier, results))
        for _ in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    found = [results.get(timeout=60) for _ in range(PROCESSES * rounds)]
    for process in processes:
        process.join(30)
    for number in range(rounds):
        outcomes = [outcome for n, outcome in found if n == number]
        if explicit:
            assert sorted(outcomes) == [str(tmp_path / f"explicit-{number}")] + ["E0703"] * (PROCESSES - 1)
        else:
            assert sorted(outcomes) == [str(tmp_path / f"race{number}-{i}") for i in range(1, PROCESSES + 1)]


def test_numbers_go_on_after_the_highest(tmp_path: Path) -> None:
    for name in ("digits-2", "digits-9", "digits-x", "digits-9-old"):
        (tmp_path / name).mkdir()
    folder = create_run("digits", None, tmp_path)
    folder.unlock()
    assert folder.path.name == "digits-10"


def test_a_folder_that_holds_a_run_is_not_trained_in(finished: Result) -> None:
    with pytest.raises(Failed, match="E0702"):
        train(finished.run.parent, run=finished.run)


def test_a_folder_in_use_is_refused_and_free_afterwards(tmp_path: Path) -> None:
    first = create_run("x", tmp_path / "x", tmp_path)
    with pytest.raises(Failed, match="in use by another archc"):
        create_run("x", tmp_path / "x", tmp_path)
    first.unlock()
    create_run("x", tmp_path / "x", tmp_path).unlock()


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="E0701"):
        open_run(tmp_path / "nothing", lock=False)
    with pytest.raises(Failed, match="E0704"):
        open_run(tmp_path, lock=False)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Failed, match="E0707"):
        create_run("x", tmp_path / "file" / "x", tmp_path)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("models/digits.arch", "digits"),
        ("a b/../c d.arch", "c_d"),
        ("ü.arch", "ü"),
        ("-.arch", "run"),
    ],
)
def test_names_are_safe_in_paths(source: str, name: str) -> None:
    assert run_name(source) == name
