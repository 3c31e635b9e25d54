"""Weights that are written out in files of numbers."""

from pathlib import Path

import jax
import numpy as np
import pytest

from archc.diagnostics import Diagnostic, Report
from archc.resolve import resolve
from archc.source import Source
from archc.syntax import parse
from tests.models import FOLDER, module_of, program_of

NET = "model Net {\n    input x[2]\n    %s\n}\n"


def kernel_of(layer: str, folder: Path) -> object:
    """The numbers that the first weight of a layer starts with."""
    weight = module_of(NET % layer, folder).graph.nodes[0].weights[0]
    assert weight.init.kind == "initialiser:given"
    return weight.init.arguments["values"]


def told(layer: str, folder: Path) -> list[Diagnostic]:
    report = Report()
    resolve(parse(Source("net.arch", NET % layer), report), folder, report)
    return report.found


def refused(text: str, folder: Path) -> Diagnostic:
    """What is said of a file of that text."""
    (folder / "w.csv").write_text(text, encoding="utf-8")
    (found,) = told('dense(3, weights = "w.csv")', folder)
    return found


@pytest.mark.parametrize(
    "text",
    [
        "1,2,3\n4,5,-0.5\n",
        "1, 2, 3\n4, 5, -0.5",
        "\ufeff1,2,3\r\n4,5,-5e-1\r\n",
        "# three units\n\n1,2,3\n\n  # the second input\n4,5,-.5\n",
        "# one, two\n1 2 3\n4\t5 -0.5\n",
    ],
)
def test_numbers_of_a_file_are_held_as_written_out_ones(text: str, tmp_path: Path) -> None:
    (tmp_path / "w.csv").write_text(text, encoding="utf-8")
    written = module_of(NET % "dense(3, weights = [[1, 2, 3], [4, 5, -0.5]])", tmp_path)
    read = module_of(NET % 'dense(3, weights = "w.csv")', tmp_path)
    assert [node.model_dump(exclude={"place"}) for node in read.graph.nodes] == [
        node.model_dump(exclude={"place"}) for node in written.graph.nodes
    ]


def test_a_column_will_do_for_one_unit(tmp_path: Path) -> None:
    (tmp_path / "w.csv").write_text("1\n-2\n", encoding="utf-8")
    assert kernel_of('dense(1, weights = "w.csv")', tmp_path) == ((1,), (-2,))


def test_a_path_begins_at_the_file_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "w.csv").write_text("1,2\n3,4\n", encoding="utf-8")
    (tmp_path / "parts" / "head.arch").write_text(
        'let act = dense(2, weights = "w.csv")\nblock head { dense(2, weights = "w.csv") }\n', encoding="utf-8"
    )
    module = module_of('use "parts/head.arch"\n' + NET % 'act -> head -> dense(2, weights = "parts/w.csv")', tmp_path)
    inits = [weight.init for _, node in module.graph.layers() for weight in node.weights if weight.name == "kernel"]
    assert [init.arguments["values"] for init in inits] == [((1, 2), (3, 4))] * 3


def test_what_a_module_is_made_of_includes_the_numbers(tmp_path: Path) -> None:
    hashes = []
    for text in ("1,2\n3,4\n", "1,2\n3,5\n", "1,2\n3,4\n"):
        (tmp_path / "w.csv").write_text(text, encoding="utf-8")
        hashes.append(module_of(NET % 'dense(2, weights = "w.csv")', tmp_path).sha256)
    assert hashes[0] == hashes[2] != hashes[1]


@pytest.mark.parametrize(
    ("text", "title", "at"),
    [
        ("1,2,3\n4,5\n", "row 2 of `w.csv` has 2 numbers, and row 1 has 3", "4,5"),
        ("a,b,c\n1,2,3\n", "`a` in row 1 of `w.csv` is no number", "a"),
        ("1,2,3\n4, five,6\n", "`five` in row 2 of `w.csv` is no number", "five"),
        ("1,2,3\n4,nan,6\n", "`nan` in row 2 of `w.csv` is no number", "nan"),
        ("1,2,1e30\n", "`1e30` in row 1 of `w.csv` is beyond 1e+18", "1e30"),
        ("1,2,\u0663\n", "`\u0663` in row 1 of `w.csv` is no number", "\u0663"),
        ("1,2,inf\n", "`inf` in row 1 of `w.csv` is no number", "inf"),
        ("1,2,1_0\n", "`1_0` in row 1 of `w.csv` is no number", "1_0"),
        ("1;2;3\n", "`1;2;3` in row 1 of `w.csv` is no number", "1;2;3"),
        ("1,,3\n", "a number is missing in row 1 of `w.csv`", ",,"),
        ("1,2,\n", "a number is missing in row 1 of `w.csv`", ","),
        ("1, ,3\n", "a number is missing in row 1 of `w.csv`", ", ,"),
    ],
)
def test_faults_are_shown_in_the_file(text: str, title: str, at: str, tmp_path: Path) -> None:
    found = refused(text, tmp_path)
    assert (found.code, found.title) == ("E0203", title)
    assert found.span is not None and (found.span.source.name, found.span.text) == ("w.csv", at)
    assert found.related[0].span.text == '"w.csv"'


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n"])
def test_a_file_without_numbers(text: str, tmp_path: Path) -> None:
    found = refused(text, tmp_path)
    assert found.title == "`w.csv` holds no numbers"


def test_numbers_of_another_shape(tmp_path: Path) -> None:
    assert refused("1,2\n3,4\n", tmp_path).title == "`weights` is [2, 2], and this layer needs [2, 3]"
    assert "transposed" in refused("1,2\n3,4\n5,6\n", tmp_path).help


def test_a_faulty_file_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "w.csv").write_text("1,x\n", encoding="utf-8")
    assert len(told('dense(2, weights = "w.csv") -> dense(2, weights = "w.csv")', tmp_path)) == 1


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "weights.csv").write_text("1,2\n3,4\n", encoding="utf-8")
    (tmp_path / "utf16.csv").write_bytes("1,2\n".encode("utf-16"))
    (found,) = told('dense(2, weights = "wieghts.csv")', tmp_path)
    assert (found.code, found.help) == ("E0001", "did you mean `weights.csv`?")
    assert found.fixes[0].edits[0].text == '"weights.csv"'
    assert [d.code for d in told('dense(2, weights = "folder.csv")', tmp_path)] == ["E0001"]
    assert [d.code for d in told('dense(2, weights = "utf16.csv")', tmp_path)] == ["E0002"]


@pytest.mark.parametrize("path", ["../w.csv", "/w.csv", "~/w.csv", "link.csv", "a\\\\b.csv", "", " ", "x" * 300])
def test_paths_stay_in_the_project(path: str, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (tmp_path / "w.csv").write_text("1,2\n3,4\n", encoding="utf-8")
    (project / "link.csv").symlink_to(tmp_path / "w.csv")
    (found,) = told(f'dense(2, weights = "{path}")', project)
    assert found.code == "E0007"


def test_kept_weights_are_state(tmp_path: Path) -> None:
    """They are no parameters, and take part in what the network says."""
    (tmp_path / "w.csv").write_text("1,-1\n1,-1\n", encoding="utf-8")
    layers = 'dense(2, [0, 1], weights = "w.csv", trainable = false) -> rbf(1, weights = [1, 2], trainable = false)'
    module = module_of(NET % layers, tmp_path)
    assert (module.graph.parameters, module.graph.state) == (0, 8)
    program = program_of(module)
    state = program.init(jax.random.key(0))
    assert not state.params
    found = program.predict(state.params, state.stats, {"x": np.float32([[1, 2], [0, 0]])})
    # [3, -2] and [0, 1], and how far they are from [1, 2]
    np.testing.assert_allclose(found, [[4 + 16], [1 + 1]])


def test_the_centres_of_lenet5_are_ten_digits() -> None:
    module = module_of(
        'model Net {\n    input x[84]\n    rbf(10, weights = "lenet5-bitmaps.csv", trainable = false)\n}\n', FOLDER
    )
    assert (module.graph.parameters, module.graph.state) == (0, 840)
    centres = np.array(module.graph.nodes[0].weights[0].init.arguments["values"], float)
    assert set(centres.flat) == {1.0, -1.0}
    apart = [int((centres[:, i] != centres[:, j]).sum()) for i in range(10) for j in range(i)]
    assert min(apart) >= 8, "cells in which the two most alike differ"
    program = program_of(module)
    state = program.init(jax.random.key(0))
    found = np.asarray(program.predict(state.params, state.stats, {"x": np.float32(centres.T)}))
    assert (found.argmin(1) == range(10)).all() and (np.diag(found) == 0).all()
