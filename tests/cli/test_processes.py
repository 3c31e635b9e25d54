"""Whole processes: what they import, how they end, and who interrupts them."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import LINES

ARCHC = [sys.executable, "-m", "archc"]
HEAVY = {"jax", "jaxlib", "optax", "numpy", "sklearn", "matplotlib", "PIL", "rich", "safetensors"}


def imported(*words: str, folder: Path) -> set[str]:
    """The packages that a command imports."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "archc", *words], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return {line.rsplit("|", 1)[1].strip().partition(".")[0] for line in done.stderr.splitlines() if "|" in line}


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["train", "--help"], ["predict", "--help"], ["models"]])
def test_help_imports_next_to_nothing(tmp_path: Path, words: list[str]) -> None:
    assert not imported(*words, folder=tmp_path) & (HEAVY | {"lark", "pydantic"})


@pytest.mark.parametrize(
    "words", [["check", "lenet5"], ["summary", "lenet5"], ["compile", "lenet5"], ["datasets"], ["new", "a"]]
)
def test_most_commands_import_neither_jax_nor_numpy(tmp_path: Path, words: list[str]) -> None:
    assert not imported(*words, folder=tmp_path) & HEAVY


def test_mistakes_are_told_before_jax_is_imported(tmp_path: Path) -> None:
    (tmp_path / "a.arch").write_text("model A {\n    input x[2]\n    dens(1)\n}\n")
    for words in (["train", "a.arch"], ["predict", "a.arch", "0,0"], ["compile", "a.arch", "--emit", "stablehlo"]):
        code = "import sys, archc.cli\ntry:\n    archc.cli.main()\nfinally:\n    assert 'jax' not in sys.modules"
        done = subprocess.run([sys.executable, "-c", code, *words], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 1 and "`dense" in done.stderr and "Traceback" not in done.stderr


def test_a_reader_that_leaves(tmp_path: Path) -> None:
    for command in ("models", "check a b c 2>&1"):
        line = f"'{sys.executable}' -m archc {command} | head -c 1"
        done = subprocess.run(["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True)
        assert len(done.stdout) == 1 and done.stderr == ""


def test_output_is_the_same_again(tmp_path: Path) -> None:
    for words in (["summary", "digits"], ["compile", "digits", "--emit", "ir"], ["datasets"], ["--help"]):
        runs = [subprocess.run([*ARCHC, *words], cwd=tmp_path, capture_output=True) for _ in range(2)]
        assert runs[0].stdout == runs[1].stdout != b""


def test_interruptions(tmp_path: Path) -> None:
    """Ctrl-C saves and says how to go on; SIGTERM does too."""
    (tmp_path / "lines.arch").write_text(LINES.replace("epochs    = 3", "epochs    = 1_000_000"))
    first = ended(tmp_path, signal.SIGINT, "train", "lines.arch")
    assert first == (130, "archc: stopped: what was reached is saved; go on with `archc train runs/lines-1 --resume`\n")
    status, said = ended(tmp_path, signal.SIGTERM, "train", "runs/lines-1", "--resume")
    assert status == 143 and "archc train runs/lines-1 --resume" in said


def ended(folder: Path, number: signal.Signals, *words: str) -> tuple[int, str]:
    """The exit status and stderr of a training that gets a signal after some epochs."""
    process = subprocess.Popen([*ARCHC, *words], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    lines = 0
    while lines < 2 and (line := process.stdout.readline()):
        lines += bool(re.match(r"epoch +\d+/", line))
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    return process.returncode, said
