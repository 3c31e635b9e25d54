"""Large files: work stays in proportion, and memory is bounded."""

import subprocess
import sys
from pathlib import Path

import pytest

from archc.diagnostics import Report
from archc.resolve import resolve
from archc.source import Source
from archc.syntax import parse
from tests.cost import growth, steps

STEPS_A_LAYER = 5_000
"""With some room: it is half of that."""


def flat(layers: int) -> str:
    """A model of so many layers, one a line."""
    lines = "".join("    dense(32)\n    relu\n" for _ in range(layers // 2))
    return f"model Net {{\n    input x[32]\n{lines}}}\n"


def check(text: str) -> None:
    report = Report()
    assert resolve(parse(Source("net.arch", text), report), Path("data"), report) and not report.found


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak memory of a process as Linux tells it")
def test_ten_thousand_layers_are_checked_in_bounds(tmp_path: Path) -> None:
    (tmp_path / "net.arch").write_text(flat(10_000))
    # not ru_maxrss, which remembers the process that started this one
    code = (
        "from pathlib import Path\nfrom archc.cli import main\n"
        "try: main()\nfinally: print(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, "check", "net.arch"], cwd=tmp_path, capture_output=True, text=True
    )
    assert "fine" in result.stdout + result.stderr, result.stderr[-500:]
    assert int(result.stdout.split()[-1]) * 1024 < 500e6


def test_work_grows_with_the_file_and_no_faster() -> None:
    assert growth(lambda layers: check(flat(layers)), 500) < 4.4
    assert steps(lambda: check(flat(2000))) < 2000 * STEPS_A_LAYER


@pytest.mark.slow
def test_fifty_thousand_lines() -> None:
    assert growth(lambda layers: check(flat(layers)), 12_500) < 4.4


def test_repeats_of_many_copies_cost_little() -> None:
    def repeated(copies: int) -> str:
        return (
            f"block unit {{ dense(16) -> relu }}\nmodel Net {{\n    input x[16]\n    repeat {copies} {{ unit }}\n}}\n"
        )

    assert growth(lambda copies: check(repeated(copies)), 100) < 4.4
    assert steps(lambda: check(repeated(1000))) < 1000 * STEPS_A_LAYER / 10
    check(repeated(40_000))
