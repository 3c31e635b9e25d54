"""The program that is written is the program that ran: alone, it gives the same weights, byte for byte."""

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from archc.cli.application import application

ALONE = """
import runpy, sys
sys.modules["archc"] = None  # importing it fails, as where it isn't installed
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""

# dropout, batch norm, a schedule, a ragged last batch; here also stopping early
STOPPED_EARLY = ["--set", "train.stop=early_stopping(val_loss, patience = 1)", "--set", "train.epochs=20"]


def archc(*words: str) -> None:
    done = CliRunner().invoke(application, words)
    assert done.exit_code == 0, done.output


def alone(program: Path, *words: str, folder: Path) -> str:
    """Runs a program where archc can't be imported, and gives what it prints."""
    command = [sys.executable, "-c", ALONE, str(program), *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def hashes(path: Path) -> dict[str, str]:
    """The SHA-256 of every array of an .npz file."""
    with np.load(path) as file:
        return {name: hashlib.sha256(file[name].tobytes()).hexdigest() for name in file}


@pytest.mark.parametrize(
    ("model", "settings"),
    [
        ("digits", STOPPED_EARLY),
        ("digits", ["--set", "train.epochs=2", "--set", "train.precision=bf16"]),
        ("xor", ["--set", "train.epochs=200"]),
    ],
    ids=["digits", "bf16", "xor"],
)
def test_program_alone_gives_the_weights_of_the_run(
    model: str, settings: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    source = f"{Path(__file__).parents[1]}/models/{model}.arch"
    archc("datasets", source, "--save", "d.npz")
    archc("compile", source, *settings, "-o", "program.py")
    archc("train", source, *settings, "--seed", "0", "--run", "run")
    said = alone(Path("program.py"), "d.npz", "--seed", "0", folder=tmp_path)
    for kept in ("best.npz", "last.npz"):
        assert hashes(tmp_path / kept) == hashes(tmp_path / "run" / kept)
    assert (tmp_path / "run" / "program.py").read_bytes() == (tmp_path / "program.py").read_bytes()
    if settings is STOPPED_EARLY:
        assert said.count("\n") < 21, "it didn't stop early, so this shows nothing"
        assert hashes(tmp_path / "best.npz") != hashes(tmp_path / "last.npz")


def test_a_program_says_what_it_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    archc("compile", f"{Path(__file__).parents[1]}/models/xor.arch", "-o", "program.py")
    (tmp_path / "data.csv").write_text("a,b\n0,1\n")
    command = [sys.executable, "program.py", "data.csv"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert done.stderr.endswith("argument DATA.npz: invalid load value: 'data.csv'\n")


def test_other_seeds_give_other_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = ["--set", "train.epochs=1"]
    archc("train", "digits", *settings, "--seed", "0", "--run", "a")
    archc("train", "digits", *settings, "--seed", "1", "--run", "b")
    assert hashes(tmp_path / "a" / "last.npz") != hashes(tmp_path / "b" / "last.npz")
