"""docs/contributing.md is followed, line by line, in a copy of archc: the layer that it adds is known everywhere."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "contributing.md"
PYTEST = ("pytest", "-n", "0", "-p", "no:cacheprovider")


def shown() -> dict[str, str]:
    """The files that the page shows, by the path in their first line, which belongs to the page."""
    texts = re.findall(r"^```(?:python|arch)\n# (\S+)\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    return dict(texts)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of archc and its tests to which the page was done, and nothing else."""
    folder = tmp_path_factory.mktemp("copy")
    for name in ("archc", "grammars", "models", "docs", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "golden", "bad"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    files = shown()
    cases = folder / "tests" / "ops" / "cases.py"
    before = cases.read_text(encoding="utf-8")
    added = before.replace("\nCASES = [\n", "\nCASES = [\n" + files.pop("tests/ops/cases.py"))
    assert added != before
    cases.write_text(added, encoding="utf-8")
    for path, text in files.items():
        assert not (folder / path).exists(), f"{path} is there already"
        (folder / path).write_text(text, encoding="utf-8")
    return folder


def done(copy: Path, *words: str) -> str:
    """What a module of the copy prints."""
    environment = {**os.environ, "PYTHONPATH": str(copy)}
    command = [sys.executable, "-m", *words]
    run = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout + run.stderr


def test_the_layer_is_one_that_archc_lacks() -> None:
    from archc.ops import OPS
    from archc.resolve.absent import instead

    assert "gem_pool" not in OPS and not instead("gem_pool", OPS)
    paths = {"archc/ops/gem.py", "archc/kernels/gem.py", "tests/ops/cases.py", "tests/kernels/test_gem.py", "gem.arch"}
    assert set(shown()) == paths, "class, kernel, cases, and what shows them at work"


def test_commands_know_it(copy: Path) -> None:
    assert "gem.arch: fine" in done(copy, "archc", "check", "gem.arch")
    assert "gem_pool(p = 2)" in (copy / "gem.arch").read_text(encoding="utf-8")
    done(copy, "archc", "fmt", "--check", "gem.arch")
    # conv 3·3·8 + 8, the power, dense 8·10 + 10
    summary = done(copy, "archc", "summary", "gem.arch")
    assert re.search(r"gem_pool.* 1\b", summary) and "171" in summary
    done(copy, "archc", "compile", "gem.arch", "-o", "program.py")
    program = (copy / "program.py").read_text(encoding="utf-8")
    assert 'x = power_mean(x, params["gem_pool1"]["power"])' in program
    assert "def power_mean(x, power):" in program and "archc.kernels" not in program


def test_it_trains_and_its_power_moves(copy: Path) -> None:
    import numpy as np

    said = done(copy, "archc", "train", "gem.arch", "--run", "run")
    assert "test loss" in said and "f1" in said
    with np.load(copy / "run" / "best.npz") as weights:
        assert weights["gem_pool1.power"].shape == (1,) and weights["gem_pool1.power"] != 2


def test_a_slip_leads_to_it(copy: Path) -> None:
    text = (copy / "gem.arch").read_text(encoding="utf-8").replace("gem_pool(", "GemPool(")
    (copy / "slip.arch").write_text(text, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(copy)}
    command = [sys.executable, "-m", "archc", "check", "slip.arch"]
    run = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 1 and "did you mean `gem_pool(p = 2)`?" in run.stdout + run.stderr


def test_the_tests_of_layers_hold_it(copy: Path) -> None:
    chosen = ["-k", "gem or forgotten or every_argument", "-rA"]
    said = done(copy, *PYTEST, "tests/kernels/test_gem.py", "tests/ops/test_layers.py", *chosen)
    for checked in (
        "shapes_are_those",
        "every_array_is_used",
        "bfloat16_stays",
        "gradients_are_numbers",
        "a_cell_sees",
        "an_example_can_be",
    ):
        assert re.search(rf"PASSED .*{checked}\S*\[gem_pool", said), f"{checked}: {said}"
    assert "test_no_layer_is_forgotten\n" in said and "test_power_mean" in said


def test_the_reference_takes_it_in(copy: Path) -> None:
    done(copy, *PYTEST, "tests/test_reference.py", "--update")
    before = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8").splitlines()
    after = (copy / "docs" / "reference.md").read_text(encoding="utf-8").splitlines()
    assert set(before) <= set(after) and "### `gem_pool`" in after


@pytest.mark.parametrize("command", [["ruff", "check"], ["ruff", "format", "--check"], ["mypy"]], ids=" ".join)
def test_what_the_page_shows_is_in_the_style(copy: Path, command: list[str]) -> None:
    files = ["archc/ops/gem.py", "archc/kernels/gem.py", "tests/kernels/test_gem.py"]
    # what mypy found of archc itself holds of its copy
    done(copy, *command, *([f"--cache-dir={ROOT / '.mypy_cache'}"] if command == ["mypy"] else files))
