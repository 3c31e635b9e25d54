"""`archc draw`: what it refuses, and what it advises."""

from pathlib import Path

import pytest

from tests.cli.conftest import Archc

ROW = "model Row {\n    input x[4]\n    concat(dense(1), dense(2), dense(3), dense(5)) -> dense(2)\n}\n"
FOLDED = "block head { dense(8) -> relu }\nmodel Folded {\n    input x[4]\n    repeat 2 { head -> dense(4) }\n}\n"


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
