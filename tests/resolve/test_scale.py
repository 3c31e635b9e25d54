"""Large files: time stays in proportion, and memory is bounded."""

import gc
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

from archc.diagnostics import Report
from archc.resolve import resolve
from archc.source import Source
from archc.syntax import parse


def flat(layers: int) -> str:
    """A model of so many layers, one a line."""
    lines = "".join("    dense(32)\n    relu\n" for _ in range(layers // 2))
    return f"model Net {{\n    input x[32]\n{lines}}}\n"


def seconds(text: str) -> float:
    """Processor time that parsing and resolving take, without the search for cycles that Python goes on anyhow."""
    gc.disable()
    try:
        start = time.thread_time()
        report = Report()
        assert resolve(parse(Source("net.arch", text), report), Path("data"), report) and not report.found
        return time.thread_time() - start
    finally:
        gc.enable()


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak memory of a process as Linux tells it")
def test_ten_thousand_layers_are_checked_in_bounds(tmp_path: Path) -> None:
    (tmp_path / "net.arch").write_text(flat(10_000))
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    # not ru_maxrss, which remembers the process that started this one
    code = (
        "from pathlib import Path\nfrom archc.cli import main\n"
        "try: main()\nfinally: print(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, "check", "net.arch"], cwd=tmp_path, capture_output=True, text=True
    )
    assert "fine" in result.stdout + result.stderr, result.stderr[-500:]
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 5
    assert int(result.stdout.split()[-1]) * 1024 < 500e6


def test_time_grows_with_the_file_and_no_faster() -> None:
    seconds(flat(100))
    assert seconds(flat(20_000)) < 15 * max(seconds(flat(2_000)), 0.05)


@pytest.mark.slow
def test_a_command_takes_fifteen_times_as_long_for_ten_times_the_lines_at_most(tmp_path: Path) -> None:
    taken = []
    for lines in (5_000, 50_000):
        (tmp_path / "net.arch").write_text(flat(lines))
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        subprocess.run([sys.executable, "-m", "archc", "check", "net.arch"], cwd=tmp_path, check=True)
        taken.append(resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before)
    assert taken[1] < 15 * taken[0]


def test_repeats_of_many_copies_cost_little() -> None:
    text = "block unit { dense(16) -> relu }\nmodel Net {\n    input x[16]\n    repeat 40_000 { unit }\n}\n"
    assert seconds(text) < 5
