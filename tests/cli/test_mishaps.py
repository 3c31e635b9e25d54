"""What people and machines do by mistake: said in a line, with nothing overwritten and no traceback."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.conftest import LINES, Archc

ARCHC = [sys.executable, "-m", "archc"]


@pytest.mark.parametrize(
    "words",
    [
        ["compile", "a.arch", "-o", "a.arch"],
        ["compile", "a.arch", "-o", "."],
        ["compile", "a.arch", "-o", ""],
        ["datasets", "digits", "--save", "a.arch"],
        ["datasets", "digits", "--save", "d"],
        ["datasets", "digits", "--save", ""],
        ["train", ""],
        ["train", "a.arch", "--run", ""],
        ["train", "b\udcff.arch"],
    ],
)
def test_outputs_and_names_that_are_refused(archc: Archc, words: list[str]) -> None:
    Path("a.arch").write_text(LINES)
    result = archc(*words)
    assert result.exit_code == 2 and "fault of archc" not in result.stderr
    assert Path("a.arch").read_text() == LINES and os.listdir() == ["a.arch"]


@pytest.mark.parametrize(("option", "said"), [("--epochs", "--set train.epochs=3"), ("--lr", "train.optimizer=")])
def test_settings_are_no_options(archc: Archc, option: str, said: str) -> None:
    assert said in archc("train", "digits", option, "3").stderr


@pytest.mark.parametrize(
    ("word", "said"), [("0 1", "has no commas"), ("0,a", "`a` in `0,a`"), ("nan,0", "`nan` in"), ("-1 0", "no commas")]
)
def test_what_is_meant_as_numbers(archc: Archc, word: str, said: str) -> None:
    assert said in archc("predict", "xor_given", word).stderr


@pytest.mark.parametrize("between", [";", "\t", " "])
def test_other_delimiters(archc: Archc, between: str) -> None:
    Path("a.csv").write_text(f"0{between}1\n1{between}1\n")
    assert "line 1 of a.csv are separated by" in archc("predict", "xor_given", "a.csv").stderr


def test_all_bad_inputs_are_told(archc: Archc) -> None:
    said = archc("predict", "xor_given", "0,0", "no.csv", "0,a").stderr
    assert "no.csv" in said and "`a`" in said


@pytest.mark.parametrize(
    ("line", "status"), [("summary digits >/dev/full", 1), ("check digits >&-", 0), ("check no 2>&-", 1)]
)
def test_streams_that_fail(tmp_path: Path, line: str, status: int) -> None:
    done = subprocess.run(
        ["bash", "-c", f"'{sys.executable}' -m archc {line}"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == status and "Traceback" not in done.stderr and "fault" not in done.stderr


def test_an_encoding_without_the_letters(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONIOENCODING": "latin1"}
    assert subprocess.run([*ARCHC, "summary", "digits"], cwd=tmp_path, env=env, capture_output=True).returncode == 0


@pytest.mark.parametrize("after", [0.5, 1.3])
def test_an_early_interrupt_is_kept(tmp_path: Path, after: float) -> None:
    (tmp_path / "a.arch").write_text(LINES.replace("epochs    = 3", "epochs    = 1_000_000"))
    process = subprocess.Popen([*ARCHC, "train", "a.arch"], cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    time.sleep(after)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130 and said.startswith("archc: stopped") and said.count("\n") == 1


def test_an_interrupt_in_a_callback_is_heard_again(tmp_path: Path) -> None:
    """Python ignores what the garbage collector's callbacks raise, and XLA has one."""
    code = (
        "import gc, sys, time\n"
        "from archc.cli import main\n"
        "from archc.cli.application import application\n"
        "def interrupted(*_):\n"
        "    gc.callbacks.remove(interrupted)\n"
        "    raise KeyboardInterrupt\n"
        "def command(*_, **__):\n"
        "    gc.callbacks.append(interrupted)\n"
        "    gc.collect()\n"
        "    time.sleep(20)\n"
        "application.main = command\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=15)
    assert (done.returncode, done.stderr) == (130, "archc: stopped\n")


def test_lost_weights_are_written_again(trained: Path, tmp_path: Path, archc: Archc) -> None:
    shutil.copytree(trained / "runs/lines-1", "r")
    before = Path("r/best.npz").read_bytes()
    Path("r/best.npz").unlink()
    assert "`archc train r --resume` writes them again" in archc("evaluate", "r").stderr
    again = archc("train", "r", "--resume")
    assert again.exit_code == 0 and "written again" in again.output
    assert Path("r/best.npz").read_bytes() == before
    shutil.rmtree("r/checkpoints")
    Path("r/best.npz").write_bytes(b"")
    assert "train the `.arch` file again" in archc("train", "r", "--resume").stderr


def test_a_changed_program_is_remarked(trained: Path, tmp_path: Path, archc: Archc) -> None:
    shutil.copytree(trained / "runs/lines-1", "r")
    with Path("r/program.py").open("a") as file:
        file.write("# changed\n")
    result = archc("evaluate", "r")
    assert result.exit_code == 0 and "was changed since the run began" in result.stderr
