"""`archc draw`: what it refuses, and what it advises."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from archc.cli.drawing import warn_if_small
from archc.draw.formats import LEAST_POINTS, POINTS_A_PIXEL, Width
from tests.cli.conftest import Archc

ROW = "model Row {\n    input x[4]\n    concat(dense(1), dense(2), dense(3), dense(5)) -> dense(2)\n}\n"
FOLDED = "block head { dense(8) -> relu }\nmodel Folded {\n    input x[4]\n    repeat 2 { head -> dense(4) }\n}\n"
FROM_A_TABLE = """
model Net {
    input x[2]
    dense(2) -> softmax
}

train {
    data      = csv("rows.csv", target = c)
    loss      = cross_entropy
    optimizer = sgd(0.1)
    batch     = 4
    epochs    = 1
}
"""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-o", ".svg"], "`.svg` is an ending alone: say a name before it"),
        (["-o", "x.bmp"], "`x.bmp` ends in none of .svg, .png, .pdf, .html, .dot"),
        (["-o", "row.arch"], "`row.arch` is a name for a model"),
        (["--full", "--depth", "2"], "`--full` opens everything: leave out `--depth`"),
        (["--depth", "-1"], "`--depth`: `-1` is no whole number from 0 on"),
        (["--width", "3"], "`3` is no width: write a number and in, cm, mm, pt or px"),
        (["--style", "neurons", "-o", "x.dot"], "`.dot` holds the graph style alone"),
    ],
)
def test_what_can_not_be_drawn_so(archc: Archc, words: list[str], said: str) -> None:
    Path("row.arch").write_text(ROW)
    result = archc("draw", "row.arch", *words)
    assert (result.exit_code, result.stdout) == (2, "") and said in result.stderr
    assert [path.name for path in Path().iterdir()] == ["row.arch"]


@pytest.mark.parametrize(
    ("text", "advice"), [(ROW, "read: print it wider"), (FOLDED, "read: fold more with `--depth`, or print it wider")]
)
def test_folding_is_advised_where_something_folds(archc: Archc, text: str, advice: str) -> None:
    Path("net.arch").write_text(text)
    result = archc("draw", "net.arch", "--width", "0.5in")
    assert result.exit_code == 0 and advice in result.stderr


def test_a_name_of_any_letters(archc: Archc) -> None:
    Path("größe 分.arch").write_text(ROW)
    assert archc("draw", "größe 分.arch").stderr == "wrote größe 分.svg\n"
    assert Path("größe 分.svg").read_text(encoding="utf-8").startswith("<?xml")


def test_letters_that_the_font_lacks_are_told_where_boxes_stand(archc: Archc) -> None:
    Path("net.arch").write_text(FROM_A_TABLE, encoding="utf-8")
    Path("rows.csv").write_text("高,b,c\n" + "1,2,0\n3,4,1\n" * 9, encoding="utf-8")
    words = ("draw", "net.arch", "--style", "neurons", "-o")
    said = "note: the font of figures has no 高: boxes stand there; .svg and .html show them\nwrote net.png\n"
    assert archc(*words, "net.png").stderr.endswith(said)
    assert "font" not in archc(*words, "net.svg").stderr


def test_a_folder_that_is_missing_is_told(archc: Archc) -> None:
    Path("row.arch").write_text(ROW)
    Path("there").mkdir()
    result = archc("draw", "row.arch", "-o", "there/no/such folder/x.svg")
    assert result.exit_code == 1
    assert "`there/no/such folder/x.svg` cannot be written: there is no folder `there/no`" in result.stderr
    assert "make it first, `mkdir -p 'there/no/such folder'`, or name one that is there" in result.stderr


def test_text_that_is_told_to_be_as_large_as_can_be_read_is() -> None:
    told: list[str] = []
    terminal = SimpleNamespace(remark=told.append)
    scene = SimpleNamespace(width=96.0, smallest_text=LEAST_POINTS / POINTS_A_PIXEL)
    for inches, count in ((0.995, 0), (0.98, 1)):
        warn_if_small(scene, Width(inches, "in"), terminal)  # type: ignore[arg-type]
        assert len(told) == count


def test_a_table_is_no_network(archc: Archc) -> None:
    Path("rows.csv").write_text("a,b\n1,2\n3,4\n")
    result = archc("draw", "rows.csv")
    assert result.exit_code == 1 and result.stderr.count("error") == 2, "the error, and how many there are"
    assert "`rows.csv` holds data, and a network is in an `.arch` file" in result.stderr
    assert '`data = csv("rows.csv", …)`' in result.stderr


def test_copies_that_were_given_something_else_to_no_purpose(archc: Archc) -> None:
    """Nothing in them depends on it, so they fold, and what they were given isn't told."""
    Path("net.arch").write_text(
        "block attend(width, dilation) { dense(width) -> relu }\n"
        "model Net {\n    input x[8]\n    attend(4, 1)\n    attend(4, 2)\n    attend(4, 4)\n    dense(2)\n}\n"
    )
    assert archc("draw", "net.arch", "--depth", "0").exit_code == 0
    figure = Path("net.svg").read_text()
    assert ">attend(4)<" in figure and ">×2<" in figure


def test_folders_and_files_that_are_no_models(archc: Archc) -> None:
    """What is said leads to what was meant."""
    Path("row.arch").write_text(ROW)
    Path("run").mkdir()
    Path("run/run.json").write_text("{}")
    Path("run/best.npz").write_bytes(b"")
    Path("run/net.arch").write_text(ROW)
    for words, status, said in (
        (["."], 1, "`.` cannot be read: it is a folder\nhelp: name an `.arch` file in it, such as `row.arch`"),
        (["run"], 2, "`archc draw --style neurons --weights run` draws what it has learnt, `archc draw run/net.arch`"),
        (["--style", "neurons", "--weights", "run/best.npz"], 1, "help: say the run that it is of: `run`"),
        (["row.arch", "-o", "none/x.svg"], 1, "there is no folder `none`\nhelp: make it first, `mkdir -p none`"),
        (["xor", "--set", "epochs=5"], 1, "help: it is a setting of the recipe, which is written `train.epochs`"),
        (
            ["iris", "--style", "backprop", "--given", "flower=1,2,3,4", "species=rose"],
            1,
            "help: give its name (setosa, versicolor, virginica), or its number from 0 to 2",
        ),
    ):
        result = archc("draw", *words)
        assert result.exit_code == status and said in result.stderr, result.stderr


def test_a_trace_that_nothing_can_be_written_to_is_told_before_anything_is_measured(archc: Archc) -> None:
    result = archc("profile", "resnet152", "--json", "none/x.json")
    assert result.exit_code == 1 and result.stdout == "" and "there is no folder `none`" in result.stderr
    assert "compiling" not in result.stderr
