"""Random programs keep their meaning on every way through the compiler, in every process.

Three hundred here; `pytest -m slow` takes three thousand.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from archc.diagnostics import Report
from archc.ir import Module
from archc.program import emit
from archc.source import Source
from archc.syntax import parse
from archc.syntax.formatter import format_source
from tests.author import Author
from tests.test_mutations import plain

FEW, MANY = 300, 3_000


def keeps_its_meaning(seed: int, folder: Path) -> str:
    """The program and the IR of a random model, in a digest, once all ways around have been gone."""
    sketch = Author(seed).model(recipe=seed % 3 == 0)
    module = sketch.module(folder)
    formatted = format_source(Source("net.arch", sketch.text()))
    report = Report()
    trees = [plain(parse(Source("net.arch", text), report).items) for text in (sketch.text(), formatted)]
    assert trees[0] == trees[1] and not report.found, seed
    assert format_source(Source("net.arch", formatted)) == formatted, seed
    ir = module.model_dump_json()
    assert Module.model_validate_json(ir) == module, seed
    return hashlib.sha256((emit(module) + ir).encode()).hexdigest()


def digests(first: int, last: int, folder: Path) -> str:
    return "".join(keeps_its_meaning(seed, folder) for seed in range(first, last))


def agrees(first: int, last: int, folder: Path) -> None:
    """Two processes, in which sets have other orders, give the same bytes."""
    runs = [
        subprocess.run(
            [
                sys.executable,
                "-c",
                f"from tests.test_random import *; print(digests({first}, {last}, Path({str(folder)!r})))",
            ],
            cwd=Path(__file__).parents[1],
            env={**os.environ, "PYTHONHASHSEED": str(order)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for order in (1, 2)
    ]
    assert runs[0] == runs[1] and len(runs[0]) > 64 * (last - first)


@pytest.mark.parametrize("first", range(0, FEW, 100))
def test_random_programs(first: int, tmp_path: Path) -> None:
    agrees(first, first + 100, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(FEW, MANY, 300))
def test_many_random_programs(first: int, tmp_path: Path) -> None:
    agrees(first, first + 300, tmp_path)
