"""The project's own style: what ruff and mypy say of it."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = [folder for folder in ("archc", "tests", "benchmarks") if (ROOT / folder).is_dir()]


@pytest.mark.parametrize("command", [["ruff", "check"], ["ruff", "format", "--check"]], ids=" ".join)
def test_ruff_is_content(command: list[str]) -> None:
    said(sys.executable, "-m", *command, "--no-cache", *FOLDERS)


def test_mypy_is_content() -> None:
    said(sys.executable, "-m", "mypy")


def said(*command: str) -> None:
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
